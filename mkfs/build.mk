# The host programs of the file system: mkfs, fsck, logreplay, and its tests.  Included by the Makefile.
#
# kernel/fs is compiled for the host as it is.  -iquote instead of -I: <sched.h> is the host's, "sched.h" ours.

FSHOST := $(O)/host/fs
FS_SOURCES := $(addprefix kernel/fs/,buffer.c log.c recover.c space.c node.c blocks.c directory.c path.c names.c \
	rename.c inode.c mount.c)
FS_HOST_SOURCES := $(wildcard mkfs/host/*.c) mkfs/make.c
FSCK_SOURCES := $(addprefix mkfs/fsck/,check.c log.c inodes.c tree.c)
FS_TEST_SOURCES := $(addprefix mkfs/test/,check.c model.c digest.c workload.c record.c)
FS_FLAGS = $(filter-out -I.,$(HFLAGS)) -fno-builtin-strchr -iquote mkfs -iquote mkfs/host -iquote mkfs/test -iquote . \
	-iquote kernel -DDEBUG=1

# What is in $(FSHOST) is fast, what is in $(FSHOST)/san has sanitizers, where the compiler knows them.
fs_objects = $(patsubst %,$(FSHOST)/$(1)%.o,$(2))
FS_ALL := $(FS_SOURCES) $(FS_HOST_SOURCES) $(FSCK_SOURCES) $(FS_TEST_SOURCES) $(wildcard mkfs/test/*_test.c) \
	mkfs/mkfs.c mkfs/fsck/main.c
FS_OBJECTS := $(sort $(call fs_objects,,$(FS_ALL)) $(call fs_objects,san/,$(FS_ALL)))
FS_SANITIZE = $(if $(SANITIZE),$(SANITIZE) -fno-sanitize-recover=undefined)

$(filter $(FSHOST)/san/%,$(FS_OBJECTS)): $(FSHOST)/san/%.o: % $(O)/host.flags
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(FS_FLAGS) -O1 $(FS_SANITIZE) -c -o $@ $<
$(filter-out $(FSHOST)/san/%,$(FS_OBJECTS)): $(FSHOST)/%.o: % $(O)/host.flags
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(FS_FLAGS) -c -o $@ $<
-include $(FS_OBJECTS:.o=.d)


$(O)/host/mkfs: $(call fs_objects,,mkfs/mkfs.c $(FS_SOURCES) $(FS_HOST_SOURCES))
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) -o $@ $^
$(O)/host/fsck: $(call fs_objects,,mkfs/fsck/main.c $(FSCK_SOURCES))
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) -o $@ $^
