/* http_route: an HTTPRoute becomes routes.
 *
 *   in     an HTTPRoute with its Gateways, Services, PolicyFilters and grants
 *   out    a route for each match and host; what it is attached to; its entries of status.parents
 *   owns   nothing
 *   never  stores what Pomerium would refuse, and never leaves a filter out of what it stores
 */
#include "msg/parent_ref.h"
#include "net/hostname.h"
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/gateway/attachment.h"
#include "translator/gateway/rule.h"
#include "translator/ingress/names.h"
#include "translator/validate/spelling.h"
#include "translator/validate/validate.h"

#define MAX_ROUTES 10000 /* of one HTTPRoute: far above any real one, and memory stays bounded */

struct making {
	struct gateway_job *job;
	const struct msg_http_route *route;
	struct attachment attachment;
	struct rule_routes templates; /* routes without a host */
	struct refusals refusals;     /* backends that are not valid */
	struct buf dropped;           /* what cannot be expressed ... */
	struct str sentence;          /* ... once all of it is known */
	const char *reason;           /* why, of the first of them */
	size_t n_served;              /* matches that can */
};

/* ---- what cannot be expressed ---- */

/* `match` 0: the whole rule. */
static void drop(struct making *m, const struct http_rule *rule, size_t match,
		 const struct err *why)
{
	struct buf *text = &m->dropped;
	size_t begin;

	buf_puts(text, text->len ? "; " : "");
	begin = text->len;
	buf_printf(text, "Dropped Rule %zu", rule->index + 1);
	if (rule->spec->name.len)
		buf_printf(text, " (" STR_FMT ")", STR_ARG(rule->spec->name));
	if (match)
		buf_printf(text, ", match %zu", match);
	buf_printf(text, ": %s", why->text);
	if (!m->reason)
		m->reason = rule->reason ? rule->reason : "UnsupportedValue";
	translator_answer_warn(m->job->out, m->job->pool, RULE_HTTP_ROUTE_RULE, STR_FMT,
			       STR_ARG(str_slice(buf_view(text), begin, text->len)));
}

/* ---- rules ---- */

/* The policy of the GatewayClass, for who has none of his own. A class whose policy is not good
 * gives none, and then nobody gets in. */
static void add_default_policy(struct making *m, Pomerium__Config__Route *route)
{
	const struct msg_gateway_class_list *classes = &m->job->bundle->gateway_classes;
	Pomerium__Config__Policy *policy = NULL;

	for (size_t i = 0; !policy && !route->n_policies && i < classes->n; i++) {
		const struct msg_object_ref *ref = classes->items[i].spec.parametersRef;

		if (ref && str_is(ref->group, GATEWAY_POLICY_GROUP) &&
		    str_is(ref->kind, "PolicyFilter"))
			policy = translator_policy_filter_policy(m->job, ref->namespace, ref->name,
								 NULL);
	}
	if (policy)
		PB_PUSH(m->job->pool, route, policies, policy);
}

static void add_matches(struct making *m, const struct http_rule *rule)
{
	const struct msg_http_match_list *matches = &rule->spec->matches;

	for (size_t i = 0; i < matches->n || (!matches->n && i == 0); i++) {
		const struct msg_http_match *match = matches->n ? &matches->items[i] : NULL;
		struct err why = { "" };

		if ((match && translator_rule_matches_check(rule, match, &why)) ||
		    translator_rule_matches_expand(m->job, rule, match, &m->templates, &why))
			drop(m, rule, match ? i + 1 : 0, &why);
		else
			m->n_served += !rule->reason;
	}
}

static int add_rules(struct making *m, struct err *err)
{
	const struct msg_http_route_rule_list *rules = &m->route->spec.rules;

	for (size_t i = 0; i < rules->n; i++) {
		struct http_rule rule = { .spec = &rules->items[i], .index = i };

		if (m->templates.n + rule.spec->matches.n > MAX_ROUTES)
			return err_rule(err, RULE_HTTP_ROUTE_SIZE,
					"its rules have more than %d matches: split it",
					MAX_ROUTES);
		rule.route = PB_NEW(m->job->pool, pomerium__config__route);
		PB_SET(rule.route, preserve_host_header, 1);
		translator_rule_filters_apply(m->job, &rule);
		translator_rule_backends_apply(m->job, &rule, &m->refusals);
		add_default_policy(m, rule.route);
		if (rule.is_broken && rule.reason)
			drop(m, &rule, 0, &rule.sentence);
		else if (rule.is_broken)
			translator_answer_warn(m->job->out, m->job->pool,
					       rule.code ? rule.code : RULE_HTTP_ROUTE_FILTER,
					       "rule %zu answers 500: %s", i + 1,
					       rule.sentence.text);
		add_matches(m, &rule);
	}
	return 0;
}

/* ---- routes ---- */

/* What Pomerium refuses, but for what the API server refuses before. */
static int check(struct making *m, const Pomerium__Config__Route *route, struct err *err)
{
	static const int32_t codes[] = { 301, 302, 303, 307, 308 };
	const Pomerium__Config__RouteRedirect *r = route->redirect;
	struct ingress_job as_ingress = { .settings = m->job->settings,
					  .pool = m->job->pool,
					  .out = m->job->out,
					  .flags = INGRESS_SOLVER };
	bool good = !r || !r->has_response_code;

	if (!route->n_to && !route->response &&
	    !(r && (pb_str(r->scheme_redirect).len || pb_str(r->host_redirect).len ||
		    r->has_port_redirect || pb_str(r->path_redirect).len ||
		    pb_str(r->prefix_rewrite).len || r->has_response_code)))
		return err_set(err, "requestRedirect says nothing of where to");
	for (size_t i = 0; !good && i < sizeof(codes) / sizeof(codes[0]); i++)
		good = r->response_code == codes[i];
	if (!good)
		return err_set(err,
			       "requestRedirect.statusCode is %d; it should be 301, 302, 303, 307 "
			       "or 308",
			       (int)r->response_code);
	return translator_validate_fields(&as_ingress, route, err);
}

static void name_route(struct making *m, struct str host, size_t template,
		       Pomerium__Config__Route *route)
{
	const struct str who[] = { m->route->metadata.namespace, m->route->metadata.name };
	struct pool *pool = m->job->pool;
	struct str name =
		pool_printf(pool, STR_FMT "-" STR_FMT, STR_ARG(translator_names_slug(who, 2, pool)),
			    STR_ARG(translator_names_slug(&host, 1, pool)));

	if (m->templates.n > 1)
		name = pool_printf(pool, STR_FMT "-%zu", STR_ARG(name), template);
	PB_SET_TEXT(route, name, name);
	PB_SET_TEXT(route, from, pool_printf(pool, "https://" STR_FMT, STR_ARG(host)));
}

struct placed {
	const Pomerium__Config__Route *route;
	size_t place;
};

static int compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = str_cmp(pb_str(x->route->from), pb_str(y->route->from));

	if (!order)
		order = str_cmp(pb_str(y->route->path), pb_str(x->route->path));
	if (!order)
		order = str_cmp(pb_str(y->route->regex), pb_str(x->route->regex));
	if (!order)
		order = str_cmp(pb_str(y->route->prefix), pb_str(x->route->prefix));
	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int check_host(struct map *spellings, struct str *host, struct pool *pool, struct err *err)
{
	if (hostname_has_capitals(*host) && str_find(*host, '*') >= 0)
		return err_rule(err, RULE_HOST_CASE,
				"the host %s should be in lower case: a wildcard is matched as it "
				"is written",
				err_quote(*host));
	return translator_spelling_check(spellings, hostname_normal(*host, pool), host, err);
}

static int check_hosts(const struct making *m, struct err *err)
{
	const struct str_list *hosts = &m->attachment.hosts;
	struct map spellings;
	size_t n_capitals = 0;
	int rc = 0;

	for (size_t i = 0; i < hosts->n; i++)
		n_capitals += hostname_has_capitals(hosts->items[i]);
	map_init(&spellings, NULL);
	for (size_t i = 0; !rc && n_capitals && i < hosts->n; i++)
		rc = check_host(&spellings, &hosts->items[i], m->job->pool, err);
	map_clear(&spellings);
	return rc;
}

static int add_routes(struct making *m, Pomerium__Config__Config *config, struct err *err)
{
	const struct str_list *hosts = &m->attachment.hosts;
	struct placed *placed;
	size_t n = m->templates.n * hosts->n, kept = 0;

	if (hosts->n && m->templates.n > MAX_ROUTES / hosts->n)
		return err_rule(err, RULE_HTTP_ROUTE_SIZE,
				"its matches and hosts make more than %d routes: split it",
				MAX_ROUTES);
	if (check_hosts(m, err) ||
	    translator_cost_of_rules_check(m->job, &m->templates, hosts, err))
		return -1;
	placed = pool_array(m->job->pool, n, sizeof(*placed));
	for (size_t i = 0; i < n; i++) {
		size_t template = i / hosts->n;
		Pomerium__Config__Route *route = pool_alloc(m->job->pool, sizeof(*route));
		struct err why = { "" };

		*route = *m->templates.items[template];
		name_route(m, hosts->items[i % hosts->n], template, route);
		if (check(m, route, &why))
			translator_answer_warn(m->job->out, m->job->pool, RULE_HTTP_ROUTE_LEFT_OUT,
					       "the route from %s is left out: %s",
					       err_quote(pb_str(route->from)), why.text);
		else
			placed[kept++] = (struct placed){ route, i };
	}
	if (kept)
		qsort(placed, kept, sizeof(*placed), compare);
	config->routes = pool_array(m->job->pool, kept, sizeof(*config->routes));
	for (; config->n_routes < kept; config->n_routes++)
		config->routes[config->n_routes] =
			(Pomerium__Config__Route *)placed[config->n_routes].route;
	return 0;
}

/* ---- status ---- */

static struct condition accepted_by(struct making *m, const struct attachment_parent *parent,
				    const struct err *rejected)
{
	struct condition out = { "Accepted", true, "Accepted", STR_NONE };

	if (parent->refused) {
		out.reason = parent->refused;
		if (strcmp(parent->refused, "UnsupportedValue") == 0)
			out.message = STR("backendRef filters are not supported");
	} else if (rejected->text[0]) {
		out.reason = "UnsupportedValue";
		out.message = pool_str(m->job->pool, str_from(rejected->text));
	} else if (m->dropped.len && !m->n_served) {
		out.reason = m->reason;
		out.message = m->sentence;
	}
	out.status = strcmp(out.reason, "Accepted") == 0;
	return out;
}

static void put_parent(struct making *m, const struct attachment_parent *parent,
		       const struct err *rejected, struct value *v)
{
	struct condition accepted = accepted_by(m, parent, rejected);
	struct condition resolved =
		translator_condition_resolved(&m->refusals, "invalid refs", m->job->pool);
	int64_t generation = m->route->metadata.generation;
	struct value *list;

	list = msg_parent_ref_put(v, parent->ref, m->job->settings->gateway_controller,
				  m->job->pool);
	translator_condition_add(list, &accepted, generation, m->job->pool);
	if (parent->refused && strcmp(parent->refused, "UnsupportedValue") == 0)
		return;
	if (accepted.status && m->dropped.len)
		translator_condition_add(list,
					 &(struct condition){ "PartiallyInvalid", true,
							      "UnsupportedValue", m->sentence },
					 generation, m->job->pool);
	translator_condition_add(list, &resolved, generation, m->job->pool);
}

static void put_report(struct making *m, const struct err *rejected)
{
	struct value *report = pool_alloc(m->job->pool, sizeof(*report));
	struct value *parents = value_put_list(report, "parents", m->job->pool);

	for (size_t i = 0; i < m->attachment.n_parents; i++)
		put_parent(m, &m->attachment.parents[i], rejected,
			   value_add(parents, m->job->pool));
	m->job->out->report = report;
}

static void warn_refused(struct making *m)
{
	for (size_t i = 0; i < m->attachment.n_parents; i++) {
		const struct attachment_parent *parent = &m->attachment.parents[i];
		const struct msg_meta *named =
			parent->set ? &parent->set->metadata : &parent->gateway->metadata;

		if (parent->refused)
			translator_answer_warn(
				m->job->out, m->job->pool, RULE_HTTP_ROUTE_PARENT,
				"%s \"" STR_FMT "/" STR_FMT "\" does not take it: %s",
				parent->set ? "ListenerSet" : "Gateway", STR_ARG(named->namespace),
				STR_ARG(named->name), parent->refused);
	}
}

static void warn_unresolved(struct making *m)
{
	struct condition resolved =
		translator_condition_resolved(&m->refusals, "invalid refs", m->job->pool);

	if (!resolved.status)
		translator_answer_warn(m->job->out, m->job->pool, RULE_HTTP_ROUTE_BACKEND, STR_FMT,
				       STR_ARG(resolved.message));
}

int translator_http_route_translate(struct gateway_job *job, Pomerium__Config__Config *config,
				    struct err *err)
{
	struct making m = { .job = job, .route = job->bundle->http_route };
	struct err rejected = { "" };
	int rc;

	buf_init(&m.dropped, BUF_MAX_TEXT);
	translator_attachment_find(job, &m.attachment);
	rc = add_rules(&m, &rejected);
	if (!rc && !m.route->metadata.deletionTimestamp)
		rc = add_routes(&m, config, &rejected);
	m.sentence = pool_str(job->pool, buf_view(&m.dropped));
	put_report(&m, &rejected);
	warn_refused(&m);
	warn_unresolved(&m);
	buf_clear(&m.dropped);
	if (rc)
		*err = rejected;
	return rc;
}
