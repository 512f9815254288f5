/* render: the merged configuration as text, piece by piece. */
#ifndef PUBLISHER_RENDER_H
#define PUBLISHER_RENDER_H

#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted.h"

/* Where the text goes. -1 ends the rendering. */
struct render_out {
	void *self;
	int (*write)(void *self, struct str text, struct err *err);
};

/* As publisher_wanted_render, without the whole in memory. `files_dir`: not NULL puts the bootstrap
 * part into the YAML form, its files being in that folder. */
int publisher_render(struct wanted *wanted, enum wanted_format format, const char *files_dir,
		     const struct render_out *out, struct err *err);

/* bootstrap.c: the bootstrap part as a message, with the names of its files; NULL if there is none.
 * Lives in the pool. */
Pomerium__Config__Settings *publisher_bootstrap_settings(const struct wanted *wanted,
							 const char *files_dir, struct pool *pool,
							 struct err *err);
/* The files beside it, each "name-digest" with its bytes. */
void publisher_bootstrap_each_file(const struct wanted *wanted,
				   void (*each)(void *arg, struct str name, struct str bytes),
				   void *arg);

#endif
