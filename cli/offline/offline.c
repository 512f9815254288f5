/* offline: runs the whole pipeline in one process.
 *
 *   in     manifests, through the watcher's dir source
 *   out    the publisher's wanted state; lines for a person
 *   owns   one of each room's cores and the order in which they are called
 *   never  opens a socket
 */
#include "cli/offline/offline.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/offline/input.h"
#include "publisher/wanted/apply.h"
#include "resolver/owners/route_report.h"
#include "rules/rules.h"

struct offline_settings cli_offline_settings;

const struct conf_option cli_offline_options[] = {
	{ "file", CONF_PATHS, &cli_offline_settings.files, "", 0, 0,
	  "manifest file or folder; may be repeated", 'f' },
	{ "name", CONF_TEXT, &cli_offline_settings.resolve.controller,
	  "pomerium.io/ingress-controller", 0, 0,
	  "spec.controller of the IngressClass that is ours", 0 },
	{ "prefix", CONF_TEXT, &cli_offline_settings.resolve.prefix, "ingress.pomerium.io", 0, 0,
	  "prefix of our annotations", 0 },
	{ "namespaces", CONF_LIST, &cli_offline_settings.resolve.namespaces, "", 0, 0,
	  "namespaces to serve, comma separated; empty means all", 0 },
	{ "pomerium-config", CONF_TEXT, &cli_offline_settings.resolve.pomerium_config, "global", 0,
	  0, "name of the Pomerium object with the settings", 0 },
	{ "cluster-domain", CONF_TEXT, &cli_offline_settings.cluster_domain, "cluster.local", 0, 0,
	  "DNS domain of the cluster", 0 },
	{ "host-ownership", CONF_TEXT, &cli_offline_settings.hosts.ownership, "shared", 0, 0,
	  HOST_POLICY_OWNERSHIP_HELP, 0 },
	{ "shared-host", CONF_TEXT, &cli_offline_settings.hosts.shared_host, "", 0, 0,
	  HOST_POLICY_SHARED_HELP, 0 },
	{ "authenticate-namespaces", CONF_LIST, &cli_offline_settings.hosts.authenticate_namespaces,
	  "", 0, 0, HOST_POLICY_AUTHENTICATE_HELP, 0 },
	{ "experimental-gateway-api", CONF_BOOL, &cli_offline_settings.resolve.gateway_api, "true",
	  0, 0, "serve objects of the Gateway API", 0 },
	{ "gateway-class-controller-name", CONF_TEXT,
	  &cli_offline_settings.resolve.gateway_controller, "pomerium.io/gateway-controller", 0, 0,
	  "spec.controllerName of the GatewayClasses that are ours", 0 },
	{ "gateway-path-elements", CONF_BOOL, &cli_offline_settings.path_elements, "false", 0, 0,
	  "a path prefix of an HTTPRoute ends where an element of the path ends", 0 },
	{ "gateway-no-backend-status", CONF_INT, &cli_offline_settings.no_backend_status, "404",
	  404, 500, "what a rule of an HTTPRoute without backends answers: 404 or 500", 0 },
	{ "[FILE...]", CONF_REST, NULL, "", 0, 0, "manifest files and folders, as with --file", 0 },
	{ 0 },
};

static struct offline_line *add_line(struct offline *self, const struct msg_key *owner,
				     const struct err *why)
{
	struct offline_line *line =
		pool_push(&self->pool, &self->lines, &self->n_lines, sizeof(*line));

	line->owner = msg_key_dup(owner, &self->pool);
	line->name = msg_key_for_people(owner, &self->pool);
	line->text = rules_sentence(why, &self->pool);
	line->sentence = pool_str(&self->pool, str_from(why->text));
	line->code = why->code;
	return line;
}

static void add_diagnostics(struct offline *self, const struct msg_key *owner,
			    const struct msg_diagnostic_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct msg_diagnostic *item = &list->items[i];
		struct offline_line *line;
		struct err why;

		err_rule(&why, (unsigned)item->code, STR_FMT, STR_ARG(item->sentence));
		line = add_line(self, owner, &why);
		line->field = pool_str(&self->pool, item->field);
		line->is_warning = item->severity == MSG_SEVERITY_WARNING;
	}
}

/* ---- the rooms' outputs ---- */

static void put(struct offline *self, const struct msg_object *object)
{
	struct buf packed;

	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_object_codec, object, &packed);
	resolver_resolve_put(self->resolve, object, buf_view(&packed), 0);
	buf_clear(&packed);
}

/* Of the part of an object, which stands first in each of them. */
static struct msg_meta *meta_of(const struct msg_object *object)
{
	const struct codec *codec = &msg_object_codec; /* parts at the end, by kind */
	const struct codec_field *part =
		&codec->fields[codec->n_fields - MSG_N_KINDS + object->key.kind];

	return *(struct msg_meta *const *)(const void *)((const char *)object + part->offset);
}

/* Who is older has a place that two of them want. One that replaces another stays as old as that
 * is, a new one is the youngest of all. */
static void put_over(struct offline *self, const struct msg_object *object, struct pool *pool)
{
	struct msg_meta *meta = meta_of(object);
	const int64_t *born = map_get(&self->born, msg_key_text(&object->key, pool));

	if (!meta->creationTimestamp)
		meta->creationTimestamp = born ? *born : clock_wall();
	put(self, object);
}

static void on_put(void *arg, struct str packed, uint64_t seen_ns)
{
	struct offline *self = arg;
	struct msg_object object;
	struct pool pool;

	pool_init(&pool);
	if (codec_unpack(&msg_object_codec, packed, &pool, &object, NULL) == 0) {
		map_put(&self->named, msg_key_text(&object.key, &pool), self);
		if (self->ground)
			put_over(self, &object, &pool);
		else
			resolver_resolve_put(self->resolve, &object, packed, seen_ns);
	}
	pool_clear(&pool);
}

static void on_del(void *arg, const struct msg_key *key, uint64_t seen_ns)
{
	struct offline *self = arg;

	resolver_resolve_delete(self->resolve, key, seen_ns);
}

static void on_secret(void *arg, const struct msg_secret_value *value, uint64_t seen_ns)
{
	struct offline *self = arg;

	if (self->ground && value->answer == MSG_SECRET_ABSENT)
		self->ground->secret(self->ground->self, self, &value->key);
	else
		resolver_resolve_secret(self->resolve, value, seen_ns);
}

static void on_unreadable(void *arg, const char *path, uint32_t line, const struct err *why)
{
	struct offline *self = arg;

	if (self->hooks.problem) {
		self->hooks.problem(self->hooks.self, path, line, why);
		return;
	}
	if (why->code == RULE_OBJECT_FIELD || why->code == RULE_OBJECT_SIZE)
		self->rejected = true; /* it alone: the others of its file are read */
	else
		self->unreadable = true;
	if (line)
		fprintf(stderr, "%s:%u: %s\n", path, line, rules_sentence(why, &self->pool).ptr);
	else
		fprintf(stderr, "%s: %s\n", path, rules_sentence(why, &self->pool).ptr);
}

static void on_document(void *arg, const char *path, const struct value *document)
{
	struct offline *self = arg;

	self->hooks.document(self->hooks.self, path, document);
}

static void on_dirty(void *arg, const struct msg_key *owner, const struct owner_news *news)
{
	(void)arg, (void)owner, (void)news; /* every owner is translated once, at the end */
}

static void on_secret_wanted(void *arg, const struct msg_key *secret, bool wanted)
{
	struct offline *self = arg;
	struct msg_key *asked;

	if (!wanted)
		return;
	asked = pool_push(&self->pool, &self->asked, &self->n_asked, sizeof(*asked));
	*asked = msg_key_dup(secret, &self->pool);
}

static void on_secret_put(void *arg, const struct msg_secret_put *put)
{
	struct offline *self = arg;

	publisher_wanted_secret(self->wanted, put);
}

static void on_warn(void *arg, const struct msg_key *owner, const char *sentence)
{
	struct err why;

	err_set(&why, "%s", sentence);
	add_line(arg, owner, &why)->is_warning = true;
}

/* All are there then, so nobody is taken back. */
static void on_refused(void *arg, const struct msg_key *owner, const struct err *why)
{
	struct offline *self = arg;

	if (!why)
		return;
	(void)add_line(self, owner, why);
	for (size_t i = 0; i < self->n_reports; i++)
		if (msg_key_equal(&self->reports[i].owner, owner))
			self->reports[i].rejected = rules_sentence(why, &self->pool).ptr;
}

/* ---- what the verbs call ---- */

int cli_offline_add_files(const struct str_list *rest)
{
	struct str_list *files = &cli_offline_settings.files;
	struct str *items = mem_alloc((files->n + rest->n + 1) * sizeof(*items));

	if (files->n)
		memcpy(items, files->items, files->n * sizeof(*items));
	if (rest->n)
		memcpy(items + files->n, rest->items, rest->n * sizeof(*items));
	files->items = items; /* lives as long as the process, as all settings do */
	files->n += rest->n;
	return files->n ? 0 : -1;
}

void cli_offline_put(struct offline *self, const struct msg_object *object)
{
	int64_t *born = pool_alloc(&self->pool, sizeof(*born));

	*born = meta_of(object)->creationTimestamp;
	map_put(&self->born, msg_key_text(&object->key, &self->pool), born);
	put(self, object);
}

bool cli_offline_is_named(const struct offline *self, const struct msg_key *key)
{
	struct pool pool;
	bool is_named;

	pool_init(&pool);
	is_named = map_get(&self->named, msg_key_text(key, &pool)) != NULL;
	pool_clear(&pool);
	return is_named;
}

/* Who may have which host. */
static void govern(struct offline *self)
{
	struct err err = { "" };

	if (publisher_host_policy_open(&self->policy, &cli_offline_settings.hosts, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		self->unreadable = true;
	}
	publisher_wanted_govern(self->wanted, &self->policy);
}

static int load(struct offline *self, const struct offline_hooks *hooks,
		const struct offline_ground *ground, struct err *err)
{
	const struct source_sink from_source = { self,
						 on_put,
						 on_del,
						 on_secret,
						 on_unreadable,
						 hooks->document ? on_document : NULL,
						 hooks->document != NULL };
	const struct resolve_sink from_resolve = { self, on_dirty, on_secret_wanted, on_secret_put,
						   NULL };
	const struct wanted_listener from_wanted = { self, on_warn, NULL, on_refused };
	struct msg_kind_state synced = { .condition = MSG_KIND_SYNCED };
	struct str_list paths, streams;
	int rc;

	memset(self, 0, sizeof(*self));
	self->hooks = *hooks;
	pool_init(&self->pool);
	publisher_attached_init(&self->attached);
	map_init(&self->named, NULL);
	map_init(&self->born, NULL);
	self->ground = ground;
	self->wanted = publisher_wanted_new(&from_wanted);
	govern(self);
	cli_offline_settings.resolve.limits = resolver_limits;
	publisher_wanted_gather(self->wanted, true);
	self->resolve = resolver_resolve_new(&cli_offline_settings.resolve, &from_resolve);
	rc = ground ? ground->put(ground->self, self, err) : 0;
	cli_input_split(&cli_offline_settings.files, &self->pool, &paths, &streams);
	self->source = watcher_source_dir_new(&paths, &from_source);
	cli_input_read(self, &streams, &from_source);
	if (watcher_source_dir_load(self->source) && !hooks->problem)
		self->unreadable = true;
	cli_input_add_classes(self->source, &cli_offline_settings.classes,
			      cli_offline_settings.resolve.controller, &from_source);
	for (synced.kind = MSG_KIND_NONE + 1; synced.kind < MSG_N_KINDS; synced.kind++)
		resolver_resolve_kind_state(self->resolve, &synced);
	if (hooks->loaded)
		hooks->loaded(hooks->self);
	for (size_t i = 0; i < self->n_asked; i++)
		watcher_source_dir_want(self->source, &self->asked[i], true);
	return rc;
}

static const struct offline_hooks no_hooks;

void cli_offline_load(struct offline *self)
{
	(void)load(self, &no_hooks, NULL, NULL);
}

void cli_offline_load_all(struct offline *self, const struct offline_hooks *hooks)
{
	(void)load(self, hooks, NULL, NULL);
}

int cli_offline_load_over(struct offline *self, const struct offline_ground *ground,
			  struct err *err)
{
	return load(self, &no_hooks, ground, err);
}

/* Without the key nobody can tell whether it may be served; the translator has asked that. */
static void note_certs(struct offline *self, struct arrival *arrival)
{
	const struct msg_certificate_list *list = &arrival->config.certificates;
	const struct msg_ticket *ticket = &arrival->ticket;

	for (size_t i = 0; i < list->n; i++) {
		const struct msg_ticket_secret *secret =
			&ticket->secrets.items[list->items[i].secret];
		struct offline_cert *cert =
			pool_push(&self->pool, &self->certs, &self->n_certs, sizeof(*cert));

		cert->owner = msg_key_dup(&ticket->owner, &self->pool);
		cert->secret = pool_printf(&self->pool, STR_FMT "/" STR_FMT,
					   STR_ARG(secret->namespace), STR_ARG(secret->name));
	}
	arrival->config.certificates.n = 0;
}

/* Of those whose status somebody wants; it lives as long as they do. */
static void keep_report(struct offline *self, const struct msg_config *config, const char *rejected)
{
	struct offline_report *report;

	if (!self->keep_reports || !config->report)
		return;
	report = pool_push(&self->pool, &self->reports, &self->n_reports, sizeof(*report));
	report->owner = msg_key_dup(&config->owner, &self->pool);
	report->report = config->report;
	if (rejected)
		report->rejected = pool_str(&self->pool, str_from(rejected)).ptr;
	if (config->owner.kind == MSG_KIND_HTTP_ROUTE)
		publisher_attached_set(&self->attached, &config->owner, &config->attachments, NULL,
				       NULL);
}

static void translate_bundle(struct offline *self, const struct resolved *what, struct pool *pool)
{
	const struct msg_bundle *bundle = &what->bundle;
	const struct translator_settings settings = {
		.prefix = cli_offline_settings.resolve.prefix,
		.cluster_domain = cli_offline_settings.cluster_domain,
		.gateway_controller = cli_offline_settings.resolve.gateway_controller,
		.path_elements = cli_offline_settings.path_elements,
		.no_backend_status = cli_offline_settings.no_backend_status,
		.limits = resolver_limits.owner,
		.pomerium = &translator_pomerium_flags,
		.lenient = cli_offline_settings.resolve.lenient ||
			   cli_offline_settings.resolve.guesses,
		.bootstrap_only = cli_offline_settings.bootstrap_only,
	};
	struct arrival arrival = { .ticket = what->ticket };
	struct err err = { "" };
	int rc;

	if (self->hooks.bundle)
		self->hooks.bundle(self->hooks.self, bundle);
	rc = translator_translate(&settings, bundle, pool, &arrival.config, &err);
	if (rc)
		publisher_wanted_claim(self->wanted, &arrival.ticket);
	add_diagnostics(self, &bundle->owner, &arrival.config.diagnostics);
	if (rc) {
		keep_report(self, &arrival.config,
			    publisher_diagnostics_reason(&arrival.config.diagnostics, pool).ptr);
		return;
	}
	self->allows_mass_delete |= arrival.config.allow_mass_delete;
	if (self->ground && !self->ground->has_values)
		note_certs(self, &arrival);
	switch (publisher_apply_config(self->wanted, &arrival, NULL, &err)) {
	case WANTED_REJECTED:
		(void)add_line(self, &bundle->owner, &err);
		break;
	case WANTED_WAITS:
		err_set(&err, "the value of a Secret that it refers to is missing");
		(void)add_line(self, &bundle->owner, &err);
		break;
	case WANTED_CHANGED:
	case WANTED_SAME:
		break;
	}
	keep_report(self, &arrival.config, err.text[0] ? rules_sentence(&err, pool).ptr : NULL);
}

/* By the resolver, before any translator. */
static void note_rejected(struct offline *self, const struct resolved *what, const struct err *why,
			  struct pool *pool)
{
	const struct msg_http_route *route = what->bundle.http_route;
	struct msg_config config = { .owner = what->bundle.owner };

	(void)add_line(self, &config.owner, why);
	if (route)
		config.report = resolver_route_report_make(self->resolve, route, pool);
	keep_report(self, &config, rules_sentence(why, pool).ptr);
}

void cli_offline_translate(struct offline *self, bool settings_only)
{
	struct pool own, *pool = self->keep_reports ? &self->pool : &own;
	struct msg_key *owners = NULL;
	size_t n = 0;

	pool_init(&own);
	resolver_resolve_owners(self->resolve, &self->pool, &owners, &n);
	for (size_t i = 0; i < n; i++) {
		struct resolved what;
		struct err err = { "" };

		if (settings_only && owners[i].kind != MSG_KIND_POMERIUM)
			continue;
		switch (resolver_resolve_owner(self->resolve, &owners[i], pool, &what, &err)) {
		case RESOLVE_BUNDLE:
			translate_bundle(self, &what, pool);
			break;
		case RESOLVE_REJECT:
			note_rejected(self, &what, &err, pool);
			break;
		case RESOLVE_WAIT:
			err_set(&err, "the values of a Secret that it refers to cannot be read");
			(void)add_line(self, &owners[i], &err);
			break;
		case RESOLVE_CONFIG: /* manifests have no Certificates */
		case RESOLVE_GONE:
			break;
		}
		pool_clear(&own);
	}
	publisher_wanted_gather(self->wanted, false);
}

static int line_cmp(const void *a, const void *b)
{
	const struct offline_line *x = a, *y = b;
	int rc = str_cmp(x->name, y->name);

	return rc ? rc : str_cmp(x->text, y->text);
}

static int report(struct offline *self, bool with_warnings)
{
	int status = self->rejected ? CLI_REJECTED : CLI_GOOD;

	if (self->n_lines)
		qsort(self->lines, self->n_lines, sizeof(*self->lines), line_cmp);
	for (size_t i = 0; i < self->n_lines; i++) {
		const struct offline_line *line = &self->lines[i];

		if (with_warnings || !line->is_warning)
			fprintf(stderr, STR_FMT ": %s" STR_FMT "\n", STR_ARG(line->name),
				line->is_warning ? "warning: " : "", STR_ARG(line->text));
		if (!line->is_warning)
			status = CLI_REJECTED;
	}
	return self->unreadable ? CLI_UNREADABLE : status;
}

int cli_offline_report(struct offline *self)
{
	return report(self, true);
}

int cli_offline_report_rejected(struct offline *self)
{
	return report(self, false);
}

void cli_offline_clear(struct offline *self)
{
	watcher_source_dir_destroy(&self->source);
	resolver_resolve_destroy(&self->resolve);
	publisher_wanted_destroy(&self->wanted);
	publisher_host_policy_clear(&self->policy);
	publisher_attached_clear(&self->attached);
	map_clear(&self->named);
	map_clear(&self->born);
	pool_clear(&self->pool);
}
