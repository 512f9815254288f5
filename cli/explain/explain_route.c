/* explain_route: what a route does with a request.
 *
 *   in     the JSON of a route; the path that is asked for
 *   out    labelled sentences
 *   owns   how Pomerium and Envoy rewrite a path and a Host header
 *   never  says what Pomerium's defaults are: they change with its version
 */
#include "cli/explain/explain_route.h"

#include "base/value.h"
#include "cli/match/pattern.h"

__attribute__((format(printf, 3, 4))) static void add(struct facts *out, const char *label,
						      const char *fmt, ...)
{
	struct fact *fact = pool_push(out->pool, &out->items, &out->n, sizeof(*fact));
	struct buf text;
	va_list args;
	char line[4096];

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	buf_init(&text, BUF_MAX_TEXT);
	buf_puts(&text, line);
	fact->label = label;
	fact->text = pool_str(out->pool, text.len ? buf_view(&text) : STR(""));
	buf_clear(&text);
}

static const cJSON *member(const cJSON *config, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(config, key);
}

/* ---- who may come in ---- */

/* The source of a policy on one line. */
static struct str one_line(struct str source, struct pool *pool)
{
	struct value value;
	struct buf json;
	struct str line = source;

	buf_init(&json, BUF_MAX_TEXT);
	if (!yaml_parse(source, pool, &value, NULL) && !value_to_json(&value, false, &json, NULL))
		line = pool_str(pool, buf_view(&json));
	buf_clear(&json);
	return line;
}

static void add_access(const struct view_route *route, struct facts *out)
{
	static const char *const sentences[] = {
		[ACCESS_NOBODY] = "nobody: no policy lets anybody in",
		[ACCESS_POLICY] = "who the policy lets in",
		[ACCESS_ANY_USER] = "any user who is signed in",
		[ACCESS_PUBLIC] = "public: everybody, without signing in",
	};
	const cJSON *policy;

	add(out, "access", "%s", sentences[route->access]);
	if (route->access != ACCESS_POLICY)
		return;
	cJSON_ArrayForEach(policy, member(route->config, "policies")) {
		const struct str source = cjson_text(policy, "source_ppl");

		if (source.len)
			add(out, "", STR_FMT, STR_ARG(one_line(source, out->pool)));
	}
}

/* ---- what is rewritten ---- */

static struct str rewritten(const struct view_route *route, struct str path, struct facts *out)
{
	const cJSON *config = route->config;
	const struct str prefix = cjson_text(config, "prefix_rewrite"),
			 pattern = cjson_text(config, "regex_rewrite_pattern");
	struct err err = { "" };
	struct str result;

	if (prefix.len) {
		const size_t matched = route->route.path.len ? path.len : route->route.prefix.len;

		return pool_printf(out->pool, STR_FMT STR_FMT, STR_ARG(prefix),
				   STR_ARG(str_slice(path, matched, path.len)));
	}
	if (!pattern.len)
		return path;
	if (cli_pattern_rewrite(pattern, cjson_text(config, "regex_rewrite_substitution"), path,
				out->pool, &result, &err) < 0) {
		add(out, "path", "%s", err.text);
		return STR_NONE;
	}
	return result;
}

static void add_path(const struct view_route *route, struct str path, struct facts *out)
{
	const struct str result = rewritten(route, path, out);

	if (result.ptr && !str_eq(result, path))
		add(out, "path", STR_FMT " becomes " STR_FMT, STR_ARG(path), STR_ARG(result));
}

static void add_host(const cJSON *config, struct facts *out)
{
	const struct str host = cjson_text(config, "host_rewrite"),
			 header = cjson_text(config, "host_rewrite_header"),
			 pattern = cjson_text(config, "host_path_regex_rewrite_pattern");

	if (cjson_flag(config, "preserve_host_header"))
		add(out, "host header", "as it comes in");
	else if (host.len)
		add(out, "host header", STR_FMT, STR_ARG(host));
	else if (header.len)
		add(out, "host header", "what the header " STR_FMT " says", STR_ARG(header));
	else if (pattern.len)
		add(out, "host header", "made of the path: " STR_FMT " becomes " STR_FMT,
		    STR_ARG(pattern),
		    STR_ARG(cjson_text(config, "host_path_regex_rewrite_substitution")));
}

static void add_headers(const cJSON *config, const char *field, const char *label,
			struct facts *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, member(config, field)) {
		if (cJSON_IsObject(member(config, field)))
			add(out, label, "%s: %s", item->string, cJSON_GetStringValue(item));
		else
			add(out, label, "%s", cJSON_GetStringValue(item));
		label = "";
	}
}

static void add_identity(const cJSON *config, struct facts *out)
{
	if (cjson_flag(config, "pass_identity_headers"))
		add(out, "identity", "is passed in X-Pomerium-Jwt-Assertion");
}

/* ---- time ---- */

static void add_limit(const cJSON *config, const char *field, const char *label, struct facts *out)
{
	const struct str text = cjson_text(config, field);

	if (text.len)
		add(out, label, STR_FMT "%s", STR_ARG(text), str_is(text, "0s") ? ": none" : "");
	else
		add(out, label, "as Pomerium has it by default");
}

static void add_redirect(const cJSON *config, struct facts *out)
{
	const cJSON *redirect = member(config, "redirect"), *response = member(config, "response");
	char *text = NULL;

	if (redirect || response)
		text = cJSON_PrintUnformatted(redirect ? redirect : response);
	if (text)
		add(out, redirect ? "redirect" : "response", "%s", text);
	cJSON_free(text);
}

void cli_explain_route(const struct view_route *route, struct str path, struct facts *out)
{
	const cJSON *config = route->config;

	add_access(route, out);
	add_redirect(config, out);
	add_path(route, path, out);
	add_host(config, out);
	add_headers(config, "set_request_headers", "sets", out);
	add_headers(config, "remove_request_headers", "removes", out);
	add_identity(config, out);
	add_headers(config, "set_response_headers", "answers", out);
	if (!member(config, "redirect") && !member(config, "response")) {
		add_limit(config, "timeout", "timeout", out);
		add_limit(config, "idle_timeout", "idle", out);
	}
}
