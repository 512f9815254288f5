/* curve_keys: the CURVE keys of a folder.
 *
 *   in     server.key, server.pub, client.key, clients.pub
 *   out    struct curve_keys in the vault, whole or not at all
 *   owns   nothing
 *   never  repeats a line of a file, leaves a copy of a key in other memory
 */
#include "actor/link/curve_keys.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/small_file.h"
#include "base/vault/vault.h"

#define FILE_MAX (1u << 20)
#define PATH_MAX_BYTES 4096

/* Warns of a secret key that others can read. The group may read a file that is not ours: that is
 * how Kubernetes hands a Secret to a pod that is not root (fsGroup). */
static void check_mode(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 ||
	    !(st.st_mode & S_IROTH || (st.st_mode & S_IRGRP && st.st_uid == geteuid())))
		return;
	log_warn("a secret key can be read by others", "path=%s mode=%04o", log_value(path),
		 (unsigned)st.st_mode & 07777);
}

struct key_file {
	const char *path;
	struct buf bytes;
	struct str left;
	size_t n_lines;
};

static int open_file(struct key_file *reader, const char *path, struct err *err)
{
	reader->path = path;
	reader->n_lines = 0;
	buf_init(&reader->bytes, FILE_MAX);
	if (small_file_read(path, &reader->bytes, err))
		return -1;
	reader->left = reader->bytes.len ? buf_view(&reader->bytes) : STR("");
	return 0;
}

static int next_line(struct key_file *reader, struct curve_line *line, struct err *err)
{
	int rc = actor_curve_text_next(&reader->left, &reader->n_lines, line, err);

	return rc < 0 ? err_wrap(err, "%s", reader->path) : rc;
}

/* Of a file in which all keys are those of one room. */
static int next_key(struct key_file *reader, struct curve_key *key, struct err *err)
{
	struct curve_line line = { .room = ROOM_NONE };
	int rc = next_line(reader, &line, err);

	if (rc == 1 && line.room)
		rc = err_set(err, "%s: line %zu names a room; only clients.pub does", reader->path,
			     reader->n_lines);
	if (rc == 1)
		*key = line.key;
	mem_wipe(&line, sizeof(line));
	return rc;
}

static int read_secret(const char *path, struct curve_key *key, struct err *err)
{
	struct key_file reader;
	struct curve_key more = { "" };
	int rc = open_file(&reader, path, err);

	if (!rc) {
		check_mode(path);
		rc = next_key(&reader, key, err);
	}
	if (rc == 1) {
		rc = next_key(&reader, &more, err);
		if (rc == 1)
			rc = err_set(err, "%s holds more than one key; it must hold one", path);
	} else if (rc == 0) {
		rc = err_set(err, "%s holds no key; it must hold one", path);
	}
	buf_wipe(&reader.bytes);
	mem_wipe(&more, sizeof(more));
	return rc;
}

static int read_servers(const char *path, struct curve_keys *keys, struct err *err)
{
	struct key_file reader;
	struct curve_key key;
	int rc = open_file(&reader, path, err);

	while (!rc && (rc = next_key(&reader, &key, err)) == 1) {
		rc = 0;
		if (keys->n_servers == CURVE_MAX_SERVERS)
			rc = err_set(err, "%s holds more than %d keys", path, CURVE_MAX_SERVERS);
		else
			keys->servers[keys->n_servers++] = key;
	}
	if (!rc && !keys->n_servers)
		rc = err_set(err, "%s holds no key; it must hold that of the binding end", path);
	buf_wipe(&reader.bytes);
	return rc;
}

static int read_clients(const char *path, struct curve_keys *keys, struct err *err)
{
	struct key_file reader;
	struct curve_line line;
	int rc = open_file(&reader, path, err);

	while (!rc && (rc = next_line(&reader, &line, err)) == 1) {
		const struct str key = str_from(line.key.text);
		const uintptr_t room = 1u << (line.room ? line.room : ROOM_TRANSLATOR);

		rc = 0;
		map_put(&keys->clients, key,
			(void *)((uintptr_t)map_get(&keys->clients, key) | room));
	}
	if (!rc && !keys->clients.n)
		log_warn("no key may connect", "path=%s", log_value(path));
	buf_wipe(&reader.bytes);
	return rc;
}

struct curve_keys *actor_curve_keys_read(const char *dir, unsigned needs, struct err *err)
{
	struct curve_keys *keys = vault_alloc(sizeof(*keys));
	char path[PATH_MAX_BYTES];
	int rc = 0;

	map_init(&keys->clients, NULL);
	if (needs & CURVE_BINDS) {
		snprintf(path, sizeof(path), "%s/server.key", dir);
		rc = read_secret(path, &keys->server_key, err);
		snprintf(path, sizeof(path), "%s/clients.pub", dir);
		rc = rc ? rc : read_clients(path, keys, err);
	}
	if (needs & CURVE_CONNECTS && !rc) {
		snprintf(path, sizeof(path), "%s/client.key", dir);
		rc = read_secret(path, &keys->client_key, err);
		if (!rc)
			zmq_curve_public(keys->client_pub.text, keys->client_key.text);
		snprintf(path, sizeof(path), "%s/server.pub", dir);
		rc = rc ? rc : read_servers(path, keys, err);
	}
	if (!rc)
		return keys;
	actor_curve_keys_free(keys);
	return NULL;
}

void actor_curve_keys_free(struct curve_keys *keys)
{
	if (keys)
		map_clear(&keys->clients);
	vault_free(keys, sizeof(*keys));
}
