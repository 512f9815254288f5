/* reach: how a databroker is reached: its URL, the shared secret, whom to trust. */
#ifndef PUBLISHER_REACH_H
#define PUBLISHER_REACH_H

#include "actor/conf_option.h"
#include "grpc/grpc.h"

struct reach {
	struct str url, secret, secret_file, ca, ca_file, override_name;
	bool insecure;
};

/* What stands in the row of each flag, for all who reach a databroker; what its URL and its secret
 * are for, each says itself. */
#define REACH_SECRET_FILE(variable)                          \
	"shared-secret-file", CONF_TEXT, variable, "", 0, 0, \
		"file that holds the shared secret, as 32 bytes or as their base64", 0
#define REACH_CA(variable)                                  \
	"databroker-tls-ca", CONF_TEXT, variable, "", 0, 0, \
		"base64 of the CA certificates of the databroker", 0
#define REACH_CA_FILE(variable)                                  \
	"databroker-tls-ca-file", CONF_TEXT, variable, "", 0, 0, \
		"file with the CA certificates of the databroker", 0
#define REACH_INSECURE(variable)                                                   \
	"databroker-tls-insecure-skip-verify", CONF_BOOL, variable, "false", 0, 0, \
		"do not check the databroker's certificate", 0
#define REACH_OVERRIDE_NAME(variable)                                              \
	"databroker-tls-override-certificate-name", CONF_TEXT, variable, "", 0, 0, \
		"name in the databroker's certificate, if it is not the host of the URL", 0

bool publisher_reach_has_secret(const struct reach *self);
/* The secret stays zero if there is none. What is borrowed lives as long as the process. */
int publisher_reach_read(const struct reach *self, struct grpc_settings *out, struct err *err);

#endif
