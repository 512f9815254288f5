/* render: the merged configuration as text, piece by piece. */
#ifndef PUBLISHER_RENDER_H
#define PUBLISHER_RENDER_H

#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/snapshot.h"

/* Where the text goes. -1 ends the rendering. */
struct render_out {
	void *self;
	int (*write)(void *self, struct str text, struct err *err);
};

/* As publisher_render_all, without the whole in memory; may run in another thread. files_dir:
 * the folder of the files that the YAML form names; NULL: there is none, so certificates are
 * written out. */
struct render_as {
	enum wanted_format format;
	const char *files_dir;
	bool each_reference; /* a certificate as often as it is named to be there always */
};
int publisher_render_pieces(const struct snapshot *snapshot, const struct render_as *as,
			    const struct render_out *out, struct err *err);
/* The merged configuration: routes of all owners in the reference's order (from ascending; path,
 * regex, prefix descending; id ascending), settings of the Pomerium object, certificates in use; in
 * YAML with the bootstrap part, as Pomerium reads one file; in JSON a certificate for each
 * reference of a Gateway, as the reference has it. */
int publisher_render_all(struct wanted *self, enum wanted_format format, struct buf *out,
			 struct err *err);
/* Settings alone as config.yaml, without a word about routes. */
int publisher_render_settings(Pomerium__Config__Settings *settings, struct buf *out,
			      struct err *err);

#endif
