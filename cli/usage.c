/* usage: says what is wrong with a command line.
 *
 *   in     a verb and a sentence
 *   out    one line on stderr, with where help is
 *   owns   nothing
 *   never  ends the process
 */
#include "cli/cli.h"

#include <stdio.h>

int cli_usage(const char *verb, const char *sentence)
{
	fprintf(stderr, "sluice %s: %s; `sluice %s --help` lists the options\n", verb, sentence,
		verb);
	return CLI_USAGE;
}
