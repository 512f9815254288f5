/* host: whether a browser that asks means us.
 *
 *   in     the header Host, hostile
 *   out    yes or no
 *   owns   nothing
 *   never  asks a name server
 */
#include "cli/web/host.h"

#include <strings.h>

#include "net/ip.h"

/* "[::1]:8088" becomes "::1", "localhost:8088" becomes "localhost". */
static struct str without_port(struct str host)
{
	const long colon = str_rfind(host, ':'), bracket = str_find(host, ']');
	long long port;

	if (str_starts(host, "[") && bracket > 0) {
		struct str rest = str_slice(host, (size_t)bracket + 1, host.len);

		if (rest.len &&
		    !(rest.ptr[0] == ':' && str_to_int(str_slice(rest, 1, rest.len), &port)))
			return STR("");
		return str_slice(host, 1, (size_t)bracket);
	}
	if (colon < 0)
		return host;
	if (!str_to_int(str_slice(host, (size_t)colon + 1, host.len), &port))
		return STR("");
	return str_slice(host, 0, (size_t)colon);
}

bool cli_web_host_is_ours(struct str host, const struct str_list *names)
{
	const struct str name = without_port(host);

	if (!name.len)
		return false;
	if (str_is_nocase(name, "localhost") || ip_is(name))
		return true;
	for (size_t i = 0; i < names->n; i++)
		if (names->items[i].len == name.len &&
		    strncasecmp(names->items[i].ptr, name.ptr, name.len) == 0)
			return true;
	return false;
}
