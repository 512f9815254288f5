/* fuzz_publisher: bytes as the messages that a publisher gets, one after the other.
 *
 * Input: records of a byte that says what, two bytes of length and that many bytes: a packed
 * message body, or (ROUTES) an owner's letter and a packed Config, which gets mutations past the
 * envelope. Tickets count without a MAC. Whatever comes: what is rendered parses, and when all
 * owners are gone nothing is left of them. */
#include "publisher/wanted/wanted_inside.h"
#include "publisher/wanted/apply.h"
#include "publisher/bootstrap/bootstrap_text.h"
#include "publisher/wanted/inventory.h"
#include "publisher/wanted/render.h"

#include "base/mem.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "tests/lib/config_parts.h"

enum record { CONFIG, SECRET_PUT, INVENTORY, DELETE, REJECT, FLUSHED, ROUTES, N_RECORDS };

#define MAX_RECORDS 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct wanted *wanted;
	struct inventory inventory;
	struct pool pool;
};

static void on_warn(void *self, const struct msg_key *owner, const char *sentence)
{
	(void)self, (void)owner;
	if (!str_is_utf8(str_from(sentence)))
		abort();
}

static void put(struct run *run, const struct arrival *arrival)
{
	struct msg_key missing;
	struct err err = { "" };
	size_t before = publisher_wanted_n_routes(run->wanted);

	switch (publisher_apply_config(run->wanted, arrival, &missing, &err)) {
	case WANTED_REJECTED:
		if (!err.text[0] || publisher_wanted_n_routes(run->wanted) != before)
			abort();
		break;
	case WANTED_WAITS:
		if (missing.kind != MSG_KIND_SECRET ||
		    publisher_wanted_n_routes(run->wanted) != before)
			abort();
		break;
	default:
		if (publisher_apply_config(run->wanted, arrival, &missing, &err) != WANTED_SAME)
			abort();
	}
}

static void take_routes(struct run *run, struct str bytes)
{
	const char name = (char)('a' + (bytes.len ? bytes.ptr[0] & 7 : 0));
	struct arrival arrival = {
		.ticket = { .owner = { MSG_KIND_INGRESS, STR("ns"), { &name, 1 } } }
	};

	if (!config_parts_split(str_slice(bytes, 1, bytes.len), &run->pool, &arrival.config,
				&arrival.ticket.hosts))
		return;
	put(run, &arrival);
}

static void take_config(struct run *run, const struct msg_config *config)
{
	struct arrival arrival = { .config = *config };
	struct err err;

	if (msg_ticket_open(&config->ticket, &run->pool, &arrival.ticket, &err) == 0 &&
	    publisher_inventory_admit(&run->inventory, &arrival.ticket.owner, &arrival.ticket.stamp,
				      false) != INVENTORY_STALE)
		put(run, &arrival);
}

static void take(struct run *run, enum record what, struct str bytes)
{
	static const struct codec *const codecs[] = { &msg_config_codec,    &msg_secret_put_codec,
						      &msg_inventory_codec, &msg_delete_codec,
						      &msg_reject_codec,    &msg_flushed_codec };
	union msg_body body;
	struct err err;

	if (what == ROUTES) {
		take_routes(run, bytes);
		return;
	}
	if (codec_unpack(codecs[what], bytes, &run->pool, &body, &err) < 0)
		return;
	if (what == CONFIG)
		take_config(run, &body.config);
	else if (what == SECRET_PUT)
		publisher_wanted_secret(run->wanted, &body.secret_put);
	else if (what == INVENTORY)
		publisher_inventory_announce(&run->inventory, &body.inventory, &err);
	else if (what == DELETE &&
		 publisher_inventory_admit(&run->inventory, &body.delete.owner, &body.delete.stamp,
					   true) != INVENTORY_STALE)
		publisher_wanted_delete(run->wanted, &body.delete.owner);
	else if (what == REJECT)
		publisher_wanted_reject(run->wanted, &body.reject);
	else if (what == FLUSHED)
		publisher_inventory_flushed(&run->inventory, &body.flushed);
}

static void check_render(struct run *run)
{
	struct buf out;
	struct value doc;
	struct err err;

	buf_init(&out, BUF_MAX_OUTPUT);
	if (publisher_render_all(run->wanted, WANTED_JSON, &out, &err) < 0 ||
	    json_parse(buf_view(&out), &run->pool, &doc, &err) < 0)
		abort();
	buf_reset(&out);
	if (publisher_render_all(run->wanted, WANTED_YAML, &out, &err) == 0 &&
	    yaml_parse(buf_view(&out), &run->pool, &doc, &err) < 0)
		abort();
	buf_reset(&out);
	if (publisher_bootstrap_text_render(run->wanted, WANTED_JSON, "/d", &out, &err) == 0 &&
	    json_parse(buf_view(&out), &run->pool, &doc, &err) < 0)
		abort();
	buf_wipe(&out);
}

static void delete_all(struct run *run)
{
	struct wanted *w = run->wanted;
	void *owner;

	for (size_t i = 0; map_next(&w->owners, &i, NULL, &owner); i = 0) {
		struct msg_key key = msg_key_dup(&((const struct owner *)owner)->key, &run->pool);

		publisher_wanted_delete(w, &key);
	}
	if (w->certs.certs.n || w->certs.names.n || w->certs.domains.n || w->conflicts.places.n ||
	    w->n_routes || w->n_rejected)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wanted_listener sink = { NULL, on_warn, NULL };
	struct run run = { .wanted = publisher_wanted_new(&sink) };
	size_t n = 0;

	publisher_inventory_init(&run.inventory);
	publisher_inventory_begin(&run.inventory, 1);
	while (size >= 3 && n++ < MAX_RECORDS) {
		size_t len = (size_t)data[1] | (size_t)data[2] << 8;

		len = len < size - 3 ? len : size - 3;
		take(&run, data[0] % N_RECORDS, (struct str){ (const char *)data + 3, len });
		data += 3 + len;
		size -= 3 + len;
	}
	check_render(&run);
	delete_all(&run);
	publisher_inventory_clear(&run.inventory);
	publisher_wanted_destroy(&run.wanted);
	pool_clear(&run.pool);
	return 0;
}
