/* ip: IP addresses in text.
 *
 *   in     text, hostile
 *   out    bytes
 *   owns   nothing
 *   never  asks a name server
 */
#include "net/ip.h"

#include <arpa/inet.h>
#include <string.h>

bool ip_parse(struct str text, struct ip *out)
{
	char copy[INET6_ADDRSTRLEN];

	*out = (struct ip){ .is_v6 = str_find(text, ':') >= 0 };
	if (!text.len || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return inet_pton(out->is_v6 ? AF_INET6 : AF_INET, copy, out->bytes) == 1;
}

bool ip_is(struct str text)
{
	struct ip ip;

	return ip_parse(text, &ip);
}

bool ip_is_loopback(struct str host)
{
	static const unsigned char one[16] = { [15] = 1 };
	struct ip ip;

	if (str_starts(host, "[") && str_ends(host, "]"))
		host = str_slice(host, 1, host.len - 1);
	if (!ip_parse(host, &ip))
		return str_is(host, "localhost");
	return ip.is_v6 ? memcmp(ip.bytes, one, sizeof(one)) == 0 : ip.bytes[0] == 127;
}
