/* test_source_dir: files come, change, break and go; the kernel queues its events before a write
 * returns, so nothing waits. */
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

#define ROUNDS 800

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

static struct msg_object unpack(struct str packed, struct pool *pool)
{
	struct msg_object object;

	assert_int_equal(codec_unpack(&msg_object_codec, packed, pool, &object, NULL), 0);
	return object;
}

static void on_put(void *arg, struct str packed, uint64_t seen_ns)
{
	struct fixture *f = arg;
	struct msg_object o;
	struct pool pool;

	pool_init(&pool);
	o = unpack(packed, &pool);
	buf_printf(&f->told, "put " STR_FMT, STR_ARG(msg_key_text(&o.key, &pool)));
	if (o.service && o.service->spec.ports.n)
		buf_printf(&f->told, " %lld", (long long)o.service->spec.ports.items[0].port);
	buf_putc(&f->told, '\n');
	f->seen_ns = seen_ns;
	pool_clear(&pool);
}

static void on_del(void *arg, const struct msg_key *key, uint64_t seen_ns)
{
	struct fixture *f = arg;
	struct pool pool;

	pool_init(&pool);
	buf_printf(&f->told, "del " STR_FMT "\n", STR_ARG(msg_key_text(key, &pool)));
	f->seen_ns = seen_ns;
	pool_clear(&pool);
}

static void on_secret(void *arg, const struct msg_secret_value *value, uint64_t seen_ns)
{
	static const char *const answers[] = { "found", "absent", "forbidden", "unavailable" };
	struct fixture *f = arg;

	(void)seen_ns;
	buf_printf(&f->told, "secret " STR_FMT " %s " STR_FMT "\n", STR_ARG(value->key.name),
		   answers[value->answer], STR_ARG(str_map_get(&value->data, "k")));
}

static void on_complain(void *arg, const char *path, uint32_t line, const struct err *why)
{
	struct fixture *f = arg;

	f->n_complaints++;
	buf_printf(&f->told, "bad %s:%u %.30s\n",
		   path + strlen(f->dir) + (path[strlen(f->dir)] == '/'), line, why->text);
}

static const char *at(const struct fixture *f, const char *name)
{
	static char paths[4][256];
	static int slot;
	char *path = paths[slot++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", f->dir, name);
	return path;
}

static void put_file(const struct fixture *f, const char *name, const char *text)
{
	int fd = open(at(f, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void begin(struct fixture *f, const char *root)
{
	const struct source_sink sink = { f, on_put, on_del, on_secret, on_complain };

	f->path = str_from(root);
	f->paths = (struct str_list){ &f->path, 1 };
	f->source = watcher_source_dir_new(&f->paths, &sink);
}

/* Everything that was told since the last call, after taking all events there are. */
static void assert_told(struct fixture *f, const char *wanted)
{
	struct pollfd fd = { .fd = watcher_source_dir_fd(f->source), .events = POLLIN };

	while (poll(&fd, 1, 0) > 0)
		watcher_source_dir_on_fd(f->source);
	buf_putc(&f->told, '\n');
	f->told.ptr[f->told.len - 1] = '\0';
	assert_string_equal(f->told.ptr, wanted);
	buf_reset(&f->told);
}

static int setup(void **state)
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

static int teardown(void **state)
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

static void test_load_and_edit(void **state)
{
	struct fixture *f = *state;

	put_file(f, "b.yaml", SERVICE("b", "80"));
	put_file(f, "a.yml", SERVICE("a", "80"));
	put_file(f, "notes.txt", "{{{");
	put_file(f, ".hidden.yaml", "{{{");
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_true(watcher_source_dir_is_complete(f->source));
	assert_told(f, "put Service/default/a 80\nput Service/default/b 80\n");
	assert_int_equal(f->seen_ns, 0);

	put_file(f, "b.yaml", SERVICE("b", "81") "---\n" SERVICE("c", "80"));
	assert_told(f, "put Service/default/b 81\nput Service/default/c 80\n");
	assert_true(f->seen_ns > 0);
	put_file(f, "b.yaml", "# the same\n" SERVICE("b", "81") "---\n" SERVICE("c", "80"));
	assert_told(f, "");
	put_file(f, "b.yaml", SERVICE("c", "80"));
	assert_told(f, "del Service/default/b\n");
	put_file(f, "d.json",
		 "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"d\"}}");
	assert_told(f, "put Service/default/d\n");
	unlink(at(f, "d.json"));
	assert_told(f, "del Service/default/d\n");
	put_file(f, "notes.txt", "{{{{");
	assert_told(f, "");
}

static void test_renames(void **state)
{
	struct fixture *f = *state;

	put_file(f, "a.yaml", SERVICE("a", "80"));
	begin(f, f->dir);
	watcher_source_dir_load(f->source);
	assert_told(f, "put Service/default/a 80\n");
	put_file(f, ".a.yaml.tmp", SERVICE("a", "81"));
	rename(at(f, ".a.yaml.tmp"), at(f, "a.yaml"));
	assert_told(f, "put Service/default/a 81\n");
	/* what only moves to another file is never away */
	rename(at(f, "a.yaml"), at(f, "z.yaml"));
	assert_told(f, "");
	put_file(f, "z.yaml", SERVICE("a", "82"));
	assert_told(f, "put Service/default/a 82\n");
	rename(at(f, "z.yaml"), at(f, "z.yaml~"));
	assert_told(f, "del Service/default/a\n");
	rename(at(f, "z.yaml~"), at(f, "z.yaml"));
	assert_told(f, "put Service/default/a 82\n");
}

static void test_broken_file_keeps_its_objects(void **state)
{
	struct fixture *f = *state;

	put_file(f, "a.yaml", SERVICE("a", "80"));
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_told(f, "put Service/default/a 80\n");
	put_file(f, "a.yaml", SERVICE("a", "81") "---\na: b: c\n");
	assert_told(f, "bad a.yaml:6 yaml: line 6, column 5: mappin\n");
	assert_true(watcher_source_dir_is_complete(f->source));
	assert_int_equal(watcher_source_dir_count(f->source).n_broken, 1);
	put_file(f, "a.yaml", SERVICE("a", "82"));
	assert_told(f, "put Service/default/a 82\n");
	assert_int_equal(watcher_source_dir_count(f->source).n_broken, 0);
	put_file(f, "a.yaml", "{");
	buf_reset(&f->told);
	unlink(at(f, "a.yaml"));
	watcher_source_dir_on_fd(f->source);
	buf_reset(&f->told);
	assert_int_equal(watcher_source_dir_count(f->source).n_objects, 0);
	assert_int_equal(watcher_source_dir_count(f->source).n_files, 0);
}

/* One bad object takes itself along: it stays as it was, the others of its file change. */
static void test_bad_object_stays_as_it_was(void **state)
{
	struct fixture *f = *state;

	put_file(f, "a.yaml", SERVICE("a", "80"));
	put_file(f, "b.yaml", SERVICE("b", "80") "---\n" SERVICE("c", "80"));
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	buf_reset(&f->told);
	put_file(f, "b.yaml",
		 SERVICE("c", "81") "---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n"
				    "spec: {ports: 7}\n");
	watcher_source_dir_on_fd(f->source);
	assert_non_null(strstr(buf_view(&f->told).ptr, "put Service/default/c 81\n"));
	assert_null(strstr(buf_view(&f->told).ptr, "del "));
	assert_int_equal(watcher_source_dir_count(f->source).n_broken, 0);
	assert_int_equal(watcher_source_dir_count(f->source).n_objects, 3);
}

static void test_broken_at_start(void **state)
{
	struct fixture *f = *state;

	put_file(f, "a.yaml", SERVICE("a", "80"));
	put_file(f, "b.yaml", "{");
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	assert_false(watcher_source_dir_is_complete(f->source));
	assert_string_equal(watcher_source_dir_missing(f->source), at(f, "b.yaml"));
	assert_int_equal(f->n_complaints, 1);
	buf_reset(&f->told);
	put_file(f, "b.yaml", "");
	assert_told(f, "");
	assert_true(watcher_source_dir_is_complete(f->source));
	assert_null(watcher_source_dir_missing(f->source));
	/* what comes later and is bad was never missed */
	put_file(f, "c.yaml", "{");
	watcher_source_dir_on_fd(f->source);
	assert_true(watcher_source_dir_is_complete(f->source));
}

static void test_takeover(void **state)
{
	struct fixture *f = *state;

	put_file(f, "a.yaml", SERVICE("x", "1"));
	put_file(f, "b.yaml", SERVICE("x", "2"));
	put_file(f, "c.yaml", SERVICE("x", "1"));
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_int_equal(f->n_complaints, 2);
	buf_reset(&f->told);
	put_file(f, "b.yaml", SERVICE("x", "3"));
	assert_told(f, "");
	unlink(at(f, "a.yaml"));
	assert_told(f, "put Service/default/x 3\n");
	put_file(f, "a.yaml", SERVICE("x", "3"));
	assert_told(f, "bad b.yaml:1 Service/default/x is also in \"\n");
	put_file(f, "a.yaml", SERVICE("y", "3"));
	assert_told(f, "put Service/default/y 3\n");
	put_file(f, "b.yaml", "");
	assert_told(f, "put Service/default/x 1\n");
	unlink(at(f, "c.yaml"));
	assert_told(f, "del Service/default/x\n");
}

static void test_folders(void **state)
{
	struct fixture *f = *state;

	mkdir(at(f, "one"), 0700);
	mkdir(at(f, ".git"), 0700);
	put_file(f, "one/a.yaml", SERVICE("a", "80"));
	put_file(f, ".git/x.yaml", SERVICE("x", "80"));
	begin(f, f->dir);
	watcher_source_dir_load(f->source);
	assert_told(f, "put Service/default/a 80\n");
	mkdir(at(f, "two"), 0700);
	mkdir(at(f, "two/three"), 0700);
	put_file(f, "two/three/b.yaml", SERVICE("b", "80"));
	assert_told(f, "put Service/default/b 80\n");
	put_file(f, "two/three/b.yaml", SERVICE("b", "81"));
	assert_told(f, "put Service/default/b 81\n");
	rename(at(f, "two"), at(f, "four"));
	put_file(f, "four/three/b.yaml", SERVICE("b", "82"));
	assert_told(f, "put Service/default/b 82\n");
	rename(at(f, "four"), at(f, ".four"));
	put_file(f, ".four/three/b.yaml", SERVICE("b", "83"));
	assert_told(f, "del Service/default/b\n");
	put_file(f, ".four/three/b.yaml", SERVICE("b", "84"));
	assert_told(f, "");
	unlink(at(f, "one/a.yaml"));
	rmdir(at(f, "one"));
	assert_told(f, "del Service/default/a\n");
}

/* A symlink to a folder above it ends there. */
static void test_symlink_loop(void **state)
{
	struct fixture *f = *state;

	put_file(f, "a.yaml", SERVICE("a", "80"));
	assert_int_equal(symlink(".", at(f, "loop")), 0);
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_told(f, "put Service/default/a 80\n");
}

/* As the kubelet writes a ConfigMap: visible links through "..data", which is swapped by a rename.
 */
static void test_configmap_swap(void **state)
{
	struct fixture *f = *state;

	mkdir(at(f, "..1"), 0700);
	mkdir(at(f, "..1/sub"), 0700);
	put_file(f, "..1/a.yaml", SERVICE("a", "80"));
	put_file(f, "..1/sub/b.yaml", SERVICE("b", "80"));
	assert_int_equal(symlink("..1", at(f, "..data")), 0);
	assert_int_equal(symlink("..data/a.yaml", at(f, "a.yaml")), 0);
	assert_int_equal(symlink("..data/sub", at(f, "sub")), 0);
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_told(f, "put Service/default/a 80\nput Service/default/b 80\n");

	mkdir(at(f, "..2"), 0700);
	mkdir(at(f, "..2/sub"), 0700);
	put_file(f, "..2/a.yaml", SERVICE("a", "81"));
	put_file(f, "..2/sub/b.yaml", SERVICE("b", "81"));
	put_file(f, "..2/sub/c.yaml", SERVICE("c", "81"));
	assert_int_equal(symlink("..2", at(f, "..data_tmp")), 0);
	rename(at(f, "..data_tmp"), at(f, "..data"));
	unlink(at(f, "..1/a.yaml"));
	unlink(at(f, "..1/sub/b.yaml"));
	rmdir(at(f, "..1/sub"));
	rmdir(at(f, "..1"));
	assert_told(
		f,
		"put Service/default/a 81\nput Service/default/b 81\nput Service/default/c 81\n");
	/* and again, so that the new folders are followed as the old ones were */
	put_file(f, "..2/sub/b.yaml", SERVICE("b", "82"));
	assert_told(f, "put Service/default/b 82\n");
	put_file(f, "..2/a.yaml", SERVICE("a", "82"));
	assert_told(f, "put Service/default/a 82\n");
	unlink(at(f, "a.yaml"));
	assert_told(f, "del Service/default/a\n");
}

/* A link to a file elsewhere: an edit of that file is an edit of the manifest. */
static void test_link_target(void **state)
{
	struct fixture *f = *state;

	mkdir(at(f, "in"), 0700);
	mkdir(at(f, "out"), 0700);
	put_file(f, "out/real", SERVICE("a", "80"));
	assert_int_equal(symlink("../out/real", at(f, "in/a.yaml")), 0);
	begin(f, at(f, "in"));
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_told(f, "put Service/default/a 80\n");
	put_file(f, "out/real", SERVICE("a", "81"));
	assert_told(f, "put Service/default/a 81\n");
	put_file(f, "out/other", SERVICE("a", "90"));
	assert_told(f, "");
	rename(at(f, "out/other"), at(f, "out/real"));
	assert_told(f, "put Service/default/a 90\n");
	/* where it leads nowhere the last good stays */
	unlink(at(f, "out/real"));
	assert_told(f, "bad in/a.yaml:0 cannot be read: No such file o\n");
	put_file(f, "out/real", SERVICE("a", "91"));
	assert_told(f, "put Service/default/a 91\n");
}

static void test_single_file(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s", at(f, "one"));
	put_file(f, "one", SERVICE("a", "80"));
	put_file(f, "two.yaml", SERVICE("b", "80"));
	begin(f, path);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_told(f, "put Service/default/a 80\n");
	put_file(f, "two.yaml", SERVICE("b", "81"));
	put_file(f, "one", SERVICE("a", "81"));
	assert_told(f, "put Service/default/a 81\n");
	put_file(f, "tmp", SERVICE("a", "82"));
	rename(at(f, "tmp"), at(f, "one"));
	assert_told(f, "put Service/default/a 82\n");
	unlink(at(f, "one"));
	assert_told(f, "del Service/default/a\n");
}

static void test_root_comes_later(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s", at(f, "root"));
	begin(f, path);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	assert_told(f, "bad root:0 cannot be read: No such file o\n");
	mkdir(path, 0700);
	put_file(f, "root/a.yaml", SERVICE("a", "80"));
	assert_told(f, "put Service/default/a 80\n");
	assert_true(watcher_source_dir_is_complete(f->source));
	unlink(at(f, "root/a.yaml"));
	rmdir(path);
	assert_told(f, "del Service/default/a\n");
	mkdir(path, 0700);
	put_file(f, "root/a.yaml", SERVICE("a", "80"));
	assert_told(f, "put Service/default/a 80\n");
}

/* Not watched at all: its folder does not exist either. The tick finds it. */
static void test_polling(void **state)
{
	struct fixture *f = *state;
	uint64_t deadline;
	char path[128];

	snprintf(path, sizeof(path), "%s", at(f, "no/root"));
	begin(f, path);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	buf_reset(&f->told);
	deadline = watcher_source_dir_tick(f->source, clock_ms());
	assert_true(deadline != UINT64_MAX);
	watcher_source_dir_tick(f->source, deadline);
	assert_told(f, "");
	mkdir(at(f, "no"), 0700);
	mkdir(path, 0700);
	put_file(f, "no/root/a.yaml", SERVICE("a", "80"));
	assert_int_equal(watcher_source_dir_tick(f->source, UINT64_MAX - 1), UINT64_MAX);
	assert_told(f, "put Service/default/a 80\n");
}

/* A file that came by link(2) has no writer that would close it. */
static void test_made_without_writer(void **state)
{
	struct fixture *f = *state;
	int fd;

	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	put_file(f, "text", SERVICE("a", "80"));
	assert_int_equal(link(at(f, "text"), at(f, "a.yaml")), 0);
	assert_told(f, "put Service/default/a 80\n");
	/* one that is being written is not read before it is closed */
	fd = open(at(f, "b.yaml"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "{", 1), 1);
	assert_told(f, "");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, SERVICE("b", "80"), strlen(SERVICE("b", "80")), 0),
			 (ssize_t)strlen(SERVICE("b", "80")));
	close(fd);
	assert_told(f, "put Service/default/b 80\n");
	assert_int_equal(watcher_source_dir_tick(f->source, 0), UINT64_MAX);
	/* and one that is never closed is read when its time has come */
	fd = open(at(f, "c.yaml"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, SERVICE("c", "80"), strlen(SERVICE("c", "80"))),
			 (ssize_t)strlen(SERVICE("c", "80")));
	assert_told(f, "");
	watcher_source_dir_tick(f->source, UINT64_MAX - 1);
	assert_told(f, "put Service/default/c 80\n");
	close(fd);
	assert_told(f, "");
}

static void test_not_a_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(at(f, "pipe.yaml"), 0600), 0);
	begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	assert_told(f, "bad pipe.yaml:0 cannot be read: neither a file\n");
	unlink(at(f, "pipe.yaml"));
	assert_told(f, "");
	assert_true(watcher_source_dir_is_complete(f->source));
}

static struct msg_key secret_key(const char *name)
{
	return (struct msg_key){ MSG_KIND_SECRET, STR("default"), str_from(name) };
}

static void test_secrets(void **state)
{
	struct fixture *f = *state;
	struct msg_key s = secret_key("s"), t = secret_key("t");

	put_file(f, "s.yaml", SECRET("s", "one"));
	begin(f, f->dir);
	watcher_source_dir_load(f->source);
	assert_told(f, "put Secret/default/s\n"); /* no value unasked */
	watcher_source_dir_want(f->source, &s, true);
	watcher_source_dir_want(f->source, &t, true);
	assert_told(f, "secret s found one\nsecret t absent \n");
	put_file(f, "s.yaml", SECRET("s", "two"));
	assert_told(f, "secret s found two\n"); /* its metadata is the same */
	put_file(f, "t.yaml", SECRET("t", "here"));
	assert_told(f, "put Secret/default/t\nsecret t found here\n");
	unlink(at(f, "t.yaml"));
	assert_told(f, "del Secret/default/t\nsecret t absent \n");
	watcher_source_dir_answer_wanted(f->source);
	assert_true(f->told.len == strlen("secret s found two\nsecret t absent \n"));
	buf_reset(&f->told);
	watcher_source_dir_want(f->source, &s, false);
	put_file(f, "s.yaml", SECRET("s", "three"));
	assert_told(f, "");
	watcher_source_dir_want(f->source, &s, true);
	watcher_source_dir_forget_wanted(f->source);
	buf_reset(&f->told);
	put_file(f, "s.yaml", SECRET("s", "four"));
	assert_told(f, "");
}

static void test_secret_of_unread_file(void **state)
{
	struct fixture *f = *state;
	struct msg_key s = secret_key("s");

	put_file(f, "s.yaml", "{");
	begin(f, f->dir);
	watcher_source_dir_load(f->source);
	buf_reset(&f->told);
	watcher_source_dir_want(f->source, &s, true);
	assert_told(f, "secret s unavailable \n");
	put_file(f, "s.yaml", SECRET("s", "one"));
	assert_told(f, "put Secret/default/s\nsecret s found one\n");
}

static void test_next(void **state)
{
	struct fixture *f = *state;
	struct pool pool;
	struct str o;
	size_t n = 0;

	put_file(f, "a.yaml",
		 SERVICE("a", "80") "---\n" SECRET("s", "x") "---\n" SERVICE("b", "80"));
	put_file(f, "b.yaml", SERVICE("a", "81"));
	begin(f, f->dir);
	watcher_source_dir_load(f->source);
	pool_init(&pool);
	for (size_t i = 0; (o = watcher_source_dir_next(f->source, MSG_KIND_SERVICE, &i)).ptr; n++)
		assert_int_equal(unpack(o, &pool).service->spec.ports.items[0].port, 80);
	assert_int_equal(n, 2);
	pool_clear(&pool);
}

/* More events than the kernel keeps: everything is read again. */
static void test_overflow(void **state)
{
	struct fixture *f = *state;

	put_file(f, "a.yaml", SERVICE("a", "80"));
	put_file(f, "b.yaml", SERVICE("b", "80"));
	begin(f, f->dir);
	watcher_source_dir_load(f->source);
	assert_told(f, "put Service/default/a 80\nput Service/default/b 80\n");
	for (int i = 0; i < 20000; i++) /* equal neighbours would be one event */
		assert_int_equal(chmod(at(f, i % 2 ? "a.yaml" : "b.yaml"), i % 4 < 2 ? 0600 : 0640),
				 0);
	put_file(f, "c.yaml", SERVICE("c", "80"));
	unlink(at(f, "a.yaml"));
	mkdir(at(f, "sub"), 0700);
	put_file(f, "sub/d.yaml", SERVICE("d", "80"));
	assert_told(f,
		    "put Service/default/c 80\nput Service/default/d 80\ndel Service/default/a\n");
	put_file(f, "sub/d.yaml", SERVICE("d", "81"));
	assert_told(f, "put Service/default/d 81\n");
}

/* ---- any sequence of changes ends where a fresh start would ---- */

struct world {
	struct map ports; /* key text -> port + 1, as it was told */
};

static void world_put(void *arg, struct str packed, uint64_t seen_ns)
{
	struct world *world = arg;
	struct msg_object o;
	struct pool pool;

	(void)seen_ns;
	pool_init(&pool);
	o = unpack(packed, &pool);
	map_put(&world->ports, msg_key_text(&o.key, &pool),
		(void *)(uintptr_t)(o.service->spec.ports.items[0].port + 1));
	pool_clear(&pool);
}

static void world_del(void *arg, const struct msg_key *key, uint64_t seen_ns)
{
	struct world *world = arg;
	struct pool pool;

	(void)seen_ns;
	pool_init(&pool);
	assert_true(map_del(&world->ports, msg_key_text(key, &pool)));
	pool_clear(&pool);
}

static void world_secret(void *arg, const struct msg_secret_value *value, uint64_t seen_ns)
{
	(void)arg;
	(void)value, (void)seen_ns;
}

static void world_complain(void *arg, const char *path, uint32_t line, const struct err *why)
{
	(void)arg;
	(void)path;
	(void)line;
	(void)why;
}

static void assert_same_world(const struct world *a, const struct world *b)
{
	struct str key;
	void *port;

	for (size_t i = 0; map_next(&a->ports, &i, &key, &port);) {
		if (map_get(&b->ports, key) != port)
			print_error(STR_FMT " is told otherwise\n", STR_ARG(key));
		assert_ptr_equal(map_get(&b->ports, key), port);
	}
	assert_int_equal(a->ports.n, b->ports.n);
}

static uint32_t draw(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

/* One change somewhere below the folder; whether the operating system allows it does not matter. */
static void change(struct fixture *f, uint32_t *seed)
{
	static const char *const names[] = { "a.yaml",   "b.yml",    "c.json",   "no.txt",
					     ".h.yaml",  "x/a.yaml", "x/b.yaml", "x/y/a.yaml",
					     "z/a.yaml", "z/l.yaml", "l.yaml" };
	static const char *const folders[] = { "x", "x/y", "z", "w", ".v", "l", "..data" };
	const char *name = names[draw(seed, 11)], *other = names[draw(seed, 11)];
	const char *folder = folders[draw(seed, 7)], *target = folders[draw(seed, 7)];
	char text[256], path[256];
	int fd;

	switch (draw(seed, 9)) {
	case 0:
	case 1:
	case 2:
		snprintf(text, sizeof(text), SERVICE("s%u", "%u") "---\n" SERVICE("t%u", "%u"),
			 draw(seed, 5), 1 + draw(seed, 9), draw(seed, 5), 1 + draw(seed, 9));
		fd = open(at(f, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd >= 0) {
			assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
			close(fd);
		}
		break;
	case 3:
		unlink(at(f, name));
		break;
	case 4:
		rename(at(f, name), at(f, other));
		break;
	case 5:
		mkdir(at(f, folder), 0700);
		break;
	case 6:
		rename(at(f, folder), at(f, target));
		break;
	case 7:
		snprintf(path, sizeof(path), "%s", at(f, draw(seed, 2) ? name : folder));
		(void)!symlink(path, at(f, draw(seed, 2) ? other : target));
		break;
	default:
		/* two names of one file would be a change that nobody is told of */
		if (link(at(f, name), at(f, other)) == 0)
			unlink(at(f, name));
		unlink(at(f, folder));
		rmdir(at(f, folder));
		break;
	}
}

static void test_any_changes(void **state)
{
	struct fixture *f = *state;
	struct world followed, fresh;
	const struct source_sink sink = { &followed, world_put, world_del, world_secret,
					  world_complain };
	const struct source_sink fresh_sink = { &fresh, world_put, world_del, world_secret,
						world_complain };
	struct str root = str_from(f->dir);
	struct str_list roots = { &root, 1 };
	struct pollfd fd = { .events = POLLIN };
	uint32_t seed = 1;

	map_init(&followed.ports, NULL);
	f->source = watcher_source_dir_new(&roots, &sink);
	watcher_source_dir_load(f->source);
	fd.fd = watcher_source_dir_fd(f->source);
	for (int round = 0; round < ROUNDS; round++) {
		struct source_dir *other;

		for (uint32_t n = 1 + draw(&seed, 6); n > 0; n--)
			change(f, &seed);
		while (poll(&fd, 1, 0) > 0)
			watcher_source_dir_on_fd(f->source);
		watcher_source_dir_tick(f->source, UINT64_MAX - 1);
		map_init(&fresh.ports, NULL);
		other = watcher_source_dir_new(&roots, &fresh_sink);
		/* what is a broken link now may have objects from before it broke */
		if (!watcher_source_dir_load(other) &&
		    !watcher_source_dir_count(f->source).n_broken) {
			if (getenv("VERBOSE"))
				print_message("round %d: %zu objects\n", round, fresh.ports.n);
			assert_same_world(&followed, &fresh);
		}
		watcher_source_dir_destroy(&other);
		map_clear(&fresh.ports);
	}
	map_clear(&followed.ports);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_load_and_edit),
		TEST(test_renames),
		TEST(test_broken_file_keeps_its_objects),
		TEST(test_bad_object_stays_as_it_was),
		TEST(test_broken_at_start),
		TEST(test_takeover),
		TEST(test_folders),
		TEST(test_symlink_loop),
		TEST(test_configmap_swap),
		TEST(test_link_target),
		TEST(test_single_file),
		TEST(test_root_comes_later),
		TEST(test_polling),
		TEST(test_made_without_writer),
		TEST(test_not_a_file),
		TEST(test_secrets),
		TEST(test_secret_of_unread_file),
		TEST(test_next),
		TEST(test_overflow),
		TEST(test_any_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
