/* ppl_address: writes an IP address or CIDR range as Pomerium writes it into Rego.
 *
 *   in     text of a policy
 *   out    a range stays as written; a single address becomes a range of one, in Go's spelling
 *   owns   nothing
 *   never  resolves a name
 */
#include "translator/ppl/ppl.h"

#include "net/ip.h"

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
	struct str address, length;
	struct ip ip;

	if (str_cut(text, '/', &address, &length)) {
		if (!ip_parse(address, &ip) || !is_prefix_length(length, ip.is_v6 ? 128 : 32))
			return -1;
		buf_str(out, text);
		return 0;
	}
	if (!ip_parse(text, &ip))
		return -1;
	if (!ip.is_v6) {
		put_ipv4(ip.bytes, out);
	} else if (memcmp(ip.bytes, mapped, sizeof(mapped)) == 0) {
		put_ipv4(ip.bytes + sizeof(mapped), out);
	} else {
		put_ipv6(ip.bytes, out);
		buf_puts(out, "/128");
	}
	return 0;
}
