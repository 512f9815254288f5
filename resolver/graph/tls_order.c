/* tls_order: which BackendTLSPolicy of several with one target is the oldest.
 *
 *   in     policies, as they come, change and go
 *   out    the one that counts for a target; those that come after it
 *   owns   a line for each target, the oldest first
 *   never  unpacks a policy to learn of its age: any number of them may have one target
 */
#include "resolver/graph/tls_order.h"

#include "base/mem.h"
#include "resolver/graph/gateway_keys.h"
#include "resolver/graph/key.h"

struct tls_line {
	struct tls_member **members;
	size_t n;
	size_t service_len; /* of the text, which the section follows after a slash */
	size_t text_len;
	char text[];
};

struct tls_member {
	int64_t created;
	struct tls_line **lines; /* each once */
	size_t n;
	size_t text_len;
	char text[]; /* of its key */
};

static void free_line(void *ptr)
{
	struct tls_line *line = ptr;

	mem_free(line->members);
	mem_free(line);
}

static void free_member(void *ptr)
{
	struct tls_member *member = ptr;

	mem_free(member->lines);
	mem_free(member);
}

void resolver_tls_order_init(struct tls_order *order)
{
	map_init(&order->lines, free_line);
	map_init(&order->members, free_member);
}

void resolver_tls_order_clear(struct tls_order *order)
{
	map_clear(&order->lines);
	map_clear(&order->members);
}

static struct tls_member *member_of(const struct tls_order *order, const struct msg_key *key)
{
	struct key_text text;

	return map_get(&order->members, resolver_key_text(key, &text));
}

static struct str text_of(const struct tls_member *member)
{
	return (struct str){ member->text, member->text_len };
}

/* ---- lines ---- */

static struct str line_text(const struct msg_key *service, struct str section, struct pool *pool)
{
	struct key_text text;

	return pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(resolver_key_text(service, &text)),
			   STR_ARG(section));
}

static struct tls_line *find_or_make(struct tls_order *order, const struct msg_key *service,
				     struct str text)
{
	struct tls_line *line = map_get(&order->lines, text);
	struct key_text buf;

	if (line)
		return line;
	line = mem_alloc(sizeof(*line) + text.len);
	line->service_len = resolver_key_text(service, &buf).len;
	line->text_len = text.len;
	memcpy(line->text, text.ptr, text.len);
	map_put(&order->lines, text, line);
	return line;
}

/* All policies of a line are of one namespace. */
static int compare(const struct tls_member *a, const struct tls_member *b)
{
	if (a->created != b->created)
		return a->created < b->created ? -1 : 1;
	return str_cmp(text_of(a), text_of(b));
}

/* Where it stands in the line, or would. */
static size_t place_in(const struct tls_line *line, const struct tls_member *member)
{
	size_t low = 0, high = line->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare(line->members[middle], member) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void join(struct tls_line *line, struct tls_member *member)
{
	const size_t at = place_in(line, member);

	if (at < line->n && line->members[at] == member)
		return; /* it names the target twice */
	line->members = mem_realloc(line->members, (line->n + 1) * sizeof(struct tls_member *));
	memmove(line->members + at + 1, line->members + at,
		(line->n - at) * sizeof(struct tls_member *));
	line->members[at] = member;
	line->n++;
	member->lines[member->n++] = line;
}

static void leave(struct tls_order *order, struct tls_line *line, const struct tls_member *member)
{
	const size_t at = place_in(line, member);

	line->n--;
	memmove(line->members + at, line->members + at + 1,
		(line->n - at) * sizeof(struct tls_member *));
	if (!line->n)
		map_del(&order->lines, (struct str){ line->text, line->text_len });
}

/* ---- policies ---- */

static size_t n_targets(const struct msg_backend_tls_policy *policy)
{
	return policy ? policy->spec.targetRefs.n : 0;
}

bool resolver_tls_order_moves(const struct tls_order *order, const struct msg_key *key,
			      const struct msg_backend_tls_policy *policy)
{
	const struct tls_member *member = member_of(order, key);
	size_t n = 0;
	struct pool pool;
	bool moves;

	if (!member || !policy)
		return member || policy;
	pool_init(&pool);
	moves = member->created != policy->metadata.creationTimestamp;
	for (size_t i = 0; !moves && i < n_targets(policy); i++) {
		const struct msg_key service = resolver_gateway_keys_target(policy, i);
		const struct str section = policy->spec.targetRefs.items[i].sectionName;
		struct str text;

		if (service.kind == MSG_KIND_NONE)
			continue;
		text = line_text(&service, section, &pool);
		moves = n == member->n || !str_eq(text, (struct str){ member->lines[n]->text,
								      member->lines[n]->text_len });
		n++;
	}
	pool_clear(&pool);
	return moves || n != member->n;
}

static void add(struct tls_order *order, struct str text,
		const struct msg_backend_tls_policy *policy)
{
	struct tls_member *member = mem_alloc(sizeof(*member) + text.len);
	struct pool pool;

	pool_init(&pool);
	member->created = policy->metadata.creationTimestamp;
	member->lines = mem_alloc((n_targets(policy) + 1) * sizeof(struct tls_line *));
	member->text_len = text.len;
	memcpy(member->text, text.ptr, text.len);
	for (size_t i = 0; i < n_targets(policy); i++) {
		const struct msg_key service = resolver_gateway_keys_target(policy, i);
		const struct str section = policy->spec.targetRefs.items[i].sectionName;

		if (service.kind != MSG_KIND_NONE)
			join(find_or_make(order, &service, line_text(&service, section, &pool)),
			     member);
	}
	map_put(&order->members, text, member);
	pool_clear(&pool);
}

void resolver_tls_order_set(struct tls_order *order, const struct msg_key *key,
			    const struct msg_backend_tls_policy *policy)
{
	const struct tls_member *old = member_of(order, key);
	struct key_text buf;
	const struct str text = resolver_key_text(key, &buf);

	for (size_t i = 0; old && i < old->n; i++)
		leave(order, old->lines[i], old);
	map_del(&order->members, text);
	if (policy)
		add(order, text, policy);
}

/* ---- who counts ---- */

struct str resolver_tls_order_oldest(const struct tls_order *order, const struct msg_key *service,
				     struct str section)
{
	const struct tls_line *line;
	struct pool pool;

	pool_init(&pool);
	line = map_get(&order->lines, line_text(service, section, &pool));
	pool_clear(&pool);
	return line ? text_of(line->members[0]) : STR_NONE;
}

void resolver_tls_order_each_service(const struct tls_order *order, const struct msg_key *key,
				     void (*call)(void *arg, const struct msg_key *service),
				     void *arg)
{
	const struct tls_member *member = member_of(order, key);

	for (size_t i = 0; member && i < member->n; i++) {
		const struct tls_line *line = member->lines[i];
		const struct msg_key service =
			resolver_key_from_text((struct str){ line->text, line->service_len });

		if (line->members[0] == member)
			call(arg, &service);
	}
}

void resolver_tls_order_each_after(const struct tls_order *order, const struct msg_key *key,
				   void (*call)(void *arg, const struct msg_key *policy), void *arg)
{
	const struct tls_member *member = member_of(order, key);

	for (size_t i = 0; member && i < member->n; i++) {
		const struct tls_line *line = member->lines[i];

		for (size_t k = 1; line->members[0] == member && k < line->n; k++) {
			const struct msg_key other =
				resolver_key_from_text(text_of(line->members[k]));

			call(arg, &other);
		}
	}
}
