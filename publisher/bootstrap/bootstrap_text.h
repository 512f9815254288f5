/* bootstrap_text: what Pomerium needs to start, as text. */
#ifndef PUBLISHER_BOOTSTRAP_TEXT_H
#define PUBLISHER_BOOTSTRAP_TEXT_H

#include "publisher/wanted/wanted.h"

/* The bootstrap part of the Pomerium object: JSON with the reference's own names, or Pomerium's
 * config.yaml. */
int publisher_bootstrap_text_render(struct wanted *self, enum wanted_format format,
				    const char *files_dir, struct buf *out, struct err *err);

#endif
