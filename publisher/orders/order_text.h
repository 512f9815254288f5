/* order_text: what is sent to the API server about a Certificate and its Secret. */
#ifndef PUBLISHER_ORDER_TEXT_H
#define PUBLISHER_ORDER_TEXT_H

#include "base/buf.h"
#include "publisher/orders/order_plan.h"

/* All of these fill an empty buffer. The Certificate that is ordered for a host: */
void publisher_order_text_certificate(const struct msg_issuer *issuer, struct str host,
				      struct buf *json);
/* That one is to be deleted, if it is still the same: */
void publisher_order_text_delete(struct str uid, struct buf *json);
/* Where it is; without a name: where all are. */
void publisher_order_text_url(struct str namespace, struct str name, struct buf *url);
/* A Secret "namespace/name", if it has the label of ours. */
void publisher_order_text_secret_url(struct str secret, struct buf *url);

#endif
