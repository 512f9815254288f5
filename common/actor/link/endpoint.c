/* endpoint: where a link or a tap is.
 *
 *   in     the value of a flag, and its name
 *   out    whether it may be used
 *   owns   nothing
 *   never  lets what is not encrypted off the machine
 */
#include "actor/link/endpoint.h"

#include <string.h>

#include "net/ip.h"

bool actor_endpoint_is_tcp(struct str endpoint)
{
	return str_starts(endpoint, "tcp://");
}

int actor_endpoint_check(const char *flag, struct str endpoint, bool has_keys, struct err *err)
{
	struct str rest = str_slice(endpoint, strlen("tcp://"), endpoint.len), host;
	long colon = str_rfind(rest, ':');

	if (str_starts(endpoint, ENDPOINT_IPC))
		return 0;
	if (!actor_endpoint_is_tcp(endpoint))
		return err_set(err, "--%s: %s is neither ipc://PATH nor tcp://HOST:PORT", flag,
			       err_quote(endpoint));
	if (colon <= 0)
		return err_set(err, "--%s: %s has no port; tcp://HOST:PORT is right", flag,
			       err_quote(endpoint));
	host = str_slice(rest, 0, (size_t)colon);
	if (has_keys || ip_is_loopback(host))
		return 0;
	return err_set(err,
		       "--%s: %s leaves this machine, where everybody could read along and send; "
		       "give keys with --curve-dir (sluice gen-secrets makes them), or stay on "
		       "ipc:// or 127.0.0.1",
		       flag, err_quote(endpoint));
}
