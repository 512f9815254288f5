/* explain_live: prints what a running pipeline makes of one Ingress or object of the Gateway API.
 *
 *   in     ingress NAMESPACE/NAME, httproute NAMESPACE/NAME ...; the answers of resolver and
 *          publisher
 *   out    lines for a person, or one JSON object {"resolver":..., "publisher":...}
 *   owns   nothing
 *   never  prints what a terminal would obey
 */
#include "cli/cli.h"
#include "cli/live/live.h"

#include <stdio.h>

#include "actor/conf.h"
#include "base/cjson.h"
#include "cli/explain/said.h"
#include "cli/lines.h"
#include "cli/offline/explain_object.h"

static struct str run_dir;
static bool as_json;

static const struct conf_option options[] = {
	CLI_LIVE_RUN_DIR(&run_dir),
	{ "json", CONF_BOOL, &as_json, "false", 0, 0, "print one JSON object instead of lines", 0 },
	{ "ingress NAMESPACE/NAME", CONF_REST, NULL, "", 0, 0, "which one", 0 },
	{ 0 },
};

/* The answer of one room. */
struct said {
	struct buf text;
	cJSON *value; /* the text, read */
	long status;  /* of HTTP; 0: the room does not run */
};

static void clear(struct said *said)
{
	cJSON_Delete(said->value);
	buf_clear(&said->text);
}

/* ---- ask ---- */

static int ask(const struct live_list *list, const char *room, const struct msg_key *key,
	       struct said *out, struct err *err)
{
	const struct live_process *process = cli_live_first(list, room);
	struct buf path;

	buf_init(&out->text, BUF_MAX_TEXT);
	if (!process)
		return 0;
	buf_init(&path, BUF_MAX_TEXT);
	cli_live_explain_path(str_from(msg_kind_name((enum msg_kind)key->kind)), key->namespace,
			      key->name, &path);
	out->status = cli_live_get_all(process, path.ptr, &out->text, err);
	buf_clear(&path);
	if (out->status < 0)
		return -1;
	out->value = cjson_parse(buf_view(&out->text));
	return out->value ? 0 : err_set(err, "the answer of the %s is not JSON", room);
}

/* ---- print ---- */

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static struct str item_text(const cJSON *item)
{
	return str_from(cJSON_GetStringValue(item));
}

static void print_resolver(const cJSON *v, struct buf *text)
{
	const struct str reason = cjson_text(v, "reason"), class = cjson_text(v, "class");

	if (cjson_flag(v, "managed") && !member(v, "class"))
		buf_puts(text, "yes");
	else if (cjson_flag(v, "managed"))
		buf_printf(text, "yes, class " STR_FMT,
			   STR_ARG(class.len ? class : STR("by default")));
	else
		buf_printf(text, "no: " STR_FMT, STR_ARG(cjson_text(v, "why_not")));
	cli_lines_print("managed", text);
	buf_printf(text, STR_FMT ", generation %lld, translation: " STR_FMT,
		   STR_ARG(cjson_text(v, "state")), cjson_number(v, "generation"),
		   STR_ARG(cjson_text(v, "queue")));
	cli_lines_print("state", text);
	if (reason.len) {
		buf_str(text, reason);
		cli_lines_print("reason", text);
	}
	cli_said_references(member(v, "references"), text);
}

static void print_route(size_t i, const cJSON *route, struct buf *text)
{
	static const char *const paths[] = { "path", "prefix", "regex" };
	const cJSON *to = member(route, "to"), *url;

	buf_printf(text, "%zu. " STR_FMT, i, STR_ARG(cjson_text(route, "from")));
	for (size_t k = 0; k < sizeof(paths) / sizeof(paths[0]); k++)
		if (cjson_text(route, paths[k]).len)
			buf_printf(text, " %s " STR_FMT, paths[k],
				   STR_ARG(cjson_text(route, paths[k])));
	cJSON_ArrayForEach(url, to)
		buf_printf(text, "%s" STR_FMT, url == to->child ? " -> " : ", ",
			   STR_ARG(item_text(url)));
	if (cjson_flag(route, "redirect") || cjson_flag(route, "response"))
		buf_puts(text, cjson_flag(route, "redirect") ? " -> a redirect" : " -> a response");
	cli_lines_print(i == 1 ? "routes" : "", text);
}

/* Whose host it is. */
static void print_owner(const cJSON *host, bool first, struct buf *text)
{
	const cJSON *owner = member(host, "owner");
	const struct str since = cjson_text(owner, "since");

	if (!owner)
		return;
	buf_printf(text, STR_FMT ": %s; the oldest is " STR_FMT " " STR_FMT "/" STR_FMT,
		   STR_ARG(cjson_text(host, "host")),
		   cjson_flag(host, "owned") ? "of this namespace" : "of another namespace",
		   STR_ARG(cjson_text(owner, "kind")), STR_ARG(cjson_text(owner, "namespace")),
		   STR_ARG(cjson_text(owner, "name")));
	if (since.len)
		buf_printf(text, " since " STR_FMT, STR_ARG(since));
	cli_lines_print(first ? "host" : "", text);
}

static void print_certificates(const cJSON *host, bool first, struct buf *text)
{
	const cJSON *certificates = member(host, "certificates"), *certificate;

	buf_printf(text, STR_FMT ":", STR_ARG(cjson_text(host, "host")));
	cJSON_ArrayForEach(certificate, certificates)
		buf_printf(text, "%s " STR_FMT " until " STR_FMT "%s",
			   certificate == certificates->child ? "" : ",",
			   STR_ARG(cjson_text(certificate, "secret")),
			   STR_ARG(cjson_text(certificate, "not_after")),
			   certificate == certificates->child ? ", which is served" : "");
	if (!certificates || !certificates->child)
		buf_puts(text, " none of ours");
	cli_lines_print(first ? "certificate" : "", text);
}

/* "label  word TIME: sentence", if there is a sentence. */
static void print_sentence(const cJSON *v, const char *const names[4], struct buf *text)
{
	const struct str sentence = cjson_text(v, names[1]);

	if (!sentence.len)
		return;
	if (names[2])
		buf_printf(text, "%s " STR_FMT ": ", names[2], STR_ARG(cjson_text(v, names[3])));
	buf_str(text, sentence);
	cli_lines_print(names[0], text);
}

static void print_list(const cJSON *list, const char *label, const char *before, struct buf *text)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list) {
		buf_printf(text, "%s" STR_FMT, before, STR_ARG(item_text(item)));
		cli_lines_print(item == list->child ? label : "", text);
	}
}

static void print_conflicts(const cJSON *list, struct buf *text)
{
	const cJSON *item, *other;

	cJSON_ArrayForEach(item, list) {
		const struct str path = cjson_text(item, "path"), regex = cjson_text(item, "regex");

		buf_printf(text, STR_FMT " " STR_FMT ", with", STR_ARG(cjson_text(item, "from")),
			   STR_ARG(path.len    ? path
				   : regex.len ? regex
					       : cjson_text(item, "prefix")));
		cJSON_ArrayForEach(other, member(item, "with"))
			buf_printf(text, " " STR_FMT, STR_ARG(item_text(other)));
		buf_printf(text, "; served is that of " STR_FMT,
			   STR_ARG(cjson_text(item, "served")));
		cli_lines_print(item == list->child ? "conflicts" : "", text);
	}
}

static bool makes_routes(const struct msg_key *key)
{
	return key->kind == MSG_KIND_INGRESS || key->kind == MSG_KIND_HTTP_ROUTE;
}

/* What it comes to, in one sentence. */
static void print_now(const cJSON *resolver, const cJSON *v, struct buf *text)
{
	const struct str rejected = cjson_text(v, "rejected"), since = cjson_text(v, "since"),
			 removed = cjson_text(v, "removed");
	const bool has_routes = cJSON_GetArraySize(member(v, "routes")) > 0;

	if (removed.len)
		buf_printf(text, "removed at " STR_FMT " because " STR_FMT,
			   STR_ARG(cjson_text(v, "removed_at")), STR_ARG(removed));
	else if (rejected.len && has_routes)
		buf_printf(text,
			   "serving the last good routes of " STR_FMT
			   "; its newest state is rejected",
			   STR_ARG(since));
	else if (rejected.len)
		buf_puts(text, "rejected, and nothing of it was ever served");
	else if (has_routes)
		buf_printf(text, "serving its newest state since " STR_FMT, STR_ARG(since));
	else if (resolver && !cjson_flag(resolver, "managed"))
		buf_puts(text, "not ours, so nothing of it is served");
	else
		buf_puts(text, "nothing of it is served");
	cli_lines_print("now", text);
}

/* A line each. */
static void print_errors(const cJSON *v, struct buf *text)
{
	const char *label = "rejected";
	const cJSON *item;

	if (cjson_text(v, "rejected_since").len)
		buf_printf(text, "since " STR_FMT ": ", STR_ARG(cjson_text(v, "rejected_since")));

	cJSON_ArrayForEach(item, member(v, "diagnostics")) {
		if (!str_is(cjson_text(item, "severity"), "error"))
			continue;
		buf_str(text, cjson_text(item, "sentence"));
		if (cjson_text(item, "code").len)
			buf_printf(text, " [" STR_FMT "]", STR_ARG(cjson_text(item, "code")));
		cli_lines_print(label, text);
		label = "";
	}
}

static void print_publisher(const cJSON *v, struct buf *text)
{
	static const char *const sentences[][4] = {
		{ "last error", "last_error", "until", "mended_since" },
		{ "waits for", "waits_for", NULL, NULL },
	};
	const cJSON *hosts = member(v, "hosts"), *route, *host;
	const long long n_withheld = cjson_number(v, "n_withheld");
	size_t n = 0;

	cJSON_ArrayForEach(route, member(v, "routes"))
		print_route(++n, route, text);
	if (n_withheld) {
		buf_printf(text, "%lld, which another namespace has had before", n_withheld);
		cli_lines_print("not routed", text);
	}
	cJSON_ArrayForEach(host, hosts)
		print_owner(host, host == hosts->child, text);
	cJSON_ArrayForEach(host, hosts)
		print_certificates(host, host == hosts->child, text);
	print_errors(v, text);
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		print_sentence(v, sentences[i], text);
	print_list(member(v, "warnings"), "warnings", "", text);
	print_conflicts(member(v, "conflicts"), text);
	if (!cjson_text(v, "removed").len)
		cli_said_stored(member(v, "stored"), text);
}

/* What its status says; whether all of that is as it should be. Without --report it says nothing.
 */
static bool print_status(const cJSON *publisher)
{
	const cJSON *said = member(publisher, "status");
	char *text = said ? cJSON_PrintUnformatted(said) : NULL;
	struct value status = { 0 };
	struct pool pool;
	bool good = true;

	pool_init(&pool);
	if (text && json_parse(str_from(text), &pool, &status, NULL) == 0)
		good = cli_explain_object_print(&status);
	pool_clear(&pool);
	cJSON_free(text);
	return good;
}

static void print_all(const struct msg_key *key, const struct said *resolver,
		      const struct said *publisher)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	printf("%s " STR_FMT "%s" STR_FMT "\n", msg_kind_name((enum msg_kind)key->kind),
	       STR_ARG(key->namespace), key->namespace.len ? "/" : "", STR_ARG(key->name));
	if (publisher->status == 200 && makes_routes(key))
		print_now(resolver->value, publisher->value, &text);
	if (resolver->status) {
		print_resolver(resolver->value, &text);
	} else {
		buf_puts(&text, "is not running");
		cli_lines_print("resolver", &text);
	}
	if (publisher->status == 200) {
		print_publisher(publisher->value, &text);
	} else {
		buf_str(&text, publisher->status ? cjson_text(publisher->value, "error")
						 : STR("is not running"));
		cli_lines_print("publisher", &text);
	}
	buf_clear(&text);
}

static void print_json(const struct said *resolver, const struct said *publisher)
{
	printf("{\"resolver\":" STR_FMT ",\"publisher\":" STR_FMT "}\n",
	       STR_ARG(resolver->status ? str_trim(buf_view(&resolver->text)) : STR("null")),
	       STR_ARG(publisher->status ? str_trim(buf_view(&publisher->text)) : STR("null")));
}

/* ---- the verb ---- */

/* Of a name without a namespace: the only Ingress that is called so. */
static int find_namespace(const struct live_list *list, struct msg_key *key, struct pool *pool,
			  struct err *err)
{
	const struct live_process *resolver = cli_live_first(list, "resolver");
	cJSON *doc = NULL;
	const cJSON *item;
	struct buf text;
	size_t n = 0;

	buf_init(&text, BUF_MAX_OUTPUT);
	if (resolver && cli_live_get_all(resolver, "/owners", &text, err) == 200)
		doc = cjson_parse(buf_view(&text));
	buf_clear(&text);
	cJSON_ArrayForEach(item, member(doc, "owners")) {
		if (!str_eq(cjson_text(item, "name"), key->name) ||
		    !str_is(cjson_text(item, "kind"), msg_kind_name(MSG_KIND_INGRESS)))
			continue;
		key->namespace =
			n++ ? pool_printf(pool, STR_FMT ", " STR_FMT, STR_ARG(key->namespace),
					  STR_ARG(cjson_text(item, "namespace")))
			    : pool_str(pool, cjson_text(item, "namespace"));
	}
	cJSON_Delete(doc);
	if (n > 1)
		return err_set(err,
			       "%zu Ingresses are called %s; name one as NAMESPACE/NAME, of "
			       "the namespaces " STR_FMT,
			       n, err_quote(key->name), STR_ARG(key->namespace));
	return n ? 0
		 : err_set(err, "no Ingress is called %s; name it as NAMESPACE/NAME",
			   err_quote(key->name));
}

/* Nothing is watched under that name: perhaps it was, and is no longer there. */
static void say_gone(const struct said *resolver, const struct said *publisher, struct err *err)
{
	const struct str removed = cjson_text(publisher->value, "removed");

	err_set(err, STR_FMT, STR_ARG(cjson_text(resolver->value, "error")));
	if (removed.len)
		err_set(err, "it was removed at " STR_FMT ": " STR_FMT,
			STR_ARG(cjson_text(publisher->value, "removed_at")), STR_ARG(removed));
}

static int explain(const struct live_list *list, const struct msg_key *key, struct err *err)
{
	struct said resolver = { 0 }, publisher = { 0 };
	int status = CLI_UNREADABLE;

	if (ask(list, "resolver", key, &resolver, err) == 0 &&
	    ask(list, "publisher", key, &publisher, err) == 0) {
		status = CLI_GOOD;
		if (str_is(cjson_text(resolver.value, "state"), "rejected") ||
		    cjson_text(publisher.value, "rejected").len)
			status = CLI_REJECTED;
		if (resolver.status == 404) {
			say_gone(&resolver, &publisher, err);
			status = CLI_UNREADABLE;
		} else if (as_json) {
			print_json(&resolver, &publisher);
		} else {
			print_all(key, &resolver, &publisher);
			if (!print_status(publisher.value))
				status = CLI_REJECTED;
		}
	}
	clear(&resolver);
	clear(&publisher);
	if (status == CLI_UNREADABLE)
		fprintf(stderr, "sluice explain: %s\n", err->text);
	return status;
}

/* KIND NAMESPACE/NAME; of an Ingress, and of what has no namespace, the name alone will do. */
static int read_key(const struct str_list *rest, struct msg_key *key, struct err *err)
{
	bool alone;

	*key = (struct msg_key){ .kind = MSG_KIND_INGRESS };
	if (rest->n && !str_is(rest->items[0], "ingress"))
		key->kind = cli_explain_object_kind(rest->items[0]);
	alone = key->kind == MSG_KIND_INGRESS || !msg_kind_is_namespaced((enum msg_kind)key->kind);
	if (rest->n == 2 && !str_cut(rest->items[1], '/', &key->namespace, &key->name))
		key->name = rest->items[1];
	if (key->name.len && (key->namespace.ptr ? key->namespace.len > 0 : alone))
		return 0;
	return err_set(err, "name one object: sluice explain ingress NAMESPACE/NAME");
}

int cli_explain_live(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct str_list rest = { 0 };
	struct live_list list;
	struct err err = { "" };
	struct msg_key key;
	struct pool pool;
	int rc = conf_read(tables, "sluice explain", "say what the pipeline makes of an Ingress",
			   argc, argv, &rest, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc == 0)
		rc = read_key(&rest, &key, &err);
	if (rc < 0)
		return cli_usage("explain", err.text);
	pool_init(&pool);
	rc = (int)cli_live_open(&run_dir, &pool, &list, &err);
	if (!rc && !key.namespace.ptr && key.kind == MSG_KIND_INGRESS &&
	    find_namespace(&list, &key, &pool, &err))
		rc = CLI_USAGE;
	if (rc)
		fprintf(stderr, "sluice explain: %s\n", err.text);
	else
		rc = explain(&list, &key, &err);
	pool_clear(&pool);
	return rc;
}
