/* actor_settings: the settings that every room has.
 *
 *   in     argv, the environment
 *   out    struct actor_settings, checked; the level and the format of the log
 *   owns   them
 *   never  opens anything
 */
#include "actor/actor_settings.h"

#include <stdio.h>

#include "actor/link/curve_keys.h"
#include "actor/link/endpoint.h"
#include "base/log.h"

struct actor_settings actor_settings;

static const struct conf_option standard[] = {
	{ "run-dir", CONF_TEXT, &actor_settings.run_dir, "/run/sluice", 0, 0,
	  "folder of the sockets between processes", 0 },
	{ "objects-endpoint", CONF_LIST, &actor_settings.endpoints[LINK_OBJECTS], "", 0, 0,
	  "watcher to resolver; empty: ipc in the run folder; the end that binds takes several",
	  0 },
	{ "jobs-endpoint", CONF_LIST, &actor_settings.endpoints[LINK_JOBS], "", 0, 0,
	  "translator to resolver; empty: ipc in the run folder", 0 },
	{ "configs-endpoint", CONF_LIST, &actor_settings.endpoints[LINK_CONFIGS], "", 0, 0,
	  "translator to publisher; empty: ipc in the run folder", 0 },
	{ "state-endpoint", CONF_LIST, &actor_settings.endpoints[LINK_STATE], "", 0, 0,
	  "resolver to publisher; empty: ipc in the run folder", 0 },
	{ "settings-endpoint", CONF_TEXT, &actor_settings.settings_endpoint, "", 0, 0,
	  "of the resolver and of the publisher: where alone a translator with --settings is "
	  "taken for one, an ipc endpoint of its own beside the others; empty: any ipc endpoint",
	  0 },
	{ "tap-endpoint", CONF_TEXT, &actor_settings.tap, "", 0, 0,
	  "where sluice tap listens; empty: ipc in the run folder", 0 },
	{ "metrics-bind-address", CONF_TEXT, &actor_settings.metrics, "", 0, 0,
	  "address of /metrics and a status page, such as :9090 or 127.0.0.1:9090; empty or 0: "
	  "none",
	  0 },
	{ "health-probe-bind-address", CONF_TEXT, &actor_settings.probes, "", 0, 0,
	  "address of /healthz, /readyz and /startupz; empty or 0: none", 0 },
	{ "curve-dir", CONF_TEXT, &actor_settings.curve_dir, "", 0, 0,
	  "folder of the CURVE keys for tcp endpoints", 0 },
	{ "log-level", CONF_TEXT, &actor_settings.log_level, "info", 0, 0,
	  "debug, info, warn or error", 0 },
	{ "log-format", CONF_TEXT, &actor_settings.log_format, "logfmt", 0, 0, "logfmt or json",
	  0 },
	{ "ready-fd", CONF_INT, &actor_settings.ready_fd, "-1", -1, 65535,
	  "descriptor to write a newline to, once ready", 0 },
	{ "jobs-credit", CONF_INT, &actor_settings.jobs_credit, "16", 1, 4096,
	  "bundles a translator takes at a time", 0 },
	{ "heartbeat", CONF_DURATION, &actor_settings.heartbeat_ms, "250ms", 10, 60000,
	  "pace of heartbeats on idle links", 0 },
	{ "sandbox", CONF_TEXT, &actor_settings.sandbox, "on", 0, 0,
	  "on: a room gives up what it does not need once it has started; off: for debuggers", 0 },
	{ 0 },
};

/* Endpoints of this room's links, and which keys they need. */
static int check_endpoints(enum msg_room room, unsigned *needs, struct err *err)
{
	bool has_keys = actor_settings.curve_dir.len > 0;
	char flag[64];

	for (int id = 0; id < N_LINKS; id++) {
		const struct str_list *ends = &actor_settings.endpoints[id];
		bool is_router;

		if (!actor_link_is_of((enum msg_link)id, room, &is_router))
			continue;
		snprintf(flag, sizeof(flag), "%s-endpoint", actor_link_name((enum msg_link)id));
		for (size_t i = 0; i < ends->n; i++) {
			if (actor_endpoint_check(flag, ends->items[i], has_keys, err) < 0)
				return -1;
			actor_settings.tcp |= actor_endpoint_is_tcp(ends->items[i]);
			if (has_keys && actor_endpoint_is_tcp(ends->items[i]))
				*needs |= is_router ? CURVE_BINDS : CURVE_CONNECTS;
		}
	}
	if (actor_settings.settings_endpoint.len &&
	    !str_starts(actor_settings.settings_endpoint, ENDPOINT_IPC))
		return err_set(err,
			       "--settings-endpoint %s: the settings stay on this machine, so it "
			       "must be " ENDPOINT_IPC "PATH",
			       err_quote(actor_settings.settings_endpoint));
	/* sluice tap has no keys, so a tap never leaves the machine. */
	return actor_settings.tap.len
		       ? actor_endpoint_check("tap-endpoint", actor_settings.tap, false, err)
		       : 0;
}

static int check_log(struct err *err)
{
	enum log_level level;

	if (log_level_from(actor_settings.log_level.ptr, &level) < 0)
		return err_set(err, "--log-level: %s is not one of debug, info, warn, error",
			       err_quote(actor_settings.log_level));
	log_set_level(level);
	if (!str_is(actor_settings.log_format, "logfmt") &&
	    !str_is(actor_settings.log_format, "json"))
		return err_set(err, "--log-format: %s is neither logfmt nor json",
			       err_quote(actor_settings.log_format));
	log_set_format(str_is(actor_settings.log_format, "json") ? LOG_JSON : LOG_LOGFMT);
	return 0;
}

static int check_sandbox(struct err *err)
{
	actor_settings.confined = str_is(actor_settings.sandbox, "on");
	if (!actor_settings.confined && !str_is(actor_settings.sandbox, "off"))
		return err_set(err, "--sandbox: %s is neither on nor off",
			       err_quote(actor_settings.sandbox));
	return 0;
}

static int check_settings(const struct actor *actor, struct err *err)
{
	if (check_log(err) < 0 || check_sandbox(err) < 0)
		return -1;
	if (actor_web_address_from(actor_settings.metrics, &actor_settings.metrics_at, err) < 0)
		return err_wrap(err, "--metrics-bind-address");
	if (actor_web_address_from(actor_settings.probes, &actor_settings.probes_at, err) < 0)
		return err_wrap(err, "--health-probe-bind-address");
	if (check_endpoints(actor->room, &actor_settings.curve_needs, err) < 0)
		return -1;
	return actor->check ? actor->check(actor->self, err) : 0;
}

int actor_settings_read(const struct actor *actor, int argc, char **argv, struct err *err)
{
	static const struct conf_option none[] = { { 0 } };
	const struct conf_option *const *more = actor->more_options;
	const struct conf_option *tables[] = { actor->options ? actor->options : none,
					       more[0] ? more[0] : none, more[1] ? more[1] : none,
					       standard, NULL };
	struct str_list rest;
	char program[64];
	int rc;

	snprintf(program, sizeof(program), "sluice-%s", room_name(actor->room));
	rc = conf_read(tables, program, actor->summary ? actor->summary : "", argc, argv, &rest,
		       err);
	if (rc != 0)
		return rc;
	if (rest.n)
		return err_set(err, "unexpected argument %s; --help lists the flags",
			       err_quote(rest.items[0]));
	return check_settings(actor, err);
}
