/* listener: what a listener of a Gateway can be used for.
 *
 *   in     a Gateway
 *   out    for each listener its kinds of routes, and what is wrong with it
 *   owns   nothing
 *   never  looks at certificates: see gateway_status.c
 */
#include "translator/gateway/listener.h"

#include "base/map.h"
#include "translator/gateway/gateway_job.h"

static bool is_http_route(const struct msg_route_kind *kind)
{
	return str_is(gateway_default(kind->group, GATEWAY_GROUP), GATEWAY_GROUP) &&
	       str_is(kind->kind, "HTTPRoute");
}

static void judge_kinds(struct listener *listener, struct pool *pool)
{
	const struct msg_allowed_routes *allowed = listener->spec->allowedRoutes;
	struct buf bad;

	listener->takes_http_routes = !allowed || !allowed->kinds.n;
	if (listener->takes_http_routes)
		return;
	buf_init(&bad, BUF_MAX_TEXT);
	for (size_t i = 0; i < allowed->kinds.n; i++) {
		const struct msg_route_kind *kind = &allowed->kinds.items[i];

		if (!is_http_route(kind)) {
			buf_puts(&bad, bad.len ? ", " : "");
			buf_str(&bad, kind->kind);
		} else if (!listener->takes_http_routes) {
			listener->takes_http_routes = true;
			listener->kind_group = kind->group;
		}
	}
	if (bad.len)
		listener->bad_kinds = pool_str(pool, buf_view(&bad));
	buf_clear(&bad);
}

/* Of all that want one port the first says the protocol; of all that want one port and hostname the
 * first has it. */
static void find_conflict(struct listener *listener, struct map *taken, struct pool *pool)
{
	const struct msg_listener *spec = listener->spec;
	struct str port = pool_printf(pool, "%lld", (long long)spec->port);
	struct str place =
		pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(port), STR_ARG(spec->hostname));
	const struct msg_listener *first = map_get(taken, port);

	if (first && !str_eq(first->protocol, spec->protocol))
		listener->conflict = "ProtocolConflict";
	else if (map_get(taken, place))
		listener->conflict = "HostnameConflict";
	if (listener->conflict)
		return;
	map_put(taken, port, (void *)spec);
	map_put(taken, place, (void *)spec);
}

struct listener *translator_listener_judge(const struct msg_gateway *gateway, struct pool *pool)
{
	const struct msg_listener_list *list = &gateway->spec.listeners;
	struct listener *out = pool_array(pool, list->n, sizeof(*out));
	struct map taken;

	map_init(&taken, NULL);
	for (size_t i = 0; i < list->n; i++) {
		out[i].spec = &list->items[i];
		out[i].is_supported = str_is(out[i].spec->protocol, "HTTP") ||
				      str_is(out[i].spec->protocol, "HTTPS");
		if (!out[i].is_supported)
			continue;
		judge_kinds(&out[i], pool);
		find_conflict(&out[i], &taken, pool);
	}
	map_clear(&taken);
	return out;
}

bool translator_listener_is_open(const struct listener *listener)
{
	return listener->is_supported && listener->takes_http_routes && !listener->conflict;
}
