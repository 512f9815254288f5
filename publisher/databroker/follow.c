/* follow: what is published: the Config records in the databroker.
 *
 *   in     records, as they are read and followed
 *   out    what is stored, into the plan; at first reading, last good configurations; records of
 *          others, to whom they matter
 *   owns   nothing
 *   never  writes a record
 */
#include "publisher/databroker/databroker_inside.h"
#include "publisher/databroker/parts.h"

static int read_config(struct str bytes, struct pool *pool, Pomerium__Config__Config **out)
{
	*out = (void *)pb_unpack(&pomerium__config__config__descriptor, bytes, pool, NULL);
	return *out ? 0 : -1;
}

/* What was published before this process, or by another one since: last good, until the inventory
 * says otherwise. */
static void restore(struct databroker *self, struct str id, const struct msg_key *owner,
		    struct str bytes)
{
	const size_t place = publisher_parts_place(&self->plan, id);
	Pomerium__Config__Config *config;
	struct pool pool;

	if (self->begun && !publisher_last_good_may_adopt(self, owner, place))
		return;
	pool_init(&pool);
	if (read_config(bytes, &pool, &config) == 0) {
		if (self->begun)
			publisher_last_good_adopt(self, owner, place, config);
		else
			publisher_record_restore(self->wanted, owner, place, config);
	}
	pool_wipe(&pool);
}

/* What we have just written, of which the answer is not there yet, or what we would write, byte by
 * byte: there is nothing to learn from it. */
static bool is_wanted(const struct databroker *self, struct str id, struct str bytes,
		      struct plan_entry *seen)
{
	const struct plan_entry *sent = publisher_put_sent(self, id);
	const struct hash digest = sent ? hash_of(bytes) : (struct hash){ { 0 } };
	struct pool pool;
	struct str wanted;
	bool same;

	if (sent && hash_equal(&digest, &sent->digest)) {
		seen->n_routes = sent->n_routes;
		seen->digest = digest;
		return true;
	}
	pool_init(&pool);
	wanted = publisher_record_wanted(&self->source, id, &pool, &seen->n_routes);
	same = wanted.ptr && str_eq(wanted, bytes);
	if (same)
		seen->digest = hash_of(bytes);
	pool_wipe(&pool);
	return same;
}

static void read(struct databroker *self, struct str id, const struct msg_key *owner,
		 struct str bytes, struct plan_entry *seen)
{
	if (publisher_record_read(bytes, seen, NULL) < 0)
		seen->digest = (struct hash){ { 0 } };
	else
		restore(self, id, owner, bytes);
}

static void note_record(struct record_stream *stream, const Databroker__Record *record)
{
	struct databroker *self = stream->broker;
	struct str id = pb_str(record->id);
	struct str bytes = record->data ? pb_str(record->data->value) : STR("");
	struct plan_entry seen = { .version = record->version };
	const struct plan_entry *known = publisher_plan_get(&self->plan, id);
	struct msg_key owner;

	if (!str_is(pb_str(record->type), RECORD_TYPE))
		return;
	if (!publisher_record_owner(id, &owner)) {
		publisher_legacy_note(self, record);
		publisher_foreign_follow_note(self, FOREIGN_CONFIG, record);
		return;
	}
	if (record->deleted_at) {
		publisher_plan_gone(&self->plan, id, record->version);
		publisher_pace_touch(&self->pace, 0);
		return;
	}
	if (!self->follow.reading && known && known->version >= record->version)
		return; /* our own write, of which the answer came first */
	if (!record->data || !str_is(pb_str(record->data->type_url), RECORD_TYPE))
		seen.digest = (struct hash){ { 0 } }; /* not what we would write */
	else if (!is_wanted(self, id, bytes, &seen))
		read(self, id, &owner, bytes, &seen);
	publisher_plan_note(&self->plan, id, &seen);
	publisher_pace_touch(&self->pace, 0);
}

static void begin_reading(struct record_stream *stream)
{
	publisher_plan_begin(&stream->broker->plan);
	publisher_foreign_follow_begin(stream->broker, FOREIGN_CONFIG);
}

static void end_reading(struct record_stream *stream)
{
	struct databroker *self = stream->broker;
	const bool same = stream->server_version == stream->known_version;

	publisher_plan_end(&self->plan, same);
	publisher_foreign_follow_end(self, FOREIGN_CONFIG);
	if (!same && stream->known_version) {
		log_warn("another databroker, or one that was wiped: it is filled again",
			 "records=%zu", self->plan.stored.n);
		publisher_lease_void(self);
	} else {
		log_info("databroker read", "records=%zu routes=%zu", self->plan.stored.n,
			 self->plan.n_routes);
	}
	publisher_pace_touch(&self->pace, 0);
}

static const struct record_stream_ops ops = { .not_read = "databroker cannot be read",
					      .not_followed = "databroker cannot be followed",
					      .begin = begin_reading,
					      .note = note_record,
					      .end = end_reading };

void publisher_follow_open(struct databroker *self)
{
	publisher_stream_open(&self->follow, self, STR(RECORD_TYPE), &ops);
}
