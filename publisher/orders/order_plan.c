/* order_plan: which Certificates to order, and which to take back.
 *
 *   in     names and what is so of them, the Certificates that there are, who shall make them
 *   out    the next thing to do, and when
 *   owns   the names, the Certificates, a deadline for each of them that should not be as it is
 *   never  orders or takes back what was otherwise a moment ago
 */
#include "publisher/orders/order_plan.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "net/ip.h"

#define NAME_OF(node) ((struct order_name *)((char *)(node)-offsetof(struct order_name, due)))
#define ORDER_OF(node) ((struct order *)((char *)(node)-offsetof(struct order, due)))

static bool name_before(const struct heap_node *a, const struct heap_node *b)
{
	return NAME_OF(a)->due_ms < NAME_OF(b)->due_ms;
}

static bool order_before(const struct heap_node *a, const struct heap_node *b)
{
	return ORDER_OF(a)->due_ms < ORDER_OF(b)->due_ms;
}

bool publisher_order_plan_is_on(const struct order_plan *plan)
{
	return plan->issuer.name.len > 0;
}

static bool is_of_issuer(const struct order_plan *plan, const struct order *order)
{
	const struct order_facts *facts = &order->facts;

	return str_eq(facts->issuer.kind, plan->issuer.kind) &&
	       str_eq(facts->issuer.name, plan->issuer.name) &&
	       str_eq(facts->key.namespace, plan->issuer.namespace);
}

/* ---- names ---- */

/* A name that an issuer can make a certificate for. */
static bool can_be_ordered(const struct order_name *name)
{
	const struct str text = { name->text, name->len };

	return text.len && text.len <= 253 && str_find(text, '*') < 0 && !ip_is(text);
}

static bool is_ordered(const struct order_plan *plan, const struct order_name *name)
{
	const struct order_link *link;

	LIST_FOREACH(link, &name->orders, of_name)
	if (is_of_issuer(plan, link->order))
		return true;
	return false;
}

static void judge_name(struct order_plan *plan, struct order_name *name)
{
	const bool missing = publisher_order_plan_is_on(plan) &&
			     publisher_order_names_need(&plan->names, name) == ORDER_NEEDED &&
			     !is_ordered(plan, name) && can_be_ordered(name);

	if (!missing) {
		heap_del(&plan->missing, &name->due);
	} else if (!name->due.place) {
		name->due_ms = plan->now_ms + plan->wait_ms;
		heap_put(&plan->missing, &name->due);
	}
}

/* ---- orders ---- */

static bool is_needed(const struct order_plan *plan, const struct order *order)
{
	for (size_t i = 0; i < order->facts.hosts.n; i++)
		if (order->links[i].name &&
		    publisher_order_names_need(&plan->names, order->links[i].name) !=
			    ORDER_NEEDLESS)
			return true;
	return false;
}

static void judge_order(struct order_plan *plan, struct order *order)
{
	const bool needless = plan->known && !order->vague &&
			      (!is_of_issuer(plan, order) || !is_needed(plan, order));

	if (!needless) {
		heap_del(&plan->needless, &order->due);
	} else if (!order->due.place) {
		order->due_ms = plan->now_ms + plan->wait_ms;
		heap_put(&plan->needless, &order->due);
	}
}

/* A name that has changed, and the Certificates that are for it. */
static void on_name(void *self, struct order_name *name)
{
	struct order_link *link;

	judge_name(self, name);
	LIST_FOREACH(link, &name->orders, of_name)
	judge_order(self, link->order);
}

static void link_order(struct order_plan *plan, struct order *order)
{
	for (size_t i = 0; i < order->facts.hosts.n; i++) {
		order->links[i].order = order;
		publisher_order_names_link(&plan->names, order->facts.hosts.items[i],
					   &order->links[i]);
	}
	judge_order(plan, order);
}

static void unlink_order(struct order_plan *plan, struct order *order)
{
	for (size_t i = 0; i < order->facts.hosts.n; i++)
		publisher_order_names_unlink(&plan->names, &order->links[i]);
	heap_del(&plan->needless, &order->due);
}

/* Which must not be linked. */
static void free_order(void *ptr)
{
	struct order *order = ptr;

	pool_clear(&order->pool);
	mem_free(order);
}

static struct order *get_order(const struct order_plan *plan, const struct msg_key *key)
{
	struct order *order;
	struct pool pool;

	pool_init(&pool);
	order = map_get(&plan->orders, msg_key_text(key, &pool));
	pool_clear(&pool);
	return order;
}

static struct order *new_order(struct order_plan *plan, const struct order_facts *facts)
{
	struct order *order = mem_alloc(sizeof(*order));
	struct order_facts *own = &order->facts;
	struct pool *pool = &order->pool;

	pool_init(pool);
	own->key = msg_key_dup(&facts->key, pool);
	own->issuer = (struct msg_issuer){ pool_str(pool, facts->issuer.kind),
					   pool_str(pool, facts->issuer.name),
					   pool_str(pool, facts->issuer.namespace) };
	own->uid = pool_str(pool, facts->uid);
	own->secret = pool_str(pool, facts->secret);
	own->hosts.items = pool_array(pool, facts->hosts.n + 1, sizeof(struct str));
	for (; own->hosts.n < facts->hosts.n; own->hosts.n++)
		own->hosts.items[own->hosts.n] = pool_str(pool, facts->hosts.items[own->hosts.n]);
	order->links = pool_array(pool, facts->hosts.n + 1, sizeof(*order->links));
	order->text = msg_key_text(&facts->key, pool);
	map_put(&plan->orders, order->text, order);
	return order;
}

static bool equals(const struct order_facts *a, const struct order_facts *b)
{
	return str_eq(a->uid, b->uid) && str_eq(a->secret, b->secret) &&
	       str_eq(a->issuer.kind, b->issuer.kind) && str_eq(a->issuer.name, b->issuer.name) &&
	       str_list_eq(&a->hosts, &b->hosts);
}

void publisher_order_plan_put(struct order_plan *plan, const struct order_facts *facts)
{
	const struct order *known = get_order(plan, &facts->key);

	if (known && !known->vague && equals(&known->facts, facts))
		return;
	publisher_order_plan_gone(plan, &facts->key);
	link_order(plan, new_order(plan, facts));
}

void publisher_order_plan_put_vague(struct order_plan *plan, const struct msg_key *key)
{
	if (get_order(plan, key))
		return;
	new_order(plan, &(struct order_facts){ .key = *key })->vague = true;
	plan->n_vague++;
}

void publisher_order_plan_gone(struct order_plan *plan, const struct msg_key *key)
{
	struct order *order = get_order(plan, key);

	if (!order)
		return;
	plan->n_vague -= order->vague;
	unlink_order(plan, order);
	map_take(&plan->orders, order->text);
	free_order(order);
}

/* ---- who makes them ---- */

static void each_order(struct order_plan *plan,
		       void (*each)(struct order_plan *plan, struct order *order))
{
	void *value;

	for (size_t i = 0; map_next(&plan->orders, &i, NULL, &value);)
		each(plan, value);
}

static bool is_issuer(const struct order_plan *plan, const struct msg_issuer *issuer)
{
	return str_eq(plan->issuer.kind, issuer->kind) && str_eq(plan->issuer.name, issuer->name) &&
	       str_eq(plan->issuer.namespace, issuer->namespace);
}

/* Deadlines begin anew: what was to be done was so under another issuer. */
void publisher_order_plan_issuer(struct order_plan *plan, const struct msg_issuer *issuer)
{
	const struct msg_issuer none = { STR(""), STR(""), STR("") };
	const struct msg_issuer *next = issuer ? issuer : &none;
	void *value;

	if (plan->known && is_issuer(plan, next))
		return;
	plan->known = true;
	each_order(plan, unlink_order);
	pool_clear(&plan->pool);
	plan->issuer = (struct msg_issuer){ pool_str(&plan->pool, next->kind),
					    pool_str(&plan->pool, next->name),
					    pool_str(&plan->pool, next->namespace) };
	while (heap_first(&plan->missing))
		heap_del(&plan->missing, heap_first(&plan->missing));
	if (!publisher_order_plan_is_on(plan))
		publisher_order_names_clear(&plan->names);
	for (size_t i = 0; map_next(&plan->names.names, &i, NULL, &value);)
		judge_name(plan, value);
	each_order(plan, link_order);
}

/* ---- what is to be done ---- */

struct order_action publisher_order_plan_next(const struct order_plan *plan)
{
	struct heap_node *missing = heap_first(&plan->missing);
	struct heap_node *needless = heap_first(&plan->needless);

	/* one that is there and unknown may be for this host */
	if (missing && !plan->n_vague && NAME_OF(missing)->due_ms <= plan->now_ms) {
		const struct order_name *name = NAME_OF(missing);

		return (struct order_action){ ORDER_CREATE, { name->text, name->len }, NULL };
	}
	if (needless && ORDER_OF(needless)->due_ms <= plan->now_ms) {
		const struct order *order = ORDER_OF(needless);

		return (struct order_action){ ORDER_DELETE, order->text, &order->facts };
	}
	return (struct order_action){ .step = ORDER_NOTHING };
}

void publisher_order_plan_put_off(struct order_plan *plan, enum order_step step, struct str text,
				  uint64_t wait_ms)
{
	if (step == ORDER_CREATE) {
		struct order_name *name = map_get(&plan->names.names, text);

		if (!name || !name->due.place)
			return;
		name->due_ms = plan->now_ms + wait_ms;
		heap_put(&plan->missing, &name->due);
	} else {
		struct order *order = map_get(&plan->orders, text);

		if (!order || !order->due.place)
			return;
		order->due_ms = plan->now_ms + wait_ms;
		heap_put(&plan->needless, &order->due);
	}
}

const struct order_facts *publisher_order_plan_get(const struct order_plan *plan,
						   const struct msg_key *key)
{
	const struct order *order = get_order(plan, key);

	return order ? &order->facts : NULL;
}

uint64_t publisher_order_plan_due(const struct order_plan *plan)
{
	const struct heap_node *missing = heap_first(&plan->missing);
	const struct heap_node *needless = heap_first(&plan->needless);
	uint64_t due = UINT64_MAX;

	if (missing && !plan->n_vague)
		due = NAME_OF(missing)->due_ms;
	if (needless && ORDER_OF(needless)->due_ms < due)
		due = ORDER_OF(needless)->due_ms;
	return due;
}

static const char PREFIX[] = "pomerium-certificate-";
static const char letters[] = "bcdfghjklmnpqrstvwxz2456789"; /* that make no words */
#define N_LETTERS 16

bool publisher_order_plan_is_name(struct str name)
{
	size_t i = sizeof(PREFIX) - 1;

	if (name.len != i + N_LETTERS || !str_starts(name, PREFIX))
		return false;
	while (i < name.len && strchr(letters, name.ptr[i]))
		i++;
	return i == name.len;
}

void publisher_order_plan_name(const struct msg_issuer *issuer, struct str host,
			       char out[ORDER_NAME_MAX])
{
	struct pool pool;
	struct hash hash;
	char tail[N_LETTERS + 1] = "";

	pool_init(&pool);
	hash = hash_of(pool_printf(&pool, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(issuer->kind),
				   STR_ARG(issuer->name), STR_ARG(host)));
	pool_clear(&pool);
	for (size_t i = 0; i < N_LETTERS; i++)
		tail[i] = letters[hash.bytes[i] % (sizeof(letters) - 1)];
	snprintf(out, ORDER_NAME_MAX, "%s%s", PREFIX, tail);
}

/* ---- life ---- */

void publisher_order_plan_init(struct order_plan *plan, uint64_t wait_ms)
{
	*plan = (struct order_plan){ .wait_ms = wait_ms };
	publisher_order_names_init(&plan->names);
	plan->names.self = plan;
	plan->names.changed = on_name;
	map_init(&plan->orders, free_order);
	heap_init(&plan->missing, name_before);
	heap_init(&plan->needless, order_before);
	pool_init(&plan->pool);
}

void publisher_order_plan_clear(struct order_plan *plan)
{
	each_order(plan, unlink_order);
	map_clear(&plan->orders);
	publisher_order_names_clear(&plan->names);
	heap_clear(&plan->missing);
	heap_clear(&plan->needless);
	pool_clear(&plan->pool);
}
