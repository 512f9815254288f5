/* needs: what a room says that it needs, before it confines itself.
 *
 *   in     paths, URLs, endpoints, as settings have them
 *   out    struct confine
 *   owns   nothing: the texts live as long as the settings
 *   never  fails: what does not fit opens more, not less
 */
#include "confine/confine.h"

#include "net/url.h"

#define DNS_PORT 53

static void add_text(struct confine_texts *texts, struct str text)
{
	if (text.len && texts->n < CONFINE_MOST)
		texts->items[texts->n++] = text;
}

void confine_read(struct confine *self, struct str path)
{
	if (self->reads.n == CONFINE_MOST)
		self->reads_all = true;
	add_text(&self->reads, path);
}

void confine_write(struct confine *self, struct str path)
{
	add_text(&self->writes, path);
}

static void add_port(struct confine_ports *ports, long long port)
{
	if (port <= 0 || port > UINT16_MAX || ports->n == CONFINE_MOST)
		ports->any = true;
	else
		ports->items[ports->n++] = (uint16_t)port;
}

void confine_bind(struct confine *self, unsigned port)
{
	if (port)
		add_port(&self->binds, port);
}

/* Of tcp://HOST:PORT and of URLs. */
static long long port_of(struct str text)
{
	struct url url;
	long long port = -1;

	if (url_split(text, &url, NULL) < 0)
		return -1;
	if (url.port.len)
		return str_to_int(url.port, &port) ? port : -1;
	return str_is(url.scheme, "https") ? 443 : str_is(url.scheme, "http") ? 80 : -1;
}

/* The path of ipc://PATH; empty: it is none. */
static struct str ipc_path(struct confine *self, struct str endpoint)
{
	static const struct str scheme = { "ipc://", 6 };

	if (!str_starts(endpoint, scheme.ptr))
		return STR("");
	endpoint = str_slice(endpoint, scheme.len, endpoint.len);
	self->abstract |= str_starts(endpoint, "@");
	return endpoint;
}

void confine_bind_at(struct confine *self, struct str endpoint)
{
	const struct str path = ipc_path(self, endpoint);

	if (path.len)
		add_text(&self->sockets, path);
	else
		add_port(&self->binds, port_of(endpoint));
}

void confine_connect_to(struct confine *self, struct str endpoint)
{
	if (!ipc_path(self, endpoint).len)
		confine_connect(self, endpoint);
}

void confine_connect(struct confine *self, struct str url)
{
	if (!url.len)
		return;
	if (!self->connects.n)
		add_port(&self->connects, DNS_PORT);
	add_port(&self->connects, port_of(url));
}
