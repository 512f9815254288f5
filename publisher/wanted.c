/* wanted: what should be published, by owner.
 *
 *   in    CONFIG, REJECT, DELETE and SECRET_PUT
 *   out   whether anything would be published differently; warnings
 *   owns  each owner's last good configuration and last rejection, the secret values, the
 * certificates, the twins never writes anything; scans all owners for the change of one
 *
 * A configuration is taken as a whole or not at all: whatever is wrong with it, the last good one
 * stays.
 */
#include "publisher/wanted.h"

#include "base/mem.h"
#include "publisher/splice.h"
#include "publisher/wanted_inside.h"

static void warn_twin(void *self, const struct route *route, const struct owner *other)
{
	struct wanted *w = self;
	struct pool pool;
	struct str path = route->path.len    ? route->path
			  : route->regex.len ? route->regex
					     : route->prefix;
	struct str sentence;

	if (!w->sink.warn)
		return;
	pool_init(&pool);
	sentence = pool_printf(&pool,
			       "%s %s, path %s, is also a route of %s " STR_FMT
			       "; both are published, and the one whose id comes first is served",
			       "from", err_quote(route->from), err_quote(path),
			       msg_kind_name((enum msg_kind)other->key.kind),
			       STR_ARG(msg_key_for_people(&other->key, &pool)));
	w->sink.warn(w->sink.self, &route->owner->key, sentence.ptr);
	pool_clear(&pool);
}

struct wanted *publisher_wanted_new(const struct wanted_sink *sink)
{
	struct wanted *self = mem_alloc(sizeof(*self));

	if (sink)
		self->sink = *sink;
	map_init(&self->owners, NULL);
	publisher_vault_init(&self->vault);
	publisher_certs_init(&self->certs);
	publisher_twins_init(&self->twins, self, warn_twin);
	return self;
}

void publisher_wanted_destroy(struct wanted **self_p)
{
	struct wanted *self = *self_p;
	void *value;

	if (!self)
		return;
	publisher_twins_clear(&self->twins);
	for (size_t i = 0; map_next(&self->owners, &i, NULL, &value);) {
		struct owner *owner = value;

		publisher_good_let_go(&owner->good, &self->vault, &self->certs);
		publisher_owner_destroy(&owner);
	}
	map_clear(&self->owners);
	publisher_certs_clear(&self->certs);
	publisher_vault_clear(&self->vault);
	mem_free(self);
	*self_p = NULL;
}

/* ---- owners ---- */

struct owner *publisher_wanted_owner(const struct wanted *self, const struct msg_key *key)
{
	struct pool pool;
	struct owner *owner;

	pool_init(&pool);
	owner = map_get(&self->owners, msg_key_text(key, &pool));
	pool_clear(&pool);
	return owner;
}

static struct owner *owner_of(struct wanted *self, const struct msg_key *key)
{
	struct owner *owner = publisher_wanted_owner(self, key);
	struct pool pool;
	struct str text;

	if (owner)
		return owner;
	pool_init(&pool);
	text = msg_key_text(key, &pool);
	owner = publisher_owner_new(key, text);
	map_put(&self->owners, text, owner);
	pool_clear(&pool);
	return owner;
}

static void set_reason(struct wanted *self, struct owner *owner, const char *reason)
{
	self->n_rejected += (reason != NULL) - (owner->reason != NULL);
	mem_free(owner->reason);
	owner->reason = reason ? mem_strdup(reason) : NULL;
}

static void link_good(struct wanted *self, const struct good *good)
{
	for (size_t i = 0; i < good->n_certs; i++)
		publisher_certs_offer(&self->certs, good->certs[i].cert, good->certs[i].always);
	for (size_t i = 0; i < good->n_routes; i++) {
		publisher_certs_add_host(&self->certs, publisher_route_host(&good->routes[i]));
		publisher_twins_add(&self->twins, &good->routes[i]);
	}
	self->n_routes += good->n_routes;
}

static void unlink_good(struct wanted *self, const struct good *good)
{
	for (size_t i = 0; i < good->n_routes; i++) {
		publisher_twins_drop(&self->twins, &good->routes[i]);
		publisher_certs_drop_host(&self->certs, publisher_route_host(&good->routes[i]));
	}
	for (size_t i = 0; i < good->n_certs; i++)
		publisher_certs_withdraw(&self->certs, good->certs[i].cert, good->certs[i].always);
	self->n_routes -= good->n_routes;
}

/* The new one goes in before the old one goes out, so that what both share never ceases. */
static void swap_good(struct wanted *self, struct owner *owner, struct good *next)
{
	struct good *old = owner->good;

	owner->good = next;
	if (next)
		link_good(self, next);
	if (old)
		unlink_good(self, old);
	publisher_good_let_go(&old, &self->vault, &self->certs);
}

enum wanted_taken publisher_wanted_adopt(struct wanted *self, const struct msg_key *key,
					 const struct good_parts *parts, struct err *err)
{
	struct owner *owner = owner_of(self, key);
	struct good *next = publisher_good_new(parts, owner, err);

	if (!next) {
		for (size_t i = 0; i < parts->n_certs; i++)
			publisher_certs_let_go(&self->certs, parts->certs[i].cert);
		return WANTED_REJECTED;
	}
	set_reason(self, owner, NULL);
	if (owner->good && hash_equal(&owner->good->digest, &next->digest)) {
		publisher_good_hold_values(owner->good, &self->vault, parts->values,
					   parts->n_values);
		publisher_good_let_go(&next, &self->vault, &self->certs);
		return WANTED_SAME;
	}
	swap_good(self, owner, next);
	return WANTED_CHANGED;
}

/* ---- CONFIG ---- */

/* One CONFIG while it is being taken. */
struct intake {
	const struct msg_config *config;
	struct pool pool; /* wiped */
	struct splice_values values;
	struct splice_target target;
	struct good_parts parts;
};

static int unpack(struct intake *in, struct err *err)
{
	in->target.pool = &in->pool;
	in->target.config = (void *)pb_unpack(&pomerium__config__config__descriptor,
					      in->config->config, &in->pool, err);
	if (!in->target.config)
		return err_wrap(err, "its configuration does not decode");
	if (!in->config->bootstrap.len)
		return 0;
	in->target.bootstrap = (void *)pb_unpack(&pomerium__config__config__descriptor,
						 in->config->bootstrap, &in->pool, err);
	return in->target.bootstrap ? 0
				    : err_wrap(err, "its bootstrap configuration does not decode");
}

static int hold_certs(struct wanted *self, struct intake *in, struct err *err)
{
	const struct msg_certificate_list *list = &in->config->certificates;

	in->parts.certs = pool_array(&in->pool, list->n + 1, sizeof(*in->parts.certs));
	for (size_t i = 0; i < list->n; i++) {
		const struct msg_certificate *c = &list->items[i];
		struct str key = publisher_splice_value(&in->values, in->config->splices.n + i);
		struct str pair[2] = { c->cert, key };
		struct str secret =
			pool_printf(&in->pool, STR_FMT "/" STR_FMT, STR_ARG(c->secret_namespace),
				    STR_ARG(c->secret_name));
		struct cert *cert = NULL;

		if (!key.ptr)
			err_set(err, "it has no key tls.key; a TLS Secret needs one");
		else
			cert = publisher_certs_hold(&self->certs, secret, pair, err);
		if (!cert)
			return err_wrap(err, "TLS Secret " STR_FMT, STR_ARG(secret));
		in->parts.certs[in->parts.n_certs++] = (struct good_cert){ cert, c->always };
	}
	return 0;
}

static struct str pack(const ProtobufCMessage *m, struct pool *pool)
{
	struct buf buf;
	struct str out;

	buf_init(&buf, BUF_MAX_MESSAGE);
	pb_pack(m, &buf);
	out = pool_str(pool, buf.len ? buf_view(&buf) : STR(""));
	buf_wipe(&buf);
	return out;
}

/* The policies apart from the rest; those of the route before, if they are equal. */
static struct packed_route pack_route(Pomerium__Config__Route *route,
				      const struct packed_route *before, struct pool *pool)
{
	Pomerium__Config__Route *policies = PB_NEW(pool, pomerium__config__route);
	struct packed_route out;

	policies->n_policies = route->n_policies;
	policies->policies = route->policies;
	out.policies = pack(&policies->base, pool);
	if (before && str_eq(out.policies, before->policies))
		out.policies = before->policies;
	route->n_policies = 0;
	out.head = pack(&route->base, pool);
	return out;
}

static void pack_parts(struct intake *in)
{
	const Pomerium__Config__Config *config = in->target.config,
				       *bootstrap = in->target.bootstrap;
	const struct msg_file_list *files = &in->config->files;
	size_t first = in->config->splices.n + in->config->certificates.n;

	in->parts.routes = pool_array(&in->pool, config->n_routes + 1, sizeof(struct packed_route));
	for (; in->parts.n_routes < config->n_routes; in->parts.n_routes++) {
		struct packed_route *route = &in->parts.routes[in->parts.n_routes];

		*route = pack_route(config->routes[in->parts.n_routes],
				    in->parts.n_routes ? route - 1 : NULL, &in->pool);
	}
	if (config->settings)
		in->parts.settings = pack(&config->settings->base, &in->pool);
	if (bootstrap && bootstrap->settings)
		in->parts.bootstrap = pack(&bootstrap->settings->base, &in->pool);
	in->parts.files = pool_array(&in->pool, files->n + 1, sizeof(*in->parts.files));
	for (; in->parts.n_files < files->n; in->parts.n_files++)
		in->parts.files[in->parts.n_files] =
			(struct good_file){ files->items[in->parts.n_files].name,
					    publisher_splice_value(&in->values,
								   first + in->parts.n_files) };
	in->parts.values = in->values.items;
	in->parts.n_values = in->values.n;
}

static enum wanted_taken take(struct wanted *self, struct intake *in, struct err *err)
{
	if (unpack(in, err) < 0 ||
	    publisher_splice_fill(&in->target, in->config, &in->values, err) < 0)
		return WANTED_REJECTED;
	if (hold_certs(self, in, err) < 0) {
		for (size_t i = 0; i < in->parts.n_certs; i++)
			publisher_certs_let_go(&self->certs, in->parts.certs[i].cert);
		return WANTED_REJECTED;
	}
	pack_parts(in);
	return publisher_wanted_adopt(self, &in->config->owner, &in->parts, err);
}

enum wanted_taken publisher_wanted_put(struct wanted *self, const struct msg_config *config,
				       struct msg_key *missing, struct err *err)
{
	struct intake in = { .config = config };
	struct err why = { "" };
	enum wanted_taken taken = WANTED_WAITS;

	pool_init(&in.pool);
	if (publisher_splice_find(&self->vault, config, &in.pool, &in.values, missing) == 0)
		taken = take(self, &in, &why);
	if (taken == WANTED_REJECTED) {
		set_reason(self, owner_of(self, &config->owner), why.text);
		err_set(err, "%s", why.text);
	}
	pool_wipe(&in.pool);
	return taken;
}

/* ---- REJECT, DELETE, SECRET_PUT ---- */

void publisher_wanted_reject(struct wanted *self, const struct msg_reject *reject)
{
	struct err reason;

	err_set(&reason, STR_FMT, STR_ARG(reject->reason));
	set_reason(self, owner_of(self, &reject->owner), reason.text);
}

enum wanted_taken publisher_wanted_delete(struct wanted *self, const struct msg_key *key)
{
	struct owner *owner = publisher_wanted_owner(self, key);
	bool had;

	if (!owner)
		return WANTED_SAME;
	had = owner->good != NULL;
	if (had)
		swap_good(self, owner, NULL);
	set_reason(self, owner, NULL);
	map_del(&self->owners, owner->text);
	publisher_owner_destroy(&owner);
	return had ? WANTED_CHANGED : WANTED_SAME;
}

void publisher_wanted_secret(struct wanted *self, const struct msg_secret_put *put)
{
	publisher_vault_put(&self->vault, put);
}

size_t publisher_wanted_n_routes(const struct wanted *self)
{
	return self->n_routes;
}

size_t publisher_wanted_n_rejected(const struct wanted *self)
{
	return self->n_rejected;
}
