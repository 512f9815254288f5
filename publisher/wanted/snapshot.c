/* snapshot: everything that is wanted at one moment.
 *
 *   in     what is wanted
 *   out    the configurations of all owners, held; the routes in order
 *   owns   a hold on each of them
 *   never  follows what is wanted later
 */
#include "publisher/wanted/snapshot.h"

#include "base/mem.h"
#include "publisher/wanted/wanted_inside.h"

void publisher_snapshot_take(struct snapshot *snapshot, const struct wanted *wanted)
{
	void *value;

	*snapshot = (struct snapshot){ .n_routes = wanted->n_routes };
	snapshot->goods = mem_alloc((wanted->owners.n + 1) * sizeof(struct good *));
	for (size_t i = 0; map_next(&wanted->owners, &i, NULL, &value);) {
		struct good *good = ((const struct owner *)value)->good;

		if (!good)
			continue;
		publisher_good_hold(good);
		snapshot->goods[snapshot->n_goods++] = good;
	}
	snapshot->certs = publisher_certs_published(&wanted->certs, &snapshot->n_certs);
}

static bool is_kept(const struct good *good, const struct map *owners)
{
	struct pool pool;
	bool kept;

	pool_init(&pool);
	kept = map_get(owners, msg_key_text(&good->owner, &pool)) != NULL;
	pool_clear(&pool);
	return kept;
}

/* Those of its certificates that were published. */
static void add_certs(struct snapshot *snapshot, const struct snapshot *earlier,
		      const struct good *good)
{
	snapshot->certs = mem_realloc(snapshot->certs, (snapshot->n_certs + good->n_certs + 1) *
							       sizeof(struct cert *));
	for (size_t i = 0; i < good->n_certs; i++)
		for (size_t k = 0; k < earlier->n_certs; k++)
			if (earlier->certs[k] == good->certs[i].cert) {
				snapshot->certs[snapshot->n_certs++] = good->certs[i].cert;
				break;
			}
}

void publisher_snapshot_keep(struct snapshot *snapshot, const struct snapshot *earlier,
			     const struct map *owners, struct wanted *wanted)
{
	size_t n = 0;

	for (size_t i = 0; i < snapshot->n_goods; i++) {
		struct good *good = snapshot->goods[i];

		if (!is_kept(good, owners)) {
			snapshot->goods[n++] = good;
			continue;
		}
		snapshot->n_routes -= good->n_routes;
		publisher_wanted_let_go(wanted, &good);
	}
	snapshot->n_goods = n;
	snapshot->goods =
		mem_realloc(snapshot->goods, (n + earlier->n_goods + 1) * sizeof(struct good *));
	for (size_t i = 0; i < earlier->n_goods; i++) {
		struct good *good = earlier->goods[i];

		if (!is_kept(good, owners))
			continue;
		publisher_good_hold(good);
		snapshot->goods[snapshot->n_goods++] = good;
		snapshot->n_routes += good->n_routes;
		add_certs(snapshot, earlier, good);
	}
	snapshot->n_certs = publisher_certs_arrange(snapshot->certs, snapshot->n_certs);
}

void publisher_snapshot_let_go(struct snapshot *snapshot, struct wanted *wanted)
{
	for (size_t i = 0; i < snapshot->n_goods; i++)
		publisher_wanted_let_go(wanted, &snapshot->goods[i]);
	mem_free(snapshot->goods);
	mem_free(snapshot->certs);
	*snapshot = (struct snapshot){ 0 };
}

const struct good *publisher_snapshot_bootstrap(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n_goods; i++)
		if (snapshot->goods[i]->bootstrap.ptr)
			return snapshot->goods[i];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return publisher_route_compare(*(const struct route *const *)a,
				       *(const struct route *const *)b);
}

const struct route **publisher_snapshot_routes(const struct snapshot *snapshot)
{
	const struct route **routes = mem_alloc((snapshot->n_routes + 1) * sizeof(struct route *));
	size_t n = 0;

	for (size_t i = 0; i < snapshot->n_goods; i++)
		for (size_t j = 0; j < snapshot->goods[i]->n_routes; j++)
			routes[n++] = &snapshot->goods[i]->routes[j];
	qsort(routes, n, sizeof(*routes), compare);
	return routes;
}
