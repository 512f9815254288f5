/* str: borrowed runs of bytes.
 *
 *   in     bytes of any origin, NUL included
 *   out    views into the same bytes, numbers, answers
 *   owns   nothing: no function here allocates
 *   never  reads beyond len, whatever stands there
 */
#include "base/str.h"

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <strings.h>

struct str str_from(const char *c)
{
	return c ? (struct str){ c, strlen(c) } : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(struct str a, const char *literal)
{
	return str_eq(a, str_from(literal));
}

bool str_is_nocase(struct str a, const char *literal)
{
	return a.len == strlen(literal) && strncasecmp(a.ptr ? a.ptr : "", literal, a.len) == 0;
}

bool str_eq_nocase(struct str a, struct str b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && (a.ptr[i] | 0x20) == (b.ptr[i] | 0x20) &&
	       (a.ptr[i] == b.ptr[i] || isalpha((unsigned char)a.ptr[i])))
		i++;
	return i == a.len && i == b.len;
}

bool str_list_eq(const struct str_list *a, const struct str_list *b)
{
	size_t i = 0;

	while (i < a->n && i < b->n && str_eq(a->items[i], b->items[i]))
		i++;
	return i == a->n && i == b->n;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && (n == 0 || memcmp(s.ptr, prefix, n) == 0);
}

bool str_ends(struct str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && (n == 0 || memcmp(s.ptr + s.len - n, suffix, n) == 0);
}

struct str str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return s.ptr ? (struct str){ s.ptr + from, to - from } : s;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.len && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

long str_find(struct str s, char c)
{
	const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return at ? (long)(at - s.ptr) : -1;
}

long str_rfind(struct str s, char c)
{
	const char *at = s.len ? memrchr(s.ptr, c, s.len) : NULL;

	return at ? (long)(at - s.ptr) : -1;
}

bool str_cut(struct str s, char c, struct str *head, struct str *tail)
{
	long at = str_find(s, c);

	if (at < 0)
		return false;
	*head = str_slice(s, 0, (size_t)at);
	*tail = str_slice(s, (size_t)at + 1, s.len);
	return true;
}

/* Bytes of the UTF-8 character at s, or 0 if there is none that is well formed. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	/* The second byte excludes overlong forms, surrogates and what is above U+10FFFF. */
	switch (s[0]) {
	case 0xE0:
		low = 0xA0;
		break;
	case 0xED:
		high = 0x9F;
		break;
	case 0xF0:
		low = 0x90;
		break;
	case 0xF4:
		high = 0x8F;
		break;
	}
	if (left < n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

bool str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t i = 0;

	while (i < s.len) {
		uint64_t word;

		/* Eight ASCII bytes at a time. */
		while (s.len - i >= sizeof(word)) {
			memcpy(&word, p + i, sizeof(word));
			if (word & 0x8080808080808080u)
				break;
			i += sizeof(word);
		}
		if (i < s.len) {
			size_t n = utf8_len(p + i, s.len - i);

			if (n == 0)
				return false;
			i += n;
		}
	}
	return true;
}

bool str_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

bool str_has_control(struct str s)
{
	return str_find(s, '\0') >= 0 || str_find(s, '\r') >= 0 || str_find(s, '\n') >= 0;
}

struct str str_map_get(const struct str_map *map, const char *key)
{
	struct str wanted = str_from(key);

	for (size_t i = 0; i < map->n; i++)
		if (str_eq(map->items[i].key, wanted))
			return map->items[i].value;
	return STR_NONE;
}

int str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool str_to_int(struct str s, long long *out)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	unsigned long long limit = negative ? (unsigned long long)LLONG_MAX + 1 : LLONG_MAX;
	unsigned long long n = 0;
	size_t i = negative;

	if (i >= s.len)
		return false;
	for (; i < s.len; i++) {
		unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';

		if (digit > 9 || n > (limit - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = negative ? (long long)(0 - n) : (long long)n;
	return true;
}
