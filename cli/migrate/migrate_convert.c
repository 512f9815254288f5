/* migrate_convert: takes the steps from documents to targets.
 *
 *   in     documents
 *   out    sources with their findings and targets
 *   owns   the order of the steps, and the order in which people read the result
 *   never  reads, checks or writes
 */
#include "cli/migrate/nginx/nginx_server.h"
#include "cli/migrate/outcome/outcome.h"

void cli_migrate_convert_init(struct migrate *migrate)
{
	*migrate = (struct migrate){ 0 };
	pool_init(&migrate->pool);
	map_init(&migrate->by_host, NULL);
	map_init(&migrate->by_path, NULL);
	map_init(&migrate->objects, NULL);
}

void cli_migrate_convert_clear(struct migrate *migrate)
{
	map_clear(&migrate->by_host);
	map_clear(&migrate->by_path);
	map_clear(&migrate->objects);
	pool_wipe(&migrate->pool); /* the input may hold Secrets */
}

static int by_place_cmp(const void *a, const void *b)
{
	const struct migrate_source *x = *(struct migrate_source *const *)a,
				    *y = *(struct migrate_source *const *)b;
	const int order = str_cmp(x->file, y->file);

	if (order)
		return order;
	return x->line != y->line ? (x->line < y->line ? -1 : 1) : str_cmp(x->key, y->key);
}

void cli_migrate_convert(struct migrate *migrate)
{
	cli_migrate_set_make(migrate);
	cli_nginx_configmap_read(migrate);
	cli_nginx_server_make(migrate);
	cli_migrate_route_make(migrate);
	for (size_t i = 0; i < migrate->n_sources; i++)
		cli_outcome_convert(migrate, migrate->sources[i]);
	cli_migrate_target_make(migrate);
	if (migrate->n_sources)
		qsort(migrate->sources, migrate->n_sources, sizeof(*migrate->sources),
		      by_place_cmp);
}
