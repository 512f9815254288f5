/* web_address: where the web server listens besides its socket file.
 *
 *   in     the text of a flag
 *   out    a listening TCP socket
 *   owns   nothing
 *   never  asks a name server
 */
#include "actor/web/web_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "net/ip.h"

#define BACKLOG 64

int actor_web_address_from(struct str text, struct web_address *out, struct err *err)
{
	const long colon = str_rfind(text, ':');
	struct str host = str_slice(text, 0, colon < 0 ? 0 : (size_t)colon);
	long long port = 0;
	bool good = colon >= 0;

	*out = (struct web_address){ STR(""), 0 };
	if (!text.len || str_is(text, "0"))
		return 0;
	if (str_starts(host, "[") && str_ends(host, "]"))
		host = str_slice(host, 1, host.len - 1);
	else if (str_find(host, ':') >= 0)
		good = false; /* which of them is the port? */
	good = good && (!host.len || ip_is(host)) &&
	       str_to_int(str_slice(text, (size_t)colon + 1, text.len), &port);
	if (!good || port < 1 || port > 65535)
		return err_set(err,
			       "%s is not an address to listen on such as :9090, 127.0.0.1:9090 or "
			       "[::1]:9090; 0 is off",
			       err_quote(text));
	*out = (struct web_address){ host, (unsigned)port };
	return 0;
}

bool actor_web_address_same(const struct web_address *a, const struct web_address *b)
{
	return a->port && a->port == b->port && str_eq(a->host, b->host);
}

void actor_web_address_print(const struct web_address *address, struct buf *out)
{
	const bool six = str_find(address->host, ':') >= 0;

	if (address->port)
		buf_printf(out, "%s" STR_FMT "%s:%u", six ? "[" : "", STR_ARG(address->host),
			   six ? "]" : "", address->port);
}

static int listen_on(const struct sockaddr *address, socklen_t len)
{
	const int on = 1, off = 0;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int reason;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->sa_family == AF_INET6) /* [::] is every address, of IPv4 too */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

int actor_web_address_listen(const struct web_address *address, struct err *err)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)address->port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)address->port) };
	struct ip ip = { .is_v6 = true };
	const bool every = !address->host.len;
	int fd = -1;

	if (!every && !ip_parse(address->host, &ip))
		return err_set(err, "%s is no IP address", err_quote(address->host));
	memcpy(&six.sin6_addr, ip.bytes, sizeof(six.sin6_addr));
	memcpy(&four.sin_addr, ip.bytes, sizeof(four.sin_addr));
	if (every || ip.is_v6)
		fd = listen_on((struct sockaddr *)&six, sizeof(six));
	if (fd < 0 && (every || !ip.is_v6))
		fd = listen_on((struct sockaddr *)&four, sizeof(four)); /* or a host without IPv6 */
	if (fd < 0)
		return err_set(err, STR_FMT " port %u cannot be listened on: %s",
			       STR_ARG(every ? STR("every address") : address->host), address->port,
			       strerror(errno));
	return fd;
}
