/* regex_set: a set of runes, as far as Go's limits look at it. */
#ifndef TRANSLATOR_REGEX_SET_H
#define TRANSLATOR_REGEX_SET_H

#include <stddef.h>
#include <stdint.h>

#define REGEX_MAX_RUNE 0x10ffffu

/* A set of runes. Up to REGEX_MAX_RANGES ranges are kept exactly, of a larger set only the count.
 */
#define REGEX_MAX_RANGES 16

struct regex_set {
	uint32_t ranges[REGEX_MAX_RANGES][2];
	size_t n;      /* ranges that are kept */
	size_t n_more; /* ranges that are only counted */
};

void translator_regex_set_add(struct regex_set *set, uint32_t from, uint32_t to);
/* The runes and, with REGEX_FOLD, what equals them but for case. */
void translator_regex_set_add_folded(struct regex_set *set, uint32_t from, uint32_t to,
				     unsigned flags);
/* Sorts and merges the ranges. */
void translator_regex_set_clean(struct regex_set *set);
/* All other runes; the set is clean. */
void translator_regex_set_negate(struct regex_set *set);

#endif
