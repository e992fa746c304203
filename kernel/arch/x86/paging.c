/*
 * The kernel's half of the tables: see paging.h.
 *
 * kernel_root has two entries: the direct map (2 MiB leaves, never executable) and the image (4 KiB leaves with the
 * rights of kernel.ld's sections).  Below them are the tables of boot.S, completed here; boot_root keeps using them.
 */
#include "paging.h"
#include "arch/arch.h"
#include "kernel.h"
#include "mm/buddy.h"
#include "processor.h"

#define GIB          (1ull << 30)
#define BOOT_GIBS    (BOOT_MAPPED_END / GIB)
#define IMAGE_TABLES ((u32)(IMAGE_LIMIT / HUGE_SIZE))
#define INDEX(address, level) ((address) >> (PAGE_SHIFT + 9 * (level)) & (PT_ENTRIES - 1))

extern u64 boot_root[PT_ENTRIES], boot_direct_2[PT_ENTRIES], boot_image_1[PT_ENTRIES];
extern u64 boot_direct_1[BOOT_GIBS * PT_ENTRIES];
extern char kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[];

static u64 kernel_root[PT_ENTRIES] __attribute__((aligned(4096)));
static u64 image_table[IMAGE_TABLES][PT_ENTRIES] __attribute__((aligned(4096)));

hpa_t paging_image_hpa(const void *p)
{
	return hpa((u64)p - KBASE);
}

/* ---- The direct map ------------------------------------------------------------------------------------ */

static u64 ram_end(const struct boot_info *info)
{
	u64 end = 0;

	for (u32 i = 0; i < info->ram_count; i++)
		end = MAX(end, info->ram[i].end.raw);
	return end;
}

static bool overlaps(const struct hpa_range *range, u64 start, u64 end)
{
	return range->start.raw < end && start < range->end.raw;
}

static bool has_ram(const struct boot_info *info, u64 start, u64 end)
{
	for (u32 i = 0; i < info->ram_count; i++)
		if (overlaps(&info->ram[i], start, end))
			return true;
	return false;
}

/* The end of the first reserved range that overlaps; 0 if there is none. */
static u64 reserved_until(const struct boot_info *info, u64 start, u64 end)
{
	for (u32 i = 0; i < info->reserved_count; i++)
		if (overlaps(&info->reserved[i], start, end))
			return info->reserved[i].end.raw;
	return 0;
}

/* The lowest free RAM of that size, for good; it must lie where boot.S has mapped it. */
static hpa_t take_ram(struct boot_info *info, u64 size)
{
	for (u32 i = 0; i < info->ram_count; i++) {
		u64 start = ALIGN_UP(info->ram[i].start.raw, PAGE_SIZE), busy;

		while ((busy = reserved_until(info, start, start + size)) != 0)
			start = ALIGN_UP(busy, PAGE_SIZE);
		if (start + size > info->ram[i].end.raw || start + size > BOOT_MAPPED_END)
			continue;
		if (info->reserved_count == ARRAY_SIZE(info->reserved))
			break;
		info->reserved[info->reserved_count++] = (struct hpa_range){ hpa(start), hpa(start + size) };
		return hpa(start);
	}
	panic("boot: no 0x%lx bytes of RAM for the kernel's tables", size);
}

static void map_gib(const struct boot_info *info, u64 *table, u64 start)
{
	for (u32 i = 0; i < PT_ENTRIES; i++, start += HUGE_SIZE) {
		u64 caching = has_ram(info, start, start + HUGE_SIZE) ? 0 : PTE_PCD | PTE_PWT;

		table[i] = start | caching | PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS | PTE_G;
	}
}

static void map_direct(struct boot_info *info)
{
	u64 gibs = ALIGN_UP(ram_end(info), GIB) / GIB;
	hpa_t more = hpa(0);

	for (u64 i = 0; i < BOOT_GIBS; i++)
		map_gib(info, boot_direct_1 + i * PT_ENTRIES, i * GIB);
	if (gibs > BOOT_GIBS)
		more = take_ram(info, (gibs - BOOT_GIBS) * PAGE_SIZE);
	for (u64 i = BOOT_GIBS; i < gibs; i++, more = hpa_add(more, PAGE_SIZE)) {
		map_gib(info, hpa_to_ptr(more), i * GIB);
		boot_direct_2[i] = more.raw | PTE_P | PTE_W;
	}
}

/* ---- The image ----------------------------------------------------------------------------------------- */

static u64 image_rights(const char *p)
{
	if (p < kernel_text_end)
		return 0;
	if (p < kernel_rodata_end)
		return pte_nx;
	return pte_nx | PTE_W;
}

static void map_image(void)
{
	for (char *p = kernel_start; p < kernel_end; p += PAGE_SIZE) {
		u64 pa = paging_image_hpa(p).raw;

		image_table[pa >> HUGE_SHIFT][INDEX(pa, 0)] = pa | image_rights(p) | PTE_P | PTE_A | PTE_D | PTE_G;
	}
	for (u32 i = 0; i < IMAGE_TABLES; i++)
		boot_image_1[INDEX(KBASE, 1) + i] = paging_image_hpa(image_table[i]).raw | PTE_P | PTE_W;
}

/* ---- Use ----------------------------------------------------------------------------------------------- */

/* The other CPUs run at a low address for a moment, so "not executable" stands in kernel_root, not in boot_root. */
void paging_init(struct boot_info *info)
{
	map_direct(info);
	map_image();
	kernel_root[INDEX(DIRECT_BASE, 3)] = boot_root[INDEX(DIRECT_BASE, 3)] | pte_nx;
	kernel_root[INDEX(KBASE, 3)] = boot_root[INDEX(KBASE, 3)];
	arch_root_load(arch_kernel_root());
	cr4_write(processor_control.cr4 & ~CR4_PGE); /* forgets global entries too */
	cr4_write(processor_control.cr4);
}

hpa_t arch_kernel_root(void)
{
	return paging_image_hpa(kernel_root);
}

/* Hardware: [SDM3] "Invalidation of TLBs and Paging-Structure Caches": all but what is global goes. */
void arch_root_load(hpa_t root)
{
	cr3_write(root.raw);
}

/* Above this many pages, forgetting everything is cheaper. */
#define FLUSH_PAGES_MAX 32

/* INVLPG forgets, besides its page, what is cached of all tables above last-level entries. */
void arch_flush_local(hva_t start, hva_t end)
{
	if (end.raw - start.raw > FLUSH_PAGES_MAX * PAGE_SIZE) {
		cr3_write(cr3_read());
		return;
	}
	for (u64 va = start.raw; va < end.raw; va += PAGE_SIZE)
		__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/*
 * Hardware: [SDM3] "Handling Self- and Cross-Modifying Code": caches are coherent, so a serializing instruction is all
 * it takes.  Writing CR2 is one that a hypervisor need not intercept.
 */
void arch_icache_sync(void)
{
	cr2_write(0);
}
