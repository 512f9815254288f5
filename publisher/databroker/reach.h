/* reach: how a databroker is reached: its URL, the shared secret, whom to trust. */
#ifndef PUBLISHER_REACH_H
#define PUBLISHER_REACH_H

#include "grpc/grpc.h"

struct reach {
	struct str url, secret, secret_file, ca, ca_file, override_name;
	bool insecure;
};

bool publisher_reach_has_secret(const struct reach *self);
/* The secret stays zero if there is none. What is borrowed lives as long as the process. */
int publisher_reach_read(const struct reach *self, struct grpc_settings *out, struct err *err);

#endif
