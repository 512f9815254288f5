/* migrate_order: makes Pomerium try the expressions of a host in nginx's order.
 *
 *   in     the routes of a host, in nginx's order
 *   out    the same, with marks in the expressions that Pomerium would try too late
 *   owns   the mark
 *   never  changes what an expression matches
 *
 * nginx tries the longest expression first, Pomerium the greatest as text. The mark ~{0} is zero
 * times a tilde: it matches nothing, and it is greater than any letter. The more marks there are
 * behind the first slash of an expression, the earlier Pomerium tries it. Only expressions that may
 * match the same path need them. */
#include "cli/migrate/migrate_source.h"

#include "cli/migrate/nginx/nginx_server.h"

#define MARK "~{0}"
#define MAX_MARKS 30

/* Could both match one path? */
static bool may_meet(const struct migrate_route *a, const struct migrate_route *b)
{
	const size_t n = a->literal.len < b->literal.len ? a->literal.len : b->literal.len;

	return !n || !memcmp(a->literal.ptr, b->literal.ptr, n);
}

static struct str marked(struct migrate *migrate, struct str path, size_t n)
{
	struct str out;
	struct buf text;
	size_t at = 1;

	while (at < path.len && strchr("*+?", path.ptr[at]))
		at++;
	buf_init(&text, BUF_MAX_TEXT);
	buf_str(&text, str_slice(path, 0, at));
	while (n--)
		buf_puts(&text, MARK);
	buf_str(&text, str_slice(path, at, path.len));
	out = pool_str(&migrate->pool, buf_view(&text));
	buf_clear(&text);
	return out;
}

/* Adds marks until it comes before all of `later` that it may meet. */
static void settle(struct migrate *migrate, struct migrate_route *route,
		   struct migrate_route **later, size_t n)
{
	const struct str plain = route->path;
	size_t n_marks = 0;

	for (size_t i = 0; i < n && n_marks <= MAX_MARKS; i++) {
		if (later[i]->decide.len || !may_meet(route, later[i]))
			continue;
		while (str_cmp(route->path, later[i]->path) <= 0 && n_marks++ < MAX_MARKS)
			route->path = marked(migrate, plain, n_marks);
	}
	if (n_marks <= MAX_MARKS)
		return;
	route->path = plain;
	route->decide = STR("nginx tries it before other expressions of this host, and Pomerium "
			    "cannot be made to");
	cli_migrate_source_add(migrate, &route->choices,
			       STR("change the expressions so that no path matches two of them"));
}

void cli_migrate_order(struct migrate *migrate, struct nginx_server *server)
{
	for (size_t i = server->n_routes; i-- > 0;)
		if (!server->routes[i]->decide.len)
			settle(migrate, server->routes[i], server->routes + i + 1,
			       server->n_routes - i - 1);
}
