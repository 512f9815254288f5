/* locate: finds the run folder of the only pipeline that runs.
 *
 *   in     XDG_RUNTIME_DIR, /run, /tmp
 *   out    a folder, or a sentence that lists those that there are
 *   owns   where a pipeline has its folder if nobody says
 *   never  looks into a folder that is another user's, unless it is root's
 */
#include "cli/live/live.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct places_found {
	struct str *items;
	size_t n;
};

/* sluice, or what `sluice up` made: sluice-XXXXXX. */
static bool is_ours(const char *path, const char *name)
{
	struct stat st;

	if (strcmp(name, "sluice") != 0 && strncmp(name, "sluice-", strlen("sluice-")) != 0)
		return false;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       (st.st_uid == geteuid() || st.st_uid == 0);
}

static void look_in(const char *base, struct pool *pool, struct places_found *found)
{
	DIR *dir = opendir(base);
	struct dirent *entry;
	struct live_list list;

	while (dir && (entry = readdir(dir))) {
		const struct str path = pool_printf(pool, "%s/%s", base, entry->d_name);

		if (is_ours(path.ptr, entry->d_name) && !cli_live_find(path, pool, &list, NULL))
			*(struct str *)pool_push(pool, &found->items, &found->n, sizeof(path)) =
				path;
	}
	if (dir)
		closedir(dir);
}

static int compare(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static enum cli_status choose(struct places_found *found, struct pool *pool, struct str *run_dir,
			      struct err *err)
{
	struct str list = STR("");

	if (found->n == 1) {
		*run_dir = found->items[0];
		return CLI_GOOD;
	}
	if (!found->n) {
		err_set(err, "no pipeline runs in a folder sluice or sluice-* below "
			     "$XDG_RUNTIME_DIR, /run or /tmp; name its folder with --run-dir");
		return CLI_UNREADABLE;
	}
	qsort(found->items, found->n, sizeof(*found->items), compare);
	for (size_t i = 0; i < found->n; i++)
		list = pool_printf(pool, STR_FMT "%s" STR_FMT, STR_ARG(list), i ? ", " : "",
				   STR_ARG(found->items[i]));
	err_set(err, "%zu pipelines run; name one of them with --run-dir: " STR_FMT, found->n,
		STR_ARG(list));
	return CLI_USAGE;
}

enum cli_status cli_live_locate(struct str *run_dir, struct pool *pool, struct err *err)
{
	const char *bases[] = { getenv("XDG_RUNTIME_DIR"), "/run", "/tmp" };
	struct places_found found = { NULL, 0 };

	if (run_dir->len)
		return CLI_GOOD;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]) && !found.n; i++)
		if (bases[i] && *bases[i])
			look_in(bases[i], pool, &found);
	return choose(&found, pool, run_dir, err);
}

enum cli_status cli_live_open(struct str *run_dir, struct pool *pool, struct live_list *list,
			      struct err *err)
{
	const enum cli_status status = cli_live_locate(run_dir, pool, err);

	if (status)
		return status;
	return cli_live_find(*run_dir, pool, list, err) ? CLI_UNREADABLE : CLI_GOOD;
}
