/* regex_set: a set of runes, as far as Go's limits look at it.
 *
 *   in     ranges of runes
 *   out    the ranges as Go would hold them
 *   owns   nothing
 *   never  keeps the ranges of a large set: it counts them
 */
#include "translator/regex/regex_set.h"

#include <stdlib.h>

#include "translator/regex/regex_reader.h"

void translator_regex_set_add(struct regex_set *set, uint32_t from, uint32_t to)
{
	/* as Go does: the last two ranges grow if they meet the new one */
	for (size_t back = 1; back <= 2 && back <= set->n; back++) {
		uint32_t *range = set->ranges[set->n - back];

		if (from <= range[1] + 1 && range[0] <= to + 1) {
			range[0] = from < range[0] ? from : range[0];
			range[1] = to > range[1] ? to : range[1];
			return;
		}
	}
	if (set->n == REGEX_MAX_RANGES) {
		set->n_more++;
		return;
	}
	set->ranges[set->n][0] = from;
	set->ranges[set->n][1] = to;
	set->n++;
}

static uint32_t max_of(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t min_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void translator_regex_set_add_folded(struct regex_set *set, uint32_t from, uint32_t to,
				     unsigned flags)
{
	translator_regex_set_add(set, from, to);
	if (!(flags & REGEX_FOLD) || from > 'z' || to < 'A')
		return;
	if (from <= 'Z' && to >= 'A')
		translator_regex_set_add(set, max_of(from, 'A') + 0x20, min_of(to, 'Z') + 0x20);
	if (from <= 'z' && to >= 'a')
		translator_regex_set_add(set, max_of(from, 'a') - 0x20, min_of(to, 'z') - 0x20);
	if ((from <= 'K' && to >= 'K') || (from <= 'k' && to >= 'k'))
		translator_regex_set_add(set, 0x212a, 0x212a); /* the Kelvin sign */
	if ((from <= 'S' && to >= 'S') || (from <= 's' && to >= 's'))
		translator_regex_set_add(set, 0x17f, 0x17f); /* the long s */
}

static int by_start(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return (left[0] > right[0]) - (left[0] < right[0]);
}

void translator_regex_set_clean(struct regex_set *set)
{
	size_t n = 0;

	if (set->n < 2)
		return;
	qsort(set->ranges, set->n, sizeof(set->ranges[0]), by_start);
	for (size_t i = 1; i < set->n; i++) {
		if (set->ranges[i][0] <= set->ranges[n][1] + 1) {
			set->ranges[n][1] = max_of(set->ranges[n][1], set->ranges[i][1]);
			continue;
		}
		n++;
		set->ranges[n][0] = set->ranges[i][0];
		set->ranges[n][1] = set->ranges[i][1];
	}
	set->n = n + 1;
}

void translator_regex_set_negate(struct regex_set *set)
{
	struct regex_set out = { .n_more = set->n_more };
	uint32_t next = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->ranges[i][0] > next)
			translator_regex_set_add(&out, next, set->ranges[i][0] - 1);
		next = set->ranges[i][1] + 1;
	}
	if (next <= REGEX_MAX_RUNE)
		translator_regex_set_add(&out, next, REGEX_MAX_RUNE);
	*set = out;
}
