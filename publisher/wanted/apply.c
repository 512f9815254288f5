/* apply: makes a CONFIG something that can be published.
 *
 *   in     a CONFIG with its ticket, the values that its splices name
 *   out    its routes and settings with the secrets in them, packed; or why it cannot be
 *          published, or that a value has not come
 *   never  applies half of it: whatever is wrong, the last good one stays
 */
#include "publisher/wanted/apply.h"

#include "publisher/wanted/splice.h"
#include "publisher/wanted/wanted_inside.h"
#include "rules/rules.h"

/* One CONFIG while it is being applied. */
struct apply {
	const struct arrival *arrival;
	struct pool pool; /* wiped */
	struct splice_values values;
	struct splice_target target;
	struct good_parts parts;
};

/* Settings, or none. */
static Pomerium__Config__Config *unpack_settings(struct apply *in, struct str bytes,
						 struct err *err)
{
	Pomerium__Config__Config *config =
		(void *)pb_unpack(&pomerium__config__config__descriptor, bytes, &in->pool, err);

	if (!config)
		err_wrap(err, "its settings do not decode");
	else
		config->n_routes = 0; /* they come in pieces */
	return config;
}

static int unpack(struct apply *in, struct err *err)
{
	in->target.pool = &in->pool;
	in->target.config = unpack_settings(in, in->arrival->config.settings, err);
	if (!in->target.config ||
	    publisher_route_parts_open(&in->target.routes, in->arrival, &in->pool, err) < 0)
		return -1;
	if (!in->arrival->config.bootstrap.len)
		return 0;
	in->target.bootstrap = unpack_settings(in, in->arrival->config.bootstrap, err);
	return in->target.bootstrap ? 0 : -1;
}

/* Settings come from the Pomerium object, and nothing else does. */
static int check_kind(const struct apply *in, struct err *err)
{
	if (in->arrival->ticket.owner.kind == MSG_KIND_POMERIUM)
		return in->arrival->config.routes.n
			       ? err_rule(err, RULE_SPLICE,
					  "it has routes, which only other objects can have")
			       : 0;
	return in->target.config->settings || in->target.bootstrap
		       ? err_rule(err, RULE_SPLICE,
				  "it has settings, which only the Pomerium object can have")
		       : 0;
}

/* Those of the Pomerium object and of Gateways are served whether a host needs them or not. */
static bool is_always_served(const struct msg_key *owner)
{
	return owner->kind == MSG_KIND_POMERIUM || owner->kind == MSG_KIND_GATEWAY;
}

static void list_certs(struct apply *in)
{
	const struct msg_certificate_list *list = &in->arrival->config.certificates;
	const struct msg_ticket *ticket = &in->arrival->ticket;
	size_t at = in->arrival->config.splices.n; /* among the values */

	in->parts.certs = pool_array(&in->pool, list->n + 1, sizeof(*in->parts.certs));
	for (; in->parts.n_certs < list->n; in->parts.n_certs++, at += 2) {
		const struct msg_ticket_secret *secret =
			&ticket->secrets.items[list->items[in->parts.n_certs].secret];

		in->parts.certs[in->parts.n_certs] =
			(struct part_cert){ .secret = pool_printf(&in->pool, STR_FMT "/" STR_FMT,
								  STR_ARG(secret->namespace),
								  STR_ARG(secret->name)),
					    .pem = publisher_splice_value(&in->values, at),
					    .key = publisher_splice_value(&in->values, at + 1),
					    .always = is_always_served(&ticket->owner) };
	}
}

static void pack_parts(struct apply *in)
{
	const Pomerium__Config__Config *config = in->target.config,
				       *bootstrap = in->target.bootstrap;

	in->parts.routes = publisher_route_parts_pack(&in->target.routes);
	in->parts.places = in->target.routes.places;
	in->parts.n_routes = in->arrival->config.routes.n;
	if (config->settings)
		in->parts.settings = pb_pack_to_pool(&config->settings->base, &in->pool);
	if (bootstrap && bootstrap->settings)
		in->parts.bootstrap = pb_pack_to_pool(&bootstrap->settings->base, &in->pool);
	if (bootstrap)
		in->parts.n_files = publisher_splice_files(in->arrival, &in->values, &in->pool,
							   &in->parts.files);
	in->parts.values = in->values.items;
	in->parts.n_values = in->values.n;
}

/* The whole configuration of this owner: its config.yaml is another form of it. */
static int add_routes(struct apply *in, Pomerium__Config__Config *all, struct err *err)
{
	const struct packed_route *routes = publisher_route_parts_pack(&in->target.routes);
	struct buf packed;
	int rc = 0;

	buf_init(&packed, BUF_MAX_MESSAGE);
	for (size_t i = 0; !rc && i < in->arrival->config.routes.n; i++) {
		Pomerium__Config__Route *route;

		buf_reset(&packed);
		publisher_route_put(&routes[i], &packed);
		route = (void *)pb_unpack(&pomerium__config__route__descriptor, buf_view(&packed),
					  &in->pool, err);
		if (route)
			PB_PUSH(&in->pool, all, routes, route);
		rc = route ? 0 : -1;
	}
	buf_wipe(&packed);
	return rc;
}

/* Can Pomerium's config.yaml say all of it? */
static int check_yaml(struct apply *in, struct err *err)
{
	Pomerium__Config__Config all = *in->target.config;
	struct buf text;
	int rc;

	buf_init(&text, BUF_MAX_FILE);
	rc = add_routes(in, &all, err);
	if (!rc)
		rc = pb_to_pomerium_yaml(&all.base, &text, err);
	if (!rc && in->target.bootstrap)
		rc = pb_to_pomerium_yaml(&in->target.bootstrap->base, &text, err);
	if (!rc && text.full)
		rc = err_rule(err, RULE_CONFIG_SIZE,
			      "it takes more than %u bytes in Pomerium's config.yaml",
			      BUF_MAX_FILE);
	buf_wipe(&text);
	return rc ? err_code(err, RULE_CONFIG_YAML) : 0;
}

/* The translator has left the bootstrap part out and has warned why. */
static int check_bootstrap(const struct wanted *self, const struct apply *in, struct err *err)
{
	const struct msg_diagnostic_list *list = &in->arrival->config.diagnostics;

	if (!self->needs.bootstrap || in->target.bootstrap || !in->target.config->settings)
		return 0;
	for (size_t i = 0; i < list->n; i++)
		if (str_starts(list->items[i].sentence, MSG_CONFIG_BOOTSTRAP))
			return err_rule(err, (unsigned)list->items[i].code, STR_FMT,
					STR_ARG(list->items[i].sentence));
	return err_rule(err, RULE_BOOT_NONE, MSG_CONFIG_BOOTSTRAP "there is none");
}

/* Without its bootstrap part an owner can be published, where nobody needs that part. */
static int fill_bootstrap(struct wanted *self, struct apply *in, struct err *err)
{
	struct err why = { "" };
	struct str sentence;

	if (!in->target.bootstrap ||
	    publisher_splice_fill(&in->target, in->arrival, &in->values, true, &why) == 0)
		return 0;
	if (self->needs.bootstrap || self->needs.yaml)
		return err_rule(err, why.code, "%s", why.text);
	in->target.bootstrap = NULL;
	sentence = pool_printf(&in->pool, "Pomerium could not start with this: %s", why.text);
	if (self->listener.warn)
		self->listener.warn(self->listener.self, &in->arrival->ticket.owner, sentence.ptr);
	return 0;
}

/* A translator that found one sends a REJECT. */
static int check_errors(const struct apply *in, struct err *err)
{
	const struct msg_diagnostic_list *list = &in->arrival->config.diagnostics;

	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].severity == MSG_SEVERITY_ERROR)
			return err_rule(err, (unsigned)list->items[i].code, STR_FMT,
					STR_ARG(list->items[i].sentence));
	return 0;
}

static int fill(struct wanted *self, struct apply *in, struct err *err)
{
	if (check_errors(in, err) < 0 || unpack(in, err) < 0 || check_kind(in, err) < 0)
		return -1;
	if (publisher_splice_fill(&in->target, in->arrival, &in->values, false, err) < 0)
		return -1;
	if (check_bootstrap(self, in, err) < 0 || fill_bootstrap(self, in, err) < 0)
		return -1;
	return self->needs.yaml ? check_yaml(in, err) : 0;
}

/* A bootstrap part that was fine stays where it is needed, since Pomerium cannot do without, as
 * long as there are settings: without a Pomerium object there are none. */
static void keep_bootstrap(struct wanted *self, struct apply *in)
{
	const struct owner *owner = publisher_wanted_owner(self, &in->arrival->ticket.owner);

	if (!self->needs.yaml || in->parts.bootstrap.ptr || !in->parts.settings.ptr)
		return;
	if (!owner || !owner->good)
		return;
	in->parts.bootstrap = owner->good->bootstrap;
	in->parts.files = owner->good->files;
	in->parts.n_files = owner->good->n_files;
}

static enum wanted_outcome apply(struct wanted *self, struct apply *in, struct err *err)
{
	if (fill(self, in, err) < 0)
		return WANTED_REJECTED;
	in->parts.created = in->arrival->ticket.created;
	if (in->arrival->ticket.owner.kind != MSG_KIND_CERTIFICATE) /* which has no routes */
		in->parts.hosts = in->arrival->ticket.hosts;
	pack_parts(in);
	list_certs(in);
	keep_bootstrap(self, in);
	return publisher_wanted_adopt(self, &in->arrival->ticket.owner, &in->parts, err);
}

static enum wanted_outcome find_and_apply(struct wanted *self, struct apply *in,
					  struct msg_key *missing, struct err *err)
{
	switch (publisher_splice_find(&self->secret_cache, in->arrival, &in->pool, &in->values,
				      missing, err)) {
	case SPLICE_FOUND:
		return apply(self, in, err);
	case SPLICE_MISSING:
		return WANTED_WAITS;
	case SPLICE_REFUSED:
		break;
	}
	return WANTED_REJECTED;
}

bool publisher_apply_lacks(const struct wanted *self, const struct arrival *arrival)
{
	struct splice_values values;
	struct pool pool;
	bool lacks;

	pool_init(&pool);
	lacks = publisher_splice_find(&self->secret_cache, arrival, &pool, &values, NULL, NULL) ==
		SPLICE_MISSING;
	pool_clear(&pool);
	return lacks;
}

enum wanted_outcome publisher_apply_config(struct wanted *self, const struct arrival *arrival,
					   struct msg_key *missing, struct err *err)
{
	struct apply in = { .arrival = arrival };
	struct err why = { "" };
	enum wanted_outcome outcome;

	pool_init(&in.pool);
	outcome = find_and_apply(self, &in, missing, &why);
	if (outcome == WANTED_REJECTED || outcome == WANTED_WAITS)
		publisher_wanted_claim(self, &arrival->ticket);
	if (outcome == WANTED_REJECTED) {
		publisher_wanted_fault(self, &arrival->ticket.owner,
				       rules_sentence(&why, &in.pool).ptr);
		err_rule(err, why.code, "%s", why.text);
	}
	pool_wipe(&in.pool);
	return outcome;
}
