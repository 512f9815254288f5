/* source_rig: a source of manifests in a fresh folder, and what it has told; the kernel queues its
 * events before a write returns, so nothing waits. */
#ifndef TESTS_WATCHER_SOURCE_RIG_H
#define TESTS_WATCHER_SOURCE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "watcher/dir/source_dir.h"

#define SERVICE(name, port)                                                                      \
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {ports: [{port: " port \
	"}]}\n"
#define SECRET(name, value)                                                                        \
	"apiVersion: v1\nkind: Secret\nmetadata: {name: " name "}\nstringData: {k: \"" value "\"}" \
	"\n"

struct fixture {
	char dir[64];
	struct str_list paths;
	struct str path;
	struct source_dir *source;
	struct buf told;  /* "put Service/default/a 80\n" and so on, since the last look */
	uint64_t seen_ns; /* of the last put or del */
	int n_complaints;
};

static inline struct msg_object source_unpack(struct str packed, struct pool *pool)
{
	struct msg_object object;

	assert_int_equal(codec_unpack(&msg_object_codec, packed, pool, &object, NULL), 0);
	return object;
}

static inline void source_on_put(void *arg, struct str packed, uint64_t seen_ns)
{
	struct fixture *f = arg;
	struct msg_object o;
	struct pool pool;

	pool_init(&pool);
	o = source_unpack(packed, &pool);
	buf_printf(&f->told, "put " STR_FMT, STR_ARG(msg_key_text(&o.key, &pool)));
	if (o.service && o.service->spec.ports.n)
		buf_printf(&f->told, " %lld", (long long)o.service->spec.ports.items[0].port);
	buf_putc(&f->told, '\n');
	f->seen_ns = seen_ns;
	pool_clear(&pool);
}

static inline void source_on_del(void *arg, const struct msg_key *key, uint64_t seen_ns)
{
	struct fixture *f = arg;
	struct pool pool;

	pool_init(&pool);
	buf_printf(&f->told, "del " STR_FMT "\n", STR_ARG(msg_key_text(key, &pool)));
	f->seen_ns = seen_ns;
	pool_clear(&pool);
}

static inline void source_on_secret(void *arg, const struct msg_secret_value *value,
				    uint64_t seen_ns)
{
	static const char *const answers[] = { "found", "absent", "forbidden", "unavailable" };
	struct fixture *f = arg;

	(void)seen_ns;
	buf_printf(&f->told, "secret " STR_FMT " %s " STR_FMT "\n", STR_ARG(value->key.name),
		   answers[value->answer], STR_ARG(str_map_get(&value->data, "k")));
}

static inline void source_on_complain(void *arg, const char *path, uint32_t line,
				      const struct err *why)
{
	struct fixture *f = arg;

	f->n_complaints++;
	buf_printf(&f->told, "bad %s:%u %.30s\n",
		   path + strlen(f->dir) + (path[strlen(f->dir)] == '/'), line, why->text);
}

static inline const char *source_at(const struct fixture *f, const char *name)
{
	static char paths[4][256];
	static int slot;
	char *path = paths[slot++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", f->dir, name);
	return path;
}

static inline void source_put_file(const struct fixture *f, const char *name, const char *text)
{
	int fd = open(source_at(f, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void source_begin(struct fixture *f, const char *root)
{
	const struct source_sink sink = { f, source_on_put, source_on_del, source_on_secret,
					  source_on_complain };

	f->path = str_from(root);
	f->paths = (struct str_list){ &f->path, 1 };
	f->source = watcher_source_dir_new(&f->paths, &sink);
}

/* Everything that was told since the last call, after taking all events there are. */
static inline void source_expect(struct fixture *f, const char *wanted)
{
	struct pollfd fd = { .fd = watcher_source_dir_fd(f->source), .events = POLLIN };

	while (poll(&fd, 1, 0) > 0)
		watcher_source_dir_on_fd(f->source);
	buf_putc(&f->told, '\n');
	f->told.ptr[f->told.len - 1] = '\0';
	assert_string_equal(f->told.ptr, wanted);
	buf_reset(&f->told);
}

static inline int source_setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));

	log_set_level(LOG_LEVEL_ERROR);
	snprintf(f->dir, sizeof(f->dir), "/tmp/sluice-source-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	buf_init(&f->told, BUF_MAX_TEXT);
	*state = f;
	return 0;
}

static inline int source_teardown(void **state)
{
	struct fixture *f = *state;
	char command[256];

	watcher_source_dir_destroy(&f->source);
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", f->dir, f->dir);
	if (system(command) != 0)
		return -1;
	buf_clear(&f->told);
	mem_free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, source_setup, source_teardown)

#endif
