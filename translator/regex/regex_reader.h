/* regex_reader: reads the text of an expression, rune by rune. */
#ifndef TRANSLATOR_REGEX_READER_H
#define TRANSLATOR_REGEX_READER_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define REGEX_INVALID_UTF8 "invalid UTF-8"

/* Flags that Go keeps with each node; two literals merge only if these are equal. */
enum regex_flag {
	REGEX_FOLD = 1,        /* i */
	REGEX_ONE_LINE = 2,    /* not m */
	REGEX_DOT_NEWLINE = 4, /* s */
	REGEX_NON_GREEDY = 8,  /* U */
};

/* The text still to be read. */
struct regex_reader {
	struct str rest;
	struct str whole;
	unsigned flags;
	struct err *err;
	bool no_names; /* no ":]" follows any more; so text without one is searched once */
};

/* Sets "<reason>: `<part>`" and returns -1; the part runs from `from` to the reader's position. */
int translator_regex_reader_fail(struct regex_reader *r, const char *reason, struct str from);
/* Reads one rune; 0 with *rune = UINT32_MAX at the end, -1 if it is not UTF-8. */
int translator_regex_reader_rune(struct regex_reader *r, uint32_t *rune);
bool translator_regex_reader_is_at(const struct regex_reader *r, const char *text);
void translator_regex_reader_skip(struct regex_reader *r, size_t n);

#endif
