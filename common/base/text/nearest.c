/* nearest: the word that somebody may have meant, of those that there are.
 *
 *   in     a misspelt word, and words one by one
 *   out    the one that takes the fewest letters to add, drop, change or swap
 *   owns   what counts as similar
 *   never  looks at a word longer than WORD_MAX
 */
#include "base/text/nearest.h"

#define WORD_MAX 64 /* longer words resemble nothing */

static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' ? '_' : c;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to add, drop, change or swap with the next, from a to b. */
static size_t distance(struct str a, struct str b)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *top = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			const char x = folded(a.ptr[i - 1]), y = folded(b.ptr[j - 1]);

			row[j] =
				smaller(above[j - 1] + (x != y), smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == folded(b.ptr[j - 2]) &&
			    y == folded(a.ptr[i - 2]))
				row[j] = smaller(row[j], top[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

void nearest_open(struct nearest *nearest, struct str asked)
{
	*nearest = (struct nearest){ .asked = asked, .best = asked.len / 3 + 1 };
}

void nearest_offer(struct nearest *nearest, struct str word)
{
	size_t away;

	if (!nearest->asked.len || nearest->asked.len > WORD_MAX || word.len > WORD_MAX)
		return;
	away = distance(nearest->asked, word);
	if (away >= nearest->best)
		return;
	nearest->best = away;
	nearest->found = word;
}
