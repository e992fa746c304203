/*
 * What the line editor makes of keys: included by its tests in the kernel and on the host.
 */
#ifndef SUITES_LINEEDIT_KEYS_H
#define SUITES_LINEEDIT_KEYS_H

struct lineedit_keys {
	const char *keys, *line;
	unsigned cursor; /* bytes before it */
};

static const struct lineedit_keys lineedit_keys[] = {
	{ "abc", "abc", 3 },
	{ "abc\x02\x02X", "aXbc", 2 },
	{ "abc\x01X", "Xabc", 1 },
	{ "abc\x01\x06X", "aXbc", 2 },
	{ "abc\x01\x05X", "abcX", 4 },
	{ "abc\x7f", "ab", 2 },
	{ "abc\x08", "ab", 2 },
	{ "abc\x01\x7f", "abc", 0 },
	{ "abc\x01\033[3~", "bc", 0 },
	{ "abc\033[3~", "abc", 3 },
	{ "abc def\x02\x15", "f", 0 },
	{ "abc def\x01\x06\x0b", "a", 1 },
	{ "abc def  \x17", "abc ", 4 },
	{ "abc def\x17\x17\x17", "", 0 },
	{ "abc\033[DX", "abXc", 3 },
	{ "abc\033[D\033[D\033[CX", "abXc", 3 },
	{ "abc\033OD\033ODX", "aXbc", 2 },
	{ "abc\033[HX", "Xabc", 1 },
	{ "abc\033OHX\033OFY", "XabcY", 5 },
	{ "abc\033[1~X\033[4~Y", "XabcY", 5 },
	{ "abc\033[7~X\033[8~Y\033[F!", "XabcY!", 6 },
	{ "ab cd\033[1;5DX\033[1;5DY\033[1;5C!", "ab YXcd!", 8 },
	{ "ab cd\033bX\033b\033bY\033f!", "Yab! Xcd", 4 },
	{ "a\033[[Ab\033[15~c\033[200~d\033Pe", "abcde", 5 },
	{ "a\033[\x01X", "Xa", 1 },
	{ "a\033\033[DX", "Xa", 1 },
	{ "a\tb", "a\tb", 3 },
	{ "\xc3\xa9\xc3\xa8\x02X", "\xc3\xa9X\xc3\xa8", 3 },
	{ "\xc3\xa9\x7f", "", 0 },
	{ "a\xc3" "b\xa9" "c\xff\xc0\xaf", "abc", 3 },
	{ "\xe2\x82\xac\xf0\x9f\x98\x80\x02\x02X", "X\xe2\x82\xac\xf0\x9f\x98\x80", 1 },
	{ "\xed\xa0\x80\xe0\x80\x80\xf4\x90\x80\x80", "", 0 },
	{ "e\xcc\x81x\x02\x02\x02y", "ye\xcc\x81x", 1 },
	{ "\x0c\x0f\x11\x13\x1a\x1c", "", 0 },
};

#endif
