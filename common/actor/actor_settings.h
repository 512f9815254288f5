/* actor_settings: the settings that every room has. */
#ifndef ACTOR_ACTOR_SETTINGS_H
#define ACTOR_ACTOR_SETTINGS_H

#include "actor/hooks.h"
#include "actor/link/link_table.h"
#include "actor/web/web_address.h"

struct actor_settings {
	struct str run_dir, tap, log_level, log_format, metrics, probes, curve_dir, sandbox;
	struct str_list endpoints[N_LINKS];
	struct str settings_endpoint; /* empty: any ipc endpoint will do */
	unsigned curve_needs;         /* enum curve_needs */
	struct web_address metrics_at, probes_at;
	bool confined; /* --sandbox */
	bool tcp;      /* a link of this room goes over TCP */
	long ready_fd, jobs_credit;
	uint64_t heartbeat_ms;
};
extern struct actor_settings actor_settings;

/* Reads them, and those of the room. 0, 1 after --help or --version, -1 with a sentence. */
int actor_settings_read(const struct actor *actor, int argc, char **argv, struct err *err);

#endif
