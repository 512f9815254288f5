/* small_file: a small file, whole; bytes into an open one. */
#ifndef BASE_SMALL_FILE_H
#define BASE_SMALL_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the file to `out`, up to its ceiling. */
int small_file_read(const char *path, struct buf *out, struct err *err);
/* All of the bytes into an open file; -1, and errno. */
int small_file_write(int fd, struct str bytes);

#endif
