/* ticket: what the resolver vouches for: its field tables, its bytes, its MAC.
 *
 *   in     a ticket and a key, or the bytes of one, hostile
 *   out    its bytes with a MAC; the ticket again
 *   owns   nothing
 *   never  takes a MAC of something else under the same key for one of a ticket
 */
#include "msg/ticket.h"

#include <string.h>

#include "msg/object_fields.h"

/* What else would be signed under such a key begins with something else. */
static const char DOMAIN[] = "sluice ticket 3";

static const struct codec_field stamp_fields[] = {
	CODEC_FIELD(msg_stamp, epoch, CODEC_UINT),
	CODEC_FIELD(msg_stamp, number, CODEC_UINT),
};
const struct codec msg_stamp_codec = CODEC_OF(msg_stamp, stamp_fields);

static const struct codec_field value_fields[] = {
	CODEC_FIELD(msg_ticket_value, key, CODEC_TEXT),
	CODEC_FIELD(msg_ticket_value, fingerprint, CODEC_HASH),
};
static const struct codec value_codec = CODEC_OF(msg_ticket_value, value_fields);

static const struct codec_field secret_fields[] = {
	CODEC_FIELD(msg_ticket_secret, namespace, CODEC_TEXT, .max = 253),
	CODEC_FIELD(msg_ticket_secret, name, CODEC_TEXT, .max = 253),
	CODEC_FIELD(msg_ticket_secret, type, CODEC_TEXT),
	CODEC_FIELD(msg_ticket_secret, references, CODEC_TEXTS),
	CODEC_FIELD(msg_ticket_secret, values, CODEC_LIST, .of = &value_codec),
};
static const struct codec secret_codec = CODEC_OF(msg_ticket_secret, secret_fields);

static const struct codec_field ticket_fields[] = {
	CODEC_FIELD(msg_ticket, key_id, CODEC_UINT),
	CODEC_FIELD(msg_ticket, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_ticket, stamp, CODEC_STRUCT, .of = &msg_stamp_codec),
	CODEC_FIELD(msg_ticket, uid, CODEC_TEXT),
	CODEC_FIELD(msg_ticket, generation, CODEC_INT),
	CODEC_FIELD(msg_ticket, created, CODEC_TIME),
	CODEC_FIELD(msg_ticket, status, CODEC_STRUCT, .of = &msg_load_balancer_codec),
	CODEC_FIELD(msg_ticket, hosts, CODEC_TEXTS),
	CODEC_FIELD(msg_ticket, promised, CODEC_TEXTS),
	CODEC_FIELD(msg_ticket, object_status, CODEC_VALUE),
	CODEC_FIELD(msg_ticket, secrets, CODEC_LIST, .of = &secret_codec),
};
static const struct codec ticket_codec = CODEC_OF(msg_ticket, ticket_fields);

static const struct codec_field sealed_fields[] = {
	CODEC_FIELD(msg_sealed_ticket, bytes, CODEC_BYTES, .max = MSG_TICKET_MAX,
		    .flags = CODEC_HIDDEN),
	CODEC_FIELD(msg_sealed_ticket, mac, CODEC_BYTES, .max = HASH_LEN,
		    .flags = CODEC_HIDDEN | CODEC_NULLABLE),
};
const struct codec msg_sealed_ticket_codec = CODEC_OF(msg_sealed_ticket, sealed_fields);

static const struct codec_field key_fields[] = {
	CODEC_FIELD(msg_ticket_key, id, CODEC_UINT),
	CODEC_FIELD(msg_ticket_key, key, CODEC_BYTES, .max = HASH_LEN, .flags = CODEC_HIDDEN),
};
const struct codec msg_ticket_key_codec = CODEC_OF(msg_ticket_key, key_fields);

static struct hash mac_of(const struct hash *key, struct str bytes)
{
	struct buf text;
	struct hash mac;

	buf_init(&text, MSG_TICKET_MAX + sizeof(DOMAIN));
	buf_add(&text, DOMAIN, sizeof(DOMAIN));
	buf_str(&text, bytes);
	mac = hash_hmac(key, buf_view(&text));
	buf_clear(&text);
	return mac;
}

int msg_ticket_seal(const struct msg_ticket *ticket, const struct hash *key, struct pool *pool,
		    struct msg_sealed_ticket *out)
{
	struct buf bytes;
	struct hash mac;
	int rc = -1;

	*out = (struct msg_sealed_ticket){ STR(""), STR_NONE };
	buf_init(&bytes, MSG_TICKET_MAX);
	codec_pack(&ticket_codec, ticket, &bytes);
	if (!bytes.full) {
		out->bytes = pool_str(pool, buf_view(&bytes));
		rc = 0;
	}
	if (!rc && key) {
		mac = mac_of(key, out->bytes);
		out->mac = pool_str(pool, (struct str){ (const char *)mac.bytes, HASH_LEN });
	}
	buf_clear(&bytes);
	return rc;
}

int msg_ticket_open(const struct msg_sealed_ticket *sealed, struct pool *pool,
		    struct msg_ticket *out, struct err *err)
{
	if (codec_unpack(&ticket_codec, sealed->bytes, pool, out, err) < 0)
		return err_wrap(err, "its ticket");
	return msg_key_check(&out->owner, err);
}

bool msg_ticket_is_of(const struct msg_sealed_ticket *sealed, const struct hash *key)
{
	struct hash mac = mac_of(key, sealed->bytes), got;

	if (sealed->mac.len != HASH_LEN)
		return false;
	memcpy(got.bytes, sealed->mac.ptr, HASH_LEN);
	return hash_equal(&mac, &got);
}
