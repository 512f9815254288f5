/* budget: keeps the sums of each namespace, and says who is too much.
 *
 *   in     Ingresses and HTTPRoutes of ours with their costs and ages
 *   out    those that there is no room for
 *   owns   the sums
 *   never  sorts a namespace that has room for all
 */
#include "resolver/owners/budget.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rules/rules.h"

struct budget_namespace {
	TAILQ_ENTRY(budget_namespace) entry; /* of those that are to be looked at again */
	TAILQ_HEAD(, owned) all;
	size_t n, n_over;
	uint64_t routes, bytes; /* of all */
	bool is_stale;
	size_t name_len;
	char name[];
};

void resolver_budget_init(struct budget *budget, const struct limits *limits)
{
	*budget = (struct budget){ .limits = limits };
	map_init(&budget->namespaces, mem_free);
	TAILQ_INIT(&budget->stale);
}

void resolver_budget_clear(struct budget *budget)
{
	map_clear(&budget->namespaces);
	TAILQ_INIT(&budget->stale);
}

/* Reckoned as if each route had all annotations as they stand. Nothing is stored of what is more
 * than one of them may have. */
static uint64_t bytes_of(const struct budget *budget, const struct owned *owned)
{
	const uint64_t bytes = owned->cost.own_bytes + owned->cost.paths * owned->cost.annotations;
	const uint64_t most = (uint64_t)budget->limits->owner.bytes;

	return most && bytes > most ? most : bytes;
}

static bool fits(const struct budget *budget, uint64_t routes, uint64_t bytes)
{
	const struct limits *limits = budget->limits;

	return (!limits->namespace.routes || routes <= (uint64_t)limits->namespace.routes) &&
	       (!limits->namespace.bytes || bytes <= (uint64_t)limits->namespace.bytes);
}

static void look_again(struct budget *budget, struct budget_namespace *namespace)
{
	const bool is_full = !fits(budget, namespace->routes, namespace->bytes);

	if (namespace->is_stale || (!is_full && !namespace->n_over))
		return;
	namespace->is_stale = true;
	TAILQ_INSERT_TAIL(&budget->stale, namespace, entry);
}

static struct budget_namespace *find_or_make(struct budget *budget, struct str name)
{
	struct budget_namespace *namespace = map_get(&budget->namespaces, name);

	if (namespace)
		return namespace;
	namespace = mem_alloc(sizeof(*namespace) + name.len);
	TAILQ_INIT(&namespace->all);
	namespace->name_len = name.len;
	memcpy(namespace->name, name.ptr, name.len);
	map_put(&budget->namespaces, name, namespace);
	return namespace;
}

void resolver_budget_enter(struct budget *budget, struct str name, struct owned *owned)
{
	struct budget_namespace *namespace = find_or_make(budget, name);

	owned->namespace = namespace;
	TAILQ_INSERT_TAIL(&namespace->all, owned, entry);
	namespace->n++;
	namespace->n_over += owned->is_over;
	namespace->routes += owned->cost.paths;
	namespace->bytes += bytes_of(budget, owned);
	look_again(budget, namespace);
}

void resolver_budget_leave(struct budget *budget, struct owned *owned)
{
	struct budget_namespace *namespace = owned->namespace;

	TAILQ_REMOVE(&namespace->all, owned, entry);
	namespace->routes -= owned->cost.paths;
	namespace->bytes -= bytes_of(budget, owned);
	look_again(budget, namespace);
	namespace->n_over -= owned->is_over;
	owned->namespace = NULL;
	if (--namespace->n)
		return;
	if (namespace->is_stale)
		TAILQ_REMOVE(&budget->stale, namespace, entry);
	map_del(&budget->namespaces, (struct str){ namespace->name, namespace->name_len });
}

/* ---- who is too much ---- */

static int age_cmp(const void *a, const void *b)
{
	const struct owned *x = *(struct owned *const *)a, *y = *(struct owned *const *)b;

	if (x->created != y->created)
		return x->created < y->created ? -1 : 1;
	return str_cmp(x->text, y->text);
}

static struct owned **by_age(const struct budget_namespace *namespace)
{
	struct owned **sorted = mem_alloc(namespace->n * sizeof(struct owned *)), *owned;
	size_t n = 0;

	TAILQ_FOREACH(owned, &namespace->all, entry)
		sorted[n++] = owned;
	qsort(sorted, n, sizeof(*sorted), age_cmp);
	return sorted;
}

static void look(const struct budget *budget, struct budget_namespace *namespace,
		 void (*each)(void *arg, const struct owned *owned), void *arg)
{
	struct owned **sorted = by_age(namespace);
	uint64_t routes = 0, bytes = 0;

	namespace->n_over = 0;
	for (size_t i = 0; i < namespace->n; i++) {
		struct owned *owned = sorted[i];
		const bool was_over = owned->is_over;

		owned->is_over =
			!fits(budget, routes + owned->cost.paths, bytes + bytes_of(budget, owned));
		namespace->n_over += owned->is_over;
		routes += owned->is_over ? 0 : owned->cost.paths;
		bytes += owned->is_over ? 0 : bytes_of(budget, owned);
		if (owned->is_over != was_over)
			each(arg, owned);
	}
	mem_free(sorted);
}

void resolver_budget_settle(struct budget *budget,
			    void (*each)(void *arg, const struct owned *owned), void *arg)
{
	struct budget_namespace *namespace;

	while ((namespace = TAILQ_FIRST(&budget->stale))) {
		TAILQ_REMOVE(&budget->stale, namespace, entry);
		namespace->is_stale = false;
		look(budget, namespace, each, arg);
	}
}

int resolver_budget_check(const struct budget *budget, const struct owned *owned, struct err *err)
{
	if (!owned->is_over)
		return 0;
	return err_rule(
		err, RULE_NAMESPACE_MAX,
		"older Ingresses and HTTPRoutes of its namespace leave no room for its %llu "
		"routes, about %llu KiB: --max-namespace-routes is %ld, --max-namespace-bytes is "
		"%ld",
		(unsigned long long)owned->cost.paths,
		(unsigned long long)bytes_of(budget, owned) >> 10, budget->limits->namespace.routes,
		budget->limits->namespace.bytes);
}
