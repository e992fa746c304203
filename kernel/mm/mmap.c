/*
 * The memory system calls.
 */
#include "mm/aspace.h"
#include "fs/file.h"
#include "proc.h"
#include "syscall.h"

/* [addr, addr + size rounded up to pages); an empty range, which every call refuses, if that wraps. */
static struct hva_range user_range(u64 addr, u64 size)
{
	u64 end = addr + ALIGN_UP(size, PAGE_SIZE);

	if (size > USER_END || end < addr)
		return (struct hva_range){ hva(0), hva(0) };
	return (struct hva_range){ hva(addr), hva(end) };
}

s64 sys_mmap(const u64 arg[6])
{
	struct proc *p = current()->proc;
	struct map_request request = {
		.addr = hva(arg[0]),
		.size = arg[1],
		.prot = arg[2],
		.flags = arg[3],
		.offset = arg[5],
	};
	s64 result;

	if (arg[2] != request.prot || arg[3] != request.flags)
		return -EINVAL;
	if (!(request.flags & MAP_ANON)) {
		request.file = fd_get(&p->files, arg[4]);
		if (!request.file)
			return -EBADF;
	}
	result = aspace_map(p->aspace, &request);
	if (request.file)
		file_put(request.file);
	return result;
}

s64 sys_munmap(const u64 arg[6])
{
	return aspace_unmap(current()->proc->aspace, user_range(arg[0], arg[1]));
}

s64 sys_mprotect(const u64 arg[6])
{
	if (arg[2] != (u32)arg[2])
		return -EINVAL;
	return aspace_protect(current()->proc->aspace, user_range(arg[0], arg[1]), arg[2]);
}

s64 sys_madvise(const u64 arg[6])
{
	struct aspace *as = current()->proc->aspace;
	struct hva_range range = user_range(arg[0], arg[1]);

	switch (arg[2]) {
	case MADV_DONTNEED: return aspace_dontneed(as, range);
	case MADV_MOVE: return aspace_move(as, range);
	default: return -EINVAL;
	}
}
