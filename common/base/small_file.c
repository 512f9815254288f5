/* small_file: a small file, whole.
 *
 *   in     a path
 *   out    its bytes, appended to the buf
 *   owns   nothing
 *   never  reads past the ceiling of the buf unnoticed; leaves a copy on the stack: it may be a
 *          secret
 */
#include "base/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

int small_file_read(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[8192];
	ssize_t n;

	if (fd < 0)
		return err_set(err, "%s cannot be read: %s", path, strerror(errno));
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
	close(fd);
	mem_wipe(chunk, sizeof(chunk));
	if (n < 0)
		return err_set(err, "%s cannot be read: %s", path, strerror(errno));
	return out->full ? err_set(err, "%s is larger than %zu bytes", path, out->max) : 0;
}

int small_file_write(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes = str_slice(bytes, (size_t)n, bytes.len);
	}
	return 0;
}
