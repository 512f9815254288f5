/* outcome_upstream: how Pomerium talks to the upstream.
 *
 *   in     backend-protocol, proxy-ssl-*, timeouts, load balancing, limits
 *   out    findings and annotations
 *   owns   what nginx does unasked: it keeps the client's Host header, allows WebSockets, and
 *          limits the time between two reads instead of that of a whole request
 *   never  contacts anything
 */
#include "cli/migrate/outcome/outcome_table.h"

static void add(struct outcome_job *job, const char *name, struct str value)
{
	cli_migrate_source_line(job->migrate, job->source, PLACE_UPSTREAM, name, value);
}

static bool has_variable(struct str value)
{
	return str_find(value, '$') >= 0;
}

/* ---- TLS ---- */

static bool is_tls(struct str protocol)
{
	return str_is(protocol, "HTTPS") || str_is(protocol, "GRPCS") ||
	       str_is(protocol, "AUTO_HTTP");
}

static bool uses_tls(const struct migrate_source *source)
{
	return is_tls(cli_migrate_source_get(source, "backend-protocol"));
}

static bool verifies(const struct migrate_source *source)
{
	return str_is(cli_migrate_source_get(source, "proxy-ssl-verify"), "on");
}

static void say_no_tls(struct outcome_job *job)
{
	cli_outcome_say(job, OUTCOME_UNNEEDED, "the upstream does not use TLS");
}

void cli_outcome_protocol(struct outcome_job *job)
{
	const struct str value = job->value;

	if (is_tls(value)) {
		add(job, "secure_upstream", STR("true"));
		cli_outcome_say(job,
				str_is(value, "AUTO_HTTP") ? OUTCOME_REWRITTEN : OUTCOME_WRITTEN,
				"secure_upstream; like nginx, Pomerium is told not to verify the "
				"certificate unless proxy-ssl-verify is on");
	} else if (str_is(value, "GRPC") || str_is(value, "FCGI") || str_is(value, "AJP")) {
		cli_outcome_say(job, OUTCOME_REFUSED,
				"Pomerium cannot talk to such an upstream, so this one is not "
				"written");
		cli_migrate_source_off(job->migrate, job->source, "its upstream speaks " STR_FMT,
				       STR_ARG(value));
	} else {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "HTTP is the default");
	}
}

void cli_outcome_ssl_secret(struct outcome_job *job)
{
	struct str namespace = job->source->ingress->metadata.namespace, name = job->value;

	str_cut(job->value, '/', &namespace, &name);
	if (!uses_tls(job->source)) {
		say_no_tls(job);
	} else if (!str_eq(namespace, job->source->ingress->metadata.namespace)) {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"the Secret is in another namespace, which Pomerium annotations "
				"cannot refer to");
		cli_migrate_source_choice(
			job->migrate, job->finding,
			"copy it into the namespace of the Ingress and name it in "
			"tls_client_secret, and in tls_custom_ca_secret if it has ca.crt");
	} else {
		add(job, "tls_client_secret", name);
		if (verifies(job->source))
			add(job, "tls_custom_ca_secret", name);
		cli_outcome_say(job, OUTCOME_WRITTEN, "tls_client_secret%s",
				verifies(job->source) ? " and tls_custom_ca_secret" : "");
	}
}

void cli_outcome_ssl_name(struct outcome_job *job)
{
	if (!uses_tls(job->source)) {
		say_no_tls(job);
	} else if (has_variable(job->value)) {
		cli_outcome_say(
			job, OUTCOME_DECIDE,
			"which name is in the certificate? Pomerium has no nginx variables");
		cli_migrate_source_choice(job->migrate, job->finding, "set tls_server_name to it");
	} else {
		add(job, "tls_server_name", job->value);
		cli_outcome_say(job, OUTCOME_WRITTEN, "tls_server_name");
	}
}

void cli_outcome_ssl_verify(struct outcome_job *job)
{
	if (!uses_tls(job->source))
		say_no_tls(job);
	else if (verifies(job->source))
		cli_outcome_say(job, OUTCOME_WRITTEN, "Pomerium verifies certificates by default");
	else
		cli_outcome_say(job, OUTCOME_WRITTEN, "tls_skip_verify");
}

/* ---- the Host header and the Service ---- */

void cli_outcome_vhost(struct outcome_job *job)
{
	if (has_variable(job->value)) {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"which Host header does the upstream get? Pomerium has no nginx "
				"variables");
		cli_migrate_source_choice(
			job->migrate, job->finding,
			"a fixed one: set host_rewrite instead of preserve_host_header");
		cli_migrate_source_choice(job->migrate, job->finding,
					  "one from another header or from the path: set "
					  "host_rewrite_header or host_path_regex_rewrite_pattern");
		return;
	}
	add(job, "host_rewrite", job->value);
	cli_outcome_say(job, OUTCOME_WRITTEN, "host_rewrite");
}

void cli_outcome_service(struct outcome_job *job)
{
	if (!cli_migrate_source_is_true(job->value)) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "it is off");
		return;
	}
	add(job, "service_proxy_upstream", STR("true"));
	cli_outcome_say(job, OUTCOME_WRITTEN, "service_proxy_upstream");
}

/* ---- load balancing ---- */

static void add_policy(struct outcome_job *job, struct str policy)
{
	add(job, "load_balancing_policy", policy);
}

void cli_outcome_affinity(struct outcome_job *job)
{
	if (!str_is(job->value, "cookie")) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "nginx only knows cookie");
		return;
	}
	add_policy(job, STR("maglev"));
	cli_outcome_say(job, OUTCOME_REWRITTEN,
			"load_balancing_policy: maglev, which follows the user's Pomerium session "
			"(or the client's address) instead of a cookie of its own");
}

void cli_outcome_balance(struct outcome_job *job)
{
	if (str_is(job->value, "round_robin")) {
		add_policy(job, STR("round_robin"));
		cli_outcome_say(job, OUTCOME_WRITTEN, "load_balancing_policy");
	} else if (str_is(job->value, "ewma")) {
		add_policy(job, STR("least_request"));
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"load_balancing_policy: least_request comes closest");
	} else {
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"nginx does not know it and uses its default");
	}
}

void cli_outcome_hash(struct outcome_job *job)
{
	if (str_is(job->value, "$remote_addr") || str_is(job->value, "$binary_remote_addr")) {
		add_policy(job, STR("maglev"));
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"load_balancing_policy: maglev, which follows the user's Pomerium "
				"session or the client's address");
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"what should requests to the same endpoint have in common? Pomerium cannot "
			"hash anything else than its session or the client's address");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "one of these: set load_balancing_policy: maglev or ring_hash");
	cli_migrate_source_choice(job->migrate, job->finding, "nothing, any endpoint will do");
}

/* ---- timeouts and limits ---- */

void cli_outcome_timeout(struct outcome_job *job)
{
	long long seconds;

	if (str_to_int(job->value, &seconds) && seconds > 0)
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"idle_timeout, the longer of reading and sending");
	else
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"nginx ignores it: it is not a number of seconds");
}

static long long seconds_of(const struct migrate_source *source, const char *name,
			    long long fallback)
{
	long long seconds;

	if (str_to_int(cli_migrate_source_get(source, name), &seconds) && seconds > 0)
		return seconds;
	return fallback;
}

void cli_outcome_retry(struct outcome_job *job)
{
	if (str_is(job->value, "off")) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "Pomerium sends no request twice");
		return;
	}
	job->finding->silent = !str_is(job->finding->name, "proxy-next-upstream") &&
			       cli_migrate_source_get(job->source, "proxy-next-upstream").len;
	cli_outcome_say(job, OUTCOME_DECIDE,
			"what if an endpoint fails? Pomerium does not try another one");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "keep requests off failing endpoints: set health_checks or "
				  "outlier_detection");
	cli_migrate_source_choice(job->migrate, job->finding, "let the client try again");
}

void cli_outcome_limit(struct outcome_job *job)
{
	static const char *const limits[] = { "limit-rps", "limit-rpm", "limit-connections",
					      "limit-rate" };
	bool is_limit = false, has_limit = false;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && !is_limit; i++) {
		is_limit = str_is(job->finding->name, limits[i]);
		has_limit |= !is_limit && cli_migrate_source_get(job->source, limits[i]).len;
	}
	if (!is_limit && !has_limit) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without a limit it has no effect");
		return;
	}
	job->finding->silent = has_limit; /* the first of them says it for all */
	cli_outcome_say(job, OUTCOME_DECIDE,
			"who limits what a client may do? Pomerium cannot limit single clients");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "something in front of Pomerium, or the application");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "nobody, but limit the upstream as a whole: set "
				  "circuit_breaker_thresholds");
}

/* ---- for every Ingress ---- */

void cli_outcome_upstream(struct migrate *migrate, struct migrate_source *source)
{
	const struct nginx_defaults *defaults = &migrate->defaults;
	const long long read = seconds_of(source, "proxy-read-timeout", defaults->read_timeout);
	const long long send = seconds_of(source, "proxy-send-timeout", defaults->send_timeout);
	const struct str vhost = cli_migrate_source_get(source, "upstream-vhost");
	const struct migrate_line lines[] = {
		{ PLACE_UPSTREAM, STR("allow_websockets"), STR("true") },
		{ PLACE_UPSTREAM, STR("timeout"), STR("0s") },
		{ PLACE_UPSTREAM, STR("idle_timeout"),
		  pool_printf(&migrate->pool, "%llds", read > send ? read : send) },
	};

	if (uses_tls(source) && !verifies(source))
		cli_migrate_source_line(migrate, source, PLACE_UPSTREAM, "tls_skip_verify",
					STR("true"));
	if ((!vhost.len || has_variable(vhost)) &&
	    !cli_migrate_source_has_own(source, "host_rewrite") &&
	    !cli_migrate_source_has_own(source, "host_rewrite_header") &&
	    !cli_migrate_source_has_own(source, "host_path_regex_rewrite_pattern"))
		cli_migrate_source_line(migrate, source, PLACE_UPSTREAM, "preserve_host_header",
					STR("true"));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cli_migrate_source_line(migrate, source, lines[i].place, lines[i].name.ptr,
					lines[i].value);
}
