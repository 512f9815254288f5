/* forecast_print: a forecast for a person.
 *
 *   in     a forecast
 *   out    sections, what is widened first; one line that counts
 *   owns   nothing
 *   never  prints what a terminal would obey
 */
#include "cli/plan/forecast.h"

#include "cli/terminal.h"

#define VALUE_MAX 40 /* characters of a value of a field that are shown ... */
#define BEFORE 12    /* ... and how many of them before the first difference */

static const char signs[] = { [ROUTE_ADDED] = '+', [ROUTE_REMOVED] = '-', [ROUTE_CHANGED] = '~' };
static const char *const sign_colors[] = { [ROUTE_ADDED] = TERMINAL_GREEN,
					   [ROUTE_REMOVED] = TERMINAL_RED,
					   [ROUTE_CHANGED] = TERMINAL_YELLOW };
static const char *const access_words[] = { [ACCESS_WIDER] = "wider",
					    [ACCESS_NARROWER] = "narrower",
					    [ACCESS_OTHER_POLICY] = "other policy" };

/* "https://shop.example.com prefix /" */
static struct str place_of(const struct route *route, struct pool *pool)
{
	if (route->path.len)
		return pool_printf(pool, STR_FMT " path " STR_FMT, STR_ARG(route->from),
				   STR_ARG(route->path));
	if (route->regex.len)
		return pool_printf(pool, STR_FMT " regex " STR_FMT, STR_ARG(route->from),
				   STR_ARG(route->regex));
	return pool_printf(pool, STR_FMT " prefix " STR_FMT, STR_ARG(route->from),
			   STR_ARG(route->prefix.len ? route->prefix : STR("/")));
}

/* A line of clean text. */
static void add_line(struct buf *out, const char *color, const char *indent, struct str text)
{
	struct err line;

	err_set(&line, STR_FMT, STR_ARG(text));
	if (color)
		cli_terminal_paint(color, out);
	buf_puts(out, indent);
	cli_terminal_fold(str_from(line.text), strlen(indent), strlen(indent) + 4, out);
	if (color)
		cli_terminal_paint(NULL, out);
	buf_putc(out, '\n');
}

static void add_title(struct buf *out, const char *title)
{
	add_line(out, TERMINAL_BOLD, "", str_from(title));
}

static struct str owner_name(const struct view_owner *owner, struct pool *pool)
{
	return msg_key_for_people(&owner->owner.key, pool);
}

/* ---- sections ---- */

static void print_access(const struct forecast *self, struct pool *pool, struct buf *out)
{
	if (self->n_access)
		add_title(out, "Access");
	for (size_t i = 0; i < self->n_access; i++) {
		const struct forecast_access *access = &self->access[i];
		const char *before = access->before ? publisher_access_word(access->before->access)
						    : "not there";

		add_line(out, access->change == ACCESS_WIDER ? TERMINAL_RED : NULL, "  ",
			 pool_printf(pool, "%-12s  " STR_FMT ": %s -> %s (" STR_FMT ")",
				     access_words[access->change],
				     STR_ARG(place_of(&access->after->route, pool)), before,
				     publisher_access_word(access->after->access),
				     STR_ARG(owner_name(access->after->owner, pool))));
	}
}

static struct str value_text_of(const cJSON *value, struct pool *pool)
{
	char *json = value ? cJSON_PrintUnformatted(value) : NULL;
	struct str text = json ? pool_str(pool, str_from(json)) : STR("not set");

	cJSON_free(json);
	return text;
}

/* Where two texts begin to differ. */
static size_t same_until(struct str a, struct str b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	return n;
}

/* Of a long text the part where it begins to differ. */
static struct str part(struct str text, size_t same, struct pool *pool)
{
	const size_t from = text.len <= VALUE_MAX || same < BEFORE ? 0 : same - BEFORE;
	const size_t to = text.len - from > VALUE_MAX ? from + VALUE_MAX : text.len;

	return pool_printf(pool, "%s" STR_FMT "%s", from ? "..." : "",
			   STR_ARG(str_slice(text, from, to)), to < text.len ? "..." : "");
}

static void print_fields(const struct forecast_fields *fields, const char *indent,
			 struct pool *pool, struct buf *out)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct forecast_field *field = &fields->items[i];
		const struct str before = value_text_of(field->before, pool),
				 after = value_text_of(field->after, pool);
		const size_t same = same_until(before, after);

		add_line(out, NULL, indent,
			 pool_printf(pool, "%s: " STR_FMT " -> " STR_FMT, field->name,
				     STR_ARG(part(before, same, pool)),
				     STR_ARG(part(after, same, pool))));
	}
}

static void print_routes(const struct forecast *self, struct pool *pool, struct buf *out)
{
	if (self->n_routes)
		add_title(out, "Routes");
	for (size_t i = 0; i < self->n_routes; i++) {
		const struct forecast_route *route = &self->routes[i];
		const struct view_route *seen = route->route;
		struct str line = pool_printf(pool, "%c " STR_FMT, signs[route->change],
					      STR_ARG(place_of(&seen->route, pool)));

		if (route->change != ROUTE_CHANGED)
			line = pool_printf(pool, STR_FMT " -> " STR_FMT ", %s", STR_ARG(line),
					   STR_ARG(seen->to.n ? seen->to.items[0] : STR("-")),
					   publisher_access_word(seen->access));
		add_line(out, sign_colors[route->change], "  ",
			 pool_printf(pool, STR_FMT " (" STR_FMT ")", STR_ARG(line),
				     STR_ARG(owner_name(seen->owner, pool))));
		print_fields(&route->fields, "      ", pool, out);
	}
}

static void print_hosts(const struct forecast *self, struct pool *pool, struct buf *out)
{
	if (self->n_hosts)
		add_title(out, "Hosts that change hands");
	for (size_t i = 0; i < self->n_hosts; i++)
		add_line(out, NULL, "  ",
			 pool_printf(pool, STR_FMT ": " STR_FMT " -> " STR_FMT,
				     STR_ARG(self->hosts[i].host), STR_ARG(self->hosts[i].before),
				     STR_ARG(self->hosts[i].after)));
}

static void print_certs(const struct forecast *self, struct pool *pool, struct buf *out)
{
	if (self->n_certs)
		add_title(out, "Certificates");
	for (size_t i = 0; i < self->n_certs; i++)
		add_line(out, NULL, "  ",
			 pool_printf(pool, "%c Secret " STR_FMT " (" STR_FMT ")",
				     self->certs[i].added ? '+' : '-',
				     STR_ARG(self->certs[i].secret),
				     STR_ARG(owner_name(self->certs[i].owner, pool))));
}

static void print_settings(const struct forecast *self, struct pool *pool, struct buf *out)
{
	if (self->settings.n)
		add_title(out, "Settings of the Pomerium object");
	print_fields(&self->settings, "  ", pool, out);
}

static void print_rejected(const struct forecast *self, struct pool *pool, struct buf *out)
{
	if (self->n_rejects)
		add_title(out, "Rejected");
	for (size_t i = 0; i < self->n_rejects; i++) {
		const struct forecast_reject *reject = &self->rejects[i];

		add_line(out, reject->is_new ? TERMINAL_RED : NULL, "  ",
			 pool_printf(pool, STR_FMT "%s%s: " STR_FMT,
				     STR_ARG(owner_name(reject->owner, pool)),
				     reject->is_new ? "" : ", as now",
				     reject->keeps_last ? ", its last good routes stay" : "",
				     STR_ARG(reject->owner->reason)));
	}
}

static void print_guard(const struct forecast *self, struct pool *pool, struct buf *out)
{
	if (!self->n_held)
		return;
	add_title(out, "Guard against mass deletion");
	add_line(out, TERMINAL_RED, "  ",
		 pool_printf(pool,
			     "would hold %zu of %zu routes; --max-delete-share, or "
			     "allow-mass-delete on the Pomerium object, lets them go",
			     self->n_held, self->n_served));
}

/* ---- the last line ---- */

static size_t count(const struct forecast *self, enum route_change change)
{
	size_t n = 0;

	for (size_t i = 0; i < self->n_routes; i++)
		n += self->routes[i].change == change;
	return n;
}

static size_t count_access(const struct forecast *self, enum access_change change)
{
	size_t n = 0;

	for (size_t i = 0; i < self->n_access; i++)
		n += self->access[i].change == change;
	return n;
}

void cli_forecast_print(const struct forecast *self, struct buf *out)
{
	struct pool pool;

	pool_init(&pool);
	print_access(self, &pool, out);
	print_routes(self, &pool, out);
	print_hosts(self, &pool, out);
	print_certs(self, &pool, out);
	print_settings(self, &pool, out);
	print_rejected(self, &pool, out);
	print_guard(self, &pool, out);
	if (!self->n_routes && !self->n_certs && !self->settings.n)
		add_line(out, NULL, "", STR("No change."));
	else
		add_line(out, NULL, "",
			 pool_printf(&pool,
				     "Routes: %zu added, %zu removed, %zu changed; access wider at "
				     "%zu, narrower at %zu, another policy at %zu.",
				     count(self, ROUTE_ADDED), count(self, ROUTE_REMOVED),
				     count(self, ROUTE_CHANGED), count_access(self, ACCESS_WIDER),
				     count_access(self, ACCESS_NARROWER),
				     count_access(self, ACCESS_OTHER_POLICY)));
	pool_clear(&pool);
}
