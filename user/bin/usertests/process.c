/*
 * Processes: birth, death, waiting, killing, groups.
 */
#include "test.h"

static s64 exit_with(void *arg)
{
	return (s64)arg;
}

/* ---- Exit and wait ----------------------------------------------------------------------------------- */

TEST(process, exit_code_reaches_parent)
{
	EXPECT_EQ(status_of(exit_with, (void *)0), 0);
	EXPECT_EQ(status_of(exit_with, (void *)1), 1);
	EXPECT_EQ(status_of(exit_with, (void *)255), 255);
	EXPECT_EQ(status_of(exit_with, (void *)256), 0); /* the low 8 bits */
	EXPECT_EQ(status_of(exit_with, (void *)-1), 255);
}

TEST(process, wait_any_finds_each_child_once)
{
	int pids[6], status;

	for (int i = 0; i < 6; i++)
		pids[i] = spawn(exit_with, (void *)(s64)i);
	for (int found = 0; found < 6; found++) {
		int pid = OK(wait(-1, &status, 0)), i = 0;

		while (i < 6 && pids[i] != pid)
			i++;
		EXPECT(i < 6);
		EXPECT_EQ(status, i);
		pids[i] = 0;
	}
	EXPECT_EQ(wait(-1, &status, 0), -ECHILD);
}

TEST(process, wait_for_one_leaves_others)
{
	int first = spawn(exit_with, (void *)1), second = spawn(exit_with, (void *)2);

	EXPECT_EQ(reap(second), 2);
	EXPECT_EQ(reap(first), 1);
}

TEST(process, wait_nohang_does_not_sleep)
{
	int status = 77, pid = spawn(sleep_forever, NULL);

	EXPECT_EQ(wait(pid, &status, WAIT_NOHANG), -EAGAIN);
	EXPECT_EQ(wait(-1, &status, WAIT_NOHANG), -EAGAIN);
	EXPECT_EQ(status, 77);
	OK(kill(pid));
	EXPECT_EQ(reap(pid), KILLED(KILL));
}

TEST(process, wait_without_status_is_fine)
{
	int pid = spawn(exit_with, (void *)3);

	EXPECT_EQ(wait(pid, NULL, 0), pid);
}

TEST(process, wait_for_strangers_fails)
{
	EXPECT_EQ(wait(-1, NULL, 0), -ECHILD);
	EXPECT_EQ(wait(-1, NULL, WAIT_NOHANG), -ECHILD);
	EXPECT_EQ(wait(1, NULL, 0), -ECHILD);
	EXPECT_EQ(wait(getpid(), NULL, 0), -ECHILD);
	EXPECT_EQ(wait(getppid(), NULL, 0), -ECHILD);
	EXPECT_EQ(wait(0x7ffffff0, NULL, 0), -ECHILD);
}

static s64 check_parent(void *arg)
{
	EXPECT_EQ(getppid(), (s64)arg);
	EXPECT(getpid() != (s64)arg);
	return 0;
}

TEST(process, child_knows_parent)
{
	EXPECT_EQ(status_of(check_parent, (void *)(s64)getpid()), 0);
	EXPECT_EQ(gettid(), gettid());
}

TEST(process, many_children_one_after_another)
{
	for (s64 i = 0; i < 200; i++)
		EXPECT_EQ(status_of(exit_with, (void *)(i % 256)), i % 256);
}

/* Each process of the tree has two children; the leaves count. */
static s64 grow_tree(void *arg)
{
	s64 depth = (s64)arg;

	if (depth == 0)
		return 1;
	int left = spawn(grow_tree, (void *)(depth - 1)), right = spawn(grow_tree, (void *)(depth - 1));

	return reap(left) + reap(right);
}

TEST(process, tree_of_processes_adds_up)
{
	EXPECT_EQ(grow_tree((void *)5), 32);
}

struct orphanage {
	u32 may_look, done;
	int adopted_by;
};

static s64 orphan(void *arg)
{
	struct orphanage *o = arg;

	await(&o->may_look, 1);
	o->adopted_by = getppid();
	__atomic_store_n(&o->done, 1, __ATOMIC_RELEASE);
	return 0;
}

static s64 leave_orphan(void *arg)
{
	spawn(orphan, arg);
	return 0;
}

/* That init reaps it shows in the count of processes after the case. */
TEST(process, orphan_goes_to_init)
{
	struct orphanage *o = map(PAGE, MAP_SHARED);

	EXPECT_EQ(status_of(leave_orphan, o), 0);
	o->may_look = 1;
	await(&o->done, 1);
	EXPECT_EQ(o->adopted_by, 1);
}

static s64 leave_zombies(void *arg)
{
	for (int i = 0; i < 10; i++)
		spawn(exit_with, NULL);
	sleep(20 * MS);
	return 0;
}

TEST(process, zombies_of_the_dead_are_reaped)
{
	EXPECT_EQ(status_of(leave_zombies, NULL), 0);
}

/* ---- Information ------------------------------------------------------------------------------------- */

static bool find(int pid, struct procinfo *p)
{
	static struct procinfo list[600];
	s64 count = OK(procinfo(list, 600));

	for (s64 i = 0; i < count; i++)
		if (list[i].pid == pid) {
			*p = list[i];
			return true;
		}
	return false;
}

TEST(process, list_describes_processes)
{
	int pid = spawn(sleep_forever, NULL);
	struct procinfo p;

	EXPECT(find(getpid(), &p));
	EXPECT_EQ(p.ppid, getppid());
	EXPECT_EQ(p.state, PROC_LIVE);
	EXPECT_EQ(p.thread_count, 1);
	EXPECT(p.page_count > 0);
	EXPECT_EQ(strcmp(p.name, "usertests"), 0);
	EXPECT(find(pid, &p));
	EXPECT_EQ(p.ppid, getpid());
	OK(kill(pid));
	reap(pid);
	EXPECT(!find(pid, &p));
}

/* Until it has ended, however long that takes here. */
static void wait_for_zombie(int pid)
{
	struct procinfo p;

	do {
		sleep(MS);
		EXPECT(find(pid, &p));
	} while (p.state != PROC_ZOMBIE);
}

TEST(process, list_shows_zombie_until_wait)
{
	int pid = spawn(exit_with, NULL);
	struct procinfo p;

	wait_for_zombie(pid);
	EXPECT_EQ(reap(pid), 0);
	EXPECT(!find(pid, &p));
}

TEST(process, list_fills_only_what_was_asked_for)
{
	struct procinfo list[2];

	memset(list, 0x5a, sizeof(list));
	EXPECT_EQ(procinfo(list, 1), 1);
	EXPECT_EQ(list[1].pid, 0x5a5a5a5a);
	EXPECT_EQ(procinfo(list, 0), 0);
}

TEST(process, sysinfo_makes_sense)
{
	struct sysinfo a, b;

	OK(sysinfo(&a));
	EXPECT(a.page_total > 1000 && a.page_free > 0 && a.page_free < a.page_total);
	EXPECT(a.largest_free >= PAGE && a.largest_free <= a.page_free * PAGE);
	EXPECT(a.cpu_count >= 1 && a.cpu_count <= 8);
	EXPECT(a.proc_count >= 2 && a.thread_count >= a.proc_count);
	EXPECT(a.arch[0]);
	sleep(2 * MS);
	OK(sysinfo(&b));
	EXPECT(b.uptime_ns > a.uptime_ns);
	EXPECT(b.syscall_count >= a.syscall_count + 1);
	EXPECT(b.switch_count > a.switch_count);
}

/* ---- Kill -------------------------------------------------------------------------------------------- */

static void expect_killable(test_fn *fn, void *arg)
{
	int pid = spawn(fn, arg);

	sleep(5 * MS);
	OK(kill(pid));
	EXPECT_EQ(reap(pid), KILLED(KILL));
}

TEST(process, kill_ends_sleeper)
{
	expect_killable(sleep_forever, NULL);
}

TEST(process, kill_ends_spinner)
{
	expect_killable(spin_forever, NULL);
}

static s64 wait_forever(void *arg)
{
	spawn(sleep_forever, NULL);
	return wait(-1, NULL, 0);
}

TEST(process, kill_ends_waiting_parent)
{
	expect_killable(wait_forever, NULL);
}

static s64 read_forever(void *arg)
{
	int fd[2];
	char c;

	OK(pipe(fd));
	return read(fd[0], &c, 1);
}

TEST(process, kill_ends_pipe_reader)
{
	expect_killable(read_forever, NULL);
}

static NORETURN s64 write_forever(void *arg)
{
	static char buf[4096];
	int fd[2];

	OK(pipe(fd));
	for (;;)
		OK(write(fd[1], buf, sizeof(buf)));
}

TEST(process, kill_ends_pipe_writer)
{
	expect_killable(write_forever, NULL);
}

static s64 futex_forever(void *arg)
{
	u32 word = 0;

	return futex_wait(&word, 0, 0);
}

TEST(process, kill_ends_futex_waiter)
{
	expect_killable(futex_forever, NULL);
}

static NORETURN s64 fork_forever(void *arg)
{
	for (;;)
		reap(spawn(exit_with, NULL));
}

TEST(process, kill_ends_forker)
{
	for (int i = 0; i < 10; i++)
		expect_killable(fork_forever, NULL);
}

static NORETURN s64 write_file_forever(void *arg)
{
	static char buf[64 * 1024];
	int fd = OK(open("f", O_RDWR | O_CREATE));

	for (;;) {
		OK(lseek(fd, 0, SEEK_SET));
		OK(write(fd, buf, sizeof(buf)));
	}
}

TEST(process, kill_ends_file_writer)
{
	for (int i = 0; i < 5; i++)
		expect_killable(write_file_forever, NULL);
	EXPECT(OK(open("f", O_RDONLY)) >= 0);
}

static s64 kill_myself(void *arg)
{
	kill(getpid());
	return 3;
}

TEST(process, kill_of_oneself_works)
{
	EXPECT_KILLED(kill_myself, NULL, KILL);
}

TEST(process, kill_of_zombie_changes_nothing)
{
	int pid = spawn(exit_with, (void *)9);

	wait_for_zombie(pid);
	OK(kill(pid));
	EXPECT_EQ(reap(pid), 9);
	EXPECT_EQ(kill(pid), -ESRCH);
}

TEST(process, kill_of_nobody_fails)
{
	EXPECT_EQ(kill(0x7ffffff0), -ESRCH);
	EXPECT_EQ(kill(-0x7ffffff0), -ESRCH);
	EXPECT_EQ(kill(1), -EPERM);
	EXPECT_EQ(kill(0), -EINVAL);
}

/* ---- Groups ------------------------------------------------------------------------------------------ */

TEST(process, group_is_inherited)
{
	int pid = spawn(sleep_forever, NULL);
	struct procinfo me, child;

	EXPECT(find(getpid(), &me) && find(pid, &child));
	EXPECT_EQ(me.group, getpid());
	EXPECT_EQ(child.group, me.group);
	OK(kill(pid));
	reap(pid);
}

TEST(process, kill_of_group_spares_others)
{
	int first = spawn(sleep_forever, NULL), second = spawn(spin_forever, NULL);
	int outsider = spawn(sleep_forever, NULL);

	OK(setgroup(first, 0));
	OK(setgroup(second, first));
	OK(kill(-first));
	EXPECT_EQ(reap(first), KILLED(KILL));
	EXPECT_EQ(reap(second), KILLED(KILL));
	EXPECT_EQ(kill(-first), -ESRCH);
	EXPECT_EQ(wait(outsider, NULL, WAIT_NOHANG), -EAGAIN);
	OK(kill(outsider));
	EXPECT_EQ(reap(outsider), KILLED(KILL));
}

TEST(process, setgroup_of_strangers_fails)
{
	EXPECT_EQ(setgroup(1, 0), -ESRCH);
	EXPECT_EQ(setgroup(getppid(), 0), -ESRCH);
	EXPECT_EQ(setgroup(0x7ffffff0, 0), -ESRCH);
	EXPECT_EQ(setgroup(0, -5), -EINVAL);
}

/* A number that is somebody's in its low half alone is nobody's. */
TEST(process, long_ids_are_not_cut)
{
	u64 beyond = 1ull << 32;
	int child = spawn(sleep_forever, NULL);

	EXPECT_EQ(syscall(SYS_kill, beyond | child, 0, 0, 0, 0, 0), -ESRCH);
	EXPECT_EQ(syscall(SYS_wait, beyond | child, 0, WAIT_NOHANG, 0, 0, 0), -ECHILD);
	EXPECT_EQ(syscall(SYS_thread_join, beyond | gettid(), 0, 0, 0, 0, 0), -ESRCH);
	OK(kill(child));
	EXPECT_EQ(reap(child), KILLED(KILL));
}
