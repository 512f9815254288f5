/* standard: standard input and output of `sluice up`.
 *
 *   in     `-` and pipes among the files that hold manifests, `-` as the file to write
 *   out    files of the run folder in their places, mode 0600
 *   owns   these files
 *   never  waits for more, once a stream has ended
 */
#include "cli/up/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/offline/input.h"

static int copy(int from, int to)
{
	char chunk[65536];
	size_t total = 0;
	ssize_t n;

	while ((n = read(from, chunk, sizeof(chunk))) > 0) {
		total += (size_t)n;
		if (total > BUF_MAX_FILE)
			errno = EFBIG;
		if (total > BUF_MAX_FILE || write(to, chunk, (size_t)n) != n)
			return -1;
	}
	return (int)n;
}

static int read_stream(struct standard *self, struct str stream, struct str run_dir,
		       struct err *err)
{
	const bool is_stdin = str_is(stream, "-");
	struct str *path =
		pool_push(&self->pool, &self->inputs.items, &self->inputs.n, sizeof(*path));
	const int from = is_stdin ? STDIN_FILENO : open(stream.ptr, O_RDONLY | O_CLOEXEC);
	int to, rc;

	*path = pool_printf(&self->pool, STR_FMT "/input-%zu.yaml", STR_ARG(run_dir),
			    self->inputs.n);
	unlink(path->ptr);
	to = open(path->ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rc = from < 0 || to < 0 ? -1 : copy(from, to);
	if (rc)
		err_set(err, "%s cannot be read: %s", is_stdin ? "stdin" : err_quote(stream),
			strerror(errno));
	if (from > STDIN_FILENO)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

int cli_standard_open(struct standard *self, struct str run_dir, struct str_list *files,
		      struct str *out, struct err *err)
{
	struct str_list paths, streams;

	pool_init(&self->pool);
	cli_input_split(files, &self->pool, &paths, &streams);
	for (size_t i = 0; i < streams.n; i++) {
		if (read_stream(self, streams.items[i], run_dir, err))
			return -1;
		*(struct str *)pool_push(&self->pool, &paths.items, &paths.n, sizeof(struct str)) =
			self->inputs.items[i];
	}
	mem_free(files->items);
	*files = paths;
	if (!str_is(*out, "-"))
		return 0;
	self->out = pool_printf(&self->pool, STR_FMT "/output", STR_ARG(run_dir));
	*out = self->out;
	return 0;
}

void cli_standard_close(struct standard *self)
{
	if (self->out.len) {
		unlink(self->out.ptr);
		unlink(pool_printf(&self->pool, STR_FMT ".state", STR_ARG(self->out)).ptr);
	}
	for (size_t i = 0; i < self->inputs.n; i++)
		unlink(self->inputs.items[i].ptr);
	pool_clear(&self->pool);
	*self = (struct standard){ 0 };
}
