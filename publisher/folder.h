/* folder: FILE.files, where the files are that config.yaml names: those of Pomerium's storage, and
 * certificates where there are several. Mode 0700, the files 0600. */
#ifndef PUBLISHER_FOLDER_H
#define PUBLISHER_FOLDER_H

#include "publisher/snapshot.h"

struct folder {
	struct pool pool;
	struct str path; /* absolute if that could be found out */
};

#define FOLDER_CERT "tls.crt"
#define FOLDER_KEY "tls.key"

void publisher_folder_init(struct folder *folder, const char *file);
void publisher_folder_clear(struct folder *folder);
/* What a file is called in it: its content is in the name, so that a changed file is another one
 * and Pomerium sees it. */
struct str publisher_folder_name(struct str name, struct str bytes, struct pool *pool);
/* Whether certificates are files: one pair has keys of its own in config.yaml, several are a list,
 * in which Pomerium reads names of files only. */
bool publisher_folder_has_certs(const struct snapshot *snapshot);
/* Writes what is not there yet; to be called before the file that names it is written ... */
int publisher_folder_fill(const struct folder *folder, const struct snapshot *snapshot,
			  struct err *err);
/* ... and removes what is no longer named, after it. */
void publisher_folder_tidy(const struct folder *folder, const struct snapshot *snapshot);

#endif
