/* folder: FILE.files, where the files are that config.yaml names: those of Pomerium's storage, and
 * certificates where there are several. Mode 0700, the files 0600. */
#ifndef PUBLISHER_FOLDER_H
#define PUBLISHER_FOLDER_H

#include "publisher/wanted/snapshot.h"

struct folder {
	struct pool pool;
	struct str path; /* absolute if that could be found out */
};

void publisher_folder_init(struct folder *folder, const char *file);
void publisher_folder_clear(struct folder *folder);
/* Writes what is not there yet; to be called before the file that names it is written ... */
int publisher_folder_fill(const struct folder *folder, const struct snapshot *snapshot,
			  struct err *err);
/* ... and removes what is no longer named, after it. */
void publisher_folder_tidy(const struct folder *folder, const struct snapshot *snapshot);

#endif
