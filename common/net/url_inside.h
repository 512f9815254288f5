/* url_inside: what url.c and url_escape.c share. */
#ifndef NET_URL_INSIDE_H
#define NET_URL_INSIDE_H

#include <stdbool.h>

static inline bool url_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool url_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

#endif
