/* usage: says what is wrong with a command line.
 *
 *   in     a verb and a sentence
 *   out    one line on stderr, with where help is
 *   owns   nothing
 *   never  ends the process
 */
#include "cli/cli.h"

#include <stdio.h>

#include "base/str.h"

int cli_usage(const char *verb, const char *sentence)
{
	const char *end = str_ends(str_from(sentence), "?") ? "" : ";";

	fprintf(stderr, "sluice %s: %s%s `sluice %s --help` lists the options\n", verb, sentence,
		end, verb);
	return CLI_USAGE;
}
