/* flags: the publisher's settings.
 *
 *   in     flags and environment; the files that they name
 *   out    settings of one sink: a file or a databroker
 *   never  shows the shared secret
 */
#include "publisher/flags.h"

#include "publisher/databroker/reach.h"

#define INTERVAL_MS 500

static struct {
	struct str out, bootstrap_out, format;
	struct reach reach;
	uint64_t interval_ms, lease_ms;
	long max_delete_share, http3_port;
	bool once, report, name_changes;
	struct str kubeconfig, context, gateway_controller, certificate_namespace;
	uint64_t certificate_delay_ms;
	struct host_policy_flags hosts;
} flags;

const struct conf_option publisher_flags_options[] = {
	{ "out", CONF_TEXT, &flags.out, "", 0, 0, "file to keep Pomerium's configuration in", 'o' },
	{ "bootstrap-out", CONF_TEXT, &flags.bootstrap_out, "", 0, 0,
	  "config.yaml to keep for the Pomerium beside us: what it needs to start", 0 },
	{ "format", CONF_TEXT, &flags.format, "yaml", 0, 0,
	  "yaml: Pomerium's config.yaml; json: protobuf-JSON of the Config", 0 },
	{ "databroker-service-url", CONF_TEXT, &flags.reach.url, "", 0, 0,
	  "http:// or https:// and host:port of Pomerium's databroker, instead of --out", 0 },
	{ "shared-secret", CONF_TEXT, &flags.reach.secret, "", 0, 0,
	  "secret shared with Pomerium, base64 of 32 bytes; rather in the environment than in a "
	  "flag; empty: that of the Pomerium object",
	  0 },
	{ REACH_SECRET_FILE(&flags.reach.secret_file) },
	{ REACH_CA(&flags.reach.ca) },
	{ REACH_CA_FILE(&flags.reach.ca_file) },
	{ REACH_INSECURE(&flags.reach.insecure) },
	{ REACH_OVERRIDE_NAME(&flags.reach.override_name) },
	{ "max-delete-share", CONF_INT, &flags.max_delete_share, "50", 1, 100,
	  "percent of the published routes from which on they are not removed at once; "
	  "100: no limit",
	  0 },
	{ "http3-advertise-port", CONF_INT, &flags.http3_port, "443", 0, 65535,
	  "port that browsers are told to reach Pomerium's HTTP/3 on, if the Pomerium object has "
	  "codecType http3; 0: the one that it listens on",
	  0 },
	{ "lease-duration", CONF_DURATION, &flags.lease_ms, "30s", 1000, 3600000,
	  "how long the databroker waits for a publisher that is silent before another may write",
	  0 },
	{ "debug-dump-config-diff", CONF_BOOL, &flags.name_changes, "false", 0, 0,
	  "a line for each record that is added, changed or removed in the databroker: its name, "
	  "never what is in it",
	  0 },
	{ "publish-interval", CONF_DURATION, &flags.interval_ms, "0", 0, 3600000,
	  "longest time that a change waits for others; 0: 500ms, longer for a databroker with "
	  "many routes",
	  0 },
	{ "host-ownership", CONF_TEXT, &flags.hosts.ownership, "shared", 0, 0,
	  HOST_POLICY_OWNERSHIP_HELP, 0 },
	{ "shared-host", CONF_TEXT, &flags.hosts.shared_host, "", 0, 0, HOST_POLICY_SHARED_HELP,
	  0 },
	{ "authenticate-namespaces", CONF_LIST, &flags.hosts.authenticate_namespaces, "", 0, 0,
	  HOST_POLICY_AUTHENTICATE_HELP, 0 },
	{ "once", CONF_BOOL, &flags.once, "false", 0, 0,
	  "end after the first complete state: status 0, or 1 if something is rejected", 0 },
	{ "report", CONF_BOOL, &flags.report, "false", 0, 0,
	  "tell Kubernetes what became of each Ingress: Events, the Pomerium object's status, and "
	  "the Ingress's own, should the resolver know an address",
	  0 },
	{ "kubeconfig", CONF_TEXT, &flags.kubeconfig, "", 0, 0,
	  "cluster to report to; empty: the one that the pod runs in", 0 },
	{ "context", CONF_TEXT, &flags.context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "certificate-namespace", CONF_TEXT, &flags.certificate_namespace, "", 0, 0,
	  "where Certificates of a ClusterIssuer are ordered (spec.certificateAutoProvision); "
	  "empty: the namespace of the pod, or of the context",
	  0 },
	{ "certificate-delay", CONF_DURATION, &flags.certificate_delay_ms, "60s", 0, 3600000,
	  "how long a host has to be without a certificate before one is ordered, and how long a "
	  "Certificate may be needless before it is deleted",
	  0 },
	{ "gateway-class-controller-name", CONF_TEXT, &flags.gateway_controller,
	  "pomerium.io/gateway-controller", 0, 0,
	  "whose entries in the status of HTTPRoutes are ours", 0 },
	{ 0 },
};

static int read_databroker(struct databroker_settings *out, struct err *err)
{
	*out = (struct databroker_settings){
		.interval_ms = flags.interval_ms,
		.lease_ms = flags.lease_ms,
		.max_delete_share = flags.max_delete_share,
		.http3_port = (unsigned)flags.http3_port,
		.name_changes = flags.name_changes,
	};
	out->secret_later = !publisher_reach_has_secret(&flags.reach);
	return publisher_reach_read(&flags.reach, &out->grpc, err);
}

static int read_file(struct file_sink_settings *out, struct err *err)
{
	const bool json = str_is(flags.format, "json");

	if (!flags.out.len)
		return err_set(err, "--out is missing; it names the file to write (or "
				    "--databroker-service-url a "
				    "databroker)");
	if (!json && !str_is(flags.format, "yaml"))
		return err_set(err, "--format is %s; it must be json or yaml",
			       err_quote(flags.format));
	*out = (struct file_sink_settings){ .path = flags.out.ptr,
					    .format = json ? WANTED_JSON : WANTED_YAML,
					    .interval_ms = flags.interval_ms ? flags.interval_ms
									     : INTERVAL_MS,
					    .max_delete_share = flags.max_delete_share };
	return 0;
}

int publisher_flags_read(struct flags *out, struct err *err)
{
	int rc;

	*out = (struct flags){ .once = flags.once,
			       .report = flags.report && !flags.once,
			       .kubeconfig = flags.kubeconfig,
			       .context = flags.context,
			       .gateway_controller = flags.gateway_controller,
			       .hosts = flags.hosts,
			       .certificate_namespace = flags.certificate_namespace,
			       .certificate_delay_ms = flags.certificate_delay_ms,
			       .bootstrap_out =
				       flags.bootstrap_out.len ? flags.bootstrap_out.ptr : NULL,
			       .to_databroker = flags.reach.url.len > 0 };
	if (flags.out.len && flags.reach.url.len)
		return err_set(err, "--out and --databroker-service-url are both given; a "
				    "publisher has one of them");
	if (publisher_host_policy_check(&flags.hosts, err) < 0)
		return -1;
	rc = out->to_databroker ? read_databroker(&out->databroker, err)
				: read_file(&out->file, err);
	out->needs.yaml = !out->to_databroker && out->file.format == WANTED_YAML;
	out->needs.bootstrap = out->bootstrap_out || out->databroker.secret_later;
	return rc;
}

void publisher_flags_confine(const struct flags *self, struct confine *needs)
{
	if (self->to_databroker) {
		needs->client = true;
		confine_connect(needs, flags.reach.url);
		confine_read(needs, flags.reach.ca_file);
	} else {
		confine_write(needs, flags.out);
	}
	confine_write(needs, flags.bootstrap_out);
}
