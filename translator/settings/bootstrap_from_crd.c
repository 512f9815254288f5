/* bootstrap_from_crd: makes of the Pomerium object what Pomerium needs before it starts.
 *
 *   in     the bundle of the Pomerium object, the flags that describe the Pomerium beside us
 *   out    bootstrap of a CONFIG and its splices
 *   owns   the rules of the bootstrap Secret and of storage
 *   never  sees a private value: the publisher completes a connection string
 */
#include "translator/settings/settings.h"

#include "net/url.h"
#include "pb/pomerium.pb-c.h"
#include "rules/rules.h"
#include "translator/settings/crd.h"
#include "translator/settings/pomerium_flags.h"
#include "translator/answer.h"
#include "translator/bundle_secret.h"

#define SECRET_LEN 32
#define ADDRESS_DEFAULT STR(":8443")

static int splice_secrets(struct settings_job *job, struct err *err)
{
	static const struct {
		const char *key;
		bool required;
	} parts[] = {
		{ "shared_secret", true },
		{ "cookie_secret", true },
		{ "signing_key", false },
	};
	struct str name = translator_crd_text(job->spec, "secrets");
	const struct msg_bundle_secret *secret =
		translator_settings_secret(job, "secrets", name, err);

	if (!secret)
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct msg_secret_info *info = msg_bundle_secret_info(secret, parts[i].key);

		if (!info && !parts[i].required)
			continue;
		if (!info)
			return err_rule(
				err, RULE_BOOT_SECRETS,
				"spec.secrets: Secret %s should have %d bytes under the key "
				"%s, but has no such key",
				err_quote(name), SECRET_LEN, parts[i].key);
		if (parts[i].required && info->len != SECRET_LEN)
			return err_rule(
				err, RULE_BOOT_SECRETS,
				"spec.secrets: Secret %s should have %d bytes under the key "
				"%s, but has %llu",
				err_quote(name), SECRET_LEN, parts[i].key,
				(unsigned long long)info->len);
		translator_settings_secret_splice(job, "secrets", secret, info->name, STR(""));
	}
	return 0;
}

/* ---- storage ---- */

static int add_files(struct settings_job *job, struct err *err)
{
	static const struct {
		const char *field, *key;
	} parts[] = {
		{ "storage.postgres.caSecret", "ca.crt" },
		{ "storage.postgres.tlsSecret", "tls.crt" },
		{ "storage.postgres.tlsSecret", "tls.key" },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct str name = translator_crd_text(job->spec, parts[i].field);
		const struct msg_bundle_secret *secret;
		const struct msg_secret_info *info;

		if (!name.ptr)
			continue;
		secret = translator_settings_secret(job, parts[i].field, name, err);
		info = secret ? translator_settings_secret_need(secret, parts[i].field,
								parts[i].key, err)
			      : NULL;
		if (!info)
			return -1;
		translator_settings_secret_splice(job, parts[i].field, secret, info->name, STR(""));
	}
	return 0;
}

static int splice_connection(struct settings_job *job, struct err *err)
{
	static const char FIELD[] = "storage.postgres.secret";
	const struct msg_bundle_secret *secret =
		translator_settings_secret(job, FIELD, translator_crd_text(job->spec, FIELD), err);
	const struct msg_secret_info *info =
		secret ? translator_settings_secret_need(secret, FIELD, "connection", err) : NULL;

	if (!info || add_files(job, err))
		return -1;
	translator_settings_secret_splice(job, FIELD, secret, info->name, STR(""));
	return 0;
}

static int set_storage(struct settings_job *job, Pomerium__Config__Settings *out, struct err *err)
{
	struct str path = translator_crd_text(job->spec, "storage.file.path");

	if (translator_settings_secret_check_storage(job, err))
		return -1;
	if (path.ptr) {
		PB_SET_TEXT(out, databroker_storage_type, STR("file"));
		PB_SET_TEXT(out, databroker_storage_connection_string,
			    pool_printf(job->pool, "file://" STR_FMT, STR_ARG(path)));
		return 0;
	}
	if (!translator_crd_get(job->spec, "storage.postgres")) {
		PB_SET_TEXT(out, databroker_storage_type, STR("memory"));
		return 0;
	}
	PB_SET_TEXT(out, databroker_storage_type, STR("postgres"));
	return splice_connection(job, err);
}

/* ---- addresses, flags, cluster ---- */

/* host:port as Go's net.SplitHostPort cuts it; no host means localhost. */
static int set_authenticate_url(struct settings_job *job, struct str address,
				Pomerium__Config__Settings *out, struct err *err)
{
	struct str host, port;
	bool bracketed;
	long colon;

	if (!translator_crd_get(job->spec, "identityProvider"))
		return 0;
	if (!address.ptr)
		address = ADDRESS_DEFAULT;
	colon = str_rfind(address, ':');
	if (colon < 0)
		goto malformed;
	host = str_slice(address, 0, (size_t)colon);
	port = str_slice(address, (size_t)colon + 1, address.len);
	bracketed = str_starts(host, "[") && str_ends(host, "]");
	if (bracketed)
		host = str_slice(host, 1, host.len - 1);
	if (str_find(host, '[') >= 0 || str_find(host, ']') >= 0 ||
	    (!bracketed && str_find(host, ':') >= 0) || str_has_control(address))
		goto malformed;
	if (host.len == 0)
		host = STR("localhost");
	PB_SET_TEXT(
		out, authenticate_internal_service_url,
		pool_printf(job->pool,
			    str_find(host, ':') >= 0 ? "https://[%.*s]:%.*s" : "https://%.*s:%.*s",
			    STR_ARG(host), STR_ARG(port)));
	return 0;
malformed:
	return err_rule(err, RULE_BOOT_ADDRESS,
			"authenticate: the address %s that Pomerium listens on should be host:port "
			"or :port",
			err_quote(address));
}

static void set_runtime_flags(struct settings_job *job, Pomerium__Config__Settings *out)
{
	const struct value *flags = translator_crd_get(job->spec, "runtimeFlags");

	for (size_t i = 0; flags && i < flags->map.n; i++) {
		Pomerium__Config__Settings__RuntimeFlagsEntry *entry =
			PB_NEW(job->pool, pomerium__config__settings__runtime_flags_entry);

		PB_SET_TEXT(entry, key, flags->map.entries[i].key.string);
		PB_SET(entry, value, flags->map.entries[i].value.boolean);
		PB_PUSH(job->pool, out, runtime_flags, entry);
	}
}

/* Without an address the node is known elsewhere. */
static int add_node(struct settings_job *job, const struct pomerium_node *known,
		    Pomerium__Config__Settings *out, struct err *err)
{
	Pomerium__Config__Settings__DataBrokerClusterNode *node;
	struct url url;

	if (!known->grpc_address.ptr)
		return 0;
	if (url_parse_full(known->grpc_address, &url, err)) {
		(void)err_wrap(err, "databroker cluster node %s", err_quote(known->id));
		return err_code(err, RULE_BOOT_NODES);
	}
	if (!out->databroker_cluster_nodes)
		out->databroker_cluster_nodes =
			PB_NEW(job->pool, pomerium__config__settings__data_broker_cluster_nodes);
	node = PB_NEW(job->pool, pomerium__config__settings__data_broker_cluster_node);
	PB_SET_TEXT(node, id, known->id);
	PB_SET_TEXT(node, grpc_address, known->grpc_address);
	if (known->raft_address.len)
		PB_SET_TEXT(node, raft_address, known->raft_address);
	PB_PUSH(job->pool, out->databroker_cluster_nodes, nodes, node);
	return 0;
}

static int set_cluster(struct settings_job *job, const struct pomerium_flags *flags,
		       Pomerium__Config__Settings *out, struct err *err)
{
	struct str leader = translator_crd_text(job->spec, "dataBroker.clusterLeaderId");
	struct pomerium_node *nodes;
	bool is_leader = false;
	size_t n;

	if (translator_pomerium_flags_nodes(flags, job->pool, &nodes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		is_leader = is_leader || str_eq(nodes[i].id, leader);
		if (add_node(job, &nodes[i], out, err))
			return -1;
	}
	if (!leader.ptr)
		return 0;
	if (!is_leader)
		return err_rule(
			err, RULE_BOOT_LEADER,
			"spec.dataBroker.clusterLeaderId: %s should be one of the cluster's "
			"nodes, which --databroker-cluster-nodes names",
			err_quote(leader));
	PB_SET_TEXT(out, databroker_cluster_leader_id, leader);
	return 0;
}

/* ---- together ---- */

static int fill(struct settings_job *job, const struct translator_settings *settings,
		Pomerium__Config__Config *config, struct err *err)
{
	const struct str address = translator_pomerium_flags_address(settings->pomerium);
	Pomerium__Config__Settings *out = config->settings;

	if (set_authenticate_url(job, address, out, err) || splice_secrets(job, err) ||
	    set_storage(job, out, err) || set_cluster(job, settings->pomerium, out, err) ||
	    translator_pomerium_flags_set(settings->pomerium, job->pool, config, err))
		return -1;
	if (address.len)
		PB_SET_TEXT(out, address, address);
	set_runtime_flags(job, out);
	return 0;
}

int translator_bootstrap_from_crd(const struct translator_settings *settings,
				  const struct msg_bundle *bundle, struct pool *pool,
				  struct msg_config *out, struct err *err)
{
	struct settings_job job = { .bundle = bundle, .pool = pool, .out = out };
	Pomerium__Config__Config *config = PB_NEW(pool, pomerium__config__config);
	size_t n_splices = out->splices.n;
	struct err own = { "" };
	struct buf bytes;

	if (!bundle->pomerium)
		return 0;
	job.spec = bundle->pomerium->spec;
	config->settings = PB_NEW(pool, pomerium__config__settings);
	if (fill(&job, settings, config, &own)) {
		if (settings->bootstrap_only)
			return err_rule(err, own.code, "%s", own.text);
		/* Nothing of a part that is not whole may go out. */
		out->splices.n = n_splices;
		translator_answer_warn(out, pool, own.code, MSG_CONFIG_BOOTSTRAP "%s", own.text);
		return 0;
	}
	buf_init(&bytes, BUF_MAX_MESSAGE / 2);
	pb_pack(&config->base, &bytes);
	out->bootstrap = pool_str(pool, buf_view(&bytes));
	buf_clear(&bytes);
	return 0;
}
