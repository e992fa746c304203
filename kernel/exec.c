/*
 * exec: a new program for the calling process.
 *
 * The new address space is built beside the old one, so every failure but a kill leaves the process as it was.
 * Programs are static ELF64 files; each loadable segment becomes one anonymous region.
 */
#include "proc.h"
#include "syscall.h"
#include "trace.h"
#include "fs/fs.h"
#include "mm/aspace.h"
#include "mm/kmalloc.h"

/* Hardware: [ELF] "ELF Header", "Program Header". */
struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

enum { ELF_TYPE_EXEC = 2, ELF_SEGMENT_LOAD = 1, ELF_X = 1, ELF_W = 2, ELF_R = 4, SEGMENTS_MAX = 16 };

#define STACK_TOP (USER_END - PAGE_SIZE)

/* ---- The file ------------------------------------------------------------------------------------------ */

static int read_exactly(struct inode *ip, u64 offset, void *buf, size_t size)
{
	s64 got = inode_read(ip, offset, buf, size);

	if (got < 0)
		return got;
	return (size_t)got == size ? 0 : -ENOEXEC;
}

static bool header_is_good(const struct elf_header *h)
{
	static const u8 ident[] = { 0x7f, 'E', 'L', 'F', 2 /* 64-bit */, 1 /* little-endian */, 1 };

	return memcmp(h->ident, ident, sizeof(ident)) == 0 && h->type == ELF_TYPE_EXEC && h->machine == ELF_MACHINE &&
	       h->phentsize == sizeof(struct elf_segment) && h->phnum <= SEGMENTS_MAX;
}

static bool segment_is_good(const struct elf_segment *s)
{
	u64 limit = STACK_TOP - STACK_SIZE - PAGE_SIZE;

	return s->vaddr >= PAGE_SIZE && s->vaddr < limit && s->memsz > 0 && s->memsz <= limit - s->vaddr &&
	       s->filesz <= s->memsz && s->offset <= ~0ull - s->filesz;
}

static u32 segment_prot(const struct elf_segment *s)
{
	return (s->flags & ELF_R ? PROT_READ : 0) | (s->flags & ELF_W ? PROT_WRITE : 0) |
	       (s->flags & ELF_X ? PROT_EXEC : 0);
}

/* Read the segment's bytes into pages of as, one page at a time. */
static int fill_segment(struct aspace *as, struct inode *ip, const struct elf_segment *s)
{
	u8 *buf = kmalloc(PAGE_SIZE);
	int error = buf ? 0 : -ENOMEM;

	for (u64 done = 0; done < s->filesz && !error;) {
		u64 size = MIN(PAGE_SIZE, s->filesz - done);

		error = read_exactly(ip, s->offset + done, buf, size);
		if (!error)
			error = aspace_write(as, hva(s->vaddr + done), buf, size);
		done += size;
	}
	kfree(buf);
	return error;
}

static int load_segment(struct aspace *as, struct inode *ip, const struct elf_segment *s)
{
	hva_t start = hva(ALIGN_DOWN(s->vaddr, PAGE_SIZE));
	hva_t end = hva(ALIGN_UP(s->vaddr + s->memsz, PAGE_SIZE));
	struct map_request request = {
		.addr = start,
		.size = end.raw - start.raw,
		.prot = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANON | MAP_FIXED,
	};
	s64 at;
	int error;

	if (!segment_is_good(s))
		return -ENOEXEC;
	at = aspace_map(as, &request);
	if (at < 0)
		return at == -EEXIST ? -ENOEXEC : at;
	error = fill_segment(as, ip, s);
	return error ? error : aspace_protect(as, (struct hva_range){ start, end }, segment_prot(s));
}

static int load_file(struct aspace *as, struct inode *ip, u64 *entry)
{
	struct elf_header h;
	struct elf_segment s;
	bool entry_is_code = false;
	int error;

	if (inode_type(ip) != T_FILE)
		return -ENOEXEC;
	error = read_exactly(ip, 0, &h, sizeof(h));
	if (!error && !header_is_good(&h))
		error = -ENOEXEC;
	for (u32 i = 0; i < h.phnum && !error; i++) {
		if (h.phoff > ~0ull - SEGMENTS_MAX * sizeof(s))
			return -ENOEXEC;
		error = read_exactly(ip, h.phoff + i * sizeof(s), &s, sizeof(s));
		if (error || s.type != ELF_SEGMENT_LOAD || s.memsz == 0)
			continue;
		error = load_segment(as, ip, &s);
		entry_is_code |= (s.flags & ELF_X) && h.entry >= s.vaddr && h.entry - s.vaddr < s.memsz;
	}
	*entry = h.entry;
	return error ? error : entry_is_code ? 0 : -ENOEXEC;
}

/* ---- The stack ----------------------------------------------------------------------------------------- */

/*
 * From the top down: the strings, then the array argc, argv[0], ..., NULL, at the process's first stack pointer.
 * -E2BIG if that needs more than half of the stack.
 */
static int build_stack(struct aspace *as, const struct exec_args *args, u64 *sp)
{
	struct map_request request = {
		.addr = hva(STACK_TOP - STACK_SIZE),
		.size = STACK_SIZE,
		.prot = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANON | MAP_FIXED,
	};
	u64 strings = STACK_TOP - args->size, at = strings;
	size_t vector_size = (args->count + 2) * sizeof(u64);
	u64 *vector;
	s64 error;

	if (args->size + vector_size > ARG_MAX)
		return -E2BIG;
	vector = kmalloc(vector_size);
	if (!vector)
		return -ENOMEM;
	vector[0] = args->count;
	for (u32 i = 0; i < args->count; i++) {
		vector[i + 1] = at;
		at += strlen(args->strings + (at - strings)) + 1;
	}
	*sp = ALIGN_DOWN(strings - vector_size, (u64)STACK_ALIGN);
	error = aspace_map(as, &request);
	if (error >= 0)
		error = aspace_write(as, hva(strings), args->strings, args->size);
	if (!error)
		error = aspace_write(as, hva(*sp), vector, vector_size);
	kfree(vector);
	return error;
}

/* ---- Putting it in place ------------------------------------------------------------------------------- */

static int build_aspace(struct aspace *as, const char *path, const struct exec_args *args, struct trapframe *frame)
{
	struct inode *cwd = fdtable_cwd_get(&current()->proc->files);
	u64 entry = 0, sp = 0;
	int error;
	struct inode *ip = fs_lookup(cwd, path, &error);

	inode_put(cwd);
	if (!ip)
		return error;
	error = load_file(as, ip, &entry);
	inode_put(ip);
	if (!error)
		error = build_stack(as, args, &sp);
	if (!error)
		arch_user_frame(frame, entry, sp, 0);
	return error;
}

static void drop_aspace(struct aspace *as)
{
	if (!as)
		return;
	aspace_destroy(as);
	aspace_put(as);
}

/* From here on there is no way back: the calling thread is the process's only one. */
static void switch_aspace(struct aspace *new, const char *path)
{
	struct thread *me = current();
	struct proc *p = me->proc;
	struct aspace *old = p->aspace;
	const char *name = path;

	for (const char *c = path; *c; c++)
		if (*c == '/' && c[1])
			name = c + 1;
	spin_lock(&proc_lock);
	p->aspace = new;
	me->aspace = new;
	aspace_load(new);
	arch_fp_save_and_disable(&me->fp);
	arch_fp_init(&me->fp);
	string_copy(p->name, name, sizeof(p->name));
	spin_unlock(&proc_lock);
	drop_aspace(old);
	TRACE(exec, p->pid, 0, 0, 0);
}

int exec_load(const char *path, const struct exec_args *args, struct trapframe *tf)
{
	struct aspace *as = aspace_create();
	struct trapframe frame;
	int error;

	if (!as)
		return -ENOMEM;
	error = build_aspace(as, path, args, &frame);
	if (!error)
		error = proc_single_thread();
	if (error) {
		drop_aspace(as);
		return error;
	}
	switch_aspace(as, path);
	*tf = frame;
	return 0;
}

/* ---- The call ------------------------------------------------------------------------------------------ */

/* Append the user's string at `from`; what it leaves in args->size is only good after a 0. */
static int copy_argument(struct exec_args *args, u64 from)
{
	s64 length = copy_in_string(args->strings + args->size, hva(from), ARG_MAX - args->size);

	if (length < 0)
		return length == -ENAMETOOLONG ? -E2BIG : length;
	args->size += length + 1;
	args->count++;
	return 0;
}

static int copy_arguments(struct exec_args *args, u64 argv)
{
	for (;; argv += sizeof(u64)) {
		u64 from;
		int error = copy_in(&from, hva(argv), sizeof(from));

		if (error || from == 0)
			return error;
		if (args->size == ARG_MAX || args->count > ARG_MAX / sizeof(u64))
			return -E2BIG;
		error = copy_argument(args, from);
		if (error)
			return error;
	}
}

/* argv may be a null pointer: no arguments. */
s64 sys_exec(const u64 arg[6])
{
	struct exec_args args = { .strings = kmalloc(ARG_MAX) };
	char *path = kmalloc(PATH_MAX);
	s64 error = args.strings && path ? 0 : -ENOMEM;

	if (!error)
		error = copy_in_string(path, hva(arg[0]), PATH_MAX);
	if (error >= 0 && arg[1])
		error = copy_arguments(&args, arg[1]);
	if (error >= 0)
		error = exec_load(path, &args, thread_frame(current()));
	kfree(args.strings);
	kfree(path);
	return MIN(error, 0);
}
