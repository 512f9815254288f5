/* test_translate: what a CONFIG says beside the configuration. */
#include "tests/unit/translator/trip.h"

/* The Pomerium object with one annotation, and what the publisher's guard hears of it. */
static bool allows_mass_delete(const char *name, const char *value)
{
	struct trip trip;
	struct buf yaml;
	bool allowed;

	buf_init(&yaml, BUF_MAX_TEXT);
	buf_puts(&yaml, "owner: {kind: 7, namespace: '', name: global}\n"
			"stamp: {epoch: 7, number: 9}\n"
			"pomerium: {metadata: {name: global, uid: u-7, annotations: {");
	buf_json(&yaml, str_from(name));
	buf_puts(&yaml, ": ");
	buf_json(&yaml, str_from(value));
	buf_puts(&yaml, "}}, spec: {secrets: pomerium/bootstrap}}\n"
			"secrets:\n"
			"- {namespace: pomerium, name: bootstrap, type: Opaque, values: [{name: "
			"shared_secret, len: 32}, {name: cookie_secret, len: 32}, {name: "
			"signing_key, len: 227, utf8: true}]}\n");
	trip_start(&trip, buf_view(&yaml).ptr);
	if (trip.rc)
		fail_msg("%s: %s is refused: %s", name, value, trip.err.text);
	allowed = trip.config.allow_mass_delete;
	trip_end(&trip);
	buf_clear(&yaml);
	return allowed;
}

static const struct {
	const char *name, *value;
	bool allowed;
} cases[] = {
	{ "ingress.pomerium.io/allow-mass-delete", "true", true },
	{ "ingress.pomerium.io/allow-mass-delete", "false", false },
	{ "ingress.pomerium.io/allow-mass-delete", "", false },
	{ "ingress.pomerium.io/allow-mass-delete", "True", false },
	{ "ingress.pomerium.io/allow-mass-delete", "yes", false },
	{ "ingress.pomerium.io/allow-mass-delete", "true ", false },
	{ "ingress.pomerium.io/allow-mass-deletes", "true", false },
	{ "ingress.pomerium.io/allow-mass-delet", "true", false },
	{ "ingress.pomerium.io", "true", false },
	{ "other.example.com/allow-mass-delete", "true", false },
	{ "ingress.pomerium.io.example.com/allow-mass-delete", "true", false },
	{ "allow-mass-delete", "true", false },
};

static void only_what_is_exactly_true_allows_mass_deletion(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (allows_mass_delete(cases[i].name, cases[i].value) != cases[i].allowed)
			fail_msg("%s: \"%s\" should %sallow it", cases[i].name, cases[i].value,
				 cases[i].allowed ? "" : "not ");
}

/* It is a matter of the Pomerium object: an Ingress must not lift the guard. */
static void an_ingress_cannot_allow_it(void **state)
{
	struct trip trip;

	(void)state;
	trip_start(&trip, TRIP_HEAD
		   "    annotations: {ingress.pomerium.io/allow-mass-delete: 'true'}\n" TRIP_RULE
			   TRIP_SERVICE);
	assert_false(trip.config.allow_mass_delete);
	trip_end(&trip);
}

static void no_object_allows_nothing(void **state)
{
	struct trip trip;

	(void)state;
	trip_start(&trip, "owner: {kind: 7, namespace: '', name: global}\n"
			  "stamp: {epoch: 7, number: 9}\n");
	assert_int_equal(trip.rc, 0);
	assert_false(trip.config.allow_mass_delete);
	trip_end(&trip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_exactly_true_allows_mass_deletion),
		cmocka_unit_test(an_ingress_cannot_allow_it),
		cmocka_unit_test(no_object_allows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
