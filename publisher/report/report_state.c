/* report_state: how far the report of each owner has come.
 *
 *   in     what came of owners; that the sink took and stored what came; what was reported
 *   out    whose turn it is
 *   owns   what came and was not reported yet
 *   never  walks over owners to whom nothing happened
 */
#include "publisher/report/report_state.h"

#include "base/mem.h"
#include "publisher/report/status.h"

enum report_step {
	REPORT_COME,  /* something came that has to be stored first */
	REPORT_FAIL,  /* a failure came */
	REPORT_TAKE,  /* the sink takes what came */
	REPORT_STORE, /* the sink has stored what it took */
	REPORT_SEND,  /* it was reported */
	REPORT_N_STEPS
};

/* Whatever comes again has to go the whole way again; a step that is not for it changes nothing. */
enum {
	U = REPORT_UNKNOWN,
	P = REPORT_PENDING,
	T = REPORT_TAKEN,
	S = REPORT_STORED,
	R = REPORT_REPORTED
};
/* clang-format off */
static const uint8_t table[REPORT_N_STATES][REPORT_N_STEPS] = {
	/*                   COME FAIL TAKE STORE TELL */
	[REPORT_UNKNOWN]  = { P,   S,   U,   U,    U },
	[REPORT_PENDING]  = { P,   S,   T,   P,    P },
	[REPORT_TAKEN]    = { P,   S,   T,   S,    T },
	[REPORT_STORED]   = { P,   S,   S,   S,    R },
	[REPORT_REPORTED] = { P,   S,   R,   R,    R },
};
/* clang-format on */

static void step(struct report_owners *owners, struct report_owner *owner, enum report_step step)
{
	const enum report_state next = (enum report_state)table[owner->state][step];

	if (next == owner->state)
		return;
	if (owner->state != REPORT_UNKNOWN)
		TAILQ_REMOVE(&owners->in[owner->state], owner, link);
	TAILQ_INSERT_TAIL(&owners->in[next], owner, link);
	owner->state = next;
}

static void step_all(struct report_owners *owners, enum report_state from, enum report_step what)
{
	struct report_owner *owner;

	while ((owner = TAILQ_FIRST(&owners->in[from])))
		step(owners, owner, what);
}

static void free_owner(void *ptr)
{
	struct report_owner *owner = ptr;

	mem_free(owner->news);
	mem_free(owner->repeat);
	mem_free(owner->uid);
	mem_free(owner);
}

void publisher_report_state_init(struct report_owners *owners)
{
	map_init(&owners->by_key, free_owner);
	for (int i = 0; i < REPORT_N_STATES; i++)
		TAILQ_INIT(&owners->in[i]);
}

void publisher_report_state_clear(struct report_owners *owners)
{
	map_clear(&owners->by_key);
	publisher_report_state_init(owners);
}

const struct report_owner *publisher_report_state_get(const struct report_owners *owners,
						      struct str key)
{
	return map_get(&owners->by_key, key);
}

/* ---- what came ---- */

static struct str copy_text(char **at, struct str text)
{
	const struct str copy = { *at, text.len };

	if (text.len)
		memcpy(*at, text.ptr, text.len);
	(*at)[text.len] = '\0';
	*at += text.len + 1;
	return copy;
}

static size_t n_warnings(const struct event_news *event)
{
	return event->warnings.n < STATUS_WARNINGS_MAX ? event->warnings.n : STATUS_WARNINGS_MAX;
}

static size_t size_of_texts(const struct event_news *event)
{
	size_t size = event->owner.namespace.len + event->owner.name.len + event->uid.len +
		      event->reason.len + 4;

	for (size_t i = 0; i < n_warnings(event); i++)
		size += sizeof(struct str) + event->warnings.items[i].len + 1;
	return size;
}

/* One block of memory: there may be one for each of ten thousand owners. */
static struct event_news *new_news(const struct event_news *event)
{
	struct event_news *news = mem_alloc(sizeof(*news) + size_of_texts(event));
	struct str *warnings = (struct str *)(news + 1);
	const size_t n = n_warnings(event);
	char *at = (char *)(warnings + n);

	*news = *event;
	news->owner.namespace = copy_text(&at, event->owner.namespace);
	news->owner.name = copy_text(&at, event->owner.name);
	news->uid = copy_text(&at, event->uid);
	news->reason = copy_text(&at, event->reason);
	for (size_t i = 0; i < n; i++)
		warnings[i] = copy_text(&at, event->warnings.items[i]);
	news->warnings = (struct str_list){ warnings, n };
	return news;
}

static struct report_owner *owner_of(struct report_owners *owners, struct str key)
{
	struct report_owner *owner = map_get(&owners->by_key, key);

	if (owner)
		return owner;
	owner = mem_alloc(sizeof(*owner) + key.len);
	memcpy(owner + 1, key.ptr, key.len);
	owner->key = (struct str){ (char *)(owner + 1), key.len };
	map_put(&owners->by_key, key, owner);
	return owner;
}

struct report_owner *publisher_report_state_come(struct report_owners *owners, struct str key,
						 const struct event_news *event, bool changed)
{
	struct report_owner *owner = owner_of(owners, key);
	const bool failed = event->reason.len && !event->gone;

	mem_free(owner->news);
	owner->news = new_news(event);
	if (event->uid.len && !str_eq(str_from(owner->uid), event->uid)) {
		mem_free(owner->uid);
		owner->uid = mem_dup(event->uid.ptr, event->uid.len);
	}
	owner->changed |= changed;
	step(owners, owner, failed ? REPORT_FAIL : REPORT_COME);
	return owner;
}

void publisher_report_state_take(struct report_owners *owners)
{
	step_all(owners, REPORT_PENDING, REPORT_TAKE);
}

void publisher_report_state_store(struct report_owners *owners)
{
	step_all(owners, REPORT_TAKEN, REPORT_STORE);
}

void publisher_report_state_inherit(struct report_owners *owners)
{
	struct report_owner *owner;

	for (int state = REPORT_PENDING; state <= REPORT_STORED; state++)
		TAILQ_FOREACH(owner, &owners->in[state], link) {
			owner->inherited = true;
			owner->changed = false;
		}
}

/* ---- what is reported ---- */

struct report_owner *publisher_report_state_next(const struct report_owners *owners)
{
	return TAILQ_FIRST(&owners->in[REPORT_STORED]);
}

void publisher_report_state_sent(struct report_owners *owners, struct report_owner *owner)
{
	mem_free(owner->news);
	owner->news = NULL;
	owner->changed = owner->inherited = false;
	step(owners, owner, REPORT_SEND);
}

void publisher_report_state_forget(struct report_owners *owners, struct report_owner *owner)
{
	TAILQ_REMOVE(&owners->in[owner->state], owner, link);
	map_take(&owners->by_key, owner->key);
	free_owner(owner);
}
