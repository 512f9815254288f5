/* kube_exec: the credential plugin that a kubeconfig names. */
#ifndef KUBE_KUBE_EXEC_H
#define KUBE_KUBE_EXEC_H

#include "kube/kube_config.h"

/* Runs it, 30 s at most, and takes token, certificate and expiry from what it prints. out->ca is
 * known to it if the kubeconfig wants that. */
int kube_exec_run(const struct kube_config *config, struct kube_credentials *out, struct err *err);

#endif
