/* migrate_write: writes the output Ingresses as YAML, with open decisions as comments where they
 * belong.
 *
 *   in     sources with their targets, annotations and findings
 *   out    documents for `kubectl apply`; what must not be applied yet is a comment
 *   never  decides anything
 */
#include "cli/migrate/migrate_source.h"

#include "cli/migrate/nginx/nginx_server.h"
#include "cli/migrate/yaml_put.h"

#define COLUMNS 100

/* ---- comments ---- */

/* Wraps a text at COLUMNS; the first line begins with `first`, the others with `more`. */
static void add_comment(struct buf *out, unsigned indent, const char *first, const char *more,
			struct str text)
{
	size_t column = indent + 2 + strlen(first);
	struct str word;

	cli_yaml_put_indent(out, indent);
	buf_printf(out, "# %s", first);
	for (bool begins = true; text.len; begins = false) {
		if (!str_cut(text, ' ', &word, &text)) {
			word = text;
			text = STR_NONE;
		}
		if (!begins && column + 1 + word.len > COLUMNS) {
			buf_putc(out, '\n');
			cli_yaml_put_indent(out, indent);
			buf_printf(out, "# %s", more);
			column = indent + 2 + strlen(more);
			begins = true;
		}
		buf_printf(out, "%s" STR_FMT, begins ? "" : " ", STR_ARG(word));
		column += word.len + !begins;
	}
	buf_putc(out, '\n');
}

static void add_choices(struct buf *out, unsigned indent, const struct str_list *choices)
{
	for (size_t i = 0; i < choices->n; i++)
		add_comment(out, indent, "  - ", "    ", choices->items[i]);
}

static void add_finding(struct buf *out, unsigned indent, const struct migrate_finding *finding)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	cli_migrate_source_print(finding, &text);
	add_comment(out, indent,
		    finding->outcome == OUTCOME_DECIDE ? "decide: " : "refused: ", "  ",
		    buf_view(&text));
	add_choices(out, indent, &finding->choices);
	buf_clear(&text);
}

static bool is_open(const struct migrate_finding *finding)
{
	return !finding->silent &&
	       (finding->outcome == OUTCOME_DECIDE || finding->outcome == OUTCOME_REFUSED);
}

/* ---- metadata ---- */

/* alone: the input may lack the Secrets, so nothing refers to them. */
static bool is_left_out(struct str name, bool alone)
{
	return alone && str_ends(name, "_secret");
}

static void add_place(struct buf *out, const struct migrate_source *source,
		      enum migrate_place place, bool alone)
{
	struct buf key;

	for (size_t i = 0; i < source->n_findings; i++)
		if (source->findings[i]->place == place && is_open(source->findings[i]))
			add_finding(out, 4, source->findings[i]);
	buf_init(&key, BUF_MAX_TEXT);
	for (size_t i = 0; i < source->n_lines; i++) {
		const struct migrate_line *line = &source->lines[i];

		if (line->place != place || is_left_out(line->name, alone))
			continue;
		buf_reset(&key);
		buf_printf(&key, STR_FMT "/" STR_FMT, STR_ARG(cli_migrate_settings.prefix),
			   STR_ARG(line->name));
		cli_yaml_put_pair(out, buf_view(&key), line->value, 4);
	}
	buf_clear(&key);
}

static void add_ours(struct buf *out, const struct migrate_source *source, const char *name,
		     struct str value)
{
	struct buf key;

	if (cli_migrate_source_has_own(source, name))
		return;
	buf_init(&key, BUF_MAX_TEXT);
	buf_printf(&key, STR_FMT "/%s", STR_ARG(cli_migrate_settings.prefix), name);
	cli_yaml_put_pair(out, buf_view(&key), value, 4);
	buf_clear(&key);
}

/* Keeps all annotations but those of ingress-nginx and the class. */
static void add_kept(struct buf *out, const struct migrate_source *source, bool alone)
{
	const struct str_map *all = &source->ingress->metadata.annotations;

	for (size_t i = 0; i < all->n; i++) {
		const struct str_pair *pair = &all->items[i];
		const struct str prefix = cli_migrate_settings.from_prefix;

		if (str_is(pair->key, "kubernetes.io/ingress.class") ||
		    is_left_out(pair->key, alone) ||
		    (pair->key.len > prefix.len &&
		     str_eq(str_slice(pair->key, 0, prefix.len), prefix) &&
		     pair->key.ptr[prefix.len] == '/'))
			continue;
		if (str_is(pair->key, "acme.cert-manager.io/http01-ingress-class"))
			cli_yaml_put_pair(out, pair->key, cli_migrate_settings.class, 4);
		else
			cli_yaml_put_pair(out, pair->key, pair->value, 4);
	}
}

static void add_metadata(struct buf *out, const struct migrate_source *source,
			 const struct migrate_target *target, bool alone)
{
	const struct msg_meta *meta = &source->ingress->metadata;

	buf_puts(out, "metadata:\n");
	cli_yaml_put_pair(out, STR("name"), target->name, 2);
	if (source->has_namespace)
		cli_yaml_put_pair(out, STR("namespace"), meta->namespace, 2);
	if (meta->labels.n)
		buf_puts(out, "  labels:\n");
	for (size_t i = 0; i < meta->labels.n; i++)
		cli_yaml_put_pair(out, meta->labels.items[i].key, meta->labels.items[i].value, 4);
	buf_puts(out, "  annotations:\n");
	add_kept(out, source, alone);
	for (unsigned place = 0; place < N_PLACES; place++) {
		add_place(out, source, place, alone);
		if (place != PLACE_PATHS)
			continue;
		if (target->has_empty_host)
			add_ours(out, source, "subtle_allow_empty_host", STR("true"));
		if (target->has_regex)
			add_ours(out, source, "path_regex", STR("true"));
		if (target->pattern.len) {
			add_ours(out, source, "regex_rewrite_pattern", target->pattern);
			add_ours(out, source, "regex_rewrite_substitution", target->substitution);
		}
	}
}

/* ---- spec ---- */

static void add_tls(struct buf *out, const struct msg_tls_list *tls)
{
	if (tls->n)
		buf_puts(out, "  tls:\n");
	for (size_t i = 0; i < tls->n; i++) {
		const struct msg_tls *one = &tls->items[i];

		buf_puts(out, one->hosts.n ? "  - hosts:\n" : "  - ");
		for (size_t k = 0; k < one->hosts.n; k++) {
			buf_puts(out, "    - ");
			cli_yaml_put_text(out, one->hosts.items[k], 6);
			buf_putc(out, '\n');
		}
		if (one->secretName.len)
			cli_yaml_put_pair(out, STR("secretName"), one->secretName,
					  one->hosts.n ? 4 : 0);
		else if (!one->hosts.n)
			buf_puts(out, "{}\n");
	}
}

static void add_route(struct buf *out, const struct migrate_route *route)
{
	const struct msg_service_ref *service = route->location->backend->service;

	buf_puts(out, "      - path: ");
	cli_yaml_put_text(out, route->path, 10);
	buf_printf(out, "\n        pathType: %s\n        backend:\n          service:\n",
		   route->type);
	cli_yaml_put_pair(out, STR("name"), service->name, 12);
	buf_puts(out, "            port:\n");
	if (service->port.name.len)
		cli_yaml_put_pair(out, STR("name"), service->port.name, 14);
	else
		buf_printf(out, "              number: %lld\n", (long long)service->port.number);
}

/* Writes lines as comments at `indent`. */
static void add_lines_as_comment(struct buf *out, struct str text, size_t indent)
{
	struct str line;

	while (text.len) {
		if (!str_cut(text, '\n', &line, &text)) {
			line = text;
			text = STR_NONE;
		}
		buf_printf(
			out, "%*s#%s" STR_FMT "\n", (int)indent, "", line.len ? " " : "",
			STR_ARG(str_slice(line, line.len < indent ? line.len : indent, line.len)));
	}
}

static void add_undecided(struct buf *out, const struct migrate_route *route)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	buf_printf(&text, "path %s: " STR_FMT, err_quote(route->location->path),
		   STR_ARG(route->decide));
	add_comment(out, 6, "decide: ", "  ", buf_view(&text));
	add_choices(out, 6, &route->choices);
	buf_reset(&text);
	add_route(&text, route);
	add_lines_as_comment(out, buf_view(&text), 6);
	buf_clear(&text);
}

static void add_undecided_of(struct buf *out, const struct migrate_target *target, struct str host)
{
	for (size_t i = 0; i < target->n_routes; i++)
		if (target->routes[i]->decide.len && str_eq(target->routes[i]->host, host))
			add_undecided(out, target->routes[i]);
}

static bool is_host_served(const struct migrate_target *target, struct str host)
{
	for (size_t i = 0; i < target->n_routes; i++)
		if (!target->routes[i]->decide.len && str_eq(target->routes[i]->host, host))
			return true;
	return false;
}

static void begin_rule(struct buf *out, struct str host, bool is_first)
{
	buf_puts(out, is_first ? "  rules:\n  - " : "  - ");
	if (host.len) {
		cli_yaml_put_pair(out, STR("host"), host, 0);
		cli_yaml_put_indent(out, 4);
	}
	buf_puts(out, "http:\n      paths:\n");
}

/* The routes of a host are neighbours. Undecided ones come last, and do not make a rule. */
static void add_rules(struct buf *out, const struct migrate_target *target)
{
	const struct migrate_route *last = NULL;

	for (size_t i = 0; i < target->n_routes; i++) {
		const struct migrate_route *route = target->routes[i];

		if (route->decide.len)
			continue;
		if (!last || !str_eq(last->host, route->host)) {
			if (last)
				add_undecided_of(out, target, last->host);
			begin_rule(out, route->host, !last);
		}
		add_route(out, route);
		last = route;
	}
	if (last)
		add_undecided_of(out, target, last->host);
	for (size_t i = 0; i < target->n_routes; i++)
		if (target->routes[i]->decide.len &&
		    !is_host_served(target, target->routes[i]->host))
			add_undecided(out, target->routes[i]);
}

/* ---- documents ---- */

static void add_target(struct buf *out, const struct migrate_source *source,
		       const struct migrate_target *target, bool alone)
{
	buf_puts(out, "apiVersion: networking.k8s.io/v1\nkind: Ingress\n");
	add_metadata(out, source, target, alone);
	buf_puts(out, "spec:\n");
	cli_yaml_put_pair(out, STR("ingressClassName"), cli_migrate_settings.class, 2);
	if (!alone)
		add_tls(out, &source->ingress->spec.tls);
	add_rules(out, target);
}

static void add_separator(struct buf *out)
{
	if (out->len)
		buf_puts(out, "---\n");
}

static void add_off(struct buf *out, const struct migrate_source *source,
		    const struct migrate_target *target, struct str why)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	add_separator(out);
	buf_printf(&text, "Ingress " STR_FMT " is not written: " STR_FMT ".", STR_ARG(source->key),
		   STR_ARG(why));
	add_comment(out, 0, "", "", buf_view(&text));
	buf_reset(&text);
	if (target)
		add_target(&text, source, target, false);
	for (size_t i = 0; !target && i < source->n_findings; i++)
		if (is_open(source->findings[i]))
			add_finding(out, 0, source->findings[i]);
	add_lines_as_comment(out, buf_view(&text), 0);
	buf_clear(&text);
}

static void add_source(struct buf *out, const struct migrate_source *source)
{
	if (!source->n_targets)
		add_off(out, source, NULL, source->off);
	for (size_t i = 0; i < source->n_targets; i++) {
		const struct migrate_target *target = &source->targets[i];

		if (source->off.len || !target->n_served) {
			add_off(out, source, target,
				source->off.len ? source->off
						: STR("all of its paths are still to be decided"));
			continue;
		}
		add_separator(out);
		add_target(out, source, target, false);
	}
}

void cli_migrate_write_alone(const struct migrate_source *source, struct buf *out)
{
	for (size_t i = 0; !source->off.len && i < source->n_targets; i++) {
		if (!source->targets[i].n_served)
			continue;
		add_separator(out);
		add_target(out, source, &source->targets[i], true);
	}
}

void cli_migrate_write(const struct migrate *migrate, struct buf *out)
{
	for (size_t i = 0; i < migrate->n_sources; i++)
		add_source(out, migrate->sources[i]);
	for (size_t i = 0; i < migrate->n_findings; i++) {
		add_separator(out);
		add_finding(out, 0, migrate->findings[i]);
	}
}
