/* model: what the page shows of a pipeline: its routes, certificates, what is held back, and what
 * has changed since we look. */
#ifndef CLI_WEB_MODEL_H
#define CLI_WEB_MODEL_H

#include "cli/gather/gather.h"
#include "cli/view/view.h"

#define MODEL_CHANGES_MAX 200

struct model_cert {
	struct str secret, not_after;
	bool is_published;
	struct str_list names;
};

struct model_held {
	struct str record;
	long long n_routes;
};

/* What became of one owner. */
struct model_change {
	char *at, *kind, *namespace, *name, *what, *sentence;
};

struct model {
	struct view view;
	struct model_cert *certs; /* by the end of their validity */
	size_t n_certs;
	struct model_held *held;
	size_t n_held;
	struct map seen;                                /* msg_key_text -> struct model_seen */
	struct model_change changes[MODEL_CHANGES_MAX]; /* a ring */
	size_t n_changes;                               /* ever; the last is at n_changes - 1 */
	uint64_t version; /* grows when something is different; 0: there is nothing yet */
	uint64_t n_takes;
	struct err trouble; /* why it is not the newest; "": it is */
};

void cli_web_model_init(struct model *model);
void cli_web_model_clear(struct model *model);
/* The answers of all rooms to /owners. */
void cli_web_model_take(struct model *model, const struct gather_answer *answers, size_t n);

#endif
