/* file: a file that others read at any moment: replaced as a whole or not at all, mode 0600. */
#ifndef PUBLISHER_FILE_H
#define PUBLISHER_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/hash.h"
#include "base/pool.h"

struct file {
	struct pool pool; /* of the names */
	const char *name; /* in the folder */
	const char *temp; /* the name beside it */
	struct str path;  /* as given, for people */
	int dir_fd;
	int fd;       /* of the new content while it is written, else -1 */
	bool named;   /* the new content has the name `temp` */
	void *digest; /* EVP_MD_CTX of the new content */
	bool known;   /* `published` is what the path had when it was looked at last */
	struct hash published;
	struct stat seen; /* of that inode */
};

/* The folder must be there. Reads what is at the path already, so that the same is not written
 * again; removes what writers that died left beside it. */
int publisher_file_open(struct file *file, const char *path, struct err *err);
/* The same of one that a person named: a device, a pipe or a link is not what is meant. */
int publisher_file_open_named(struct file *file, const char *path, struct err *err);
void publisher_file_close(struct file *file);

/* begin, write ..., then commit or cancel. After an error: cancel. */
int publisher_file_begin(struct file *file, struct err *err);
int publisher_file_write(struct file *file, struct str bytes, struct err *err);
/* 1: the path has the new content, on disk. 0: it had the same already, nothing was replaced. */
int publisher_file_commit(struct file *file, struct err *err);
void publisher_file_cancel(struct file *file);

#endif
