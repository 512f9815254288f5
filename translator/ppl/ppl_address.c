/* ppl_address: writes an IP address or CIDR range as Pomerium writes it into Rego.
 *
 *   in     text of a policy
 *   out    a range stays as written; a single address becomes a range of one, in Go's spelling
 *   owns   nothing
 *   never  resolves a name
 *
 * inet_pton accepts what Go's net/netip accepts: no leading zeros, no zone. */
#include "translator/ppl/ppl.h"

#include <arpa/inet.h>

#define ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */

static int parse_address(struct str text, int family, unsigned char *out)
{
	char copy[ADDRESS_MAX];

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
		return -1;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, out) == 1 ? 0 : -1;
}

/* Go reads the length as decimal digits; leading zeros are fine, a sign is not. */
static bool is_prefix_length(struct str text, int max)
{
	int n = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		n = n * 10 + (text.ptr[i] - '0');
		if (n > max)
			return false;
	}
	return true;
}

/* RFC 5952: the longest run of at least two zero groups is left out, the first one of equals. */
static void put_ipv6(const unsigned char *bytes, struct buf *out)
{
	unsigned groups[8];
	int from = 8, len = 1;

	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	for (int i = 0; i < 8; i++) {
		int end = i;

		while (end < 8 && groups[end] == 0)
			end++;
		if (end - i > len) {
			from = i;
			len = end - i;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == from) {
			buf_puts(out, "::");
			i += len - 1;
			continue;
		}
		if (i > 0 && i != from + len)
			buf_putc(out, ':');
		buf_printf(out, "%x", groups[i]);
	}
}

static void put_ipv4(const unsigned char *bytes, struct buf *out)
{
	buf_printf(out, "%u.%u.%u.%u/32", bytes[0], bytes[1], bytes[2], bytes[3]);
}

int translator_ppl_address_normalize(struct str text, struct buf *out)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char bytes[16];
	struct str address, length;

	if (str_cut(text, '/', &address, &length)) {
		if (!(parse_address(address, AF_INET, bytes) == 0 &&
		      is_prefix_length(length, 32)) &&
		    !(parse_address(address, AF_INET6, bytes) == 0 &&
		      is_prefix_length(length, 128)))
			return -1;
		buf_str(out, text);
		return 0;
	}
	if (parse_address(text, AF_INET, bytes) == 0) {
		put_ipv4(bytes, out);
		return 0;
	}
	if (parse_address(text, AF_INET6, bytes) < 0)
		return -1;
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		put_ipv4(bytes + sizeof(mapped), out);
		return 0;
	}
	put_ipv6(bytes, out);
	buf_puts(out, "/128");
	return 0;
}
