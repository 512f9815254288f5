/* pomerium: the Pomerium that `sluice up --pomerium` starts itself.
 *
 *   in     flags; the bootstrap configuration, once the publisher has written it
 *   out    flags that were not given; whether it can start
 *   owns   the watch on the folder of that file
 *   never  talks to it
 */
#include "cli/up/pomerium.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor/web/web_address.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/small_file.h"
#include "cli/up/up_flags.h"
#include "translator/settings/pomerium_flags.h"

#define GRPC_ADDR ":5443" /* where Pomerium's databroker is unless --grpc-addr says otherwise */

/* ---- the program ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Its path in one of the folders of PATH; false: it is in none. */
static bool find_in_path(struct str name, struct buf *path)
{
	struct str folders = str_from(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin"), folder;

	while (folders.len) {
		if (!str_cut(folders, ':', &folder, &folders)) {
			folder = folders;
			folders = STR("");
		}
		buf_reset(path);
		buf_printf(path, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name));
		if (is_program(path->ptr))
			return true;
	}
	return false;
}

int cli_pomerium_find(struct pomerium *self, struct str name, struct err *err)
{
	struct buf path;

	self->watch = -1;
	buf_init(&path, BUF_MAX_TEXT);
	if (str_find(name, '/') >= 0 && is_program(name.ptr))
		self->program = mem_strdup(name.ptr);
	else if (str_find(name, '/') < 0 && find_in_path(name, &path))
		self->program = mem_dup(path.ptr, path.len);
	buf_clear(&path);
	return self->program ? 0
			     : err_set(err,
				       "--pomerium: there is no program %s; name Pomerium's, or "
				       "put it into a folder of PATH",
				       err_quote(name));
}

/* ---- where we meet ---- */

static struct str kept(struct buf *text)
{
	const struct str out = { mem_dup(text->ptr, text->len), text->len };

	buf_clear(text); /* a flag lives as long as the process */
	return out;
}

void cli_pomerium_url(const char *scheme, struct str address, struct buf *out)
{
	struct web_address at;

	buf_printf(out, "%s://", scheme);
	if (actor_web_address_from(address, &at, NULL) < 0) {
		buf_str(out, address); /* a host's name, or nothing that anybody can use */
		return;
	}
	if (!at.host.len || str_is(at.host, "0.0.0.0"))
		at.host = STR("127.0.0.1");
	else if (str_is(at.host, "::"))
		at.host = STR("::1");
	actor_web_address_print(&at, out);
}

static bool runs_databroker(const struct str_list *services)
{
	for (size_t i = 0; i < services->n; i++)
		if (str_is(services->items[i], "all") || str_is(services->items[i], "databroker"))
			return true;
	return !services->n;
}

void cli_pomerium_set_databroker(void)
{
	const struct pomerium_flags *flags = &translator_pomerium_flags;
	const bool tls = flags->auto_tls.len > 0;
	struct buf url;

	if (!runs_databroker(&flags->services) && flags->service_urls.n) {
		cli_up_flags.databroker_url = flags->service_urls.items[0];
		return;
	}
	buf_init(&url, BUF_MAX_TEXT);
	cli_pomerium_url(tls ? "https" : "http",
			 flags->grpc_addr.len ? flags->grpc_addr : STR(GRPC_ADDR), &url);
	cli_up_flags.databroker_url = kept(&url);
	/* who made that certificate only Pomerium knows; it does not leave the machine */
	cli_up_flags.databroker_insecure |= tls;
}

/* One that nobody has now. */
static int free_port(struct err *err)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const bool good = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
			  getsockname(fd, (struct sockaddr *)&at, &len) == 0;

	if (!good)
		err_set(err, "no port on 127.0.0.1 is free: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? ntohs(at.sin_port) : -1;
}

static int set_address(struct str *address, struct err *err)
{
	struct buf text;
	int port;

	if (address->len)
		return 0;
	port = free_port(err);
	if (port < 0)
		return -1;
	buf_init(&text, BUF_MAX_TEXT);
	buf_printf(&text, "127.0.0.1:%d", port);
	*address = kept(&text);
	return 0;
}

static int watch_folder(struct pomerium *self, struct err *err)
{
	char *copy = mem_strdup(self->config);
	int rc = 0;

	self->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (self->watch < 0 ||
	    inotify_add_watch(self->watch, dirname(copy), IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
		rc = err_set(err, "the folder of %s cannot be watched: %s", self->config,
			     strerror(errno));
	mem_free(copy);
	return rc;
}

int cli_pomerium_set_flags(struct pomerium *self, bool gathers, struct err *err)
{
	struct buf path;

	if (!cli_up_flags.bootstrap_out.len) {
		buf_init(&path, BUF_MAX_TEXT);
		buf_printf(&path, STR_FMT "/pomerium.yaml", STR_ARG(cli_up_flags.run_dir));
		cli_up_flags.bootstrap_out = kept(&path);
		(void)unlink(cli_up_flags.bootstrap_out.ptr); /* of an earlier life */
	}
	self->config = mem_strdup(cli_up_flags.bootstrap_out.ptr);
	if (gathers && (set_address(&translator_pomerium_flags.metrics_addr, err) ||
			set_address(&translator_pomerium_flags.health_addr, err)))
		return -1;
	return watch_folder(self, err);
}

/* ---- start and end ---- */

bool cli_pomerium_can_start(struct pomerium *self)
{
	if (self->watch < 0)
		return true;
	if (access(self->config, R_OK))
		return false;
	close(self->watch);
	self->watch = -1;
	return true;
}

int cli_pomerium_fd(const struct pomerium *self)
{
	return self->watch;
}

void cli_pomerium_on_fd(struct pomerium *self)
{
	char events[4096];

	while (read(self->watch, events, sizeof(events)) > 0)
		; /* that something has come is enough */
}

static bool is_known(const struct child *known, size_t n_known, pid_t pid)
{
	for (size_t i = 0; i < n_known; i++)
		if (known[i].pid == pid)
			return true;
	return false;
}

void cli_pomerium_end_orphans(const struct child *known, size_t n_known)
{
	char path[64];
	struct buf text;
	struct str pids, word;
	long long pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	buf_init(&text, BUF_MAX_TEXT);
	(void)small_file_read(path, &text, NULL); /* without it none is found */
	pids = buf_view(&text);
	while (str_cut(pids, ' ', &word, &pids))
		if (str_to_int(word, &pid) && !is_known(known, n_known, (pid_t)pid))
			kill((pid_t)pid, SIGKILL);
	buf_clear(&text);
}

void cli_pomerium_close(struct pomerium *self)
{
	if (self->program && self->watch >= 0)
		close(self->watch);
	mem_free(self->program);
	mem_free(self->config);
	*self = (struct pomerium){ .watch = -1 };
}
