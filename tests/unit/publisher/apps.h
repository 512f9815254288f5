/* apps: what is wanted, with Ingresses of one route each, of a namespace and an age; what is said of
 * them. */
#ifndef TESTS_PUBLISHER_APPS_H
#define TESTS_PUBLISHER_APPS_H

#include "publisher/wanted/wanted_inside.h"

#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct wanted *wanted;
static struct host_policy policy;
static char warnings[4000], changed[1000], refusals[2000];

static inline void apps_append(char *to, size_t size, const struct msg_key *owner, const char *text)
{
	const size_t used = strlen(to);

	snprintf(to + used, size - used, STR_FMT "/" STR_FMT "%s%s\n", STR_ARG(owner->namespace),
		 STR_ARG(owner->name), *text ? ": " : "", text);
}

static inline void apps_on_warn(void *self, const struct msg_key *owner, const char *sentence)
{
	(void)self;
	apps_append(warnings, sizeof(warnings), owner, sentence);
}

static inline void apps_on_changed(void *self, const struct msg_key *owner)
{
	(void)self;
	apps_append(changed, sizeof(changed), owner, "");
}

static inline int apps_setup(void **state)
{
	(void)state;
	pool_init(&pool);
	warnings[0] = changed[0] = refusals[0] = '\0';
	wanted = publisher_wanted_new(
		&(struct wanted_listener){ NULL, apps_on_warn, apps_on_changed });
	return 0;
}

static inline int apps_teardown(void **state)
{
	(void)state;
	publisher_wanted_destroy(&wanted);
	pool_clear(&pool);
	return 0;
}

/* One Ingress with one route, of a namespace and an age. */
struct app {
	const char *namespace, *name, *host, *prefix;
	int64_t created;
};

static inline struct msg_key apps_key(const struct app *app)
{
	return (struct msg_key){ MSG_KIND_INGRESS, str_from(app->namespace), str_from(app->name) };
}

static inline struct arrival apps_arrival(const struct app *app)
{
	const char *id = pool_printf(&pool, "%s/%s", app->namespace, app->name).ptr;
	struct arrival arrival =
		rig_config(app->name, rig_route(id, app->host, app->prefix, &pool), &pool);

	arrival.ticket.owner = apps_key(app);
	arrival.ticket.created = app->created;
	return arrival;
}

static inline enum wanted_outcome apps_put(const struct app *app)
{
	const struct arrival arrival = apps_arrival(app);

	return rig_put(wanted, &arrival);
}

static inline void apps_put_json(const char *namespace, const char *name, int64_t created,
				 const char *route)
{
	struct arrival arrival =
		rig_config(name, pool_printf(&pool, "{\"routes\":[{%s}]}", route).ptr, &pool);

	arrival.ticket.owner =
		(struct msg_key){ MSG_KIND_INGRESS, str_from(namespace), str_from(name) };
	arrival.ticket.created = created;
	rig_put(wanted, &arrival);
}

static inline enum wanted_outcome apps_gone(const struct app *app)
{
	const struct msg_key key = apps_key(app);

	return publisher_wanted_delete(wanted, &key);
}

static inline bool apps_has(const struct app *app)
{
	const char *text = rig_render(wanted, WANTED_JSON, &pool);

	return strstr(text, pool_printf(&pool, "\"id\":\"%s/%s%s\"", app->namespace, app->name,
					app->prefix)
				    .ptr) != NULL;
}

static inline void apps_on_refused(void *self, const struct msg_key *owner, const struct err *why)
{
	(void)self;
	apps_append(refusals, sizeof(refusals), owner, why ? why->text : "no longer");
}

static inline int apps_setup_policy(void **state)
{
	struct err err = { "" };

	apps_setup(state);
	wanted->listener.refused = apps_on_refused;
	assert_int_equal(
		publisher_host_policy_open(
			&policy,
			&(struct host_policy_flags){ STR("namespace"),
						     STR("open.example=aaa,bbb  Other.example=ccc"),
						     { (struct str[]){ STR("login") }, 1 } },
			&err),
		0);
	publisher_wanted_govern(wanted, &policy);
	return 0;
}

static inline int apps_teardown_policy(void **state)
{
	publisher_host_policy_clear(&policy);
	return apps_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, apps_setup, apps_teardown)
#define TEST_POLICY(name) \
	cmocka_unit_test_setup_teardown(name, apps_setup_policy, apps_teardown_policy)

#endif
