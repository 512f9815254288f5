/* duration: times as protobuf-JSON writes them, inside common/pb. */
#ifndef PB_DURATION_H
#define PB_DURATION_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/str.h"

/* "30s", "1.5s", ".5s", "-1s": an optional sign, at most nine digits after the point, always
 * seconds. */
bool pb_parse_json_duration(struct str s, int64_t *seconds, int32_t *nanos);
/* RFC 3339 with a zone, years 0001 to 9999. */
bool pb_parse_timestamp(struct str s, int64_t *seconds, int32_t *nanos);
void pb_print_timestamp(struct buf *out, int64_t seconds, int32_t nanos);
/* The fraction of a second in 0, 3, 6 or 9 digits. */
void pb_print_fraction(struct buf *out, uint32_t nanos);

#endif
