/* selector: whether labels match a selector, as Kubernetes decides it. */
#ifndef TRANSLATOR_SELECTOR_H
#define TRANSLATOR_SELECTOR_H

#include "msg/gateway.h"

/* NULL matches nothing, an empty selector everything, a malformed one nothing. */
bool translator_selector_matches(const struct msg_label_selector *selector,
				 const struct str_map *labels);

#endif
