/*
 * The machine as a whole: memory for its parts, spaces, CPUs, verdicts.
 */
#include "grading/sim/sim.h"
#include "grading/sim/dirty.h"
#include "grading/sim/mem.h"
#include "grading/sim/parts.h"
#include "grading/sim/point.h"
#include "grading/sim/stale.h"

#define PAGE_SIZE 4096u

static struct sim_config config;
static int actor;
static struct sim_space spaces[SIM_SPACE_MAX];
static struct sim_cpu cpus[SIM_CPU_MAX];
static struct sim_work work;

static struct {
	unsigned char *at, *end;
} carve;

/* ---- Memory for parts ----------------------------------------------------------------------------------- */

void *sim_carve_raw(uint64_t size)
{
	unsigned char *part = carve.at;

	size = (size + 15) & ~(uint64_t)15;
	if (size > (uint64_t)(carve.end - carve.at))
		sim_fail("sim: the memory is too small");
	carve.at += size;
	return part;
}

void *sim_carve(uint64_t size)
{
	void *part = sim_carve_raw(size);

	__builtin_memset(part, 0, size);
	return part;
}

static unsigned char *next_page(void)
{
	return carve.at + (-(uintptr_t)carve.at & (PAGE_SIZE - 1));
}

uint64_t sim_carve_left(void)
{
	return carve.end > next_page() ? (uint64_t)(carve.end - next_page()) / PAGE_SIZE * PAGE_SIZE : 0;
}

void *sim_carve_pages(uint64_t size)
{
	unsigned char *pages = next_page();

	carve.at = pages + size;
	return pages;
}

/* ---- Surroundings --------------------------------------------------------------------------------------- */

void sim_fail_text(const char *text)
{
	config.env->fail(config.env->arg, text);
	__builtin_unreachable();
}

void sim_env_point(const void *slot, const char *what)
{
	int self = actor;

	if (config.env->point)
		config.env->point(config.env->arg, slot, what);
	actor = self;
}

void sim_env_wait(const char *what)
{
	int self = actor;

	if (config.env->wait == NULL)
		sim_fail("sim: actor %d waits for ever: %s", actor, what);
	config.env->wait(config.env->arg, what);
	actor = self;
}

void sim_actor_set(int new_actor)
{
	if (new_actor < 0 || new_actor >= SIM_ACTOR_MAX)
		sim_fail("sim: there is no actor %d", new_actor);
	actor = new_actor;
}

int sim_actor(void)
{
	return actor;
}

enum walk_ad sim_ad_mode(void)
{
	return config.ad;
}

/* ---- Spaces --------------------------------------------------------------------------------------------- */

struct sim_space *sim_space_at(int i)
{
	return &spaces[i];
}

struct sim_space *sim_space_of(hpa_t root)
{
	for (int i = 0; i < SIM_SPACE_MAX; i++)
		if (spaces[i].open && spaces[i].root.table.raw == root.raw)
			return &spaces[i];
	return NULL;
}

static struct sim_space *closed_space(void)
{
	for (int i = 0; i < SIM_SPACE_MAX; i++)
		if (!spaces[i].open)
			return &spaces[i];
	sim_fail("sim: more than %d spaces are open", SIM_SPACE_MAX);
}

/* Hardware demands it: a root lies in one block, aligned to its size, and has a number of levels that exists. */
static void check_root(const struct walk_root *root)
{
	const struct sim_block *block = sim_mem_block(root->table);
	int bits = walk_index_bits(root, root->levels - 1);
	uint64_t size = (uint64_t)walk_format.entry_size << bits;

	if (!walk_root_exists(root))
		sim_fail("sim: no root has %d levels and %d extra bits", root->levels, root->extra);
	if (block == NULL || block->start.raw != root->table.raw || size > (uint64_t)PAGE_SIZE << block->order)
		sim_fail("sim: the root %x is not a table of %x bytes", root->table.raw, size);
}

void sim_space_open(hpa_t root, int levels, int extra)
{
	struct sim_space *space = closed_space();

	*space = (struct sim_space){ .root = { root, levels, extra } };
	check_root(&space->root);
	if (sim_space_of(root))
		sim_fail("sim: the root %x is open already", root.raw);
	space->open = true;
	sim_point_learn(root);
}

static void forget_bindings(struct sim_cpu *cpu, const struct sim_space *space)
{
	for (int i = 0; i < cpu->binding_count; i++)
		if (cpu->bindings[i].space == space)
			cpu->bindings[i].space = NULL;
}

void sim_space_close(hpa_t root)
{
	struct sim_space *space = sim_space_of(root);

	if (space == NULL)
		sim_fail("sim: the root %x is not open", root.raw);
	for (int i = 0; i < SIM_CPU_MAX; i++) {
		if (cpus[i].space == space)
			sim_fail("[ROOT-FREED-EARLY] the root %x is closed, but cpu %d runs in it", root.raw, i);
		forget_bindings(&cpus[i], space);
	}
	sim_dirty_close(space);
	sim_point_forget(root);
	space->open = false;
}

/* ---- CPUs ----------------------------------------------------------------------------------------------- */

struct sim_cpu *sim_cpu_at(int cpu)
{
	if (cpu < 0 || cpu >= SIM_CPU_MAX)
		sim_fail("sim: there is no cpu %d", cpu);
	return &cpus[cpu];
}

static struct sim_binding *binding_of(struct sim_cpu *cpu, unsigned id)
{
	for (int i = 0; i < cpu->binding_count; i++)
		if (cpu->bindings[i].id == id)
			return &cpu->bindings[i];
	return NULL;
}

static struct sim_binding *new_binding(struct sim_cpu *cpu, unsigned id)
{
	if (cpu->binding_count == SIM_BINDING_MAX)
		sim_fail("sim: a cpu has used more than %d ids", SIM_BINDING_MAX);
	cpu->bindings[cpu->binding_count].id = id;
	return &cpu->bindings[cpu->binding_count++];
}

struct sim_space *sim_cpu_space(int cpu, unsigned id)
{
	struct sim_binding *binding = binding_of(sim_cpu_at(cpu), id);

	return binding ? binding->space : NULL;
}

void sim_cpu_enter(int cpu, hpa_t root, unsigned id)
{
	struct sim_cpu *c = sim_cpu_at(cpu);
	struct sim_space *space = sim_space_of(root);
	struct sim_binding *binding = binding_of(c, id);

	if (space == NULL)
		sim_fail("sim: cpu %d enters the root %x, which is not open", cpu, root.raw);
	if (id >> walk_format.id_bits)
		sim_fail("sim: the id %d has more than %d bits", id, walk_format.id_bits);
	if (binding == NULL)
		binding = new_binding(c, id);
	binding->space = space;
	space->cpus |= 1u << cpu;
	c->space = space;
	c->id = id;
}

void sim_cpu_leave(int cpu)
{
	sim_cpu_at(cpu)->space = NULL;
}

/* ---- Verdicts, work ------------------------------------------------------------------------------------- */

void sim_check(void)
{
	const char *difference;

	sim_point_settle();
	difference = sim_stale();
	if (difference)
		sim_fail_text(difference);
	sim_dirty_check();
}

void sim_finish(void)
{
	sim_check();
	sim_mem_check();
	if (sim_mem_blocks())
		sim_fail("[TABLE-LEAKED] %d tables were not freed", (int)sim_mem_blocks());
}

struct sim_work *sim_work(void)
{
	return &work;
}

void sim_work_reset(void)
{
	work = (struct sim_work){ 0 };
}

/* ---- Beginning ------------------------------------------------------------------------------------------ */

static hpa_t tables_at(void)
{
	uint64_t top = (uint64_t)1 << (walk_format.oa_bits - 1);

	return config.tables.raw ? config.tables : hpa(top | (top >> 4 & ~(uint64_t)0xffff));
}

void sim_start(const struct sim_config *new_config)
{
	config = *new_config;
	carve.at = config.memory;
	carve.end = carve.at + config.size;
	actor = 0;
	for (int i = 0; i < SIM_SPACE_MAX; i++)
		spaces[i] = (struct sim_space){ 0 };
	for (int i = 0; i < SIM_CPU_MAX; i++)
		cpus[i] = (struct sim_cpu){ 0 };
	sim_work_reset();
	if (!(walk_format.ad_modes >> config.ad & 1))
		sim_fail("sim: no %s does that about accessed and dirty", walk_format.name);
	sim_tlb_start();
	sim_dirty_start();
	sim_point_start();
	sim_stale_start();
	sim_insn_start();
	sim_host_start();
	sim_monitor_start();
	sim_mem_start(tables_at());
}
