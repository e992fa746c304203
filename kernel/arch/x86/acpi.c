/*
 * ACPI's tables: see acpi.h.
 *
 *   RSDP -> XSDT or RSDT -> MADT ("APIC": CPUs and interrupt controllers)
 *                        -> FADT ("FACP": power and reset registers) -> DSDT (the value that turns the machine off)
 *
 * Hardware: [ACPI] "ACPI Software Programming Model".  All tables are packed; numbers are little-endian.
 */
#include "acpi.h"
#include "kernel.h"
#include "mm/buddy.h"
#include "paging.h"

struct acpi acpi;

/* ---- Layouts ------------------------------------------------------------------------------------------- */

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision; /* 2 and up: the fields below exist */
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 extended_checksum;
	u8 reserved[3];
} __attribute__((packed));

struct table {
	char signature[4];
	u32 length; /* with this header */
	u8 revision;
	u8 checksum;
	char oem[26];
} __attribute__((packed));
_Static_assert(sizeof(struct table) == 36, "[ACPI] System Description Table Header");

struct generic_address {
	u8 space;
	u8 width, offset, access;
	u64 address;
} __attribute__((packed));

struct fadt {
	struct table header;
	u32 firmware_control, dsdt;
	u8 unused0[20];
	u32 pm1a_control;
	u8 unused1[44];
	u32 flags;
	struct generic_address reset;
	u8 reset_value;
	u8 unused2[11];
	u64 x_dsdt;
	u8 unused3[24];
	struct generic_address x_pm1a_control;
	u8 unused4[60];
	struct generic_address sleep_control;
} __attribute__((packed));
_Static_assert(offsetof(struct fadt, pm1a_control) == 64, "[ACPI] Fixed ACPI Description Table");
_Static_assert(offsetof(struct fadt, flags) == 112, "[ACPI] Fixed ACPI Description Table");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "[ACPI] Fixed ACPI Description Table");
_Static_assert(offsetof(struct fadt, x_pm1a_control) == 172, "[ACPI] Fixed ACPI Description Table");
_Static_assert(offsetof(struct fadt, sleep_control) == 244, "[ACPI] Fixed ACPI Description Table");

enum { FADT_RESET_SUPPORTED = 1 << 10, FADT_HARDWARE_REDUCED = 1 << 20 };

struct madt {
	struct table header;
	u32 lapic;
	u32 flags;
	u8 entries[];
} __attribute__((packed));

/* [ACPI] "Multiple APIC Description Table": the entries that matter here. */
enum { MADT_CPU = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_CPU_ENABLED = 1 };

struct madt_entry {
	u8 type, length;
	union {
		struct {
			u8 processor, apic_id;
			u32 flags;
		} __attribute__((packed)) cpu;
		struct {
			u8 id, reserved;
			u32 address, first_line;
		} __attribute__((packed)) ioapic;
		struct {
			u8 bus, isa_irq;
			u32 line;
			u16 flags;
		} __attribute__((packed)) override;
	};
} __attribute__((packed));

/* ---- Finding tables ------------------------------------------------------------------------------------ */

#define TABLE_LENGTH_MAX 0x100000u

static bool sums_to_zero(const void *bytes, u32 count)
{
	u8 sum = 0;

	for (u32 i = 0; i < count; i++)
		sum += ((const u8 *)bytes)[i];
	return sum == 0;
}

static bool is_readable(u64 pa, u64 size)
{
	return pa != 0 && pa < BOOT_MAPPED_END && size <= BOOT_MAPPED_END - pa;
}

/* The table at pa if it is sound and, with a signature given, has that; else NULL. */
static const struct table *table_at(u64 pa, const char *signature)
{
	const struct table *table = hpa_to_ptr(hpa(pa));

	if (!is_readable(pa, sizeof(*table)))
		return NULL;
	if (signature && memcmp(table->signature, signature, sizeof(table->signature)) != 0)
		return NULL;
	if (table->length < sizeof(*table) || table->length > TABLE_LENGTH_MAX)
		return NULL;
	if (!is_readable(pa, table->length) || !sums_to_zero(table, table->length))
		return NULL;
	return table;
}

/* Look in the root table, whose entries are addresses of `width` bytes. */
static const struct table *find_in(const struct table *root, u32 width, const char *signature)
{
	const u8 *entry = (const u8 *)root + sizeof(*root);
	const u8 *end = (const u8 *)root + root->length;

	for (; entry + width <= end; entry += width) {
		const struct table *table;
		u64 pa = 0;

		memcpy(&pa, entry, width);
		table = table_at(pa, signature);
		if (table)
			return table;
	}
	return NULL;
}

static const struct table *find_table(hpa_t rsdp_pa, const char *signature)
{
	const struct rsdp *rsdp = hpa_to_ptr(rsdp_pa);
	const struct table *root = NULL;

	if (!is_readable(rsdp_pa.raw, sizeof(*rsdp)) || memcmp(rsdp->signature, "RSD PTR ", 8) != 0)
		return NULL;
	if (rsdp->revision >= 2)
		root = table_at(rsdp->xsdt, "XSDT");
	if (root)
		return find_in(root, 8, signature);
	root = table_at(rsdp->rsdt, "RSDT");
	return root ? find_in(root, 4, signature) : NULL;
}

/* ---- CPUs and interrupt controllers -------------------------------------------------------------------- */

static void note_cpu(const struct madt_entry *e)
{
	if ((e->cpu.flags & MADT_CPU_ENABLED) && acpi.cpu_count < MAX_CPUS)
		acpi.cpu_apic_id[acpi.cpu_count++] = e->cpu.apic_id;
}

static void note_ioapic(const struct madt_entry *e)
{
	if (acpi.ioapic_count == ARRAY_SIZE(acpi.ioapic))
		return;
	acpi.ioapic[acpi.ioapic_count].base = hpa(e->ioapic.address);
	acpi.ioapic[acpi.ioapic_count++].first_line = e->ioapic.first_line;
}

static void note_override(const struct madt_entry *e)
{
	if (acpi.override_count == ARRAY_SIZE(acpi.override))
		return;
	acpi.override[acpi.override_count].isa_irq = e->override.isa_irq;
	acpi.override[acpi.override_count].line = e->override.line;
	acpi.override[acpi.override_count++].flags = e->override.flags;
}

static void read_madt(const struct madt *madt)
{
	const u8 *end = (const u8 *)madt + madt->header.length;
	const u8 *p = madt->entries;

	while (p + 2 <= end) {
		const struct madt_entry *e = (const struct madt_entry *)p;

		if (e->length < 2 || p + e->length > end)
			return;
		if (e->type == MADT_CPU && e->length >= 8)
			note_cpu(e);
		else if (e->type == MADT_IOAPIC && e->length >= 12)
			note_ioapic(e);
		else if (e->type == MADT_OVERRIDE && e->length >= 10)
			note_override(e);
		p += e->length;
	}
}

/* ---- Power and reset ----------------------------------------------------------------------------------- */

/*
 * The DSDT is a program, and the value that turns the machine off is in its package \_S5.  Its encoding is always the
 * same: NameOp, "_S5_", PackageOp, length, count of elements, the first element.
 * Hardware: [ACPI] "ACPI Machine Language (AML) Specification".
 * Why not an interpreter: this is the only thing in the DSDT that this kernel needs.
 */
enum { AML_ZERO = 0, AML_ONE = 1, AML_NAME = 0x08, AML_BYTE = 0x0a, AML_PACKAGE = 0x12 };

#define PACKAGE_BYTES 8 /* operator, length of up to 4 bytes, count, prefix, value */

static bool read_package(const u8 *p, u8 *first)
{
	if (p[0] != AML_PACKAGE)
		return false;
	p += 2 + (p[1] >> 6); /* the length's top two bits say how many bytes follow it */
	p++;                  /* count of elements */
	if (p[0] == AML_BYTE)
		*first = p[1];
	else if (p[0] == AML_ZERO || p[0] == AML_ONE)
		*first = p[0];
	else
		return false;
	return true;
}

static void read_dsdt(const struct table *dsdt)
{
	const u8 *start = (const u8 *)dsdt + sizeof(*dsdt);
	const u8 *end = (const u8 *)dsdt + dsdt->length;

	for (const u8 *p = start + 2; p + 4 <= end; p++) {
		u8 package[PACKAGE_BYTES] = { 0 };

		if (memcmp(p, "_S5_", 4) != 0)
			continue;
		if (p[-1] != AML_NAME && !(p[-1] == '\\' && p[-2] == AML_NAME))
			continue;
		memcpy(package, p + 4, MIN((u64)(end - p - 4), sizeof(package)));
		acpi.has_soft_off = read_package(package, &acpi.soft_off_type);
		return;
	}
}

static struct acpi_register to_register(const struct generic_address *g)
{
	return (struct acpi_register){ .address = g->address, .space = g->space };
}

/* An older FADT is shorter; what it lacks is zero. */
static void read_fadt(const struct table *table)
{
	struct fadt fadt = { 0 };
	const struct table *dsdt;

	memcpy(&fadt, table, MIN(table->length, sizeof(fadt)));
	if (fadt.flags & FADT_RESET_SUPPORTED) {
		acpi.reset = to_register(&fadt.reset);
		acpi.reset_value = fadt.reset_value;
	}
	if (fadt.flags & FADT_HARDWARE_REDUCED)
		acpi.sleep = to_register(&fadt.sleep_control);
	else if (fadt.x_pm1a_control.address)
		acpi.pm1 = to_register(&fadt.x_pm1a_control);
	else
		acpi.pm1 = (struct acpi_register){ .address = fadt.pm1a_control, .space = ACPI_SPACE_PORT };
	dsdt = table_at(fadt.x_dsdt ? fadt.x_dsdt : fadt.dsdt, "DSDT");
	if (dsdt)
		read_dsdt(dsdt);
}

void acpi_read(hpa_t rsdp)
{
	const struct table *madt = find_table(rsdp, "APIC");
	const struct table *fadt = find_table(rsdp, "FACP");

	if (madt && madt->length >= sizeof(struct madt))
		read_madt((const struct madt *)madt);
	if (fadt)
		read_fadt(fadt);
}
