/* source_dir: manifests in files and folders, the same messages as from a cluster.
 *
 *   in     files that were found, changed or went; Secrets that are wanted
 *   out    put and del of objects, values of wanted Secrets, problems
 *   owns   the last good objects of each file; which Secrets are wanted
 *   never  decides what an object means, sends a Secret's values unasked
 */
#include "watcher/dir/source_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "rules/rules.h"
#include "watcher/dir/folders.h"
#include "watcher/dir/winners.h"

struct source_file {
	char *path;
	struct manifest *manifest; /* last good; NULL before the first */
	size_t index;              /* in files */
	bool broken;
	bool missing; /* it was there at start, and could not be read so far */
};

struct wanted_secret {
	struct msg_key key; /* borrows from bytes */
	char bytes[];
};

struct source_dir {
	struct source_sink sink;
	struct folders *folders;
	struct map by_path; /* -> struct source_file */
	struct source_file *
		*files; /* in the order in which they came: at start that of their paths */
	size_t n_files, n_files_max;
	struct winners winners;
	struct map wanted; /* key text -> struct wanted_secret */
	size_t n_missing, n_broken;
	uint64_t seen_ns; /* of the event that is being handled; 0 at start */
	bool loading;     /* nothing is sent until all is read */
	bool loaded;
	struct buf bytes; /* of the file being read */
};

const enum msg_kind watcher_source_dir_kinds[] = { MSG_KIND_INGRESS_CLASS,
						   MSG_KIND_SERVICE,
						   MSG_KIND_ENDPOINT_SLICE,
						   MSG_KIND_ENDPOINTS,
						   MSG_KIND_SECRET,
						   MSG_KIND_POMERIUM,
						   MSG_KIND_NAMESPACE,
						   MSG_KIND_REFERENCE_GRANT,
						   MSG_KIND_POLICY_FILTER,
						   MSG_KIND_CONFIG_MAP,
						   MSG_KIND_BACKEND_TLS_POLICY,
						   MSG_KIND_GATEWAY_CLASS,
						   MSG_KIND_GATEWAY,
						   MSG_KIND_LISTENER_SET,
						   MSG_KIND_HTTP_ROUTE,
						   MSG_KIND_CERTIFICATE,
						   MSG_KIND_INGRESS,
						   MSG_KIND_NONE };

/* ---- sending ---- */

static void report_problem(struct source_dir *self, const char *path, uint32_t line,
			   const struct err *why)
{
	self->sink.problem(self->sink.self, path, line, why);
}

static void send_put(struct source_dir *self, const struct manifest_item *item)
{
	self->sink.put(self->sink.self, item->object, self->seen_ns);
}

static void send_del(struct source_dir *self, const struct manifest_item *item)
{
	struct msg_key key;

	if (msg_key_from_text(item->key, &key))
		self->sink.del(self->sink.self, &key, self->seen_ns);
}

static void send_secret(struct source_dir *self, const struct wanted_secret *wanted, struct str key)
{
	const struct manifest_item *item = watcher_winners_get(&self->winners, key);
	struct msg_secret_value value = { .key = wanted->key, .answer = MSG_SECRET_ABSENT };
	struct pool pool;
	struct err err;

	pool_init(&pool);
	if (!item && !watcher_source_dir_is_complete(self))
		value.answer =
			MSG_SECRET_UNAVAILABLE; /* it may be in the file that cannot be read */
	else if (item && codec_unpack(&msg_secret_value_codec, item->secret, &pool, &value, &err))
		log_error("our own secret does not unpack", "reason=%s", log_value(err.text));
	self->sink.secret(self->sink.self, &value, self->seen_ns);
	pool_wipe(&pool);
}

/* ---- winners ---- */

/* Either may be missing. */
static bool same_object(const struct manifest_item *a, const struct manifest_item *b)
{
	return a && b && str_eq(a->object, b->object);
}

static bool same_secret(const struct manifest_item *a, const struct manifest_item *b)
{
	return a && b && str_eq(a->secret, b->secret);
}

static void on_winner(void *arg, const struct manifest_item *old, const struct manifest_item *new)
{
	struct source_dir *self = arg;
	const struct str key = new ? new->key : old->key;
	const struct wanted_secret *wanted = map_get(&self->wanted, key);

	if (self->loading)
		return;
	if (!new)
		send_del(self, old);
	else if (!same_object(old, new))
		send_put(self, new);
	if (wanted && !same_secret(old, new))
		send_secret(self, wanted, key);
}

static void on_loser(void *arg, const struct manifest_item *loser,
		     const struct manifest_item *winner)
{
	struct err err;

	/* Of a file that was just renamed the new name is reported first. */
	if (access(winner->path, F_OK) || access(loser->path, F_OK))
		return;
	err_rule(&err, RULE_OBJECT_TWICE,
		 STR_FMT " is also in %s, line %u, whose path comes first; this one waits until "
			 "that one goes",
		 STR_ARG(loser->key), err_quote(str_from(winner->path)), winner->line);
	report_problem(arg, loser->path, loser->line, &err);
}

/* New objects first, then those that are gone: what only moved never seems gone. */
static void replace(struct source_dir *self, struct source_file *file, struct manifest *manifest)
{
	struct manifest *old = file->manifest;

	file->manifest = manifest;
	for (size_t i = 0; manifest && i < manifest->n; i++) {
		manifest->items[i].path = file->path;
		watcher_winners_enter(&self->winners, &manifest->items[i]);
	}
	for (size_t i = 0; old && i < old->n; i++)
		if (old->items[i].path)
			watcher_winners_leave(&self->winners, &old->items[i]);
	watcher_manifest_destroy(&old);
}

/* ---- files ---- */

static int read_file(const char *path, struct buf *out, struct err *err)
{
	char chunk[32768];
	struct stat st;
	ssize_t len = 0;
	int rc = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	buf_reset(out);
	if (fd < 0)
		return err_set(err, "cannot be read: %s", strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		err_set(err, "cannot be read: neither a file nor a folder that can be followed");
		goto out;
	}
	while (!out->full && (len = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)len);
	if (out->full)
		err_set(err, "cannot be read: larger than %u bytes", BUF_MAX_FILE);
	else if (len < 0)
		err_set(err, "cannot be read: %s", strerror(errno));
	else
		rc = 0;
out:
	mem_wipe(chunk, sizeof(chunk));
	close(fd);
	return rc;
}

static struct source_file *add_file(struct source_dir *self, const char *path)
{
	struct source_file *file = mem_alloc(sizeof(*file));

	if (self->n_files == self->n_files_max) {
		self->n_files_max = self->n_files_max ? self->n_files_max * 2 : 64;
		self->files =
			mem_realloc(self->files, self->n_files_max * sizeof(struct source_file *));
	}
	file->path = mem_strdup(path);
	file->index = self->n_files;
	self->files[self->n_files++] = file;
	map_put(&self->by_path, str_from(path), file);
	return file;
}

static void set_state(struct source_dir *self, struct source_file *file, bool broken, bool missing)
{
	self->n_broken = self->n_broken - file->broken + broken;
	self->n_missing = self->n_missing - file->missing + missing;
	file->broken = broken;
	file->missing = missing;
}

struct document_report {
	struct source_dir *source;
	const char *path;
};

static void on_problem(void *arg, uint32_t line, const struct err *why)
{
	const struct document_report *c = arg;

	report_problem(c->source, c->path, line, why);
}

static void on_document(void *arg, const struct value *document)
{
	const struct document_report *c = arg;

	c->source->sink.document(c->source->sink.self, c->path, document);
}

static struct manifest *parse(struct source_dir *self, const char *path, struct str bytes)
{
	const struct source_file *file = map_get(&self->by_path, str_from(path));
	const struct manifest_report report = {
		.self = &(struct document_report){ self, path },
		.problem = on_problem,
		.document = self->sink.document ? on_document : NULL,
		.before = file ? file->manifest : NULL,
		.all = self->sink.all,
	};

	return watcher_manifest_parse(bytes, &report);
}

/* NULL: what the path has now is broken. */
static void take(struct source_dir *self, const char *path, struct manifest *manifest)
{
	struct source_file *file = map_get(&self->by_path, str_from(path));

	if (!file)
		file = add_file(self, path);
	set_state(self, file, !manifest, !manifest && (file->missing || !self->loaded));
	if (!manifest)
		return;
	if (self->loaded)
		log_info("file read", "path=%s objects=%zu", log_value(path), manifest->n);
	replace(self, file, manifest);
}

static void on_found(void *arg, const char *path)
{
	struct source_dir *self = arg;
	struct manifest *manifest = NULL;
	struct err err;

	if (read_file(path, &self->bytes, &err)) {
		(void)err_code(&err, RULE_FILE_READS);
		report_problem(self, path, 0, &err);
	} else {
		manifest = parse(self, path, buf_view(&self->bytes));
	}
	mem_wipe(self->bytes.ptr, self->bytes.len);
	if (self->bytes.cap > (1u << 20))
		buf_clear(&self->bytes);
	take(self, path, manifest);
}

static void free_file(struct source_file *file)
{
	watcher_manifest_destroy(&file->manifest);
	mem_free(file->path);
	mem_free(file);
}

static void on_gone(void *arg, const char *path)
{
	struct source_dir *self = arg;
	struct source_file *file = map_get(&self->by_path, str_from(path));

	if (!file)
		return;
	log_info("file gone", "path=%s", log_value(path));
	set_state(self, file, false, false);
	replace(self, file, NULL);
	self->files[file->index] = self->files[--self->n_files];
	self->files[file->index]->index = file->index;
	map_del(&self->by_path, str_from(path));
	free_file(file);
}

/* ---- exports ---- */

struct source_dir *watcher_source_dir_new(const struct str_list *paths,
					  const struct source_sink *sink)
{
	struct source_dir *self = mem_alloc(sizeof(*self));

	self->sink = *sink;
	map_init(&self->by_path, NULL);
	watcher_winners_init(&self->winners, &(struct winners_sink){ self, on_winner, on_loser });
	map_init(&self->wanted, mem_free);
	buf_init(&self->bytes, BUF_MAX_FILE);
	self->folders =
		watcher_folders_new(paths, &(struct folders_sink){ self, on_found, on_gone });
	return self;
}

void watcher_source_dir_destroy(struct source_dir **self_p)
{
	struct source_dir *self = *self_p;

	if (!self)
		return;
	watcher_folders_destroy(&self->folders);
	for (size_t i = 0; i < self->n_files; i++)
		free_file(self->files[i]);
	mem_free(self->files);
	map_clear(&self->by_path);
	watcher_winners_clear(&self->winners);
	map_clear(&self->wanted);
	buf_wipe(&self->bytes);
	mem_free(self);
	*self_p = NULL;
}

void watcher_source_dir_add(struct source_dir *self, const char *name, struct str bytes)
{
	self->loading = true;
	take(self, name, parse(self, name, bytes));
	self->loading = false;
}

int watcher_source_dir_load(struct source_dir *self)
{
	self->loading = true;
	watcher_folders_scan(self->folders);
	self->loading = false;
	self->loaded = true;
	for (const enum msg_kind *kind = watcher_source_dir_kinds; *kind; kind++) {
		struct str object;

		for (size_t i = 0; (object = watcher_source_dir_next(self, *kind, &i)).ptr;)
			self->sink.put(self->sink.self, object, 0);
	}
	return self->n_missing ? -1 : 0;
}

bool watcher_source_dir_is_complete(const struct source_dir *self)
{
	return self->loaded && !self->n_missing;
}

const char *watcher_source_dir_missing(const struct source_dir *self)
{
	for (size_t i = 0; self->n_missing && i < self->n_files; i++)
		if (self->files[i]->missing)
			return self->files[i]->path;
	return NULL;
}

int watcher_source_dir_fd(struct source_dir *self)
{
	return watcher_folders_fd(self->folders);
}

void watcher_source_dir_on_fd(struct source_dir *self)
{
	self->seen_ns = clock_ns();
	watcher_folders_on_fd(self->folders);
}

uint64_t watcher_source_dir_tick(struct source_dir *self, uint64_t now_ms)
{
	self->seen_ns = clock_ns();
	return watcher_folders_tick(self->folders, now_ms);
}

void watcher_source_dir_want(struct source_dir *self, const struct msg_key *secret, bool is_wanted)
{
	struct wanted_secret *wanted;
	struct pool pool;
	struct str key;

	pool_init(&pool);
	key = msg_key_text(secret, &pool);
	if (!is_wanted) {
		map_del(&self->wanted, key);
		goto out;
	}
	wanted = mem_alloc(sizeof(*wanted) + secret->namespace.len + secret->name.len);
	memcpy(wanted->bytes, secret->namespace.ptr, secret->namespace.len);
	memcpy(wanted->bytes + secret->namespace.len, secret->name.ptr, secret->name.len);
	wanted->key.kind = secret->kind;
	wanted->key.namespace = (struct str){ wanted->bytes, secret->namespace.len };
	wanted->key.name = (struct str){ wanted->bytes + secret->namespace.len, secret->name.len };
	map_put(&self->wanted, key, wanted);
	send_secret(self, wanted, key);
out:
	pool_clear(&pool);
}

void watcher_source_dir_forget_wanted(struct source_dir *self)
{
	map_clear(&self->wanted);
}

void watcher_source_dir_answer_wanted(struct source_dir *self)
{
	struct str key;
	void *wanted;

	for (size_t i = 0; map_next(&self->wanted, &i, &key, &wanted);)
		send_secret(self, wanted, key);
}

struct str watcher_source_dir_next(struct source_dir *self, enum msg_kind kind, size_t *i)
{
	size_t file = *i >> 32, item = *i & UINT32_MAX;

	for (; file < self->n_files; file++, item = 0) {
		const struct manifest *manifest = self->files[file]->manifest;

		for (; manifest && item < manifest->n; item++) {
			if (manifest->items[item].kind != kind || !manifest->items[item].wins)
				continue;
			*i = file << 32 | (item + 1);
			return manifest->items[item].object;
		}
	}
	*i = file << 32;
	return STR_NONE;
}

struct source_counts watcher_source_dir_count(const struct source_dir *self)
{
	return (struct source_counts){ self->n_files, self->n_broken, self->winners.first.n };
}
