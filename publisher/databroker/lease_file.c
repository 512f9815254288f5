/* lease_file: the id of our lease, kept in the run folder over the death of a publisher.
 *
 *   in     the id that the last publisher of this run folder had
 *   out    the id that this one has
 *   owns   RUN_DIR/lease, locked as long as the process lives
 *   never  gives one id to two processes: one that is frozen still holds the lock
 *
 * A process that knows the id renews the lease at once; another has to wait until it has run out.
 */
#include "publisher/databroker/lease_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"

#define ID_MAX 256

static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.len; i++)
		if (id.ptr[i] <= ' ' || id.ptr[i] > '~')
			return false;
	return id.len > 0;
}

void publisher_lease_file_open(struct lease_file *file, struct str run_dir, struct buf *id)
{
	struct buf path;
	char text[ID_MAX];
	ssize_t n;

	file->fd = -1;
	if (!run_dir.len)
		return;
	buf_init(&path, BUF_MAX_TEXT);
	buf_printf(&path, STR_FMT "/lease", STR_ARG(run_dir));
	file->fd = open(path.ptr, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	buf_clear(&path);
	if (file->fd < 0 || flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
		log_debug("the lease is not kept over a restart", NULL);
		publisher_lease_file_close(file);
		return;
	}
	n = pread(file->fd, text, sizeof(text), 0);
	if (n > 0 && is_id((struct str){ text, (size_t)n }))
		buf_str(id, (struct str){ text, (size_t)n });
}

void publisher_lease_file_close(struct lease_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

void publisher_lease_file_put(struct lease_file *file, struct str id)
{
	if (file->fd < 0)
		return;
	if (ftruncate(file->fd, 0) < 0 ||
	    (id.len && id.len <= ID_MAX && pwrite(file->fd, id.ptr, id.len, 0) != (ssize_t)id.len))
		log_debug("the lease is not kept over a restart", NULL);
}
