/* kube_identity: what is shown to the server, and when it is read again.
 *
 *   in     the configuration; 401 answers
 *   out    the credentials in use
 *   owns   when they were read
 *   never  reads in a tight loop, gives up what worked for what cannot be read
 */
#include "kube/kube_inside.h"

#include "base/clock.h"
#include "base/log.h"

#define RELOAD_MS 60000      /* files */
#define PAUSE_MS 500         /* between two readings after a 401 */
#define PAUSE_PLUGIN_MS 5000 /* the same, for an exec plugin */
#define EXPIRY_S 10          /* a plugin is asked that long before its answer runs out */

static bool is_old(const struct kube_identity *self, const struct kube_config *config, uint64_t age)
{
	if (self->refused)
		return true;
	if (config->exec.command.len)
		return self->credentials.expires &&
		       clock_wall() + EXPIRY_S >= self->credentials.expires;
	return age >= RELOAD_MS;
}

void kube_identity_refresh(struct kube_identity *self, const struct kube_config *config)
{
	const uint64_t now = clock_ms(), age = now - self->read_ms;
	struct kube_credentials fresh;
	struct err err = { "" };

	if (age < (config->exec.command.len ? PAUSE_PLUGIN_MS : PAUSE_MS) ||
	    !is_old(self, config, age))
		return;
	self->read_ms = now;
	if (kube_credentials_read(config, &fresh, &err)) {
		log_warn("credentials cannot be read, going on with the old ones", "reason=%s",
			 log_value(err.text));
		return;
	}
	self->number++;
	self->refused = false;
	kube_credentials_clear(&self->credentials);
	self->credentials = fresh;
}

void kube_identity_refused(struct kube_identity *self, unsigned number)
{
	if (number == self->number) /* not yet read again since */
		self->refused = true;
}
