/*
 * The line editor: which line the keys make.  What it shows is tested on the host, against a model of a terminal.
 */
#include "grading/ktest/ktest.h"
#include "dev/lineedit.h"
#include "lineedit_keys.h"

static struct lineedit editor;
static u64 echoed; /* bytes */

static void echo(struct lineedit *ed, const char *bytes, size_t size)
{
	echoed += size;
}

static enum line_event type(const char *keys)
{
	enum line_event event = LINE_NONE;

	for (; *keys && event == LINE_NONE; keys++)
		event = lineedit_key(&editor, *keys);
	return event;
}

static void start(void)
{
	lineedit_init(&editor, echo);
	lineedit_show(&editor, 2);
}

static void keys_edit_the_line(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(lineedit_keys); i++) {
		const struct lineedit_keys *k = &lineedit_keys[i];

		start();
		EXPECT_EQ(type(k->keys), LINE_NONE, "keys %u", i);
		EXPECT_EQ(editor.length, strlen(k->line), "keys %u", i);
		EXPECT_EQ(memcmp(editor.line, k->line, strlen(k->line)), 0, "keys %u", i);
		EXPECT_EQ(editor.cursor, k->cursor, "keys %u", i);
	}
}

static void line_ends_are_told_apart(void)
{
	start();
	EXPECT_EQ(type("abc\r"), LINE_DONE);
	EXPECT_EQ(editor.length, 3);
	lineedit_next(&editor);
	EXPECT_EQ(type("\n"), LINE_NONE, "the second half of a carriage return and line feed");
	EXPECT_EQ(type("ab\x04"), LINE_AS_IT_IS);
	EXPECT_EQ(editor.length, 2);
	lineedit_next(&editor);
	EXPECT_EQ(type("\x04"), LINE_AS_IT_IS);
	EXPECT_EQ(editor.length, 0);
	lineedit_next(&editor);
	EXPECT_EQ(type("ab\x03"), LINE_INTERRUPT);
}

static void full_line_takes_no_more(void)
{
	start();
	for (u32 i = 0; i < LINE_SIZE + 10; i++)
		EXPECT_EQ(lineedit_key(&editor, 'a' + i % 26), LINE_NONE);
	EXPECT_EQ(editor.length, LINE_SIZE);
	EXPECT_GT(echoed, LINE_SIZE);
}

static void history_brings_lines_back(void)
{
	start();
	EXPECT_EQ(type("first\r"), LINE_DONE);
	lineedit_next(&editor);
	EXPECT_EQ(type("second\r"), LINE_DONE);
	lineedit_next(&editor);
	type("draft\033[A\033[A");
	EXPECT_EQ(editor.length, 5);
	EXPECT_EQ(memcmp(editor.line, "first", 5), 0);
	type("\033[B\033[B");
	EXPECT_EQ(memcmp(editor.line, "draft", 5), 0);
}

static const struct ktest_case cases[] = {
	CASE(keys_edit_the_line),
	CASE(line_ends_are_told_apart),
	CASE(full_line_takes_no_more),
	CASE(history_brings_lines_back),
};
KTEST_SUITE(lineedit, cases);
