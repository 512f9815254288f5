/* settings: what the files that translate the Pomerium object share. */
#ifndef TRANSLATOR_SETTINGS_H
#define TRANSLATOR_SETTINGS_H

#include "base/value.h"
#include "msg/msg.h"
#include "pb/reflect.h"
#include "translator/translator_settings.h"

/* settings_from_crd.c: the settings that every Pomerium process follows, certificates, warnings. No
 * object: no settings. All errors are in out->diagnostics; err has the first. */
int translator_settings_from_crd(const struct msg_bundle *bundle, struct pool *pool,
				 struct msg_config *out, struct err *err);
/* bootstrap_from_crd.c: what Pomerium needs before it starts. A fault in it rejects the object only
 * where this part is what is asked for (settings->bootstrap_only); elsewhere it is a warning and
 * the last good part stays. */
int translator_bootstrap_from_crd(const struct translator_settings *settings,
				  const struct msg_bundle *bundle, struct pool *pool,
				  struct msg_config *out, struct err *err);

/* ---- shared by these two and by the files below ---- */

struct settings_job {
	const struct msg_bundle *bundle;
	const struct value *spec; /* checked against the CRD's schema */
	struct pool *pool;
	struct msg_config *out;
};

/* settings_secret.c: the Secret that the field names ("namespace/name"). NULL with a sentence. */
const struct msg_bundle_secret *translator_settings_secret(const struct settings_job *job,
							   const char *field, struct str name,
							   struct err *err);
/* Its value under a key: there, not empty, text. NULL with a sentence. */
const struct msg_secret_info *
translator_settings_secret_need(const struct msg_bundle_secret *secret, const char *field,
				const char *key, struct err *err);
/* The value goes where splice_table.c says, at this place of a map or list. */
void translator_settings_secret_splice(struct settings_job *job, const char *field,
				       const struct msg_bundle_secret *secret, struct str key,
				       struct str at);
/* The Secrets of spec.storage have what they must have. */
int translator_settings_secret_check_storage(const struct settings_job *job, struct err *err);

/* settings_splice.c: what Secrets fill in. */
int translator_settings_splice_certificates(struct settings_job *job, struct err *err);
int translator_settings_splice_authorities(struct settings_job *job, struct value *tree,
					   struct err *err);
int translator_settings_splice_idp(struct settings_job *job, struct err *err);
int translator_settings_splice_ssh(struct settings_job *job, struct value *tree, struct err *err);

/* settings_rules.c: what Pomerium refuses of its settings; one row a rule. */
struct settings_rule {
	const char *path; /* below spec; [] for each item, {} for each entry */
	unsigned code;    /* enum rule_code, unless the sentence names another */
	int (*check)(struct settings_job *job, struct str key, struct str text, struct err *err);
};
extern const struct settings_rule translator_settings_rules[]; /* ends with a NULL path */
void translator_settings_validate(struct settings_job *job);
/* settings_from_crd.c: adds an error; looking for more goes on. */
void translator_settings_refuse(struct settings_job *job, struct str field, const struct err *why);

#endif
