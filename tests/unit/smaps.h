/* smaps: what the kernel says of the memory that something lies in. */
#ifndef TESTS_SMAPS_H
#define TESTS_SMAPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

/* Flags of the mapping that an address is in, as /proc/self/smaps has them. */
static inline void smaps_flags_of(const void *address, char flags[256])
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool inside = false;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (unsigned long)address >= from && (unsigned long)address < to;
		if (inside && sscanf(line, "VmFlags: %255[^\n]", flags) == 1)
			break;
	}
	fclose(maps);
	assert_true(inside);
}

#endif
