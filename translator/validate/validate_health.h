/* validate_health: what Envoy refuses of health checks. Each is a check of the table of rules. */
#ifndef TRANSLATOR_VALIDATE_HEALTH_H
#define TRANSLATOR_VALIDATE_HEALTH_H

#include "translator/validate/validate.h"

int translator_validate_health_parts(const struct validate_value *v, struct err *err);
int translator_validate_health_http(const struct validate_value *v, struct err *err);
int translator_validate_health_grpc(const struct validate_value *v, struct err *err);
int translator_validate_health_statuses(const struct validate_value *v, struct err *err);
int translator_validate_health_payload(const struct validate_value *v, struct err *err);
int translator_validate_health_text(const struct validate_value *v, struct err *err);

#endif
