/* fuzz_settings: any YAML as the spec of the Pomerium object. What comes out must unpack, what is
 * refused has a sentence. */
#include "pb/pomerium.pb-c.h"
#include "translator/settings/pomerium_flags.h"
#include "translator/settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every Secret that a spec could name, each with every key. */
static void add_secrets(struct msg_bundle *bundle, struct pool *pool)
{
	static const char *const types[] = { "Opaque", "kubernetes.io/tls",
					     "kubernetes.io/ssh-auth" };
	static const char *const keys[] = { "shared_secret", "cookie_secret",  "signing_key",
					    "client_id",     "client_secret",  "ssh-privatekey",
					    "connection",    "ca.crt",         "tls.crt",
					    "tls.key",       "service_account" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct msg_bundle_secret *secret = pool_push(pool, &bundle->secrets.items,
							     &bundle->secrets.n, sizeof(*secret));

		secret->namespace = STR("n");
		secret->name = pool_printf(pool, "s%zu", i);
		secret->type = str_from(types[i]);
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			struct msg_secret_info *info = pool_push(pool, &secret->values.items,
								 &secret->values.n, sizeof(*info));

			*info = (struct msg_secret_info){ .name = str_from(keys[k]),
							  .len = 32,
							  .utf8 = true,
							  .is_private_key = true,
							  .matches_cert = true,
							  .clear = k == 7 ? STR("ca") : STR_NONE };
		}
	}
}

static void check_out(const struct msg_config *out, struct pool *pool)
{
	struct err err = { "" };

	if (!pb_unpack(&pomerium__config__config__descriptor, out->settings, pool, &err) ||
	    !pb_unpack(&pomerium__config__config__descriptor, out->bootstrap, pool, &err))
		abort();
	for (size_t i = 0; i < out->diagnostics.n; i++) {
		const struct str sentence = out->diagnostics.items[i].sentence;

		if (!sentence.len || sentence.len >= ERR_MAX || !str_is_utf8(sentence))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pomerium_flags flags = { .address = STR(":8443") };
	const struct translator_settings settings = { .pomerium = &flags };
	struct msg_pomerium pomerium = { 0 };
	struct msg_bundle bundle = { .owner = { .kind = MSG_KIND_POMERIUM },
				     .pomerium = &pomerium };
	struct msg_config out = { .settings = STR(""), .bootstrap = STR("") };
	struct value spec;
	struct pool pool;
	struct err err = { "" };

	pool_init(&pool);
	add_secrets(&bundle, &pool);
	pomerium.spec = &spec;
	if (yaml_parse((struct str){ (const char *)data, size }, &pool, &spec, &err) == 0) {
		if (translator_settings_from_crd(&bundle, &pool, &out, &err)) {
			if (!*err.text)
				abort();
		} else if (translator_bootstrap_from_crd(&settings, &bundle, &pool, &out, &err)) {
			abort(); /* a fault in it is a warning here */
		} else {
			check_out(&out, &pool);
		}
	}
	pool_clear(&pool);
	return 0;
}
