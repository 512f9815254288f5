/* state_file: the last good configuration of each owner in a file beside the published one.
 *
 *   in     changes that are about to be published; at start, the file
 *   out    the file, mode 0600; at start, last good configurations
 *   owns   FILE.state
 *   never  trusts the file: lengths, checksums and every field are checked, and what does not hold
 *          is left out
 *
 * Form: a line that says what it is, then records: length (4 bytes, little endian), SHA-256 of the
 * body, body (msgpack by the codec below). A record of an owner replaces its earlier one.
 */
#include "publisher/file/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/small_file.h"

#define SLACK (4 << 20) /* bytes that it may grow beyond twice its content */
#define CHUNK (1u << 20)
#define HEAD (4 + HASH_LEN)
static const char title[] = "sluice publisher state 1\n";

/* ---- one record ---- */

struct saved_route {
	struct str head, policies;
	bool again; /* those of the previous route */
};
struct saved_route_list {
	struct saved_route *items;
	size_t n;
};
struct saved_cert {
	struct str secret, pem, key;
	bool always;
};
struct saved_cert_list {
	struct saved_cert *items;
	size_t n;
};
struct saved_file {
	struct str name, bytes;
};
struct saved_file_list {
	struct saved_file *items;
	size_t n;
};
struct saved_owner {
	struct msg_key owner;
	bool gone;
	bool has_settings, has_bootstrap;
	struct saved_route_list routes;
	struct str settings, bootstrap;
	struct saved_cert_list certs;
	struct saved_file_list files;
};

static const struct codec_field route_fields[] = {
	CODEC_FIELD(saved_route, head, CODEC_BYTES, .max = BUF_MAX_MESSAGE),
	CODEC_FIELD(saved_route, policies, CODEC_BYTES, .max = BUF_MAX_MESSAGE),
	CODEC_FIELD(saved_route, again, CODEC_BOOL), /* those of the previous route */
};
static const struct codec route_codec = CODEC_OF(saved_route, route_fields);
static const struct codec_field cert_fields[] = {
	CODEC_FIELD(saved_cert, secret, CODEC_TEXT),
	CODEC_FIELD(saved_cert, pem, CODEC_BYTES),
	CODEC_FIELD(saved_cert, key, CODEC_BYTES, .flags = CODEC_HIDDEN),
	CODEC_FIELD(saved_cert, always, CODEC_BOOL),
};
static const struct codec cert_codec = CODEC_OF(saved_cert, cert_fields);
static const struct codec_field file_fields[] = {
	CODEC_FIELD(saved_file, name, CODEC_TEXT),
	CODEC_FIELD(saved_file, bytes, CODEC_BYTES, .flags = CODEC_HIDDEN),
};
static const struct codec file_codec = CODEC_OF(saved_file, file_fields);
static const struct codec_field owner_fields[] = {
	CODEC_FIELD(saved_owner, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(saved_owner, gone, CODEC_BOOL),
	CODEC_FIELD(saved_owner, has_settings, CODEC_BOOL),
	CODEC_FIELD(saved_owner, has_bootstrap, CODEC_BOOL),
	CODEC_FIELD(saved_owner, routes, CODEC_LIST, .of = &route_codec),
	CODEC_FIELD(saved_owner, settings, CODEC_BYTES, .max = BUF_MAX_MESSAGE),
	CODEC_FIELD(saved_owner, bootstrap, CODEC_BYTES, .max = BUF_MAX_MESSAGE),
	CODEC_FIELD(saved_owner, certs, CODEC_LIST, .of = &cert_codec),
	CODEC_FIELD(saved_owner, files, CODEC_LIST, .of = &file_codec),
};
static const struct codec owner_codec = CODEC_OF(saved_owner, owner_fields);

static struct saved_route saved_route(const struct good *good, size_t i, struct pool *pool)
{
	const struct packed_route *route = &good->routes[i].packed;
	bool again = i && route->policies.ptr == good->routes[i - 1].packed.policies.ptr;
	struct saved_route out;
	struct buf head;

	buf_init(&head, BUF_MAX_MESSAGE);
	publisher_route_put_head(route, &head);
	out = (struct saved_route){ pool_bytes(pool, head.len ? head.ptr : "", head.len),
				    again ? STR("") : route->policies, again };
	buf_wipe(&head);
	return out;
}

static void fill(const struct good *good, struct pool *pool, struct saved_owner *out)
{
	out->has_settings = good->settings.ptr != NULL;
	out->has_bootstrap = good->bootstrap.ptr != NULL;
	out->settings = good->settings;
	out->bootstrap = good->bootstrap;
	out->routes.items = pool_array(pool, good->n_routes + 1, sizeof(*out->routes.items));
	for (; out->routes.n < good->n_routes; out->routes.n++)
		out->routes.items[out->routes.n] = saved_route(good, out->routes.n, pool);
	out->certs.items = pool_array(pool, good->n_certs + 1, sizeof(*out->certs.items));
	for (; out->certs.n < good->n_certs; out->certs.n++) {
		const struct good_cert *c = &good->certs[out->certs.n];

		out->certs.items[out->certs.n] =
			(struct saved_cert){ publisher_certs_secret(c->cert),
					     publisher_certs_pem(c->cert),
					     publisher_certs_key(c->cert), c->always };
	}
	out->files.items = pool_array(pool, good->n_files + 1, sizeof(*out->files.items));
	for (; out->files.n < good->n_files; out->files.n++)
		out->files.items[out->files.n] =
			(struct saved_file){ good->files[out->files.n].name,
					     good->files[out->files.n].bytes };
}

/* Appends the record of an owner; good NULL: it is gone. */
static void print_record(const struct msg_key *owner, const struct good *good, struct buf *body,
			 struct buf *out)
{
	struct saved_owner record = { .owner = *owner, .gone = !good };
	struct pool pool;
	struct hash hash;
	unsigned char len[4];

	pool_init(&pool);
	if (good)
		fill(good, &pool, &record);
	buf_reset(body);
	codec_pack(&owner_codec, &record, body);
	hash = hash_of(buf_view(body));
	for (size_t i = 0; i < sizeof(len); i++)
		len[i] = (unsigned char)(body->len >> (8 * i));
	buf_add(out, len, sizeof(len));
	buf_add(out, hash.bytes, HASH_LEN);
	buf_str(out, buf_view(body));
	out->full |= body->full;
	pool_clear(&pool);
}

/* ---- load ---- */

static int adopt(struct wanted *wanted, const struct saved_owner *record, struct pool *pool,
		 struct err *err)
{
	struct good_parts parts = {
		.settings = record->has_settings ? record->settings : STR_NONE,
		.bootstrap = record->has_bootstrap ? record->bootstrap : STR_NONE,
		.n_routes = record->routes.n,
		.n_files = record->files.n,
		.was_stored = true,
	};

	parts.routes = pool_array(pool, record->routes.n + 1, sizeof(*parts.routes));
	for (size_t i = 0; i < record->routes.n; i++) {
		const struct saved_route *route = &record->routes.items[i];

		parts.routes[i].own = route->head;
		parts.routes[i].policies =
			route->again && i ? parts.routes[i - 1].policies : route->policies;
	}
	parts.files = pool_array(pool, record->files.n + 1, sizeof(*parts.files));
	for (size_t i = 0; i < record->files.n; i++)
		parts.files[i] = (struct good_file){ record->files.items[i].name,
						     record->files.items[i].bytes };
	parts.certs = pool_array(pool, record->certs.n + 1, sizeof(*parts.certs));
	for (; parts.n_certs < record->certs.n; parts.n_certs++) {
		const struct saved_cert *c = &record->certs.items[parts.n_certs];

		parts.certs[parts.n_certs] = (struct part_cert){
			.secret = c->secret, .pem = c->pem, .key = c->key, .always = c->always
		};
	}
	return publisher_wanted_adopt(wanted, &record->owner, &parts, err) == WANTED_REJECTED ? -1
											      : 0;
}

static int load_record(struct wanted *wanted, struct str body, struct err *err)
{
	struct saved_owner record = { 0 };
	struct pool pool;
	int rc = -1;

	pool_init(&pool);
	if (codec_unpack(&owner_codec, body, &pool, &record, err) < 0)
		goto out;
	if (record.gone)
		publisher_wanted_delete(wanted, &record.owner);
	rc = record.gone ? 0 : adopt(wanted, &record, &pool, err);
out:
	pool_wipe(&pool);
	return rc;
}

/* Reads exactly len bytes. 1: done; 0: there was nothing left; -1: it ended early or cannot be
 * read. */
static int read_exactly(int fd, void *to, size_t len)
{
	size_t had = 0;

	while (had < len) {
		ssize_t n = read(fd, (char *)to + had, len - had);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 && had == 0 ? 0 : -1;
		had += (size_t)n;
	}
	return 1;
}

/* The next record's body, in the pool. 1: there is one; 0: the end; -1: damaged. */
static int read_record(int fd, size_t left, struct pool *pool, struct str *body, struct err *err)
{
	unsigned char head[HEAD];
	struct hash stored, hash;
	size_t len;
	char *bytes;
	int rc = read_exactly(fd, head, sizeof(head));

	if (rc == 0)
		return 0;
	len = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
	      (size_t)head[3] << 24;
	if (rc < 0 || len > left)
		return err_set(err, "a record ends early");
	bytes = pool_alloc(pool, len + 1);
	if (len && read_exactly(fd, bytes, len) <= 0)
		return err_set(err, "a record ends early");
	*body = (struct str){ bytes, len };
	memcpy(stored.bytes, head + 4, HASH_LEN);
	hash = hash_of(*body);
	return hash_equal(&stored, &hash) ? 1 : err_set(err, "a record does not fit its checksum");
}

static int load_all(struct state_file *state, struct wanted *wanted, int fd, off_t size,
		    struct err *err)
{
	char line[sizeof(title) - 1];
	int rc = 1;

	if (read_exactly(fd, line, sizeof(line)) <= 0 || memcmp(line, title, sizeof(line)) != 0)
		return err_set(err, "it does not begin with the line of a state file");
	state->size = sizeof(line);
	while (rc > 0) {
		struct pool pool;
		struct str body = STR_NONE;

		pool_init(&pool);
		rc = read_record(fd, (size_t)(size - state->size), &pool, &body, err);
		if (rc > 0 && load_record(wanted, body, err) < 0)
			rc = -1;
		if (rc > 0)
			state->size += (off_t)(HEAD + body.len);
		pool_wipe(&pool);
	}
	return rc < 0 ? err_wrap(err, "at byte %lld", (long long)state->size) : 0;
}

/* Only a file of ours is read: regular, our own, for nobody else's eyes. */
static int check(int fd, struct stat *st, struct err *err)
{
	if (fstat(fd, st) < 0)
		return err_set(err, "it cannot be looked at: %s", strerror(errno));
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || (st->st_mode & 077))
		return err_set(err, "it must be a regular file of this user with mode 0600");
	if ((unsigned long long)st->st_size > BUF_MAX_OUTPUT)
		return err_set(err, "it has more than %lu bytes", BUF_MAX_OUTPUT);
	return 0;
}

int publisher_state_file_load(struct state_file *state, struct wanted *wanted, struct err *err)
{
	int fd = openat(state->file.dir_fd, state->file.name,
			O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int rc = -1;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set(err, "it cannot be opened: %s", strerror(errno));
	if (check(fd, &st, err) == 0)
		rc = load_all(state, wanted, fd, st.st_size, err);
	state->compact = state->size;
	if (rc == 0)
		state->fd = fd; /* appended to from now on; else written anew */
	else
		close(fd);
	return rc;
}

/* ---- save ---- */

static int append(struct state_file *state, const struct state_changes *changes, struct err *err)
{
	struct buf out, body;
	int rc = 0;

	buf_init(&out, BUF_MAX_OUTPUT);
	buf_init(&body, BUF_MAX_MESSAGE);
	for (size_t i = 0; !rc && i < changes->n; i++) {
		print_record(&changes->items[i].owner, changes->items[i].good, &body, &out);
		if (out.full)
			rc = err_set(err, "one owner takes more than %u bytes", BUF_MAX_MESSAGE);
		else if (out.len > CHUNK || i + 1 == changes->n) {
			rc = small_file_write(state->fd, buf_view(&out));
			if (rc)
				err_set(err, "it cannot be written: %s", strerror(errno));
			state->size += (off_t)out.len;
			buf_reset(&out);
		}
	}
	if (!rc && fdatasync(state->fd) < 0)
		rc = err_set(err, "it cannot be brought to disk: %s", strerror(errno));
	buf_wipe(&body);
	buf_wipe(&out);
	return rc;
}

static int write_all_anew(struct state_file *state, const struct snapshot *all, struct buf *body,
			  struct buf *out, struct err *err)
{
	buf_puts(out, title);
	for (size_t i = 0; i <= all->n_goods; i++) {
		if (i < all->n_goods)
			print_record(&all->goods[i]->owner, all->goods[i], body, out);
		if (out->full)
			return err_set(err, "one owner takes more than %u bytes", BUF_MAX_MESSAGE);
		if (out->len <= CHUNK && i < all->n_goods)
			continue;
		if (publisher_file_write(&state->file, buf_view(out), err) < 0)
			return -1;
		state->size += (off_t)out->len;
		buf_reset(out);
	}
	return publisher_file_commit(&state->file, err) < 0 ? -1 : 0;
}

static int write_anew(struct state_file *state, const struct snapshot *all, struct err *err)
{
	struct buf out, body;
	int rc;

	buf_init(&out, BUF_MAX_OUTPUT);
	buf_init(&body, BUF_MAX_MESSAGE);
	state->size = 0;
	rc = publisher_file_begin(&state->file, err);
	if (!rc)
		rc = write_all_anew(state, all, &body, &out, err);
	if (rc)
		publisher_file_cancel(&state->file);
	state->compact = state->size;
	buf_wipe(&body);
	buf_wipe(&out);
	return rc;
}

static void forget_fd(struct state_file *state)
{
	if (state->fd >= 0)
		close(state->fd);
	state->fd = -1;
}

int publisher_state_file_save(struct state_file *state, const struct state_changes *changes,
			      const struct snapshot *all, struct err *err)
{
	int rc;

	if (state->fd >= 0 && state->size <= 2 * state->compact + SLACK) {
		rc = append(state, changes, err);
		if (rc)
			err_wrap(err, "file %s", err_quote(state->file.path));
	} else {
		forget_fd(state);
		rc = write_anew(state, all, err);
		if (!rc)
			state->fd = openat(state->file.dir_fd, state->file.name,
					   O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	}
	if (rc)
		forget_fd(state);
	return rc;
}

int publisher_state_file_open(struct state_file *state, const char *path, struct err *err)
{
	*state = (struct state_file){ .fd = -1 };
	return publisher_file_open(&state->file, path, err);
}

void publisher_state_file_close(struct state_file *state)
{
	forget_fd(state);
	publisher_file_close(&state->file);
}
