/* recorder: keeps what the watcher says to the resolver in a file, values of Secrets replaced.
 *
 *   in     messages
 *   out    a line of JSON each
 *   owns   the file
 *   never  writes a Secret's value; holds up the pipeline for a disk that is full
 */
#include "watcher/record/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/small_file.h"
#include "base/trust.h"
#include "watcher/record/record_line.h"
#include "watcher/record/stand_in.h"

struct recorder {
	int fd; /* -1: it has ended */
	char *path;
	uint64_t begun_ms; /* of the first message; 0: there was none */
	size_t written;
	struct stand_in stand_in;
	struct buf line;
};

static void stop(struct recorder *self, const char *why)
{
	log_error("the recording ends", "path=%s bytes=%zu reason=%s", log_value(self->path),
		  self->written, log_value(why));
	close(self->fd);
	self->fd = -1;
}

static void write_line(struct recorder *self)
{
	if (self->line.full || self->written + self->line.len > RECORDER_MAX) {
		stop(self,
		     self->line.full ? "an object is too large" : "it is as long as it may be");
		return;
	}
	self->written += self->line.len;
	if (small_file_write(self->fd, buf_view(&self->line)) < 0)
		stop(self, strerror(errno));
}

void watcher_recorder_add(struct recorder *self, enum msg_type type, const void *body)
{
	struct msg_secret_value secret;
	struct pool pool;
	uint64_t now_ms;

	if (!self || self->fd < 0)
		return;
	now_ms = clock_ms();
	self->begun_ms = self->begun_ms ? self->begun_ms : now_ms;
	pool_init(&pool);
	if (type == MSG_SECRET_VALUE) {
		secret = watcher_stand_in_of(&self->stand_in, body, &pool);
		body = &secret;
	}
	buf_reset(&self->line);
	watcher_record_line_print(type, body, now_ms - self->begun_ms, &self->line);
	pool_wipe(&pool);
	write_line(self);
}

void watcher_recorder_add_packed(struct recorder *self, struct str object)
{
	struct msg_object unpacked;
	struct pool pool;
	struct err err;

	if (!self || self->fd < 0)
		return;
	pool_init(&pool);
	if (codec_unpack(&msg_object_codec, object, &pool, &unpacked, &err) < 0)
		log_error("our own object does not unpack", "reason=%s", log_value(err.text));
	else
		watcher_recorder_add(self, MSG_OBJECT_PUT, &unpacked);
	pool_clear(&pool);
}

static int open_file(struct str path, struct err *err)
{
	char why[TRUST_WHY_MAX];
	const char *bad = NULL;
	struct stat st;
	const int fd =
		open(path.ptr,
		     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		     0600);

	if (fd < 0)
		return err_set(err, "the recording %s cannot be written: %s", err_quote(path),
			       strerror(errno));
	if (fstat(fd, &st) < 0)
		bad = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		bad = "it is no file";
	else
		bad = trust_why_not(&st, why);
	if (!bad)
		return fd;
	close(fd);
	return err_set(err, "the recording %s cannot be written: %s", err_quote(path), bad);
}

struct recorder *watcher_recorder_new(struct str path, struct err *err)
{
	const int fd = open_file(path, err);
	struct recorder *self;

	if (fd < 0)
		return NULL;
	self = mem_alloc(sizeof(*self));
	self->fd = fd;
	self->path = mem_dup(path.ptr, path.len);
	watcher_stand_in_init(&self->stand_in);
	buf_init(&self->line, RECORD_LINE_MAX);
	buf_putc(&self->line, '\n'); /* the last line of an earlier process may have no end */
	watcher_record_line_print_head(&self->line);
	write_line(self);
	return self;
}

void watcher_recorder_destroy(struct recorder **self_p)
{
	struct recorder *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	if (self->fd >= 0)
		close(self->fd);
	watcher_stand_in_clear(&self->stand_in);
	buf_clear(&self->line);
	mem_free(self->path);
	mem_free(self);
}
