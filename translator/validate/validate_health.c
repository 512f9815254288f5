/* validate_health: what Envoy refuses of health checks.
 *
 *   in     one value of the annotation health_checks
 *   out    0, or a sentence that says what would be right; warnings
 *   owns   nothing: validate_rules.c has the table
 *   never  asks an upstream
 */
#include "translator/validate/validate_health.h"

#include "rules/rules.h"
#include "translator/answer.h"

/* Where Envoy takes no control character but the tab. */
static int strict_value(struct str value, struct err *err)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return err_set(err, "%s holds a control character", err_quote(value));
	}
	return 0;
}

int translator_validate_health_text(const struct validate_value *v, struct err *err)
{
	return strict_value(v->text, err);
}

static void warn_missing(const struct validate_value *v, const char *field)
{
	translator_answer_warn(v->job->out, v->job->pool, RULE_HEALTH_PARTS,
			       "annotation " STR_FMT
			       "/health_checks: Envoy wants %s in each of them, and leaves this "
			       "route without upstream if it is missing",
			       STR_ARG(v->job->settings->prefix), field);
}

/* The reference publishes a check that lacks a part, and so do we: only this route suffers. */
int translator_validate_health_parts(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__HealthCheck *check =
		(const Pomerium__Config__HealthCheck *)v->message;

	(void)err;
	if (!check->timeout)
		warn_missing(v, "timeout");
	if (!check->interval)
		warn_missing(v, "interval");
	if (!check->unhealthy_threshold)
		warn_missing(v, "unhealthy_threshold");
	if (!check->healthy_threshold)
		warn_missing(v, "healthy_threshold");
	if (!check->http_health_check && !check->tcp_health_check && !check->grpc_health_check)
		warn_missing(v, "one of http_health_check, tcp_health_check and grpc_health_check");
	return 0;
}

/* Pomerium speaks HTTP/2 by https only, and not where web sockets are let through. */
int translator_validate_health_grpc(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__Route *route = v->route;
	bool http1 = !(v->job->flags & INGRESS_SECURE_UPSTREAM) || route->allow_websockets;

	for (size_t i = 0; route->allow_upgrades && i < route->allow_upgrades->n_values; i++)
		http1 |= str_is(pb_str(route->allow_upgrades->values[i]), "websocket");
	return http1 ? err_set(err,
			       "Envoy asks by gRPC over HTTP/2 only: secure_upstream should be "
			       "true, and web sockets not be allowed")
		     : 0;
}

int translator_validate_health_http(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__HealthCheck__HttpHealthCheck *http =
		(const Pomerium__Config__HealthCheck__HttpHealthCheck *)v->message;

	if (!pb_str(http->path).len)
		return err_set(err, "path should be given, such as /healthz");
	if (http->send)
		return err_rule(err, RULE_HEALTH_SEND,
				"send should be left out: the check is a GET, which has no body");
	return strict_value(pb_str(http->path), err);
}

int translator_validate_health_statuses(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__HealthCheck__Int64Range *range =
		(const Pomerium__Config__HealthCheck__Int64Range *)v->message;
	int64_t start = range->has_start ? range->start : 0, end = range->has_end ? range->end : 0;

	if (start >= 100 && end <= 600 && start < end)
		return 0;
	return err_set(err,
		       "a range of statuses should be within 100 and 600, and its end above its "
		       "start, got %lld to %lld",
		       (long long)start, (long long)end);
}

int translator_validate_health_payload(const struct validate_value *v, struct err *err)
{
	bool good = v->text.len && v->text.len % 2 == 0;

	for (size_t i = 0; i < v->text.len && good; i++)
		good = strchr("0123456789abcdefABCDEF", v->text.ptr[i]) && v->text.ptr[i];
	return good ? 0
		    : err_set(err,
			      "the text should be bytes in hexadecimal, such as 50494e47, got %s",
			      err_quote(v->text));
}
