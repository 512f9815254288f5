/* publisher_explain: what this room knows of one owner, and of all, as JSON.
 *
 *   in     the state of the room, when somebody asks
 *   out    JSON text, in pieces if it is long
 *   owns   keys of a dump that is on its way
 *   never  shows a value of a Secret: of a route only where it leads; changes anything
 */
#include "publisher/publisher_explain.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cjson.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/hostname.h"
#include "net/url.h"
#include "publisher/wanted/shown.h"

#define HOSTS_SHOWN 100 /* of one owner */
#define CERTS_SHOWN 10  /* of one host */

#define PIECE_BYTES (16u << 10)

/* ---- routes ---- */

static int compare(const void *a, const void *b)
{
	return publisher_route_compare(*(const struct route *const *)a,
				       *(const struct route *const *)b);
}

/* Of those that may serve a host; empty: any. */
static bool may_serve(const struct route *route, struct str host)
{
	const struct str own = publisher_route_host(route);

	return !host.len || str_eq(own, host) || str_find(own, '*') >= 0;
}

static bool has_route_for(const struct owner *owner, struct str host)
{
	for (size_t i = 0; owner->good && i < owner->good->n_routes; i++)
		if (may_serve(&owner->good->routes[i], host))
			return true;
	return !host.len;
}

static void put_routes(const struct good *good, const struct actor_dump *dump, struct pool *pool,
		       cJSON *out)
{
	const struct route **routes = pool_array(pool, good->n_routes + 1, sizeof(*routes));
	cJSON *list = cjson_put_list(out, "routes");

	for (size_t i = 0; i < good->n_routes; i++)
		routes[i] = &good->routes[i];
	qsort(routes, good->n_routes, sizeof(struct route *), compare);
	for (size_t i = 0; i < good->n_routes; i++)
		if (may_serve(routes[i], dump->host))
			publisher_shown_route(routes[i], dump->whole, pool,
					      cjson_put_object(list, NULL));
}

/* ---- one owner ---- */

static void put_time(cJSON *out, const char *key, int64_t time)
{
	char text[CLOCK_TEXT_MAX];

	if (!time)
		return;
	clock_text(time, -1, text);
	cjson_put_text(out, key, str_from(text));
}

static void put_diagnostic(const struct msg_diagnostic *item, cJSON *list)
{
	cJSON *out = cjson_put_object(list, NULL);
	char code[sizeof("SLU0000")];

	cjson_put_text(out, "severity",
		       item->severity == MSG_SEVERITY_ERROR ? STR("error") : STR("warning"));
	if (item->code) {
		(void)snprintf(code, sizeof(code), "SLU%04u", (unsigned)item->code % 10000);
		cjson_put_text(out, "code", str_from(code));
	}
	cjson_put_filled(out, "field", item->field);
	cjson_put_text(out, "sentence", item->sentence);
}

static void put_diagnostics(const struct diagnostics *said, cJSON *out)
{
	cJSON *list = cjson_put_list(out, "diagnostics");

	for (size_t i = 0; i < said->list.n; i++)
		put_diagnostic(&said->list.items[i], list);
}

static void put_problem(const struct handlers *h, const struct owner *owner, cJSON *out)
{
	const struct str waits = publisher_pending_for(&h->pending, owner->text);

	if (owner->reason) {
		cjson_put_text(out, "rejected", str_from(owner->reason));
		put_time(out, "rejected_since", owner->reason_since);
	} else if (owner->last_reason) {
		cjson_put_text(out, "last_error", str_from(owner->last_reason));
		put_time(out, "mended_since", owner->reason_since);
	}
	cjson_put_filled(out, "waits_for", waits);
	if (owner->said)
		put_diagnostics(owner->said, out);
}

static void put_certificates(const struct good *good, cJSON *out)
{
	cJSON *list = cjson_put_list(out, "certificates");

	for (size_t i = 0; i < good->n_certs; i++)
		cjson_put_text(list, NULL, publisher_certs_secret(good->certs[i].cert));
}

/* Whose it is: the oldest object that names it, and whether this namespace has it, too. */
static void put_host_owner(const struct handlers *h, struct str host, struct str namespace,
			   cJSON *out)
{
	const struct host_claims *claims = publisher_wanted_claims(h->wanted);
	const struct owner *oldest;
	struct pool pool;

	pool_init(&pool);
	host = hostname_normal(host, &pool);
	oldest = publisher_host_owner_oldest(claims, host);
	if (oldest) {
		cJSON *owner = cjson_put_object(out, "owner");

		cjson_put_text(owner, "kind",
			       str_from(msg_kind_name((enum msg_kind)oldest->key.kind)));
		cjson_put_text(owner, "namespace", oldest->key.namespace);
		cjson_put_text(owner, "name", oldest->key.name);
		put_time(owner, "since", oldest->created);
	}
	cjson_put_bool(out, "owned", publisher_host_owner_is(claims, host, namespace));
	pool_clear(&pool);
}

static void put_host_of(const struct handlers *h, struct str host, struct str namespace, cJSON *out)
{
	const struct certs *certs = publisher_wanted_certs(h->wanted);
	cJSON *list = cjson_put_list(out, "certificates");
	const struct cert *cert;

	cjson_put_text(out, "host", host);
	put_host_owner(h, host, namespace, out);
	for (size_t i = 0; i < CERTS_SHOWN; i++) {
		cJSON *item;

		cert = publisher_certs_for_host(certs, host, i);
		if (!cert)
			break;
		item = cjson_put_object(list, NULL);
		cjson_put_text(item, "secret", publisher_certs_secret(cert));
		put_time(item, "not_after", publisher_certs_not_after(cert));
	}
}

/* Of each host that is served over TLS whose it is, and its certificates, from the one that is
 * served on. */
static void put_hosts(const struct handlers *h, const struct good *good, cJSON *out)
{
	cJSON *list = cjson_put_list(out, "hosts");
	struct map seen;

	map_init(&seen, NULL);
	for (size_t i = 0; i < good->n_routes && seen.n < HOSTS_SHOWN; i++) {
		const struct route *route = &good->routes[i];
		const struct str host = publisher_route_host(route);

		if (!host.len || map_get(&seen, host) || !url_is_tls(route->from))
			continue;
		map_put(&seen, host, list);
		put_host_of(h, host, good->owner.namespace, cjson_put_object(list, NULL));
	}
	map_clear(&seen);
}

/* How many routes others have had before. */
static void put_withheld(const struct owner *owner, cJSON *out)
{
	const size_t n = owner->whole->n_routes - (owner->good ? owner->good->n_routes : 0);

	if (n)
		cjson_put_number(out, "n_withheld", (long long)n);
}

static void put_warnings(const struct owner *owner, struct pool *pool, cJSON *out)
{
	cJSON *list = cjson_put_list(out, "warnings");
	struct str_list warnings = { 0 };

	if (owner->said)
		warnings = publisher_diagnostics_warnings(&owner->said->list, pool);
	for (size_t i = 0; i < warnings.n; i++)
		cjson_put_text(list, NULL, warnings.items[i]);
}

static const struct route *route_at(const struct owner *owner, const struct route *place)
{
	for (size_t i = 0; owner->good && i < owner->good->n_routes; i++) {
		const struct route *route = &owner->good->routes[i];

		if (str_eq(route->from, place->from) && str_eq(route->path, place->path) &&
		    str_eq(route->prefix, place->prefix) && str_eq(route->regex, place->regex))
			return route;
	}
	return NULL;
}

/* Of several routes at one place the one whose id comes first is served. */
static void put_conflict(const struct wanted *wanted, const struct route *route, struct pool *pool,
			 cJSON *list)
{
	const struct owner **owners;
	const size_t n = publisher_wanted_rivals(wanted, route, pool, &owners);
	const struct route *winner = route;
	cJSON *out, *others;

	if (n < 2)
		return;
	out = cjson_put_object(list, NULL);
	cjson_put_text(out, "from", route->from);
	cjson_put_filled(out, "path", route->path);
	cjson_put_filled(out, "prefix", route->prefix);
	cjson_put_filled(out, "regex", route->regex);
	others = cjson_put_list(out, "with");
	for (size_t i = 0; i < n; i++) {
		const struct route *other = route_at(owners[i], route);

		if (owners[i] != route->owner)
			cjson_put_text(others, NULL, msg_key_for_people(&owners[i]->key, pool));
		if (other && str_cmp(other->id, winner->id) < 0)
			winner = other;
	}
	cjson_put_text(out, "served", msg_key_for_people(&winner->owner->key, pool));
}

static void put_conflicts(const struct wanted *wanted, const struct good *good, struct pool *pool,
			  cJSON *out)
{
	cJSON *list = cjson_put_list(out, "conflicts");

	for (size_t i = 0; i < good->n_routes; i++)
		put_conflict(wanted, &good->routes[i], pool, list);
}

/* Of the Gateway API's objects. */
static void put_status(const struct handlers *h, const struct msg_key *key, struct pool *pool,
		       cJSON *out)
{
	const struct value *status = publisher_report_status(h->report, key, pool);
	struct buf text;

	if (!status)
		return;
	buf_init(&text, BUF_MAX_MESSAGE);
	if (value_to_json(status, false, &text, NULL) == 0)
		cJSON_AddItemToObject(out, "status", cjson_parse(buf_view(&text)));
	buf_clear(&text);
}

static void put_owner(const struct handlers *h, const struct owner *owner,
		      const struct actor_dump *dump, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();
	struct pool pool;

	pool_init(&pool);
	cjson_put_text(doc, "kind", str_from(msg_kind_name((enum msg_kind)owner->key.kind)));
	cjson_put_filled(doc, "namespace", owner->key.namespace);
	cjson_put_text(doc, "name", owner->key.name);
	put_problem(h, owner, doc);
	if (owner->good) {
		put_time(doc, "since", owner->good_since);
		put_routes(owner->good, dump, &pool, doc);
		put_certificates(owner->good, doc);
		put_conflicts(h->wanted, owner->good, &pool, doc);
	}
	if (owner->whole) {
		put_withheld(owner, doc);
		put_hosts(h, owner->whole, doc);
	}
	put_warnings(owner, &pool, doc);
	put_status(h, &owner->key, &pool, doc);
	publisher_sinks_explain(h->sinks, owner, cjson_put_object(doc, "stored"));
	cjson_print(&doc, out);
	pool_wipe(&pool); /* routes have values of Secrets in them */
}

static int put_removed(const struct handlers *h, const struct msg_key *key, struct buf *out,
		       struct err *err)
{
	const struct removed_owner *removed = publisher_removed_find(&h->removed, key);
	cJSON *doc;

	if (!removed)
		return err_set(err, "no configuration of it has come to the publisher");
	doc = cJSON_CreateObject();
	cjson_put_text(doc, "removed",
		       removed->reason ? str_from(removed->reason) : STR("the object is gone"));
	put_time(doc, "removed_at", removed->at);
	cjson_print(&doc, out);
	return 0;
}

int publisher_explain_owner(const struct handlers *h, const struct msg_key *key, struct buf *out,
			    struct err *err)
{
	const struct owner *owner = publisher_wanted_owner(h->wanted, key);

	if (!owner)
		return put_removed(h, key, out, err);
	put_owner(h, owner, &(struct actor_dump){ .whole = false }, out);
	return 0;
}

/* ---- everything ---- */

struct owners_dump {
	struct str *keys; /* texts of the owners; in the dump's pool */
	size_t n, next, n_put;
};

static void put_host(const struct handlers *h, struct str host, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();

	publisher_shown_certificate(publisher_wanted_certs(h->wanted), host, doc);
	buf_puts(out, "\"host\":");
	cjson_print(&doc, out);
	buf_putc(out, ',');
}

static struct owners_dump *begin(const struct handlers *h, struct actor_dump *dump, struct buf *out)
{
	struct owners_dump *state = pool_alloc(&dump->pool, sizeof(*state));
	struct str *sorted = publisher_wanted_sorted(h->wanted);
	struct sink_state sink;

	state->n = publisher_wanted_n_owners(h->wanted);
	state->keys = pool_array(&dump->pool, state->n + 1, sizeof(*state->keys));
	for (size_t i = 0; i < state->n; i++)
		state->keys[i] = pool_str(&dump->pool, sorted[i]);
	mem_free(sorted);
	publisher_sinks_look(h->sinks, &sink);
	buf_printf(out, "{\"room\":\"publisher\",\"n_routes\":%zu,\"n_rejected\":%zu,",
		   publisher_wanted_n_routes(h->wanted), publisher_wanted_n_rejected(h->wanted));
	if (sink.has_lease)
		buf_printf(out, "\"leader\":%s,", sink.leads ? "true" : "false");
	if (dump->host.len)
		put_host(h, dump->host, out);
	buf_puts(out, "\"owners\":[");
	return state;
}

static void put_certificate(const struct cert *cert, struct buf *out)
{
	const struct str_list *names = publisher_certs_names(cert);
	cJSON *doc = cJSON_CreateObject(), *list;

	cjson_put_text(doc, "secret", publisher_certs_secret(cert));
	put_time(doc, "not_after", publisher_certs_not_after(cert));
	cjson_put_bool(doc, "published", publisher_certs_is_published(cert));
	list = cjson_put_list(doc, "names");
	for (size_t i = 0; i < names->n; i++)
		cjson_put_text(list, NULL, names->items[i]);
	cjson_print(&doc, out);
}

/* What is no owner's alone. */
static void put_rest(const struct handlers *h, struct buf *out)
{
	const struct certs *certs = publisher_wanted_certs(h->wanted);
	const struct cert *cert;
	cJSON *held = cJSON_CreateArray();
	size_t n = 0;

	buf_puts(out, "],\"certificates\":[");
	for (size_t i = 0; (cert = publisher_certs_next(certs, &i));) {
		buf_puts(out, n++ ? "," : "");
		put_certificate(cert, out);
	}
	buf_puts(out, "],\"held_back\":");
	publisher_sinks_explain_held(h->sinks, held);
	cjson_print(&held, out);
	buf_puts(out, "}\n");
}

bool publisher_explain_all(const struct handlers *h, struct actor_dump *dump, struct buf *out)
{
	struct owners_dump *state = dump->state;

	if (!state)
		dump->state = state = begin(h, dump, out);
	while (state->next < state->n && out->len < PIECE_BYTES) {
		const struct owner *owner =
			publisher_wanted_find(h->wanted, state->keys[state->next++]);

		if (!owner || !has_route_for(owner, dump->host))
			continue; /* it has gone meanwhile, or is not asked for */
		if (state->n_put++)
			buf_putc(out, ',');
		put_owner(h, owner, dump, out);
	}
	if (state->next < state->n)
		return true;
	put_rest(h, out);
	return false;
}
