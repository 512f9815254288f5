/* kube_exec: the credential plugin that a kubeconfig names.
 *
 * It runs beside us: start it, wait on `out` and `end` and until the deadline, and call step. */
#ifndef KUBE_KUBE_EXEC_H
#define KUBE_KUBE_EXEC_H

#include <sys/types.h>

#include "base/buf.h"
#include "kube/kube_config.h"

#define KUBE_EXEC_MS 30000 /* it may take as long */

struct kube_exec_run {
	pid_t pid;    /* 0: it does not run, and nothing else here means anything */
	int out, end; /* readable when it has printed something, when it has ended; -1: never */
	bool reaped;  /* it has ended, and the kernel was asked how */
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
uint64_t kube_exec_due(const struct kube_exec_run *run); /* when to call step at the latest */
void kube_exec_end(struct kube_exec_run *run);           /* with all that it started */

#endif
