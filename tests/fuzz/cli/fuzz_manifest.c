/* fuzz_manifest: the bytes of one file, as far as the resolver's store and its bundles. */
#include "base/mem.h"
#include "resolver/owners/resolve.h"
#include "watcher/dir/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_complain(void *arg, uint32_t line, const struct err *why)
{
	(void)arg;
	(void)line;
	if (!*why->text || !str_is_utf8(str_from(why->text)))
		abort(); /* a complaint is for people */
}

static void on_dirty(void *arg, const struct msg_key *owner, const struct owner_news *news)
{
	(void)arg;
	(void)owner;
	(void)news;
}

static void on_secret_wanted(void *arg, const struct msg_key *secret, bool wanted)
{
	(void)arg;
	(void)secret;
	(void)wanted;
}

static void on_secret_put(void *arg, const struct msg_secret_put *put)
{
	(void)arg;
	(void)put;
}

/* What was packed must unpack. */
static void put_items(struct resolve *resolve, const struct manifest *manifest, bool secrets)
{
	for (size_t i = 0; i < manifest->n; i++) {
		const struct manifest_item *item = &manifest->items[i];
		struct msg_secret_value secret;
		struct msg_object object;
		struct pool pool;

		pool_init(&pool);
		if (secrets && item->secret.len) {
			if (codec_unpack(&msg_secret_value_codec, item->secret, &pool, &secret,
					 NULL))
				abort();
			resolver_resolve_secret(resolve, &secret, 0);
		} else if (!secrets) {
			if (codec_unpack(&msg_object_codec, item->object, &pool, &object, NULL))
				abort();
			resolver_resolve_put(resolve, &object, item->object, 0);
		}
		pool_clear(&pool);
	}
}

static void bundle_all(struct resolve *resolve)
{
	struct pool pool;
	struct msg_key *owners;
	size_t n;

	pool_init(&pool);
	resolver_resolve_owners(resolve, &pool, &owners, &n);
	for (size_t i = 0; i < n; i++) {
		struct resolved what;
		struct err err;

		resolver_resolve_owner(resolve, &owners[i], &pool, &what, &err);
	}
	pool_clear(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct resolve_settings settings = { .controller = STR(
								  "pomerium.io/ingress-controller"),
							  .prefix = STR("ingress.pomerium.io"),
							  .pomerium_config = STR("global") };
	static const struct resolve_sink sink = { NULL, on_dirty, on_secret_wanted, on_secret_put,
						  NULL };
	const struct manifest_report report = { NULL, on_complain };
	struct manifest *manifest =
		watcher_manifest_parse((struct str){ (const char *)data, size }, &report);
	struct resolve *resolve;

	if (!manifest)
		return 0;
	resolve = resolver_resolve_new(&settings, &sink);
	put_items(resolve, manifest, false);
	for (uint64_t kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++)
		resolver_resolve_kind_state(
			resolve, &(struct msg_kind_state){ kind, MSG_KIND_SYNCED, STR("") });
	put_items(resolve, manifest, true);
	bundle_all(resolve);
	resolver_resolve_destroy(&resolve);
	watcher_manifest_destroy(&manifest);
	return 0;
}
