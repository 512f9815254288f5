/* ground: what lies below manifests: the objects of a cluster, or those that a running pipeline
 * knows. */
#ifndef CLI_GROUND_H
#define CLI_GROUND_H

#include "cli/offline/offline.h"
#include "kube/kube.h"

struct cluster_ground {
	struct offline_ground ground;
	struct kube *kube;
};

/* The API server that a kubeconfig names, empty: that of the pod. -1: there is none. */
int cli_ground_cluster_open(struct cluster_ground *self, struct str kubeconfig, struct str context,
			    struct err *err);
void cli_ground_cluster_close(struct cluster_ground *self);

struct pipeline_ground {
	struct offline_ground ground;
	struct pool pool;
	struct buf dump;    /* of the resolver, until it is read */
	struct map secrets; /* "namespace/name" -> struct value, as the resolver has it */
	/* Asked for a Secret that the pipeline has not asked for so far; NULL: nobody knows. */
	const struct offline_ground *more;
};

/* Puts the pipeline's settings, which live as long, in the place of ours. -1: nothing answers;
 * close it all the same. */
int cli_ground_pipeline_open(struct pipeline_ground *self, struct str run_dir,
			     const struct offline_ground *more, struct err *err);
void cli_ground_pipeline_close(struct pipeline_ground *self);

#endif
