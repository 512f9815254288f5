/* test_source_dir_random: any sequence of changes ends where a fresh start would. */
#include "tests/unit/watcher/source_rig.h"

#define ROUNDS 800

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
	o = source_unpack(packed, &pool);
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
		fd = open(source_at(f, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd >= 0) {
			assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
			close(fd);
		}
		break;
	case 3:
		unlink(source_at(f, name));
		break;
	case 4:
		rename(source_at(f, name), source_at(f, other));
		break;
	case 5:
		mkdir(source_at(f, folder), 0700);
		break;
	case 6:
		rename(source_at(f, folder), source_at(f, target));
		break;
	case 7:
		snprintf(path, sizeof(path), "%s", source_at(f, draw(seed, 2) ? name : folder));
		(void)!symlink(path, source_at(f, draw(seed, 2) ? other : target));
		break;
	default:
		/* two names of one file would be a change that nobody is told of */
		if (link(source_at(f, name), source_at(f, other)) == 0)
			unlink(source_at(f, name));
		unlink(source_at(f, folder));
		rmdir(source_at(f, folder));
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
	const struct CMUnitTest tests[] = {
		TEST(test_any_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
