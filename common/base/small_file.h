/* small_file: a small file, whole. */
#ifndef BASE_SMALL_FILE_H
#define BASE_SMALL_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the file to `out`, up to its ceiling. */
int small_file_read(const char *path, struct buf *out, struct err *err);

#endif
