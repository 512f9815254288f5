/* startup: what Pomerium needs to start, as the Pomerium object brings it.
 *
 *   in     what became of the Pomerium object; neither the barrier nor the lease is waited for
 *   out    its last good configuration, to the sinks that need it: for the bootstrap file, and for
 *          the secret that signs calls
 *   owns   the line that says what is lacking
 *   never  shows a secret; takes back what was good
 */
#include "publisher/bootstrap/startup.h"

#include "base/hash.h"
#include "base/log.h"

/* Said once for each reason. */
static void log_lack(struct startup *startup, const char *reason)
{
	const uint64_t sum = hash_fast(str_from(reason)) | 1;

	if (sum != startup->lack)
		log_warn(startup->started ? "what Pomerium starts with stays as it was"
					  : "what Pomerium starts with is not known yet",
			 "reason=%s", log_value(reason));
	startup->lack = sum;
}

void publisher_startup_follow(struct startup *startup, const struct sinks *sinks,
			      const struct owner *pomerium)
{
	struct good *good = pomerium ? pomerium->good : NULL;
	const bool has = good && good->bootstrap.ptr;
	struct err err = { "" };

	if (!publisher_sinks_wait_for_start(sinks))
		return;
	startup->started |= has;
	if (has && publisher_sinks_start_with(sinks, good, &err) < 0)
		log_lack(startup, err.text);
	if (pomerium && pomerium->reason)
		log_lack(startup, pomerium->reason);
	else if (!has)
		log_lack(startup,
			 "there is no Pomerium object with the name that --pomerium-config has");
	else
		startup->lack = 0;
}
