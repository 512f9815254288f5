/* live: asks the processes of a running pipeline over their web sockets.
 *
 *   in     web-<room>-<pid> in the run folder
 *   out    answers of HTTP
 *   owns   nothing between two calls
 *   never  waits longer than QUIET_S for a process that says nothing
 */
#include "cli/live/live.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "msg/msg.h"

#define QUIET_S 10L /* a process that is silent for so long is frozen */

/* ---- find ---- */

static int order_of(struct str room)
{
	int order = ROOM_NONE;

	while (order < N_ROOMS && !str_is(room, room_name((enum msg_room)order)))
		order++;
	return order;
}

static int compare(const void *a, const void *b)
{
	const struct live_process *x = a, *y = b;
	const int rooms = order_of(x->room) - order_of(y->room);

	return rooms ? rooms : (x->pid > y->pid) - (x->pid < y->pid);
}

static bool is_alive(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc = -1;

	if (fd < 0)
		return false;
	if (strlen(path) < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, strlen(path));
		rc = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	}
	close(fd);
	return rc == 0;
}

/* web-<room>-<pid> */
static bool read_name(struct str run_dir, const char *name, struct pool *pool,
		      struct live_process *out)
{
	struct str web, rest, pid;
	long long number;

	if (!str_cut(str_from(name), '-', &web, &rest) || !str_is(web, "web") ||
	    !str_cut(rest, '-', &out->room, &pid) || !str_to_int(pid, &number) ||
	    order_of(out->room) == N_ROOMS)
		return false;
	out->pid = (long)number;
	out->room = pool_str(pool, out->room);
	out->path = pool_printf(pool, STR_FMT "/%s", STR_ARG(run_dir), name);
	return is_alive(out->path.ptr);
}

static int find_in(struct str folder, struct pool *pool, struct live_list *out)
{
	struct live_process process;
	struct dirent *entry;
	DIR *dir = opendir(folder.ptr);

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (read_name(folder, entry->d_name, pool, &process))
			*(struct live_process *)pool_push(pool, &out->items, &out->n,
							  sizeof(process)) = process;
	closedir(dir);
	return 0;
}

void cli_live_folders(struct str run_dir, struct pool *pool, struct str out[LIVE_FOLDERS])
{
	static const char *const below[LIVE_FOLDERS] = { NULL, "translator", "settings" };

	out[0] = run_dir;
	for (size_t i = 1; i < LIVE_FOLDERS; i++)
		out[i] = pool_printf(pool, STR_FMT "/%s", STR_ARG(run_dir), below[i]);
}

int cli_live_find(struct str run_dir, struct pool *pool, struct live_list *out, struct err *err)
{
	struct str folders[LIVE_FOLDERS];

	*out = (struct live_list){ 0 };
	cli_live_folders(run_dir, pool, folders);
	if (find_in(run_dir, pool, out) < 0)
		return err_set(err, "the run folder %s cannot be read: %s; name it with --run-dir",
			       err_quote(run_dir), strerror(errno));
	for (size_t i = 1; i < LIVE_FOLDERS; i++)
		(void)find_in(folders[i], pool, out);
	if (!out->n)
		return err_set(err,
			       "no pipeline runs in the run folder %s; name another one with "
			       "--run-dir",
			       err_quote(run_dir));
	qsort(out->items, out->n, sizeof(*out->items), compare);
	return 0;
}

const struct live_process *cli_live_first(const struct live_list *list, const char *room)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_is(list->items[i].room, room))
			return &list->items[i];
	return NULL;
}

/* ---- ask ---- */

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct live_answer *answer = arg;

	answer->on_piece(answer->arg, (struct str){ bytes, size * n });
	return size * n;
}

int cli_live_get(const struct live_process *process, const char *path, struct live_answer *answer,
		 struct err *err)
{
	CURL *easy = curl_easy_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;
	struct pool pool;
	struct str url;

	if (!easy)
		return err_set(err, "libcurl cannot be used");
	pool_init(&pool);
	url = pool_printf(&pool, "http://localhost%s", path);
	curl_easy_setopt(easy, CURLOPT_URL, url.ptr);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, process->path.ptr);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, QUIET_S);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_easy_cleanup(easy);
	pool_clear(&pool);
	return code == CURLE_OK
		       ? 0
		       : err_set(err, "the " STR_FMT " (pid %ld) does not answer: %s",
				 STR_ARG(process->room), process->pid, curl_easy_strerror(code));
}

void cli_live_escape(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static void add_piece(void *arg, struct str piece)
{
	buf_str(arg, piece);
}

long cli_live_get_all(const struct live_process *process, const char *path, struct buf *out,
		      struct err *err)
{
	struct live_answer answer = { .on_piece = add_piece, .arg = out };

	if (cli_live_get(process, path, &answer, err) < 0)
		return -1;
	if (out->full)
		return err_set(err, "the answer of the " STR_FMT " is too large",
			       STR_ARG(process->room));
	return answer.status;
}

/* ---- about one object ---- */

void cli_live_explain_path(struct str kind, struct str namespace, struct str name, struct buf *out)
{
	buf_puts(out, "/explain?kind=");
	cli_live_escape(out, kind);
	buf_puts(out, "&namespace=");
	cli_live_escape(out, namespace);
	buf_puts(out, "&name=");
	cli_live_escape(out, name);
}

cJSON *cli_live_explain(const struct live_list *list, const char *room, const struct msg_key *key)
{
	const struct live_process *process = cli_live_first(list, room);
	struct buf path, text;
	struct err err;
	cJSON *said = NULL;

	if (!process)
		return NULL;
	buf_init(&path, BUF_MAX_TEXT);
	buf_init(&text, BUF_MAX_TEXT);
	cli_live_explain_path(str_from(msg_kind_name((enum msg_kind)key->kind)), key->namespace,
			      key->name, &path);
	if (cli_live_get_all(process, path.ptr, &text, &err) == 200)
		said = cjson_parse(buf_view(&text));
	buf_clear(&path);
	buf_clear(&text);
	return said;
}
