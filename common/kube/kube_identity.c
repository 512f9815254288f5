/* kube_identity: what is shown to the server, and when it is read again.
 *
 *   in     the configuration; 401 answers
 *   out    the credentials in use
 *   owns   when they were read, the plugin while it runs
 *   never  reads in a tight loop, waits, gives up what worked for what cannot be read
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

static void put(struct kube_identity *self, struct kube_credentials *fresh)
{
	self->number++;
	self->known = true;
	self->refused = false;
	if (retry_success(&self->reading))
		log_info("credentials can be read again", NULL);
	kube_credentials_clear(&self->credentials);
	self->credentials = *fresh;
	memset(fresh, 0, sizeof(*fresh));
}

/* What failed before anything was known is what requests end with. */
static void keep_old(struct kube_identity *self, const struct err *err)
{
	if (!self->known)
		self->failure = *err;
	else if (retry_failure(&self->reading, str_from(err->text), 0))
		log_warn("credentials cannot be read, going on with the old ones", "reason=%s",
			 log_value(err->text));
}

int kube_identity_read(struct kube_identity *self, const struct kube_config *config,
		       struct err *err)
{
	self->read_ms = clock_ms();
	if (kube_credentials_read(config, &self->fresh, err))
		return -1;
	if (!config->exec.command.len) {
		put(self, &self->fresh);
		return 0;
	}
	if (kube_exec_start(&self->plugin, config, self->fresh.ca, err)) {
		kube_credentials_clear(&self->fresh);
		return -1;
	}
	http_loop_watch(self->loop, self->plugin.out);
	http_loop_watch(self->loop, self->plugin.helper.fd);
	return 0;
}

void kube_identity_refresh(struct kube_identity *self, const struct kube_config *config)
{
	const uint64_t age = clock_ms() - self->read_ms;
	struct err err = { "" };

	if (self->plugin.runs || age < (config->exec.command.len ? PAUSE_PLUGIN_MS : PAUSE_MS) ||
	    (self->known && !is_old(self, config, age)))
		return;
	if (kube_identity_read(self, config, &err))
		keep_old(self, &err);
}

void kube_identity_step(struct kube_identity *self, const struct kube_config *config)
{
	struct err err = { "" };
	int rc;

	if (!self->plugin.runs) {
		kube_exec_look(&self->plugin);
		return;
	}
	rc = kube_exec_step(&self->plugin, config, &self->fresh, &err);
	if (rc > 0)
		return;
	self->read_ms = clock_ms();
	if (!rc && !kube_credentials_check(&self->fresh, &err)) {
		put(self, &self->fresh);
		return;
	}
	kube_credentials_clear(&self->fresh);
	keep_old(self, &err);
}

uint64_t kube_identity_due(const struct kube_identity *self)
{
	return self->plugin.runs ? self->plugin.deadline_ms : UINT64_MAX;
}

enum kube_identity_state kube_identity_state(const struct kube_identity *self)
{
	const int64_t expires = self->credentials.expires;

	if (self->plugin.runs &&
	    (!self->known || self->refused || (expires && clock_wall() >= expires)))
		return KUBE_IDENTITY_COMING;
	return self->known ? KUBE_IDENTITY_KNOWN : KUBE_IDENTITY_FAILED;
}

void kube_identity_refused(struct kube_identity *self, unsigned number)
{
	if (number == self->number) /* not yet read again since */
		self->refused = true;
}

void kube_identity_clear(struct kube_identity *self)
{
	kube_exec_close(&self->plugin);
	kube_credentials_clear(&self->fresh);
	kube_credentials_clear(&self->credentials);
}
