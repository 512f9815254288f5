/* fuzz_splice: a translator that means no good, with the ticket of an owner and the right
 * fingerprints: which values does it get, and where do they come out?
 *
 * Input: the kind of owner; for each of the ticket's Secrets its type and two places that name it;
 * how many splices, each a Secret, a row, a key and a place; how many certificates; then a packed
 * Config for the rest, or nothing for one plain route. Every value is known and like no other. A
 * value may stand in what is published only if a splice asked for it, its ticket lists it, and the
 * owner names the Secret where a row says that this value is for. */
#include "publisher/bootstrap/bootstrap_text.h"
#include "publisher/wanted/apply.h"
#include "publisher/wanted/inventory.h"
#include "publisher/wanted/render.h"
#include "publisher/wanted/wanted_inside.h"

#include "msg/splice_table.h"
#include "tests/lib/config_parts.h"

#include <stdlib.h>
#include <string.h>

#define N_SECRETS 3 /* of the ticket; one more is a stranger's */
#define N_LISTED 6  /* of the keys, in the ticket; the others are in the cache alone */
#define MAX_SPLICES 12

static const char *const keys[] = { "client_id",     "tls.crt",      "tls.key", "ca.crt",
				    "X-Hidden",      "connection",   "token",   "ssh-privatekey",
				    "shared_secret", "client_secret" };
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const types[] = { "Opaque", "kubernetes.io/tls", "kubernetes.io/ssh-auth",
				     "kubernetes.io/service-account-token" };

static const char *const references[] = { MSG_TICKET_TLS,
					  MSG_TICKET_CERTIFICATES,
					  MSG_TICKET_LISTENERS,
					  MSG_TICKET_ORDERED,
					  "identity_provider_secret",
					  "kubernetes_service_account_token_secret",
					  "set_request_headers_secret",
					  "set_response_headers_secret",
					  "tls_client_secret",
					  "tls_custom_ca_secret",
					  "spec.identityProvider.secret",
					  "spec.identityProvider.requestParamsSecret",
					  "spec.ssh.hostKeySecrets",
					  "spec.ssh.userCaKeySecret",
					  "spec.secrets",
					  "spec.storage.postgres.secret",
					  "spec.storage.postgres.caSecret" };

static const enum msg_kind kinds[] = { MSG_KIND_INGRESS, MSG_KIND_POMERIUM, MSG_KIND_GATEWAY,
				       MSG_KIND_HTTP_ROUTE, MSG_KIND_CERTIFICATE };

#define PICK(list, n) ((list)[(n) % (sizeof(list) / sizeof((list)[0]))])

struct run {
	const uint8_t *data;
	size_t size;
	struct str all; /* of the input: what a translator can write without any splice */
	struct pool pool;
	struct wanted *wanted;
	struct arrival arrival;
};

static uint8_t byte(struct run *run)
{
	if (!run->size)
		return 0;
	run->size--;
	return *run->data++;
}

/* ---- the Secrets ---- */

static struct str value_of(struct run *run, size_t secret, size_t key)
{
	return pool_printf(&run->pool, "value-%zu-%zu-of-a-secret", secret, key);
}

static struct str name_of(struct run *run, size_t secret)
{
	return pool_printf(&run->pool, "secret-%zu", secret);
}

static void put_secret(struct run *run, size_t secret)
{
	struct msg_secret_put put = { .key = { MSG_KIND_SECRET, STR("ns"), name_of(run, secret) } };

	for (size_t k = 0; k < N_KEYS; k++) {
		const struct str value = value_of(run, secret, k);

		*(struct msg_secret_entry *)pool_push(&run->pool, &put.entries.items,
						      &put.entries.n,
						      sizeof(struct msg_secret_entry)) =
			(struct msg_secret_entry){ str_from(keys[k]), hash_of(value), value };
	}
	publisher_wanted_secret(run->wanted, &put);
}

static void list_secret(struct run *run, size_t secret)
{
	struct msg_ticket_secret_list *list = &run->arrival.ticket.secrets;
	struct msg_ticket_secret *out = pool_push(&run->pool, &list->items, &list->n, sizeof(*out));

	*out = (struct msg_ticket_secret){ .namespace = STR("ns"),
					   .name = name_of(run, secret),
					   .type = str_from(PICK(types, byte(run))) };
	for (size_t i = 0; i < 2; i++)
		*(struct str *)pool_push(&run->pool, &out->references.items, &out->references.n,
					 sizeof(struct str)) =
			str_from(PICK(references, byte(run)));
	for (size_t k = 0; k < N_LISTED; k++)
		*(struct msg_ticket_value *)pool_push(&run->pool, &out->values.items,
						      &out->values.n,
						      sizeof(struct msg_ticket_value)) =
			(struct msg_ticket_value){ str_from(keys[k]),
						   hash_of(value_of(run, secret, k)) };
}

/* ---- what the translator says ---- */

static void add_splice(struct run *run)
{
	static const char *const places[] = { "", "0", "1", "-1", "99999", "idp_client_id" };
	struct msg_splice_list *list = &run->arrival.config.splices;
	struct msg_splice *out = pool_push(&run->pool, &list->items, &list->n, sizeof(*out));
	uint8_t place;

	out->secret = byte(run) % (N_SECRETS + 2);
	out->row = byte(run) % 64;
	out->key = str_from(PICK(keys, byte(run)));
	place = byte(run);
	out->at = place & 1 ? out->key : str_from(PICK(places, place / 2));
}

static void add_certificate(struct run *run)
{
	struct msg_certificate_list *list = &run->arrival.config.certificates;
	struct msg_certificate *out = pool_push(&run->pool, &list->items, &list->n, sizeof(*out));

	out->secret = byte(run) % (N_SECRETS + 1);
}

static bool read_rest(struct run *run)
{
	Pomerium__Config__Route route = POMERIUM__CONFIG__ROUTE__INIT;
	Pomerium__Config__Settings settings = POMERIUM__CONFIG__SETTINGS__INIT;
	Pomerium__Config__Config config = POMERIUM__CONFIG__CONFIG__INIT;
	struct msg_config *out = &run->arrival.config;

	if (run->size)
		return config_parts_split((struct str){ (const char *)run->data, run->size },
					  &run->pool, out, &run->arrival.ticket.hosts);
	if (run->arrival.ticket.owner.kind == MSG_KIND_POMERIUM) {
		config.settings = &settings;
		out->bootstrap = pb_pack_to_pool(&config.base, &run->pool);
	} else {
		route.has_from = route.has_prefix = true;
		route.from = pb_bytes(STR("https://a.example"));
		route.prefix = pb_bytes(STR("/"));
		config_parts_add(&route, &run->pool, out);
	}
	out->settings = pb_pack_to_pool(&config.base, &run->pool);
	return true;
}

static bool read(struct run *run)
{
	uint8_t n;

	run->arrival.ticket.owner =
		(struct msg_key){ PICK(kinds, byte(run)), STR("ns"), STR("owner") };
	for (size_t i = 0; i < N_SECRETS; i++)
		list_secret(run, i);
	for (n = byte(run) % MAX_SPLICES; n; n--)
		add_splice(run);
	for (n = byte(run) % 3; n; n--)
		add_certificate(run);
	return read_rest(run);
}

/* ---- what comes of it ---- */

static bool may_stand(const struct run *run, size_t secret, size_t key)
{
	const struct msg_splice_list *list = &run->arrival.config.splices;

	if (secret >= N_SECRETS || key >= N_LISTED)
		return false;
	for (size_t i = 0; i < list->n; i++) {
		const struct msg_splice *splice = &list->items[i];
		const struct msg_ticket_secret *named = &run->arrival.ticket.secrets.items[secret];
		const struct msg_splice_row *row = msg_splice_row(splice->row);

		if (splice->secret != secret || !str_is(splice->key, keys[key]) || !row ||
		    row->owner != (enum msg_kind)run->arrival.ticket.owner.kind ||
		    (row->type && !str_is(named->type, row->type)))
			continue;
		for (size_t k = 0; k < named->references.n; k++)
			if (str_is(named->references.items[k], row->reference))
				return true;
	}
	return false;
}

static bool holds(struct str text, struct str part)
{
	return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static void check_text(struct run *run, struct str text)
{
	for (size_t s = 0; text.len && s <= N_SECRETS; s++)
		for (size_t k = 0; k < N_KEYS; k++) {
			const struct str value = value_of(run, s, k);
			struct buf base64;

			buf_init(&base64, BUF_MAX_TEXT);
			buf_base64(&base64, value);
			if ((holds(text, value) || holds(text, buf_view(&base64))) &&
			    !holds(run->all, value) && !holds(run->all, buf_view(&base64)) &&
			    !may_stand(run, s, k))
				abort();
			buf_clear(&base64);
		}
}

static void check_published(struct run *run)
{
	struct buf out;
	struct err err;

	buf_init(&out, BUF_MAX_OUTPUT);
	if (publisher_render_all(run->wanted, WANTED_JSON, &out, &err) < 0)
		abort();
	check_text(run, buf_view(&out));
	buf_reset(&out);
	if (publisher_bootstrap_text_render(run->wanted, WANTED_JSON, "/d", &out, &err) == 0)
		check_text(run, buf_view(&out));
	buf_wipe(&out);
}

/* A sentence quotes no value, whoever may have it. */
static void check_sentence(struct run *run, const struct err *err)
{
	if (!err->text[0] || strstr(err->text, "-of-a-secret"))
		abort();
	if (publisher_wanted_n_routes(run->wanted))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wanted_listener listener = { 0 };
	struct run run = {
		data, size, { (const char *)data, size }, .wanted = publisher_wanted_new(&listener)
	};
	struct err err = { "" };
	struct msg_key missing;

	for (size_t i = 0; i <= N_SECRETS; i++)
		put_secret(&run, i);
	if (read(&run)) {
		switch (publisher_apply_config(run.wanted, &run.arrival, &missing, &err)) {
		case WANTED_REJECTED:
			check_sentence(&run, &err);
			break;
		case WANTED_WAITS: /* all values are there */
			abort();
		default:
			break;
		}
		check_published(&run);
	}
	publisher_wanted_destroy(&run.wanted);
	pool_clear(&run.pool);
	return 0;
}
