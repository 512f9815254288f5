/* kube_helper: the process that starts the credential plugin, and nothing else.
 *
 * It is forked before a room confines itself, so that the room can go on asking a plugin without
 * the right to start a program. What it starts is fixed then, but for one variable. */
#ifndef KUBE_KUBE_HELPER_H
#define KUBE_KUBE_HELPER_H

#include <sys/types.h>

#include "base/err.h"

struct kube_helper {
	pid_t pid;       /* 0: there is none, and nothing else here means anything */
	int fd;          /* readable when the program has ended */
	unsigned number; /* of the last program that was started */
};

/* `argv` and `envp` are what the program gets; envp[0] is replaced at each start. */
int kube_helper_open(struct kube_helper *helper, char **argv, char **envp, struct err *err);
/* `variable` is NAME=VALUE; the program writes to `out`. -1: it cannot be started. */
int kube_helper_start(struct kube_helper *helper, struct str variable, int out, struct err *err);
bool kube_helper_has_ended(struct kube_helper *helper, int *wait_status);
void kube_helper_stop(struct kube_helper *helper); /* the program, with all that it started */
void kube_helper_close(struct kube_helper *helper);

#endif
