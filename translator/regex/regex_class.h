/* regex_class: reads escapes and character classes. */
#ifndef TRANSLATOR_REGEX_CLASS_H
#define TRANSLATOR_REGEX_CLASS_H

#include "translator/regex/regex_reader.h"
#include "translator/regex/regex_set.h"

/* \n, \x41, \. and their like. */
int translator_regex_class_escaped_rune(struct regex_reader *r, uint32_t *rune);
/* \d \s \w \pL and their like. 1: read into set, 0: there is none, -1: malformed. */
int translator_regex_class_escape(struct regex_reader *r, struct regex_set *set);
int translator_regex_class_bracket(struct regex_reader *r, struct regex_set *set);

/* regex_names.c: runes that the class of this canonical name lists, or -1: no such name. */
long translator_regex_names_size(struct str name, bool negated, bool folded);

#endif
