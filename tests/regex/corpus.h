/* corpus: the expressions of corpus.tsv with Go's verdict on each, for unit tests. */
#ifndef TESTS_REGEX_CORPUS_H
#define TESTS_REGEX_CORPUS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

#define CORPUS_FILE "tests/regex/corpus.tsv"
#define CORPUS_AT_LEAST 2000 /* lines */

/* `\\` and `\xNN` */
static inline void corpus_unescape(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\\') {
			buf_putc(out, text.ptr[i]);
		} else if (text.ptr[i + 1] == '\\') {
			buf_putc(out, '\\');
			i++;
		} else {
			buf_putc(out,
				 (char)strtoul((char[]){ text.ptr[i + 2], text.ptr[i + 3], '\0' },
					       NULL, 16));
			i += 3;
		}
	}
}

static inline void corpus_unescape_times(struct str text, long long n, struct buf *out)
{
	while (n-- > 0)
		corpus_unescape(text, out);
}

/* "pattern", or "count head A B C" for head A*count B C*count */
static inline void corpus_read_pattern(struct str rest, struct buf *out)
{
	struct str fields[5];
	long long count;
	size_t n = 0;

	while (n < 4 && str_cut(rest, '\t', &fields[n], &rest))
		n++;
	fields[n++] = rest;
	if (n == 1) {
		corpus_unescape(fields[0], out);
		return;
	}
	assert_int_equal(n, 5);
	assert_true(str_to_int(fields[0], &count));
	corpus_unescape(fields[1], out);
	corpus_unescape_times(fields[2], count, out);
	corpus_unescape(fields[3], out);
	corpus_unescape_times(fields[4], count, out);
}

struct corpus {
	FILE *in;
	char *line;
	size_t cap;
	struct str verdict; /* "ok", or Go's reason */
	struct buf pattern;
};

static inline void corpus_open(struct corpus *corpus)
{
	*corpus = (struct corpus){ .in = fopen(CORPUS_FILE, "r") };
	assert_non_null(corpus->in);
	buf_init(&corpus->pattern, BUF_MAX_TEXT);
}

static inline bool corpus_next(struct corpus *corpus)
{
	const ssize_t len = getline(&corpus->line, &corpus->cap, corpus->in);
	struct str rest;

	if (len <= 0)
		return false;
	assert_true(str_cut((struct str){ corpus->line, (size_t)len - 1 }, '\t', &corpus->verdict,
			    &rest));
	buf_reset(&corpus->pattern);
	corpus_read_pattern(rest, &corpus->pattern);
	return true;
}

static inline void corpus_close(struct corpus *corpus)
{
	buf_clear(&corpus->pattern);
	free(corpus->line);
	(void)fclose(corpus->in);
}

#endif
