/*
 * IN, OUT and their string forms in the guest's place.  PICs and PIT are here; every other port is the monitor's.
 *
 * A string instruction does one element each time; rip stays until the last.  An element that INS has to write is
 * first tried for, so that a fault comes before the device is asked.
 * Hardware: [APM2] "IOIO Intercepts".
 */
#include "hyp_x86.h"

enum {
	INFO_IN = 1 << 0, INFO_STRING = 1 << 2, INFO_REPEAT = 1 << 3, INFO_SIZE_SHIFT = 4, INFO_PORT_SHIFT = 16,
};

struct io {
	u16 port;
	u8 size;
	bool in;
};

static struct io decode(u32 info)
{
	return (struct io){
		.port = info >> INFO_PORT_SHIFT,
		.size = info >> INFO_SIZE_SHIFT & 7,
		.in = info & INFO_IN,
	};
}

/* ---- Devices in the kernel ----------------------------------------------------------------------------- */

static bool read_port(struct vcpu *vcpu, u16 port, u8 *value)
{
	struct arch_vm *arch = &vcpu->vm->arch;

	return vpic_port_read(&arch->pic, port, value) || vpit_port_read(&arch->pit, port, arch_clock(), value);
}

static bool write_port(struct vcpu *vcpu, u16 port, u8 value)
{
	struct arch_vm *arch = &vcpu->vm->arch;

	return vpic_port_write(&arch->pic, port, value) || vpit_port_write(&arch->pit, port, arch_clock(), value);
}

/* Byte by byte.  False: the first port is not ours. */
static bool access_ports_locked(struct vcpu *vcpu, const struct io *io, u32 *data)
{
	for (u32 i = 0; i < io->size; i++) {
		u8 byte = io->in ? 0xff : *data >> 8 * i;
		bool ours = io->in ? read_port(vcpu, io->port + i, &byte) : write_port(vcpu, io->port + i, byte);

		if (!ours && i == 0)
			return false;
		if (io->in)
			*data = (*data & ~(0xffu << 8 * i)) | (u32)byte << 8 * i;
	}
	return true;
}

static bool access_ports(struct vcpu *vcpu, const struct io *io, u32 *data)
{
	struct vm *vm = vcpu->vm;
	bool ours;

	spin_lock(&vm->irq_lock);
	ours = access_ports_locked(vcpu, io, data);
	if (ours)
		x86_pic_changed_locked(vm, vcpu);
	spin_unlock(&vm->irq_lock);
	return ours;
}

static enum vm_next leave_io(struct vcpu *vcpu, const struct io *io, u32 data)
{
	vcpu->run->io.port = io->port;
	vcpu->run->io.bytes = io->size;
	vcpu->run->io.is_write = !io->in;
	vcpu->run->io.data = io->in ? 0 : data;
	return vm_leave(vcpu, VM_EXIT_IO);
}

/* ---- IN and OUT ---------------------------------------------------------------------------------------- */

static void set_accumulator(struct vcpu *vcpu, u32 size, u32 data)
{
	u64 *rax = x86_register(vcpu, GPR_RAX), mask = insn_mask(size);

	*rax = size == 4 ? data : (*rax & ~mask) | (data & mask);
}

/* The VMCB says where the next instruction is. */
static void advance(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;

	x86_advance(vcpu, vmcb->exitinfo2 - vmcb->rip);
}

static enum vm_next simple(struct vcpu *vcpu, const struct io *io)
{
	u32 data = *x86_register(vcpu, GPR_RAX) & insn_mask(io->size);
	bool ours = access_ports(vcpu, io, &data);

	if (!ours && io->in) {
		x86_expect(vcpu, UNFINISHED_IN, 0, io->size);
		return leave_io(vcpu, io, 0);
	}
	if (io->in)
		set_accumulator(vcpu, io->size, data);
	advance(vcpu);
	return ours ? VM_NEXT_ENTER : leave_io(vcpu, io, data);
}

void x86_finish_in(struct vcpu *vcpu, u32 data)
{
	set_accumulator(vcpu, vcpu->arch.m.unfinished.size, data);
	advance(vcpu);
}

/* ---- INS and OUTS -------------------------------------------------------------------------------------- */

/* What the exit does not tell. */
static bool read_string(struct vcpu *vcpu, struct insn *insn)
{
	enum insn_mode mode = x86_mode(vcpu->arch.vmcb);
	struct insn_bytes bytes;

	x86_fetch(vcpu, &bytes);
	if (!insn_prefixes(&bytes, mode, &insn->prefixes)) {
		x86_forget_translations(vcpu);
		return false;
	}
	insn->length = insn->prefixes.count + 1;
	insn->address_size = insn_address_size(&insn->prefixes, mode);
	insn->segment = insn->prefixes.segment == INSN_NO_SEGMENT ? INSN_DS : insn->prefixes.segment;
	return true;
}

/* There is no memory, or it cannot be found. */
static enum vm_next no_memory(struct vcpu *vcpu)
{
	struct insn_bytes bytes;

	if (x86_has_event(vcpu))
		return VM_NEXT_ENTER;
	x86_fetch(vcpu, &bytes);
	return x86_fail_emulate(vcpu, &bytes);
}

static void end_element(struct vcpu *vcpu, const struct insn *insn, u32 reg, u32 size)
{
	x86_string_step(vcpu, insn, reg, size);
	x86_string_end(vcpu, insn);
}

static enum vm_next out_string(struct vcpu *vcpu, const struct io *io, const struct insn *insn)
{
	u64 at = x86_string_address(vcpu, insn, insn->segment, GPR_RSI);
	u32 data = 0;

	if (!x86_read_linear(vcpu, at, &data, io->size))
		return no_memory(vcpu);
	end_element(vcpu, insn, GPR_RSI, io->size);
	return access_ports(vcpu, io, &data) ? VM_NEXT_ENTER : leave_io(vcpu, io, data);
}

static bool is_writable(struct vcpu *vcpu, u64 at, u32 size)
{
	gpa_t unused;

	return x86_translate(vcpu, at, ACCESS_WRITE, &unused) == WALK_DONE &&
	       x86_translate(vcpu, at + size - 1, ACCESS_WRITE, &unused) == WALK_DONE;
}

/* Memory that has gone meanwhile does not get it. */
static void in_element(struct vcpu *vcpu, const struct insn *insn, u32 size, u32 data)
{
	if (x86_write_linear(vcpu, x86_string_address(vcpu, insn, INSN_ES, GPR_RDI), &data, size))
		end_element(vcpu, insn, GPR_RDI, size);
}

static enum vm_next in_string(struct vcpu *vcpu, const struct io *io, const struct insn *insn)
{
	u64 at = x86_string_address(vcpu, insn, INSN_ES, GPR_RDI);
	u32 data = 0;

	if (!is_writable(vcpu, at, io->size))
		return no_memory(vcpu);
	if (access_ports(vcpu, io, &data)) {
		in_element(vcpu, insn, io->size, data);
		return VM_NEXT_ENTER;
	}
	x86_expect(vcpu, UNFINISHED_INS, at, io->size);
	return leave_io(vcpu, io, 0);
}

void x86_finish_ins(struct vcpu *vcpu, u32 data)
{
	struct insn insn;

	if (read_string(vcpu, &insn))
		in_element(vcpu, &insn, vcpu->arch.m.unfinished.size, data);
}

static enum vm_next string(struct vcpu *vcpu, const struct io *io)
{
	struct insn insn;

	if (!read_string(vcpu, &insn))
		return VM_NEXT_ENTER;
	if (x86_string_is_over(vcpu, &insn))
		return VM_NEXT_ENTER;
	return io->in ? in_string(vcpu, io, &insn) : out_string(vcpu, io, &insn);
}

enum vm_next x86_handle_io(struct vcpu *vcpu)
{
	u32 info = vcpu->arch.vmcb->exitinfo1;
	struct io io = decode(info);

	return info & INFO_STRING ? string(vcpu, &io) : simple(vcpu, &io);
}
