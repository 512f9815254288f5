/* foreign_follow: what others have written into the databroker, while certificates are ordered.
 *
 *   in     their records, of all types that can have routes or certificates
 *   out    hosts and names of each; whether all of them are known
 *   owns   a stream for each type but Config, which is followed anyway
 *   never  keeps a record, or a key that is in it
 */
#include "publisher/databroker/databroker_inside.h"
#include "publisher/databroker/foreign_read.h"

#define LINE_MS 1000
#define FIRST_OF_ITS_OWN (FOREIGN_CONFIG + 1)

static const struct record_stream *stream_of(const struct databroker *self, int kind)
{
	return kind == FOREIGN_CONFIG ? &self->follow : &self->foreign.streams[kind];
}

/* ---- records ---- */

static void tell_full(struct databroker *self)
{
	if (!self->foreign.into->is_full || self->foreign.told_full)
		return;
	self->foreign.told_full = true;
	log_error("no certificate is ordered or taken back: others have stored more in the "
		  "databroker than can be followed",
		  "bytes=%zu", self->foreign.into->max_size);
}

static void log_unreadable(struct databroker *self, const Databroker__Record *record,
			   const struct err *err)
{
	unsigned n_kept;

	if (limiter_pass(&self->foreign.lines, LINE_MS, &n_kept))
		log_warn("a record of somebody else cannot be read, it is passed over",
			 "type=%s record=%s reason=%s others=%u",
			 log_value(err_quote(pb_str(record->type))),
			 log_value(err_quote(pb_str(record->id))), log_value(err->text), n_kept);
}

static int read(enum foreign_kind kind, const Databroker__Record *record, struct pool *pool,
		struct foreign_facts *out, struct err *err)
{
	if (!record->data ||
	    !str_eq(pb_str(record->data->type_url), publisher_foreign_read_type(kind)))
		return err_set(err, "what is in it should be of the type of the record");
	return publisher_foreign_read(kind, pb_str(record->data->value), pool, out, err);
}

void publisher_foreign_follow_note(struct databroker *self, enum foreign_kind kind,
				   const Databroker__Record *record)
{
	struct foreign *into = self->foreign.into;
	const struct str id = pb_str(record->id);
	struct foreign_facts facts;
	struct pool pool;
	struct err err;

	if (!into || !str_eq(pb_str(record->type), publisher_foreign_read_type(kind)))
		return;
	if (record->deleted_at) {
		publisher_foreign_gone(into, kind, id);
		return;
	}
	pool_init(&pool);
	if (read(kind, record, &pool, &facts, &err) == 0)
		publisher_foreign_put(into, kind, id, &facts);
	else if (publisher_foreign_put(into, kind, id, NULL))
		log_unreadable(self, record, &err);
	pool_wipe(&pool);
	tell_full(self);
}

void publisher_foreign_follow_begin(struct databroker *self, enum foreign_kind kind)
{
	if (self->foreign.into)
		publisher_foreign_begin(self->foreign.into, kind);
}

void publisher_foreign_follow_end(struct databroker *self, enum foreign_kind kind)
{
	if (!self->foreign.into)
		return;
	publisher_foreign_end(self->foreign.into, kind);
	log_debug("records of others read", "type=" STR_FMT " records=%zu",
		  STR_ARG(publisher_foreign_read_type(kind)), self->foreign.into->records[kind].n);
}

/* ---- streams ---- */

static enum foreign_kind kind_of(const struct record_stream *stream)
{
	return (enum foreign_kind)(stream - stream->broker->foreign.streams);
}

static void begin(struct record_stream *stream)
{
	publisher_foreign_follow_begin(stream->broker, kind_of(stream));
}

static void note(struct record_stream *stream, const Databroker__Record *record)
{
	publisher_foreign_follow_note(stream->broker, kind_of(stream), record);
}

static void end(struct record_stream *stream)
{
	publisher_foreign_follow_end(stream->broker, kind_of(stream));
}

static const struct record_stream_ops ops = {
	.not_read = "no certificate is ordered: what others have stored cannot be read",
	.not_followed = "no certificate is ordered: what others have stored cannot be followed",
	.is_second = true,
	.begin = begin,
	.note = note,
	.end = end
};

/* Where nobody listens, or the secret is another one, one stream tries, and speaks of it. */
uint64_t publisher_foreign_follow_tick(struct databroker *self, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;

	if (!self->foreign.into || !self->follow.sent_ms)
		return next;
	for (int kind = FIRST_OF_ITS_OWN; kind < FOREIGN_N_KINDS; kind++)
		next = clock_earlier(
			next, publisher_stream_tick(&self->foreign.streams[kind], now_ms, true));
	return next;
}

void publisher_foreign_follow_check(struct databroker *self, uint64_t server_version)
{
	for (int kind = FIRST_OF_ITS_OWN; self->foreign.into && kind < FOREIGN_N_KINDS; kind++)
		publisher_stream_check(&self->foreign.streams[kind], server_version);
}

void publisher_foreign_follow_look(const struct databroker *self, struct sink_state *out)
{
	if (!self->foreign.into)
		return;
	for (int kind = 0; kind < FOREIGN_N_KINDS; kind++) {
		const struct record_stream *stream = stream_of(self, kind);

		if (stream->read_ms > out->read_ms)
			out->read_ms = stream->read_ms;
		if (!stream->sent_ms)
			out->followed_ms = UINT64_MAX;
		else if (stream->sent_ms > out->followed_ms)
			out->followed_ms = stream->sent_ms;
	}
	if (self->foreign.into->is_full)
		out->followed_ms = UINT64_MAX;
}

/* The Config records of others were passed over so far. */
static void start(struct databroker *self, struct foreign *into)
{
	self->foreign.into = into;
	self->foreign.told_full = false;
	publisher_stream_again(&self->follow);
	log_info("what others have stored in the databroker is followed", NULL);
}

static void stop(struct databroker *self)
{
	publisher_foreign_clear(self->foreign.into);
	publisher_foreign_follow_close(self);
	publisher_foreign_follow_open(self);
}

void publisher_foreign_follow_into(struct databroker *self, struct foreign *into)
{
	if (self->foreign.into == into)
		return;
	if (self->foreign.into)
		stop(self);
	if (into)
		start(self, into);
}

void publisher_foreign_follow_open(struct databroker *self)
{
	self->foreign = (struct foreign_follow){ 0 };
	for (int kind = FIRST_OF_ITS_OWN; kind < FOREIGN_N_KINDS; kind++)
		publisher_stream_open(&self->foreign.streams[kind], self,
				      publisher_foreign_read_type((enum foreign_kind)kind), &ops);
}

void publisher_foreign_follow_close(struct databroker *self)
{
	self->foreign.into = NULL;
	for (int kind = FIRST_OF_ITS_OWN; kind < FOREIGN_N_KINDS; kind++)
		publisher_stream_close(&self->foreign.streams[kind]);
}
