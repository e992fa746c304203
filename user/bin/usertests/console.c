/*
 * The console's ioctls.  Nothing is typed here, and what was set is set back.
 */
#include "test.h"

static int open_console(void)
{
	return OK(open("/dev/console", O_RDWR));
}

TEST(console, modes)
{
	int fd = open_console();
	u32 before, mode;

	OK(ioctl(fd, TTY_GETMODE, (u64)&before));
	EXPECT(before == TTY_COOKED || before == TTY_RAW);
	OK(ioctl(fd, TTY_SETMODE, TTY_RAW));
	OK(ioctl(fd, TTY_GETMODE, (u64)&mode));
	EXPECT_EQ(mode, TTY_RAW);
	OK(ioctl(fd, TTY_SETMODE, TTY_COOKED));
	OK(ioctl(fd, TTY_GETMODE, (u64)&mode));
	EXPECT_EQ(mode, TTY_COOKED);
	EXPECT_EQ(ioctl(fd, TTY_SETMODE, 77), -EINVAL);
	OK(ioctl(fd, TTY_GETMODE, (u64)&mode));
	EXPECT_EQ(mode, TTY_COOKED);
	OK(ioctl(fd, TTY_SETMODE, before));
}

TEST(console, input_count)
{
	int fd = open_console();
	u32 count = 12345;

	OK(ioctl(fd, TTY_INPUT_COUNT, (u64)&count));
	EXPECT(count < 12345);
}

TEST(console, errors)
{
	int fd = open_console(), file = OK(open("f", O_RDWR | O_CREATE)), dir = OK(open(".", O_RDONLY));
	u32 mode;

	EXPECT_EQ(ioctl(fd, 0, 0), -ENOTTY);
	EXPECT_EQ(ioctl(fd, ~0ul, 0), -ENOTTY);
	EXPECT_EQ(ioctl(fd, TTY_GETMODE, 0), -EFAULT);
	EXPECT_EQ(ioctl(fd, TTY_GETMODE, ~0ul << 40), -EFAULT);
	EXPECT_EQ(ioctl(fd, TTY_INPUT_COUNT, 8), -EFAULT);
	EXPECT_EQ(ioctl(file, TTY_GETMODE, (u64)&mode), -ENOTTY);
	EXPECT_EQ(ioctl(dir, TTY_GETMODE, (u64)&mode), -ENOTTY);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), -ESPIPE);
}

static s64 read_console(void *arg)
{
	char c;

	return read((s64)arg, &c, 1);
}

TEST(console, reader_can_be_killed)
{
	int fd = open_console();
	int pid = spawn(read_console, (void *)(s64)fd);

	sleep(10 * MS);
	if (wait(pid, NULL, WAIT_NOHANG) != -EAGAIN)
		SKIP("there is input, or no terminal");
	OK(kill(pid));
	EXPECT_EQ(reap(pid), KILLED(KILL));
}

TEST(console, write_of_nothing)
{
	int fd = open_console();

	EXPECT_EQ(write(fd, "", 0), 0);
}
