/* fuzz_regex: the bytes of one regular expression. What is refused must end in a sentence. */
#include <stdint.h>

#include "translator/regex/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { "" };

	if (translator_regex_check((struct str){ (const char *)data, size }, &err) < 0 &&
	    (!*err.text || !str_is_utf8(str_from(err.text))))
		abort();
	return 0;
}
