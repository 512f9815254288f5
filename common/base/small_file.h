/* kube_file: a small file, whole. */
#ifndef KUBE_KUBE_FILE_H
#define KUBE_KUBE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the file to `out`, up to its ceiling. */
int kube_file_read(const char *path, struct buf *out, struct err *err);

#endif
