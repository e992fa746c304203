/*
 * Shared anonymous memory.  Pages are found through two levels of arrays: chunks of 512 pages, made when needed.
 *
 * I1 The object holds one reference to each of its pages, until its own end.
 *
 * Locking: the object's lock (rank RANK_SHMEM, inside the address space's) protects the arrays.
 */
#include "mm/shmem.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "fs/file.h"
#include "lock.h"

#define CHUNK_PAGES 512

struct shmem {
	struct mutex lock;
	u64 chunk_count;
	hpa_t **chunk;
};

static int check(struct file *file, u64 offset, u64 size, u32 prot)
{
	struct shmem *s = file->private;

	return offset + size <= s->chunk_count * CHUNK_PAGES * PAGE_SIZE ? 0 : -EINVAL;
}

static hpa_t page_at_locked(struct shmem *s, u64 index)
{
	hpa_t **chunk = &s->chunk[index / CHUNK_PAGES];
	hpa_t *page;

	if (!*chunk)
		*chunk = kmalloc(CHUNK_PAGES * sizeof(hpa_t));
	if (!*chunk)
		return hpa(0);
	page = &(*chunk)[index % CHUNK_PAGES];
	if (page->raw == 0)
		*page = page_alloc();
	return *page;
}

static hpa_t page_at(struct file *file, u64 offset)
{
	struct shmem *s = file->private;
	hpa_t page;

	mutex_lock(&s->lock);
	page = page_at_locked(s, offset / PAGE_SIZE);
	mutex_unlock(&s->lock);
	return page;
}

static void release(struct file *file)
{
	struct shmem *s = file->private;

	for (u64 c = 0; c < s->chunk_count; c++) {
		if (!s->chunk[c])
			continue;
		for (u64 i = 0; i < CHUNK_PAGES; i++)
			if (s->chunk[c][i].raw)
				page_put(s->chunk[c][i]);
		kfree(s->chunk[c]);
	}
	kfree(s->chunk);
	kfree(s);
}

static const struct file_ops shmem_ops = {
	.mmap_check = check,
	.mmap_page = page_at,
	.release = release,
};

struct file *shmem_create(u64 size)
{
	struct shmem *s = kmalloc(sizeof(*s));
	struct file *file = NULL;

	if (!s)
		return NULL;
	mutex_init(&s->lock, "shmem", RANK_SHMEM);
	s->chunk_count = (size + CHUNK_PAGES * PAGE_SIZE - 1) / (CHUNK_PAGES * PAGE_SIZE);
	s->chunk = kmalloc(s->chunk_count * sizeof(*s->chunk));
	if (s->chunk)
		file = file_alloc(&shmem_ops, O_RDWR);
	if (!file) {
		kfree(s->chunk);
		kfree(s);
		return NULL;
	}
	file->private = s;
	return file;
}
