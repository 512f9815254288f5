/* check: whether everything that Sluice needs is there: a list of findings with their remedies. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/cli.h"
#include "cli/ground/ground.h"
#include "cli/view/view.h"

#define CHECK_SHOWN_MAX 10 /* findings of one kind */

struct finding {
	bool is_good;
	const char *what;
	struct str text;
	const char *remedy; /* of one that is not good; NULL: the text says it */
};

struct findings {
	struct pool pool;
	struct finding *items;
	size_t n;
};

void cli_check_add(struct findings *self, bool is_good, const char *what, const char *remedy,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Ends a list of what is rejected, of which the first CHECK_SHOWN_MAX were added. */
void cli_check_rejected(struct findings *self, size_t n_rejected);

/* check_cluster.c: the API server, what is installed, what we may do there. False: it does not
 * answer, so nothing more can be asked. */
bool cli_check_server(struct findings *self, struct kube *kube);
void cli_check_clock(struct findings *self, struct kube *kube);
/* Those to run; or to install. */
void cli_check_rights(struct findings *self, struct kube *kube, bool install);
/* check_objects.c: the class, the Pomerium object, Ingresses, certificates. */
void cli_check_objects(struct findings *self, struct cluster_ground *ground);
/* check_pipeline.c: each process of a running one, and what is published. */
void cli_check_pipeline(struct findings *self, struct str *run_dir, bool with_owners);
void cli_check_databroker(struct findings *self, const struct reach *reach);

#endif
