/* rounds: how often a test does what it does at random. Valgrind is forty times slower and looks at
 * memory alone: under it (scripts/valgrind-units) a twentieth is enough. */
#ifndef TESTS_ROUNDS_H
#define TESTS_ROUNDS_H

#include <stdlib.h>

static inline unsigned rounds(unsigned n)
{
	return getenv("TEST_FEWER_ROUNDS") ? (n + 19) / 20 : n;
}

#endif
