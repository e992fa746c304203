/*
 * ACPI's tables of a guest: which CPUs there are, and how the machine is turned off and reset.
 *
 *   RSDP -> XSDT -> MADT ("APIC"): a local APIC for each vCPU.  There is no I/O APIC: the guest uses the PICs
 *                -> FADT ("FACP"): hardware-reduced; sleep and reset registers -> DSDT: \_S5
 *
 * Hardware: [ACPI] "ACPI Software Programming Model".
 */
#include "layout.h"
#include "string.h"

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt, length;
	u64 xsdt;
	u8 extended_checksum, reserved[3];
} __attribute__((packed));

struct table {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __attribute__((packed));

struct generic_address {
	u8 space, width, offset, access;
	u64 address;
} __attribute__((packed));

struct fadt {
	struct table header;
	u8 unused0[76];
	u32 flags;
	struct generic_address reset;
	u8 reset_value, unused1[11];
	u64 x_dsdt;
	u8 unused2[96];
	struct generic_address sleep_control, sleep_status;
	u64 hypervisor;
} __attribute__((packed));
_Static_assert(offsetof(struct fadt, flags) == 112 && offsetof(struct fadt, x_dsdt) == 140 &&
	       offsetof(struct fadt, sleep_control) == 244 && sizeof(struct fadt) == 276,
	       "[ACPI] Fixed ACPI Description Table");

enum { FADT_RESET = 1 << 10, FADT_REDUCED = 1 << 20, SPACE_PORT = 1, RESET_FULL = 6 };

struct madt_cpu {
	u8 type, length, processor, apic_id;
	u32 flags;
} __attribute__((packed));

struct madt {
	struct table header;
	u32 lapic, flags;
	struct madt_cpu cpu[VM_VCPU_MAX];
} __attribute__((packed));

/* Name (\_S5, Package () { 5, 0 }) */
static const u8 soft_off[] = { 0x08, '\\', '_', 'S', '5', '_', 0x12, 5, 2, 0x0a, SLEEP_TYPE_OFF, 0x00 };

static u8 checksum(const void *bytes, u32 size)
{
	u8 sum = 0;

	for (u32 i = 0; i < size; i++)
		sum += ((const u8 *)bytes)[i];
	return -sum;
}

/* Give a table whose contents are there its header. */
static void finish(struct table *table, const char *signature, u32 revision, u32 length)
{
	memcpy(table->signature, signature, 4);
	memcpy(table->oem, "FLTLND", 6);
	memcpy(table->oem_table, "VM      ", 8);
	table->length = length;
	table->revision = revision;
	table->checksum = checksum(table, length);
}

static u64 write_madt(void)
{
	u64 at;
	struct madt *madt = firmware_take(sizeof(*madt), &at);
	u32 length = offsetof(struct madt, cpu) + machine.vcpu_count * sizeof(madt->cpu[0]);

	madt->lapic = LAPIC_BASE;
	madt->flags = 1; /* there are PICs */
	for (u32 i = 0; i < machine.vcpu_count; i++)
		madt->cpu[i] = (struct madt_cpu){ .length = 8, .processor = i, .apic_id = i, .flags = 1 };
	finish(&madt->header, "APIC", 4, length);
	return at;
}

static u64 write_dsdt(void)
{
	u64 at;
	struct table *dsdt = firmware_take(sizeof(*dsdt) + sizeof(soft_off), &at);

	memcpy(dsdt + 1, soft_off, sizeof(soft_off));
	finish(dsdt, "DSDT", 2, sizeof(*dsdt) + sizeof(soft_off));
	return at;
}

static u64 write_fadt(void)
{
	u64 at, dsdt = write_dsdt();
	struct fadt *fadt = firmware_take(sizeof(*fadt), &at);

	fadt->flags = FADT_RESET | FADT_REDUCED;
	fadt->reset = (struct generic_address){ .space = SPACE_PORT, .width = 8, .address = RESET_PORT };
	fadt->reset_value = RESET_FULL;
	fadt->x_dsdt = dsdt;
	fadt->sleep_control = (struct generic_address){ .space = SPACE_PORT, .width = 8, .address = SLEEP_PORT };
	finish(&fadt->header, "FACP", 6, sizeof(*fadt));
	return at;
}

u64 write_acpi(void)
{
	u64 at, xsdt_at, tables[] = { write_madt(), write_fadt() };
	struct table *xsdt = firmware_take(sizeof(*xsdt) + sizeof(tables), &xsdt_at);
	struct rsdp *rsdp = firmware_take(sizeof(*rsdp), &at);

	memcpy(xsdt + 1, tables, sizeof(tables));
	finish(xsdt, "XSDT", 1, sizeof(*xsdt) + sizeof(tables));
	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem, "FLTLND", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt_at;
	rsdp->checksum = checksum(rsdp, 20);
	rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
	return at;
}
