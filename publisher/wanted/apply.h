/* apply: makes a CONFIG something that can be published. */
#ifndef PUBLISHER_APPLY_H
#define PUBLISHER_APPLY_H

#include "publisher/wanted/arrival.h"
#include "publisher/wanted/wanted.h"

/* Fills the splices in, as far as the ticket allows them. `missing` (may be NULL) gets the key of
 * the first Secret whose value is not there, borrowed from the ticket. */
/* A value that it names has not come. */
bool publisher_apply_lacks(const struct wanted *self, const struct arrival *arrival);
enum wanted_outcome publisher_apply_config(struct wanted *self, const struct arrival *arrival,
					   struct msg_key *missing, struct err *err);
#endif
