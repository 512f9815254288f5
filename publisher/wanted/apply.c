/* apply: makes a CONFIG something that can be published.
 *
 *   in     a CONFIG, the values that its splices name
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
	const struct msg_config *config;
	struct pool pool; /* wiped */
	struct splice_values values;
	struct splice_target target;
	struct good_parts parts;
};

static int unpack(struct apply *in, struct err *err)
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

/* The policies apart from the rest; those of the previous route, if they are equal. */
static struct packed_route pack_route(Pomerium__Config__Route *route,
				      const struct packed_route *prev, struct pool *pool)
{
	Pomerium__Config__Route *policies = PB_NEW(pool, pomerium__config__route);
	struct packed_route out;

	policies->n_policies = route->n_policies;
	policies->policies = route->policies;
	out.policies = pack(&policies->base, pool);
	if (prev && str_eq(out.policies, prev->policies))
		out.policies = prev->policies;
	route->n_policies = 0;
	out.head = pack(&route->base, pool);
	return out;
}

static void list_certs(struct apply *in)
{
	const struct msg_certificate_list *list = &in->config->certificates;

	in->parts.certs = pool_array(&in->pool, list->n + 1, sizeof(*in->parts.certs));
	for (; in->parts.n_certs < list->n; in->parts.n_certs++) {
		const struct msg_certificate *c = &list->items[in->parts.n_certs];
		struct part_cert *part = &in->parts.certs[in->parts.n_certs];

		part->secret = pool_printf(&in->pool, STR_FMT "/" STR_FMT,
					   STR_ARG(c->secret_namespace), STR_ARG(c->secret_name));
		part->pem = c->cert;
		part->key = publisher_splice_value(&in->values,
						   in->config->splices.n + in->parts.n_certs);
		part->always = c->always;
	}
}

static void pack_parts(struct apply *in)
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
	for (; bootstrap && in->parts.n_files < files->n; in->parts.n_files++)
		in->parts.files[in->parts.n_files] =
			(struct good_file){ files->items[in->parts.n_files].name,
					    publisher_splice_value(&in->values,
								   first + in->parts.n_files) };
	in->parts.values = in->values.items;
	in->parts.n_values = in->values.n;
}

/* Can Pomerium's config.yaml say all of it? */
static int check_yaml(struct apply *in, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, BUF_MAX_FILE);
	rc = pb_to_pomerium_yaml(&in->target.config->base, &text, err);
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
	const struct str_list *warnings = &in->config->warnings;

	if (!self->needs.bootstrap || in->target.bootstrap || !in->target.config->settings)
		return 0;
	for (size_t i = 0; i < warnings->n; i++)
		if (str_starts(warnings->items[i], MSG_CONFIG_BOOTSTRAP))
			return err_set(err, STR_FMT, STR_ARG(warnings->items[i]));
	return err_rule(err, RULE_BOOT_NONE, MSG_CONFIG_BOOTSTRAP "there is none");
}

/* Without its bootstrap part an owner can be published, where nobody needs that part. */
static int fill_bootstrap(struct wanted *self, struct apply *in, struct err *err)
{
	struct err why = { "" };
	struct str sentence;

	if (!in->target.bootstrap ||
	    publisher_splice_fill(&in->target, in->config, &in->values, true, &why) == 0)
		return 0;
	if (self->needs.bootstrap || self->needs.yaml)
		return err_rule(err, why.code, "%s", why.text);
	in->target.bootstrap = NULL;
	sentence = pool_printf(&in->pool, "Pomerium could not start with this: %s", why.text);
	if (self->listener.warn)
		self->listener.warn(self->listener.self, &in->config->owner, sentence.ptr);
	return 0;
}

static int fill(struct wanted *self, struct apply *in, struct err *err)
{
	if (unpack(in, err) < 0)
		return -1;
	if (publisher_splice_fill(&in->target, in->config, &in->values, false, err) < 0)
		return -1;
	if (check_bootstrap(self, in, err) < 0 || fill_bootstrap(self, in, err) < 0)
		return -1;
	return self->needs.yaml ? check_yaml(in, err) : 0;
}

/* A bootstrap part that was fine stays where it is needed, since Pomerium cannot do without, as
 * long as there are settings: without a Pomerium object there are none. */
static void keep_bootstrap(struct wanted *self, struct apply *in)
{
	const struct owner *owner = publisher_wanted_owner(self, &in->config->owner);

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
	pack_parts(in);
	list_certs(in);
	keep_bootstrap(self, in);
	return publisher_wanted_adopt(self, &in->config->owner, &in->parts, err);
}

enum wanted_outcome publisher_apply_config(struct wanted *self, const struct msg_config *config,
					   struct msg_key *missing, struct err *err)
{
	struct apply in = { .config = config };
	struct err why = { "" };
	enum wanted_outcome outcome = WANTED_WAITS;

	pool_init(&in.pool);
	if (publisher_splice_find(&self->secret_cache, config, &in.pool, &in.values, missing) == 0)
		outcome = apply(self, &in, &why);
	if (outcome == WANTED_REJECTED) {
		publisher_wanted_fault(self, &config->owner, rules_sentence(&why, &in.pool).ptr);
		err_rule(err, why.code, "%s", why.text);
	}
	pool_wipe(&in.pool);
	return outcome;
}
