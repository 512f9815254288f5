/* outcome_headers: headers that are set, removed or rewritten.
 *
 *   in     snippets, custom-headers, CORS, x-forwarded-prefix, proxy-redirect-*
 *   out    findings; one annotation for all headers to set or to remove
 *   owns   the directives of a snippet that have a counterpart
 *   never  writes a value with an nginx variable in it
 */
#include "cli/migrate/outcome/outcome_table.h"

#include <ctype.h>

#include "cli/migrate/nginx/nginx_snippet.h"
#include "cli/migrate/yaml_put.h"

/* ---- values ---- */

/* Doubles a character that is special: $ in request headers, % in response headers. */
static struct str doubled(struct migrate *migrate, struct str value, char special)
{
	struct buf out;
	struct str text;

	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < value.len; i++) {
		buf_putc(&out, value.ptr[i]);
		if (value.ptr[i] == special)
			buf_putc(&out, special);
	}
	text = pool_str(&migrate->pool, buf_view(&out));
	buf_clear(&out);
	return text;
}

static void set_request(struct migrate *migrate, struct migrate_source *source, struct str name,
			struct str value)
{
	cli_migrate_source_header(migrate, &source->request_headers, name,
				  doubled(migrate, value, '$'));
}

static void set_response(struct migrate *migrate, struct migrate_source *source, struct str name,
			 struct str value)
{
	cli_migrate_source_header(migrate, &source->response_headers, name,
				  doubled(migrate, value, '%'));
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.ptr[i]) && !strchr("-_", name.ptr[i]))
			return false;
	return name.len > 0;
}

static bool is_fixed(struct str value)
{
	return str_find(value, '$') < 0 && !str_has_control(value);
}

/* ---- snippets ---- */

/* "Name: value" */
static bool take_colon(struct outcome_job *job, struct str word, bool request)
{
	struct str name, value;

	if (!str_cut(word, ':', &name, &value))
		return false;
	name = str_trim(name);
	value = str_trim(value);
	if (!is_name(name) || !is_fixed(value) || !value.len || str_is_nocase(name, "host"))
		return false;
	if (request)
		set_request(job->migrate, job->source, name, value);
	else
		set_response(job->migrate, job->source, name, value);
	return true;
}

static bool take_colons(struct outcome_job *job, const struct nginx_snippet *snippet, bool request)
{
	for (size_t i = 1; i < snippet->n_words; i++)
		if (snippet->words[i].ptr[0] == '-' || !take_colon(job, snippet->words[i], request))
			return false;
	return snippet->n_words > 1;
}

/* proxy_set_header NAME VALUE: an empty value takes the header off. */
static bool take_request(struct outcome_job *job, const struct nginx_snippet *snippet)
{
	const struct str name = snippet->words[1], value = snippet->words[2];

	if (snippet->n_words != 3 || !is_name(name))
		return false;
	if (str_is_nocase(name, "upgrade") || str_is_nocase(name, "connection"))
		return true; /* allow_websockets says it */
	if (!is_fixed(value))
		return false;
	if (str_is_nocase(name, "host"))
		cli_migrate_source_line(job->migrate, job->source, PLACE_UPSTREAM, "host_rewrite",
					value);
	else if (value.len)
		set_request(job->migrate, job->source, name, value);
	else
		cli_migrate_source_add(job->migrate, &job->source->removed_headers, name);
	return true;
}

/* add_header NAME VALUE [always] */
static bool take_response(struct outcome_job *job, const struct nginx_snippet *snippet)
{
	const struct str name = snippet->words[1], value = snippet->words[2];
	const bool always = snippet->n_words == 4 && str_is(snippet->words[3], "always");

	if ((snippet->n_words != 3 && !always) || !is_name(name) || !is_fixed(value) || !value.len)
		return false;
	set_response(job->migrate, job->source, name, value);
	return true;
}

static bool take_names(struct outcome_job *job, const struct nginx_snippet *snippet)
{
	for (size_t i = 1; i < snippet->n_words; i++)
		if (!is_name(snippet->words[i]))
			return false;
	for (size_t i = 1; i < snippet->n_words; i++)
		cli_migrate_source_add(job->migrate, &job->source->removed_headers,
				       snippet->words[i]);
	return snippet->n_words > 1;
}

static bool take_directive(struct outcome_job *job, const struct nginx_snippet *snippet)
{
	const struct str name = snippet->words[0];

	if (!snippet->whole)
		return false;
	if (str_is(name, "more_set_headers"))
		return take_colons(job, snippet, false);
	if (str_is(name, "more_set_input_headers"))
		return take_colons(job, snippet, true);
	if (str_is(name, "proxy_set_header"))
		return take_request(job, snippet);
	if (str_is(name, "add_header"))
		return take_response(job, snippet);
	if (str_is(name, "more_clear_input_headers"))
		return take_names(job, snippet);
	return false;
}

void cli_outcome_snippet(struct outcome_job *job)
{
	struct nginx_snippet snippet = { .rest = job->value };
	struct str first = STR_NONE;
	size_t n = 0, n_left = 0;

	if (job->migrate->defaults.known && !job->migrate->defaults.snippets) {
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"nginx ignores it: the ConfigMap has no allow-snippet-annotations");
		return;
	}
	for (; cli_nginx_snippet_next(&snippet, &job->migrate->pool); n++) {
		if (take_directive(job, &snippet))
			continue;
		first = n_left++ ? first : snippet.text;
	}
	if (!n) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "it has no directive");
	} else if (!n_left) {
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"its headers become set_request_headers, set_response_headers and "
				"remove_request_headers");
	} else {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"who does what this code of nginx did? %zu of its %zu directives "
				"have no counterpart, the first is %s",
				n_left, n, err_quote(first));
		cli_migrate_source_choice(job->migrate, job->finding,
					  "the application, or other annotations of Pomerium");
		cli_migrate_source_choice(job->migrate, job->finding, "nobody, leave it out");
	}
}

/* ---- a ConfigMap of headers ---- */

void cli_outcome_custom_headers(struct outcome_job *job)
{
	struct str namespace = job->source->ingress->metadata.namespace, name = job->value;
	const struct value *data;

	str_cut(job->value, '/', &namespace, &name);
	data = value_get(cli_migrate_set_find(job->migrate, "ConfigMap", namespace, name), "data");
	if (!data || data->type != VALUE_MAP) {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"which headers are these? The input does not have the ConfigMap");
		cli_migrate_source_choice(job->migrate, job->finding,
					  "convert again with the ConfigMap in the input");
		cli_migrate_source_choice(job->migrate, job->finding, "set set_response_headers");
		return;
	}
	for (size_t i = 0; i < data->map.n; i++)
		if (data->map.entries[i].value.type == VALUE_STRING)
			set_response(job->migrate, job->source, data->map.entries[i].key.text,
				     data->map.entries[i].value.string);
	cli_outcome_say(job, OUTCOME_WRITTEN, "set_response_headers");
}

/* ---- CORS ---- */

static bool has_one_origin(const struct migrate_source *source)
{
	const struct str origin = str_trim(cli_migrate_source_get(source, "cors-allow-origin"));

	return str_find(origin, ',') < 0 && (str_find(origin, '*') < 0 || str_is(origin, "*"));
}

static void add_cors(struct outcome_job *job, const char *annotation, const char *header,
		     const char *fallback)
{
	const struct str given = cli_migrate_source_get(job->source, annotation);
	const struct str value = given.len ? given : str_from(fallback);

	if (value.len)
		set_response(job->migrate, job->source, str_from(header), value);
}

static void add_cors_headers(struct outcome_job *job)
{
	const struct str credentials =
		cli_migrate_source_get(job->source, "cors-allow-credentials");

	add_cors(job, "cors-allow-origin", "Access-Control-Allow-Origin", "*");
	if (!credentials.ptr || cli_migrate_source_is_true(credentials))
		set_response(job->migrate, job->source, STR("Access-Control-Allow-Credentials"),
			     STR("true"));
	add_cors(job, "cors-allow-methods", "Access-Control-Allow-Methods",
		 "GET, PUT, POST, DELETE, PATCH, OPTIONS");
	add_cors(job, "cors-allow-headers", "Access-Control-Allow-Headers",
		 "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,"
		 "Content-Type,Range,Authorization");
	add_cors(job, "cors-expose-headers", "Access-Control-Expose-Headers", "");
	add_cors(job, "cors-max-age", "Access-Control-Max-Age", "1728000");
}

void cli_outcome_cors(struct outcome_job *job)
{
	const bool is_fixed_origin = has_one_origin(job->source);

	if (!cli_migrate_source_is_true(job->value)) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "it is off");
		return;
	}
	cli_migrate_source_line(job->migrate, job->source, PLACE_HEADERS, "cors_allow_preflight",
				STR("true"));
	if (is_fixed_origin)
		add_cors_headers(job);
	cli_outcome_say(job, OUTCOME_DECIDE,
			"who answers preflight requests? nginx did; Pomerium passes them to the "
			"upstream%s",
			is_fixed_origin ? " and adds the headers to its answer"
					: ", which also has to choose among several origins");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "the upstream: let it answer OPTIONS with 2xx%s",
				  is_fixed_origin ? "" : " and set the headers");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"nobody, if no page of another site calls it: remove these headers");
}

void cli_outcome_cors_part(struct outcome_job *job)
{
	job->finding->silent = true;
	if (!cli_migrate_source_flag(job->source, "enable-cors"))
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without enable-cors it has no effect");
	else if (has_one_origin(job->source))
		cli_outcome_say(job, OUTCOME_WRITTEN, "set_response_headers");
	else
		cli_outcome_say(job, OUTCOME_DECIDE, "see enable-cors");
}

/* ---- single headers ---- */

void cli_outcome_forwarded_prefix(struct outcome_job *job)
{
	if (!cli_outcome_paths_rewrites(job->migrate, job->source)) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without rewrite-target nginx ignores it");
	} else if (!is_fixed(job->value)) {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"which prefix is it? Pomerium has no nginx variables");
		cli_migrate_source_choice(job->migrate, job->finding,
					  "set set_request_headers: {X-Forwarded-Prefix: ...}");
	} else {
		set_request(job->migrate, job->source, STR("X-Forwarded-Prefix"), job->value);
		cli_outcome_say(job, OUTCOME_WRITTEN, "set_request_headers");
	}
}

static struct str location_header(struct migrate *migrate, struct str from, struct str to)
{
	struct buf out;
	struct str text;

	buf_init(&out, BUF_MAX_TEXT);
	buf_puts(&out, "- header: Location\n");
	cli_yaml_put_pair(&out, STR("prefix"), from, 2);
	cli_yaml_put_pair(&out, STR("value"), to, 2);
	text = pool_str(&migrate->pool, buf_view(&out));
	buf_clear(&out);
	return text;
}

void cli_outcome_location(struct outcome_job *job)
{
	const struct str from = cli_migrate_source_get(job->source, "proxy-redirect-from");
	const struct str to = cli_migrate_source_get(job->source, "proxy-redirect-to");

	job->finding->silent = str_is(job->finding->name, "proxy-redirect-to");
	if (!from.len || !to.len || str_is(from, "off") || str_is(from, "default") ||
	    str_is(to, "off")) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "nginx rewrites no redirect because of it");
	} else if (str_starts(from, "~") || !is_fixed(from) || !is_fixed(to)) {
		cli_outcome_say(
			job, OUTCOME_DECIDE,
			"which redirects of the upstream are rewritten? Pomerium has neither "
			"nginx variables nor expressions for this");
		cli_migrate_source_choice(
			job->migrate, job->finding,
			"those with a fixed prefix: set rewrite_response_headers");
		cli_migrate_source_choice(
			job->migrate, job->finding,
			"none: the upstream gets the client's Host header and can "
			"redirect correctly");
	} else {
		cli_migrate_source_line(job->migrate, job->source, PLACE_HEADERS,
					"rewrite_response_headers",
					location_header(job->migrate, from, to));
		cli_outcome_say(job, OUTCOME_WRITTEN, "rewrite_response_headers");
	}
}

void cli_outcome_connection(struct outcome_job *job)
{
	if (str_is_nocase(job->value, "keep-alive") || str_is_nocase(job->value, "upgrade"))
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"Pomerium keeps connections to the upstream open");
	else
		cli_outcome_say(job, OUTCOME_REFUSED, "Pomerium sets this header by itself");
}

/* ---- one annotation for all of them ---- */

static struct str list_text(struct migrate *migrate, const struct str_list *list)
{
	struct buf out;
	struct str text;

	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < list->n; i++)
		buf_printf(&out, "%s" STR_FMT, i ? ", " : "[", STR_ARG(list->items[i]));
	buf_putc(&out, ']');
	text = pool_str(&migrate->pool, buf_view(&out));
	buf_clear(&out);
	return text;
}

static struct str map_text(struct migrate *migrate, const struct str_map *map)
{
	struct buf out;
	struct str text;

	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < map->n; i++)
		cli_yaml_put_pair(&out, map->items[i].key, map->items[i].value, 0);
	text = pool_str(&migrate->pool, buf_view(&out));
	buf_clear(&out);
	return text;
}

/* If the Ingress has one of its own, a person has to merge the two. */
static void write_headers(struct migrate *migrate, struct migrate_source *source, const char *name,
			  struct str text)
{
	struct migrate_finding *finding;

	if (!cli_migrate_source_has_own(source, name)) {
		cli_migrate_source_line(migrate, source, PLACE_HEADERS, name, text);
		return;
	}
	finding = cli_migrate_source_finding(migrate, source, STR(""), str_from(name));
	finding->place = PLACE_HEADERS;
	finding->outcome = OUTCOME_DECIDE;
	finding->sentence =
		pool_printf(&migrate->pool, "your own %s is kept, but nginx also has: %s", name,
			    err_quote(text));
	cli_migrate_source_choice(migrate, finding, "add them to your own annotation");
}

void cli_outcome_headers(struct migrate *migrate, struct migrate_source *source)
{
	if (source->request_headers.n)
		write_headers(migrate, source, "set_request_headers",
			      map_text(migrate, &source->request_headers));
	if (source->removed_headers.n)
		write_headers(migrate, source, "remove_request_headers",
			      list_text(migrate, &source->removed_headers));
	if (source->response_headers.n)
		write_headers(migrate, source, "set_response_headers",
			      map_text(migrate, &source->response_headers));
}
