/* startup: what Pomerium needs to start, as the Pomerium object brings it: its bootstrap file, and
 * the secret that it shares with us.
 *
 *   in     what became of the Pomerium object; neither the barrier nor the lease is waited for
 *   out    the bootstrap file; the secret that signs the databroker calls
 *   owns   the line that says what is lacking
 *   never  shows the secret; takes back what was good
 */
#include "publisher/room.h"

#include "base/log.h"
#include "base/mem.h"
#include "publisher/wanted/bootstrap.h"

static bool wants_bootstrap(const struct publisher *p)
{
	return p->flags.bootstrap_out || p->flags.databroker.secret_later;
}

/* Said once for each reason. */
static void tell_lack(struct publisher *p, const char *reason)
{
	const uint64_t sum = hash_fast(str_from(reason)) | 1;

	if (sum != p->lack)
		log_warn(p->started ? "what Pomerium starts with stays as it was"
				    : "what Pomerium starts with is not known yet",
			 "reason=%s", log_value(reason));
	p->lack = sum;
}

static void take_bootstrap(struct publisher *p, struct good *good)
{
	struct hash secret;
	struct err err = { "" };

	p->started = true;
	if (p->flags.bootstrap_out)
		publisher_bootstrap_sink_take(&p->bootstrap, good);
	if (!p->flags.databroker.secret_later)
		return;
	if (publisher_bootstrap_secret(good, &secret, &err) < 0)
		tell_lack(p, err.text);
	else
		publisher_databroker_set_secret(p->databroker, &secret);
	mem_wipe(&secret, sizeof(secret));
}

void publisher_startup_follow(struct publisher *p, const struct msg_key *pomerium)
{
	const struct owner *owner = publisher_wanted_owner(p->wanted, pomerium);
	struct good *good = owner ? owner->good : NULL;

	if (!wants_bootstrap(p))
		return;
	if (good && good->bootstrap.ptr)
		take_bootstrap(p, good);
	if (owner && owner->reason)
		tell_lack(p, owner->reason);
	else if (!good || !good->bootstrap.ptr)
		tell_lack(p,
			  "there is no Pomerium object with the name that --pomerium-config has");
	else
		p->lack = 0;
}

/* ---- start and end ---- */

int publisher_startup_open(struct publisher *p, struct err *err)
{
	const bool yaml = !p->flags.to_databroker && p->flags.file.format == WANTED_YAML;

	publisher_wanted_need(p->wanted, (struct wanted_needs){ yaml, wants_bootstrap(p) });
	if (p->flags.databroker.secret_later)
		log_info(
			"the Pomerium object brings the shared secret, nothing is published before",
			NULL);
	if (!p->flags.bootstrap_out)
		return 0;
	return publisher_bootstrap_sink_open(&p->bootstrap, p->flags.bootstrap_out, p->wanted, err);
}

void publisher_startup_close(struct publisher *p)
{
	if (p->flags.bootstrap_out)
		publisher_bootstrap_sink_close(&p->bootstrap);
}

uint64_t publisher_startup_tick(struct publisher *p, uint64_t now_ms)
{
	return p->flags.bootstrap_out ? publisher_bootstrap_sink_tick(&p->bootstrap, now_ms)
				      : UINT64_MAX;
}
