/* flags: the publisher's settings, and what they mean for its sink. */
#ifndef PUBLISHER_FLAGS_H
#define PUBLISHER_FLAGS_H

#include "actor/conf.h"
#include "confine/confine.h"
#include "publisher/databroker/databroker.h"
#include "publisher/file/file_sink.h"

extern const struct conf_option publisher_flags_options[];

struct flags {
	bool once;
	bool report; /* to Kubernetes */
	struct str kubeconfig, context;
	struct str certificate_namespace; /* where certificates are ordered; empty: that of the pod
					     or of the context */
	uint64_t certificate_delay_ms;
	struct str gateway_controller; /* whose entries in the status of HTTPRoutes are ours */
	const char *bootstrap_out;
	struct host_policy_flags hosts;
	bool to_databroker; /* else to the file */
	struct wanted_needs needs;
	struct file_sink_settings file;
	struct databroker_settings databroker; /* its strings live as long as the process */
};

/* What was said on the command line and in the environment; -1: it cannot be. */
int publisher_flags_read(struct flags *out, struct err *err);
void publisher_flags_confine(const struct flags *flags, struct confine *needs);

#endif
