/*
 * /dev/vm: descriptors and calls.  docs/vm-api.md says what each does; kernel/abi/vm.h has the layout.
 *
 * Calls are in tables: number, size of the structure, what is done with it.  The structure is copied in before and out
 * after, versioned by its first field, so a call works on a copy that nobody changes under it.
 */
#include "hyp/dev.h"
#include "hyp/vm.h"
#include "fs/file.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "mm/uaccess.h"
#include "proc.h"

enum way { IN = 1, OUT = 2, IN_OUT = 3 };

struct call {
	u32 request;
	u32 size; /* of the structure; 0: the argument is the user's value itself */
	enum way way;
	s64 (*serve)(void *subject, void *arg);
};

/* ---- Structures that begin with their size ------------------------------------------------------------- */

/* Is what the caller knows and we do not all zero?  0, -E2BIG, -EFAULT. */
static int check_rest(hva_t at, u32 size)
{
	char part[64];

	while (size) {
		u32 n = MIN(size, sizeof(part));

		if (copy_in(part, at, n))
			return -EFAULT;
		for (u32 i = 0; i < n; i++)
			if (part[i])
				return -E2BIG;
		at = hva_add(at, n);
		size -= n;
	}
	return 0;
}

#define SIZE_MIN 8

/* *theirs: the caller's size.  The size is read once: what is copied with the rest may have changed. */
static int copy_struct_in(void *to, u32 ours, hva_t from, u32 *theirs)
{
	if (copy_in(theirs, from, sizeof(*theirs)))
		return -EFAULT;
	if (*theirs < SIZE_MIN)
		return -EINVAL;
	if (*theirs > PAGE_SIZE)
		return -E2BIG;
	memset(to, 0, ours);
	if (copy_in(to, from, MIN(*theirs, ours)))
		return -EFAULT;
	*(u32 *)to = *theirs;
	return *theirs > ours ? check_rest(hva_add(from, ours), *theirs - ours) : 0;
}

static int copy_struct_out(hva_t to, void *from, u32 ours, u32 theirs)
{
	*(u32 *)from = theirs;
	return copy_out(to, from, MIN(theirs, ours)) ? -EFAULT : 0;
}

static s64 call_with_struct(const struct call *call, void *subject, hva_t user)
{
	void *arg = kmalloc(call->size);
	u32 theirs;
	s64 result;

	if (!arg)
		return -ENOMEM;
	result = copy_struct_in(arg, call->size, user, &theirs);
	if (!result)
		result = call->serve(subject, arg);
	if (result >= 0 && (call->way & OUT) && copy_struct_out(user, arg, call->size, theirs))
		result = -EFAULT;
	kfree(arg);
	return result;
}

static s64 dispatch(const struct call *calls, u32 count, void *subject, u32 request, u64 arg)
{
	for (u32 i = 0; i < count; i++) {
		if (calls[i].request != request)
			continue;
		if (calls[i].size == 0)
			return calls[i].serve(subject, &arg);
		return call_with_struct(&calls[i], subject, hva(arg));
	}
	return -ENOTTY;
}

/* ---- State --------------------------------------------------------------------------------------------- */

/* What machines and vCPUs have in common: how large a set is, how to read it, how to write it. */
struct state_ops {
	u32 (*size)(u32 set);
	void (*get)(void *subject, u32 set, void *data);
	int (*set)(void *subject, u32 set, const void *data);
};

enum state_way { STATE_GET, STATE_SET };

static int with_set(const struct state_ops *ops, void *subject, const struct vm_state_call *call, enum state_way way)
{
	u32 ours = ops->size(call->set);
	u32 theirs;
	void *data;
	int error;

	if (ours == 0)
		return -ENOENT;
	data = kmalloc(ours);
	if (!data)
		return -ENOMEM;
	error = copy_struct_in(data, ours, hva(call->data), &theirs);
	if (!error && way == STATE_SET)
		error = ops->set(subject, call->set, data);
	if (!error && way == STATE_GET) {
		ops->get(subject, call->set, data);
		error = copy_struct_out(hva(call->data), data, ours, theirs);
	}
	kfree(data);
	return error;
}

static void get_vcpu_set(void *vcpu, u32 set, void *data)
{
	arch_vcpu_state_get(vcpu, set, data);
}

/* A vCPU that failed may go on with another state. */
static int set_vcpu_set(void *subject, u32 set, const void *data)
{
	int error = arch_vcpu_state_set(subject, set, data);

	if (!error)
		vcpu_forgive(subject);
	return error;
}

static s64 vcpu_state(struct vcpu *vcpu, const struct vm_state_call *call, enum state_way way)
{
	static const struct state_ops ops = { arch_vcpu_state_size, get_vcpu_set, set_vcpu_set };
	int error;

	if (!vcpu_take(vcpu))
		return -EBUSY;
	error = with_set(&ops, vcpu, call, way);
	vcpu_let_go(vcpu);
	return error;
}

static s64 get_vcpu_state(void *vcpu, void *call)
{
	return vcpu_state(vcpu, call, STATE_GET);
}

static s64 set_vcpu_state(void *vcpu, void *call)
{
	return vcpu_state(vcpu, call, STATE_SET);
}

static void get_vm_set(void *vm, u32 set, void *data)
{
	arch_vm_state_get(vm, set, data);
}

static int set_vm_set(void *vm, u32 set, const void *data)
{
	return arch_vm_state_set(vm, set, data);
}

static const struct state_ops vm_state_ops = { arch_vm_state_size, get_vm_set, set_vm_set };

static s64 get_vm_state(void *vm, void *call)
{
	return with_set(&vm_state_ops, vm, call, STATE_GET);
}

static s64 set_vm_state(void *vm, void *call)
{
	return with_set(&vm_state_ops, vm, call, STATE_SET);
}

/* ---- A vCPU -------------------------------------------------------------------------------------------- */

static s64 run_vcpu(void *vcpu, void *unused)
{
	return vm_run_vcpu(vcpu);
}

static s64 kick_vcpu(void *subject, void *unused)
{
	struct vcpu *vcpu = subject;

	__atomic_fetch_add(&vcpu->count.kicks, 1, __ATOMIC_RELAXED);
	vcpu_ask(vcpu, VCPU_REQUEST_KICK);
	return 0;
}

static s64 stat_vcpu(void *vcpu, void *stat)
{
	vcpu_stat(vcpu, stat);
	return 0;
}

static s64 vcpu_ioctl(struct file *file, u32 request, u64 arg)
{
	static const struct call calls[] = {
		{ VCPU_RUN, 0, 0, run_vcpu },
		{ VCPU_KICK, 0, 0, kick_vcpu },
		{ VCPU_GET_STATE, sizeof(struct vm_state_call), IN, get_vcpu_state },
		{ VCPU_SET_STATE, sizeof(struct vm_state_call), IN, set_vcpu_state },
		{ VCPU_STAT, sizeof(struct vm_vcpu_stat), OUT, stat_vcpu },
	};
	struct vcpu *vcpu = file->private;
	int error = vm_check_caller(vcpu->vm);

	return error ? error : dispatch(calls, ARRAY_SIZE(calls), vcpu, request, arg);
}

static int run_page_check(struct file *file, u64 offset, u64 size, u32 prot)
{
	const struct vcpu *vcpu = file->private;
	int error = vm_check_caller(vcpu->vm);

	if (error)
		return error;
	return offset == 0 && size == PAGE_SIZE && !(prot & PROT_EXEC) ? 0 : -EINVAL;
}

static hpa_t run_page(struct file *file, u64 offset)
{
	const struct vcpu *vcpu = file->private;

	return ptr_to_hpa(vcpu->run);
}

static void release_vcpu(struct file *file)
{
	vm_vcpu_destroy(file->private);
}

static const struct file_ops vcpu_ops = {
	.ioctl = vcpu_ioctl,
	.mmap_check = run_page_check,
	.mmap_page = run_page,
	.release = release_vcpu,
};

/* ---- Making descriptors -------------------------------------------------------------------------------- */

/* A descriptor for `subject`, which has ops; or an error, and it has been released. */
static s64 install(const struct file_ops *ops, void *subject)
{
	struct file file_of_subject = { .ops = ops, .private = subject };
	struct file *file = file_alloc(ops, O_RDWR);
	int fd;

	if (!file) {
		ops->release(&file_of_subject);
		return -ENOMEM;
	}
	file->private = subject;
	fd = fd_install(&current()->proc->files, file);
	if (fd < 0)
		file_put(file);
	return fd;
}

/* ---- A machine ----------------------------------------------------------------------------------------- */

static s64 set_memslot(void *subject, void *request)
{
	struct vm *vm = subject;
	int error;

	mutex_lock(&vm->lock);
	error = memslot_update(vm, request);
	mutex_unlock(&vm->lock);
	return error;
}

static s64 create_vcpu(void *vm, void *arg)
{
	u64 index = *(u64 *)arg;
	struct vcpu *vcpu;
	int error = index >= VM_VCPU_MAX ? -EINVAL : vm_vcpu_create(vm, index, &vcpu);

	return error ? error : install(&vcpu_ops, vcpu);
}

static s64 set_line(void *vm, void *arg)
{
	const struct vm_line *line = arg;

	return line->reserved ? -EINVAL : vm_set_line(vm, line->line, line->level);
}

static s64 prefault(void *vm, void *arg)
{
	struct vm_range *range = arg;
	gpa_t stopped = gpa(range->start);
	int error = range->reserved ? -EINVAL : vm_prefault(vm, &stopped, gpa(range->end));

	range->start = stopped.raw;
	return error;
}

static s64 set_limit(void *vm, void *arg)
{
	const struct vm_limit *limit = arg;

	return limit->reserved ? -EINVAL : vm_set_limit(vm, limit->pages);
}

static s64 check(void *vm, void *unused)
{
	return vm_check(vm);
}

static s64 later(void *vm, void *arg)
{
	return -ENOSYS;
}

static s64 attributes(void *vm, void *arg)
{
	const struct vm_attributes *a = arg;

	return a->reserved ? -EINVAL : -ENOSYS;
}

static s64 vm_ioctl(struct file *file, u32 request, u64 arg)
{
	static const struct call calls[] = {
		{ VM_SET_MEMSLOT, sizeof(struct vm_memslot), IN, set_memslot },
		{ VM_CREATE_VCPU, 0, 0, create_vcpu },
		{ VM_SET_LINE, sizeof(struct vm_line), IN, set_line },
		{ VM_PREFAULT, sizeof(struct vm_range), IN_OUT, prefault },
		{ VM_GET_STATE, sizeof(struct vm_state_call), IN, get_vm_state },
		{ VM_SET_STATE, sizeof(struct vm_state_call), IN, set_vm_state },
		{ VM_SET_LIMIT, sizeof(struct vm_limit), IN, set_limit },
		{ VM_GET_DIRTY, sizeof(struct vm_dirty_log), IN, later },
		{ VM_CLEAR_DIRTY, sizeof(struct vm_dirty_log), IN, later },
		{ VM_SET_ATTRIBUTES, sizeof(struct vm_attributes), IN, attributes },
		{ VM_GET_ATTRIBUTES, sizeof(struct vm_attributes), IN, attributes },
		{ VM_CHECK, 0, 0, check },
	};
	int error = vm_check_caller(file->private);

	return error ? error : dispatch(calls, ARRAY_SIZE(calls), file->private, request, arg);
}

static void release_vm(struct file *file)
{
	vm_put(file->private);
}

static const struct file_ops vm_ops = {
	.ioctl = vm_ioctl,
	.release = release_vm,
};

/* ---- The device ---------------------------------------------------------------------------------------- */

static s64 version(void *unused, void *arg)
{
	return VM_API_VERSION;
}

static s64 caps(void *unused, void *arg)
{
	vm_caps(arg);
	return 0;
}

static s64 create(void *unused, void *config)
{
	struct vm *vm;
	int error = vm_create(config, &vm);

	return error ? error : install(&vm_ops, vm);
}

static s64 list(void *unused, void *arg)
{
	struct vm_list *list = arg;
	u32 ids[VM_MAX];
	u32 count = vm_list(ids, VM_MAX);
	u32 fit = MIN(count, list->count);

	if (copy_out(hva(list->ids), ids, fit * sizeof(ids[0])))
		return -EFAULT;
	list->count = count;
	return 0;
}

static s64 stat(void *unused, void *arg)
{
	struct vm_stat *out = arg;
	struct vm *vm = vm_find(out->id);

	if (!vm)
		return -ENOENT;
	vm_stat(vm, out);
	vm_put(vm);
	return 0;
}

#define TEXT_MAX (16 * 1024u)

/* What VM_DUMP and VM_WHY have in common: text about a machine. */
static s64 give_text(struct vm_text *t, size_t (*write)(struct vm *vm, struct vm_text *t, char *text, size_t size))
{
	struct vm *vm = vm_find(t->id);
	size_t room = MIN(t->length, TEXT_MAX);
	char *text = vm ? kmalloc(TEXT_MAX) : NULL;
	s64 result = vm ? -ENOMEM : -ENOENT;

	if (text) {
		t->length = write(vm, t, text, room);
		result = copy_out(hva(t->text), text, t->length);
	}
	kfree(text);
	if (vm)
		vm_put(vm);
	return result;
}

static size_t write_dump(struct vm *vm, struct vm_text *t, char *text, size_t size)
{
	gpa_t start = gpa(t->start);
	size_t used = vm_dump(vm, &start, gpa(t->end), text, size);

	t->start = start.raw;
	return used;
}

static s64 dump(void *unused, void *arg)
{
	struct vm_text *t = arg;

	if (t->start >= t->end || !IS_ALIGNED(t->start | t->end, PAGE_SIZE))
		return -EINVAL;
	return give_text(t, write_dump);
}

static size_t write_why(struct vm *vm, struct vm_text *t, char *text, size_t size)
{
	return vm_why(vm, gpa(t->start), text, size);
}

static s64 why(void *unused, void *arg)
{
	return give_text(arg, write_why);
}

static s64 dev_ioctl(struct file *file, u32 request, u64 arg)
{
	static const struct call calls[] = {
		{ VM_VERSION, 0, 0, version },
		{ VM_CAPS, sizeof(struct vm_caps), OUT, caps },
		{ VM_CREATE, sizeof(struct vm_config), IN, create },
		{ VM_LIST, sizeof(struct vm_list), IN_OUT, list },
		{ VM_STAT, sizeof(struct vm_stat), IN_OUT, stat },
		{ VM_DUMP, sizeof(struct vm_text), IN_OUT, dump },
		{ VM_WHY, sizeof(struct vm_text), IN_OUT, why },
	};

	return dispatch(calls, ARRAY_SIZE(calls), NULL, request, arg);
}

static int dev_open(struct file *file, u32 minor)
{
	static const struct file_ops ops = { .ioctl = dev_ioctl };

	if (minor != 0)
		return -ENXIO;
	file->ops = &ops;
	return 0;
}

void hyp_dev_init(void)
{
	static const struct device device = { "vm", dev_open };

	device_register(DEV_VM, &device);
}
