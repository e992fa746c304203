# The host programs of the file system: mkfs, fsck, logreplay, and its tests.  Included by the Makefile.
#
# kernel/fs is compiled for the host as it is.  -iquote instead of -I: <sched.h> is the host's, "sched.h" ours.  What is
# in $(FSHOST) is fast; what is in $(FSHOST)/san and $(FSHOST)/tsan has sanitizers, where the compiler knows them.

FSHOST := $(O)/host/fs
FS_SOURCES := $(addprefix kernel/fs/,buffer.c log.c recover.c space.c node.c blocks.c directory.c path.c names.c \
	rename.c inode.c mount.c)
FS_HOST_SOURCES := $(wildcard mkfs/host/*.c) mkfs/make.c
FSCK_SOURCES := $(addprefix mkfs/fsck/,check.c log.c inodes.c tree.c)
FS_TEST_SOURCES := $(addprefix mkfs/test/,check.c model.c digest.c workload.c record.c exercise.c)
FS_LIBRARY := $(FS_SOURCES) $(FS_HOST_SOURCES) $(FSCK_SOURCES) $(FS_TEST_SOURCES)
FS_MAIN := mkfs/mkfs.c mkfs/fsck/main.c mkfs/test/logreplay.c $(wildcard mkfs/test/*_test.c)

FS_FLAGS = $(filter-out -I.,$(HFLAGS)) -fno-builtin-strchr -iquote mkfs -iquote mkfs/host -iquote mkfs/test -iquote . \
	-iquote kernel -DDEBUG=1
FS_FLAGS_san  = -O1 $(if $(SANITIZE),$(SANITIZE) -fno-sanitize-recover=undefined)
FS_FLAGS_tsan = -O1 $(FS_THREAD_SANITIZE)
FS_THREAD_SANITIZE = $(call once,FS_THREAD_SANITIZE,$(shell echo 'int main(void) { return 0; }' | \
	$(HOSTCC) -fsanitize=thread -x c -o /dev/null - 2>/dev/null && echo -fsanitize=thread))

# fs_objects,VARIANT/,SOURCES
fs_objects = $(patsubst %,$(FSHOST)/$(1)%.o,$(2))
define fs_compile_rule
$(call fs_objects,$(1),$(FS_LIBRARY) $(FS_MAIN)): $(FSHOST)/$(1)%.o: % $(O)/host.flags
	$$(call say,HOSTCC,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(FS_FLAGS) $$(FS_FLAGS_$(2)) -c -o $$@ $$<
-include $(patsubst %.o,%.d,$(call fs_objects,$(1),$(FS_LIBRARY) $(FS_MAIN)))
endef
$(eval $(call fs_compile_rule,,fast))
$(eval $(call fs_compile_rule,san/,san))
$(eval $(call fs_compile_rule,tsan/,tsan))

# fs_program,PROGRAM,VARIANT/,VARIANT,SOURCES
define fs_program
$(1): $(call fs_objects,$(2),$(4))
	$$(call say,HOSTLD,$$@)
	$$(Q)$$(HOSTCC) $$(FS_FLAGS_$(3)) -o $$@ $$^ -lpthread
endef
$(eval $(call fs_program,$(O)/host/mkfs,,fast,mkfs/mkfs.c $(FS_SOURCES) $(FS_HOST_SOURCES)))
$(eval $(call fs_program,$(O)/host/fsck,,fast,mkfs/fsck/main.c $(FSCK_SOURCES)))
$(eval $(call fs_program,$(FSHOST)/logreplay,,fast,mkfs/test/logreplay.c $(FS_LIBRARY)))
$(eval $(call fs_program,$(FSHOST)/crash_test,,fast,mkfs/test/crash_test.c $(FS_LIBRARY)))
$(eval $(call fs_program,$(FSHOST)/threads_test,tsan/,tsan,mkfs/test/threads_test.c $(FS_LIBRARY)))
$(eval $(call fs_program,$(FSHOST)/names_test,san/,san,mkfs/test/names_test.c $(FS_LIBRARY)))
$(eval $(call fs_program,$(FSHOST)/between_test,san/,san,mkfs/test/between_test.c $(FS_LIBRARY)))
$(eval $(call fs_program,$(FSHOST)/faults_test,san/,san,mkfs/test/faults_test.c $(FS_LIBRARY)))
$(eval $(call fs_program,$(FSHOST)/damage_test,san/,san,mkfs/test/damage_test.c $(FS_LIBRARY)))

FS_TESTS := $(addprefix $(FSHOST)/,names_test between_test faults_test damage_test threads_test crash_test)
FS_PROGRAMS := $(O)/host/mkfs $(O)/host/fsck $(FSHOST)/logreplay
host-programs: $(FS_TESTS) $(FS_PROGRAMS)

.PHONY: fs-test
fs-test: $(FS_TESTS) $(FS_PROGRAMS) ## test the file system on the host
	@sh mkfs/test.sh $(O)/host

.PHONY: fs-crash
fs-crash: all $(FS_PROGRAMS) $(O)/host/qrun ## kill machines that write, and see what is left
	@HOST=$(O)/host sh mkfs/crash.sh crash-$(ARCH) $(B)/crash $(ROOT) $(QEMU_TEST) -kernel $(P)/flatland.elf

FS_PARTS := fs-host fs-crash-riscv fs-crash-x86
PART_fs-host = sh mkfs/test.sh $(O)/host
PART_fs-crash-riscv = $(again) ARCH=riscv fs-crash
PART_fs-crash-x86 = $(again) ARCH=x86 fs-crash
