/* bench_translate: how many Ingresses one translator translates a second on one core, no I/O.
 *
 *   in     a folder of manifests (gen_manifests.py)
 *   out    "ingresses=N seconds=S per_second=R"; exit status 1 if one was rejected
 */
#include "cli/offline/offline.h"

#include "base/clock.h"

static struct resolved *gather(struct offline *offline, struct pool *pool, size_t *n)
{
	struct resolved *bundles;
	struct msg_key *owners = NULL;
	size_t n_owners = 0;
	struct err err;

	resolver_resolve_owners(offline->resolve, pool, &owners, &n_owners);
	bundles = pool_array(pool, n_owners, sizeof(*bundles));
	for (size_t i = 0; i < n_owners; i++)
		if (owners[i].kind == MSG_KIND_INGRESS &&
		    resolver_resolve_owner(offline->resolve, &owners[i], pool, &bundles[*n],
					   &err) == RESOLVE_BUNDLE)
			(*n)++;
	return bundles;
}

int main(int argc, char **argv)
{
	struct translator_settings settings = { .prefix = STR("ingress.pomerium.io"),
						.cluster_domain = STR("cluster.local") };
	struct str folder = str_from(argc > 1 ? argv[1] : ".");
	struct offline offline;
	struct resolved *bundles;
	struct pool pool, work;
	uint64_t begin;
	double seconds;
	size_t n = 0, bad = 0;

	cli_offline_settings.files = (struct str_list){ &folder, 1 };
	cli_offline_settings.resolve =
		(struct resolve_settings){ .controller = STR("pomerium.io/ingress-controller"),
					   .prefix = settings.prefix,
					   .pomerium_config = STR("global") };
	pool_init(&pool);
	pool_init(&work);
	cli_offline_load(&offline);
	bundles = gather(&offline, &pool, &n);
	begin = clock_ns();
	for (size_t i = 0; i < n; i++) {
		struct msg_config config = { 0 };
		struct err err;

		bad += translator_translate(&settings, &bundles[i].bundle, &work, &config, &err) !=
		       0;
		pool_clear(&work);
	}
	seconds = (double)(clock_ns() - begin) / 1e9;
	printf("ingresses=%zu seconds=%.3f per_second=%.0f\n", n, seconds, (double)n / seconds);
	pool_clear(&pool);
	cli_offline_clear(&offline);
	return bad || !n;
}
