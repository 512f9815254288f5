/* kube_exec: the credential plugin that a kubeconfig names.
 *
 * It runs beside us: start it, wait on `out`, on the helper and until the deadline, and call
 * step. */
#ifndef KUBE_KUBE_EXEC_H
#define KUBE_KUBE_EXEC_H

#include "base/buf.h"
#include "kube/kube_config.h"
#include "kube/kube_helper.h"

#define KUBE_EXEC_MS 30000 /* it may take as long */

struct kube_exec_run {
	struct kube_helper helper; /* it starts the plugin; its descriptor says of the end */
	bool runs;                 /* else nothing below means anything */
	int out;                   /* readable when it has printed something; -1: no more */
	uint64_t deadline_ms;
	struct buf printed;
};

/* `ca` is made known to it if the kubeconfig wants that. */
int kube_exec_start(struct kube_exec_run *run, const struct kube_config *config, struct str ca,
		    struct err *err);
/* 1: it still runs. 0: it has ended, and token, certificate and expiry are in `out`. -1: it has
 * ended, or was ended, without. */
int kube_exec_step(struct kube_exec_run *run, const struct kube_config *config,
		   struct kube_credentials *out, struct err *err);
void kube_exec_look(struct kube_exec_run *run); /* while it does not run: is its helper there? */
/* With the plugin and all that it started. */
void kube_exec_close(struct kube_exec_run *run);

#endif
