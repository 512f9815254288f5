/* host_policy: who may have which host.
 *
 *   in     flags; the namespace of the pod
 *   out    yes or no
 *   owns   what the flags say
 *   never  knows who names a host
 */
#include "publisher/hosts/host_policy.h"

#include <fcntl.h>
#include <unistd.h>

#include "net/hostname.h"

#define POD_NAMESPACE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

static void put(struct map *map, struct str key)
{
	map_put(map, key, map);
}

static struct str pair_of(struct str host, struct str namespace, struct pool *pool)
{
	return pool_printf(pool, STR_FMT " " STR_FMT, STR_ARG(host), STR_ARG(namespace));
}

/* HOST=NAMESPACE,NAMESPACE */
static int add_shared(struct host_policy *policy, struct str entry, struct pool *pool,
		      struct err *err)
{
	struct str host, names, name;

	if (!str_cut(entry, '=', &host, &names) || !host.len || !names.len)
		return err_set(err, "--shared-host has %s; it should have HOST=NAMESPACE,NAMESPACE",
			       err_quote(entry));
	host = hostname_of_rule(host, pool);
	while (names.len) {
		if (!str_cut(names, ',', &name, &names)) {
			name = names;
			names = STR("");
		}
		put(&policy->shared, pair_of(host, name, pool));
	}
	return 0;
}

static int read_shared(struct host_policy *policy, struct str text, struct err *err)
{
	struct pool pool;
	struct str entry;
	int rc = 0;

	pool_init(&pool);
	while (!rc && text.len) {
		if (!str_cut(text, ' ', &entry, &text)) {
			entry = text;
			text = STR("");
		}
		if (entry.len)
			rc = add_shared(policy, entry, &pool, err);
	}
	pool_clear(&pool);
	return rc;
}

/* Outside a pod there is none. */
static void add_pod_namespace(struct host_policy *policy)
{
	char text[256];
	const int fd = open(POD_NAMESPACE, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n > 0)
		put(&policy->authenticate, str_trim((struct str){ text, (size_t)n }));
}

int publisher_host_policy_open(struct host_policy *policy, const struct host_policy_flags *flags,
			       struct err *err)
{
	const struct str_list *list = &flags->authenticate_namespaces;

	*policy = (struct host_policy){ .by_namespace = str_is(flags->ownership, "namespace"),
					.is_wide = list->n > 0 };
	map_init(&policy->shared, NULL);
	map_init(&policy->authenticate, NULL);
	if (flags->ownership.len && !policy->by_namespace && !str_is(flags->ownership, "shared"))
		return err_set(err, "--host-ownership is %s; it must be shared or namespace",
			       err_quote(flags->ownership));
	for (size_t i = 0; i < list->n; i++)
		put(&policy->authenticate, list->items[i]);
	if (!list->n)
		add_pod_namespace(policy);
	return read_shared(policy, flags->shared_host, err);
}

void publisher_host_policy_clear(struct host_policy *policy)
{
	map_clear(&policy->shared);
	map_clear(&policy->authenticate);
}

int publisher_host_policy_check(const struct host_policy_flags *flags, struct err *err)
{
	struct host_policy policy;
	const int rc = publisher_host_policy_open(&policy, flags, err);

	publisher_host_policy_clear(&policy);
	return rc;
}

bool publisher_host_policy_is_shared(const struct host_policy *policy, struct str host,
				     struct str namespace)
{
	struct pool pool;
	bool shared;

	pool_init(&pool);
	shared = map_get(&policy->shared, pair_of(host, namespace, &pool)) != NULL;
	pool_clear(&pool);
	return shared;
}

bool publisher_host_policy_is_open(const struct host_policy *policy)
{
	return policy->authenticate.n == 0;
}

bool publisher_host_policy_reserves(const struct host_policy *policy, struct str authenticate,
				    struct str host, struct str namespace)
{
	if (!authenticate.len || !policy->authenticate.n ||
	    map_get(&policy->authenticate, namespace))
		return false;
	if (str_eq(host, authenticate))
		return true;
	return policy->is_wide &&
	       (str_is(host, "*") || hostname_meet(host, authenticate).ptr != NULL);
}
