/* str: a borrowed run of bytes with its length.
 *
 * Text from outside may hold NUL bytes, so the length rules and not the terminator. Strings made
 * by a pool or a literal are followed by a NUL all the same, for printf and the C library.
 * ptr == NULL means "absent" where a field is optional; an empty string has a non-NULL ptr. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
	const char *ptr;
	size_t len;
};

/* A list of strings and a list of key/value pairs, as messages carry them. */
struct str_list {
	struct str *items;
	size_t n;
};

struct str_pair {
	struct str key, value;
};

struct str_map {
	struct str_pair *items; /* in the order of the source; keys unique */
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })
/* printf("%.*s", STR_ARG(s)); precision is an int, so at most INT_MAX bytes are shown. */
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

struct str str_from(const char *c);      /* NULL gives STR_NONE */
bool str_eq(struct str a, struct str b); /* absent equals empty */
bool str_is(struct str a, const char *literal);
bool str_is_nocase(struct str a, const char *literal); /* ASCII letters of either case */
bool str_eq_nocase(struct str a, struct str b);        /* the same */
bool str_list_eq(const struct str_list *a, const struct str_list *b); /* in the same order, too */
int str_cmp(struct str a, struct str b); /* by byte, then by length; for qsort and ordering */
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
struct str str_slice(struct str s, size_t from, size_t to); /* to is cut at len */
struct str str_trim(struct str s);                          /* ASCII blanks off both ends */
/* Index of the first (last) byte c, or -1. */
long str_find(struct str s, char c);
long str_rfind(struct str s, char c);
/* Cuts s at the first c: *head is what comes before it, *tail what comes after. False without c. */
bool str_cut(struct str s, char c, struct str *head, struct str *tail);
bool str_is_utf8(struct str s);     /* RFC 3629: no surrogates, no overlong forms */
bool str_is_ascii(struct str s);    /* no byte above 0x7F */
bool str_has_control(struct str s); /* NUL, CR or LF */
/* The value of a map's key, or STR_NONE. */
struct str str_map_get(const struct str_map *map, const char *key);
int str_hex_digit(char c); /* its value, or -1 */
/* Base-10 integer, whole string, no blanks and no plus sign; false if it is not one or does not
 * fit. */
bool str_to_int(struct str s, long long *out);

#endif
