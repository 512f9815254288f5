/* feed_replay: a recording, played to the resolver.
 *
 *   in     the lines of a recording
 *   out    the messages that were recorded, in their order
 *   owns   what the recording has said so far, for a resolver that begins anew
 *   never  knows of a Secret what the recording does not: after its end such a one is unavailable
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "watcher/feed.h"
#include "watcher/record/record_line.h"

#define REPLAY_SLOWEST 0.01
#define REPLAY_FASTEST 10000
#define LONGEST_MS (UINT64_C(1) << 50) /* that a line may have to wait */

struct packed {
	size_t len;
	char bytes[];
};

struct feed_replay {
	struct feed feed;
	FILE *file; /* NULL: it has ended */
	double speed;
	struct buf text; /* of the line at hand */
	unsigned long line, left_out;
	struct pool pool;
	struct record_line next; /* if the recording has not ended */
	uint64_t head_ms;        /* when the part at hand begins, as the recording counts */
	uint64_t begun_ms;       /* when the first line was played; 0: not yet */
	bool up;                 /* a resolver is there */
	struct map objects;      /* key text -> struct packed of OBJECT_PUT */
	struct map secrets;      /* key text -> struct packed of SECRET_VALUE */
	struct map wanted;       /* key text -> itself */
	struct packed *states[MSG_N_KINDS]; /* of KIND_STATE; NULL: nothing was said */
	bool again;                         /* all of that is being sent again, */
	size_t at;                          /* from here on in objects */
};

static struct feed_replay *of(struct feed *feed)
{
	return (struct feed_replay *)feed;
}

/* ---- read ---- */

static void left_out(struct feed_replay *self, const char *why)
{
	self->left_out++;
	log_warn("a line of the recording is left out", "line=%lu reason=%s", self->line,
		 log_value(why));
}

/* False: the recording has ended. */
static bool read_text(struct feed_replay *self)
{
	int c;

	buf_reset(&self->text);
	while ((c = getc_unlocked(self->file)) != EOF && c != '\n')
		buf_putc(&self->text, (char)c);
	if (c != EOF || self->text.len) {
		self->line++;
		return true;
	}
	log_info("the recording has ended", "lines=%lu left_out=%lu", self->line, self->left_out);
	(void)fclose(self->file);
	self->file = NULL;
	return false;
}

/* The next message, if the recording has not ended. */
static void read_next(struct feed_replay *self)
{
	const uint64_t before_ms = self->head_ms + self->next.at_ms;
	struct err err;

	while (read_text(self)) {
		pool_wipe(&self->pool);
		if (!self->text.len)
			continue;
		if (self->text.full) {
			left_out(self, "it is too long");
		} else if (watcher_record_line_read(buf_view(&self->text), &self->pool, &self->next,
						    &err) < 0) {
			left_out(self, err.text);
		} else if (self->next.is_head) {
			self->head_ms = before_ms;
		} else {
			return;
		}
	}
}

/* ---- what was said ---- */

static struct packed *pack(enum msg_type type, const void *body)
{
	struct packed *packed;
	struct buf bytes;

	buf_init(&bytes, BUF_MAX_MESSAGE);
	codec_pack(msg_codec(type), body, &bytes);
	packed = mem_alloc(sizeof(*packed) + bytes.len);
	packed->len = bytes.len;
	memcpy(packed->bytes, bytes.ptr, bytes.len);
	buf_wipe(&bytes);
	return packed;
}

static struct str view(const struct packed *packed)
{
	return (struct str){ packed->bytes, packed->len };
}

static void send_packed(struct feed_replay *self, enum msg_type type, const struct packed *packed)
{
	union msg_body body;
	struct pool pool;

	pool_init(&pool);
	if (codec_unpack(msg_codec(type), view(packed), &pool, &body, NULL) == 0)
		self->feed.sink.send(self->feed.sink.self, type, &body, 0);
	pool_wipe(&pool);
}

static void put(struct feed_replay *self, const struct msg_object *object)
{
	struct packed *packed = pack(MSG_OBJECT_PUT, object);
	struct pool pool;

	pool_init(&pool);
	map_put(&self->objects, msg_key_text(&object->key, &pool), packed);
	pool_clear(&pool);
	self->feed.sink.put(self->feed.sink.self, view(packed), 0);
}

static void del(struct feed_replay *self, const struct msg_object_delete *gone)
{
	struct pool pool;

	pool_init(&pool);
	map_del(&self->objects, msg_key_text(&gone->key, &pool));
	pool_clear(&pool);
	self->feed.sink.send(self->feed.sink.self, MSG_OBJECT_DELETE, gone, 0);
}

static void set_state(struct feed_replay *self, const struct msg_kind_state *state)
{
	mem_free(self->states[state->kind]);
	self->states[state->kind] = pack(MSG_KIND_STATE, state);
	self->feed.sink.send(self->feed.sink.self, MSG_KIND_STATE, state, 0);
}

static void set_secret(struct feed_replay *self, const struct msg_secret_value *value)
{
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(&value->key, &pool);
	map_put(&self->secrets, text, pack(MSG_SECRET_VALUE, value));
	if (map_get(&self->wanted, text))
		self->feed.sink.send(self->feed.sink.self, MSG_SECRET_VALUE, value, 0);
	pool_clear(&pool);
}

/* ---- play ---- */

static bool can_send(const struct feed_replay *self)
{
	return self->up && self->feed.sink.has_credit(self->feed.sink.self);
}

static uint64_t due_ms(const struct feed_replay *self)
{
	const uint64_t after_ms = self->head_ms + self->next.at_ms;
	const double due = (double)after_ms / (self->speed > 0 ? self->speed : 1);

	if (self->speed <= 0)
		return 0;
	return self->begun_ms + (due < LONGEST_MS ? (uint64_t)due : LONGEST_MS);
}

static void play_line(struct feed_replay *self)
{
	const union msg_body *body = &self->next.body;

	if (self->next.type == MSG_OBJECT_PUT)
		put(self, &body->object);
	else if (self->next.type == MSG_OBJECT_DELETE)
		del(self, &body->object_delete);
	else if (self->next.type == MSG_KIND_STATE)
		set_state(self, &body->kind_state);
	else
		set_secret(self, &body->secret_value);
}

/* Nothing more will be said of it. */
static void send_unavailable(struct feed_replay *self, const struct msg_key *secret)
{
	const struct msg_secret_value value = { .key = *secret,
						.answer = MSG_SECRET_UNAVAILABLE,
						.type = STR("") };

	self->feed.sink.send(self->feed.sink.self, MSG_SECRET_VALUE, &value, 0);
}

/* What the resolver still waits for. */
static void answer_wanted(struct feed_replay *self)
{
	struct msg_key secret;
	struct str text;

	for (size_t i = 0; map_next(&self->wanted, &i, &text, NULL);)
		if (!map_get(&self->secrets, text) && msg_key_from_text(text, &secret))
			send_unavailable(self, &secret);
}

/* All that was said so far, to a resolver that knows nothing. */
static void send_again(struct feed_replay *self)
{
	void *packed;

	while (can_send(self)) {
		if (map_next(&self->objects, &self->at, NULL, &packed)) {
			self->feed.sink.put(self->feed.sink.self, view(packed), 0);
			continue;
		}
		self->again = false;
		for (size_t kind = 0; kind < MSG_N_KINDS; kind++)
			if (self->states[kind])
				send_packed(self, MSG_KIND_STATE, self->states[kind]);
		return;
	}
}

static void go_on(struct feed *feed)
{
	struct feed_replay *self = of(feed);
	const uint64_t now_ms = clock_ms();
	const bool was_there = self->file != NULL;

	if (self->again)
		send_again(self);
	if (self->begun_ms == 0 && self->up)
		self->begun_ms = now_ms;
	while (self->file && !self->again && can_send(self) && due_ms(self) <= now_ms) {
		play_line(self);
		read_next(self);
	}
	if (was_there && !self->file)
		answer_wanted(self);
}

static void begin(struct feed *feed, bool stranger)
{
	struct feed_replay *self = of(feed);
	struct msg_kind_state listing = { .condition = MSG_KIND_LISTING, .reason = STR("") };

	if (stranger) {
		map_clear(&self->wanted);
		map_init(&self->wanted, mem_free);
	}
	self->up = true;
	self->again = self->begun_ms != 0;
	self->at = 0;
	for (listing.kind = 0; self->again && listing.kind < MSG_N_KINDS; listing.kind++)
		if (self->states[listing.kind])
			self->feed.sink.send(self->feed.sink.self, MSG_KIND_STATE, &listing, 0);
	go_on(feed);
}

static void end(struct feed *feed)
{
	of(feed)->up = false;
}

static void want(struct feed *feed, const struct msg_key *secret, bool wanted)
{
	struct feed_replay *self = of(feed);
	const struct packed *value;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(secret, &pool);
	value = map_get(&self->secrets, text);
	if (!wanted)
		map_del(&self->wanted, text);
	else
		map_put(&self->wanted, text, mem_dup(text.ptr, text.len));
	if (wanted && value)
		send_packed(self, MSG_SECRET_VALUE, value);
	else if (wanted && !self->file)
		send_unavailable(self, secret);
	pool_clear(&pool);
}

static int fd(struct feed *feed)
{
	(void)feed;
	return -1;
}

static void on_fd(struct feed *feed)
{
	(void)feed;
}

static uint64_t tick(struct feed *feed, uint64_t now_ms)
{
	struct feed_replay *self = of(feed);

	(void)now_ms;
	go_on(feed);
	/* without credit it is called again soon: after each batch of input */
	return self->file && !self->again && can_send(self) ? due_ms(self) : UINT64_MAX;
}

static bool ready(const struct feed *feed, struct err *why)
{
	const struct feed_replay *self = (const struct feed_replay *)feed;

	if (!self->file && !self->again)
		return true;
	return !err_set(why, "the recording is being played, line %lu", self->line);
}

static void count(const struct feed *feed, struct feed_counts *out)
{
	const struct feed_replay *self = (const struct feed_replay *)feed;
	struct msg_kind_state state;
	struct pool pool;

	*out = (struct feed_counts){ .n_files = 1, .n_broken = self->left_out > 0 };
	pool_init(&pool);
	for (size_t kind = 0; kind < MSG_N_KINDS; kind++)
		if (self->states[kind] &&
		    codec_unpack(&msg_kind_state_codec, view(self->states[kind]), &pool, &state,
				 NULL) == 0)
			out->kinds[state.condition]++;
	pool_clear(&pool);
}

static void destroy(struct feed *feed)
{
	struct feed_replay *self = of(feed);

	if (self->file)
		(void)fclose(self->file);
	for (size_t kind = 0; kind < MSG_N_KINDS; kind++)
		mem_free(self->states[kind]);
	map_clear(&self->objects);
	map_clear(&self->secrets);
	map_clear(&self->wanted);
	pool_wipe(&self->pool);
	buf_clear(&self->text);
	mem_free(self);
}

/* ---- open ---- */

static int read_speed(struct str text, double *out, struct err *err)
{
	char *end = NULL;

	*out = 0;
	if (str_is(text, "max"))
		return 0;
	*out = strtod(text.ptr, &end);
	if (text.len && !*end && *out >= REPLAY_SLOWEST && *out <= REPLAY_FASTEST)
		return 0;
	return err_set(err, "--replay-speed is %s; it must be max, or a number from 0.01 to 10000",
		       err_quote(text));
}

int watcher_replay_open(struct str path, struct str speed_text, FILE **file, double *speed,
			struct err *err)
{
	if (read_speed(speed_text, speed, err) < 0)
		return -1;
	*file = fopen(path.ptr, "re");
	if (*file)
		return 0;
	return err_set(err, "the recording %s cannot be read: %s", err_quote(path),
		       strerror(errno));
}

struct feed *watcher_feed_replay_new(FILE *file, double speed, const struct feed_sink *sink)
{
	static const struct feed_ops ops = { begin, end,  go_on, want,  fd,
					     on_fd, tick, ready, count, destroy };
	struct feed_replay *self = mem_alloc(sizeof(*self));

	self->feed = (struct feed){ &ops, *sink };
	self->file = file;
	self->speed = speed;
	buf_init(&self->text, RECORD_LINE_MAX);
	pool_init(&self->pool);
	map_init(&self->objects, mem_free);
	map_init(&self->secrets, mem_free);
	map_init(&self->wanted, mem_free);
	read_next(self);
	return &self->feed;
}
