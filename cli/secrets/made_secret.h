/* made_secret: makes Secrets with fresh keys, for `sluice gen-secrets`: the one that Pomerium
 * starts with, and those with the CURVE keys of PROTOCOL.md, "Keys". Values leave through the two
 * print functions only, and clear wipes them. */
#ifndef CLI_MADE_SECRET_H
#define CLI_MADE_SECRET_H

#include "base/buf.h"
#include "base/err.h"

#define MADE_SECRET_VALUES 4
#define MADE_SECRET_MAX (64u << 10) /* bytes of a value, and of a printed Secret */

struct made_value {
	const char *key;
	struct buf bytes;
};

struct made_secret {
	struct str namespace, name; /* borrowed */
	struct made_value values[MADE_SECRET_VALUES];
	size_t n;
};

/* shared_secret, cookie_secret, signing_key. */
int cli_made_secret_bootstrap(struct made_secret *self, struct err *err);
/* One for the pods whose rooms bind, one for translators elsewhere: they belong together. */
int cli_made_secret_curve(struct made_secret *pod, struct made_secret *translator, struct err *err);
void cli_made_secret_clear(struct made_secret *self);

void cli_made_secret_print_yaml(const struct made_secret *self, struct buf *out);
void cli_made_secret_print_json(const struct made_secret *self, struct buf *out);

#endif
