/* test_ppl: a policy in, Rego out: what each criterion prints, in which order, and the sentence
 * for what is refused. Whole modules are compared by the golden cases (area ppl); here stand the
 * rules behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/pool.h"
#include "translator/ppl/ppl_compile.h"

#define ALLOW "allow:\n  and:\n    - "
#define UNAUTHORIZED(name)                                                        \
	"\nelse := [false, {\"" name "-unauthorized\"}] if {\n"                   \
	"\tsession := get_session(input.session.id)\n\tsession.id != \"\"\n}\n\n" \
	"else := [false, {\"user-unauthenticated\"}]\n"

struct fixture {
	struct pool pool;
	struct str rego;
	struct err err;
	int rc;
};

static void compile(struct fixture *f, struct str policy)
{
	*f = (struct fixture){ 0 };
	pool_init(&f->pool);
	f->rc = translator_ppl_compile(policy, &f->pool, &f->rego, &f->err);
}

/* Position of a fragment in the Rego of a policy; fails the test if it is not there. */
static long at(const struct fixture *f, const char *fragment)
{
	const char *found = f->rc ? NULL : strstr(f->rego.ptr, fragment);

	if (f->rc)
		fail_msg("refused: %s", f->err.text);
	if (!found)
		fail_msg("missing:\n%s\nin:\n%s", fragment, f->rego.ptr);
	return found - f->rego.ptr;
}

static void test_expressions(void **state)
{
	static const struct {
		const char *policy, *rego;
	} cases[] = {
		{ ALLOW "accept: {any: [thing]}",
		  "\naccept_0 := [true, {\"accept\"}]\n\nand_0 := " },
		{ ALLOW "reject:", "\nreject_0 := [false, {\"reject\"}]\n\n" },
		{ ALLOW "http_path: {is: /a}",
		  "\nhttp_path_0 := [true, {\"http-path-ok\"}] if input[http][path] == \"/a\"\n\n"
		  "else := [false, {\"http-path-unauthorized\"}]\n\n" },
		{ ALLOW "http_path: {}",
		  "\nhttp_path_0 := [true, {\"http-path-ok\"}]\n\nand_0 :=" },
		{ ALLOW "http_method: {not_in: [GET, 1, null, true, {b: 1, a: [2.50, 1e21]}]}",
		  "if not input[http][method] in [\"GET\", 1, null, true, {\"a\": [2.5, 1e+21], "
		  "\"b\": 1}]\n" },
		{ ALLOW "http_method: {is: PUT, contains: a, starts_with: b}",
		  " if {\n\tcontains(input[http][method], \"a\")\n\tinput[http][method] == "
		  "\"PUT\"\n"
		  "\tstartswith(input[http][method], \"b\")\n}\n" },
		{ ALLOW "mcp_tool: {}", "\nelse := [true, {\"mcp-tool-match\"}] if "
					"input.mcp.method == \"tools/call\"\n" },
		{ ALLOW "user: u",
		  "\tuser_id := session.user_id\n\tuser_id == \"u\"\n}\n" UNAUTHORIZED("user") },
		{ ALLOW "groups: {is: g}",
		  "\tcount(group_ids) == 1\n\tcount([true | some v; v = group_ids[_0]; v "
		  "== \"g\"]) > 0\n}\n" UNAUTHORIZED("groups") },
		{ ALLOW "claim/a/b: {exclude: x}",
		  "\nclaim_0 := [true, {\"claim-ok\"}] if {\n\trule_path := \"a/b\"\n" },
		{ ALLOW "claim/x: -0.0", " v == -0]) > 0\n" },
		{ ALLOW "claim/x: 2001-12-14t21:59:43.10-05:00",
		  " v == \"2001-12-14T21:59:43.1-05:00\"]" },
		{ ALLOW "claim/x: !!binary /w==", " v == \"\xef\xbf\xbd\"]" },
		{ ALLOW "claim/x: \"\\a\\b\\v\\f\\0\\e\\x7f\\\"\\\\\\/ é\\_\\N\"",
		  " v == \"\\u0007\\b\\u000b\\f\\u0000\\u001b\\u007f\\\"\\\\/ é\\u00a0\\u0085\"]" },
		{ ALLOW "claim/x: \"🚀 \\U000E0001 \\uFEFF\"",
		  " v == \"🚀 \\udb40\\udc01 \\ufeff\"]" },
		{ ALLOW "source_ip: [10.0.0.1/8, \"::FFFF:1.2.3.4\"]",
		  " if count(net.cidr_contains_matches([\"10.0.0.1/8\", \"1.2.3.4/32\"], "
		  "input.http.ip)) > 0\n" },
		{ ALLOW "client_certificate: {san_uri: {not: u}, spki_hash: "
			"FsDbM0rUYIiL3V339eIKqiz6HPSB+Pz2WeAWhqlqh8U=}",
		  "\tcert.URIStrings[_] != \"u\"\n"
		  "\tallowed_spki_hashes := [\"FsDbM0rUYIiL3V339eIKqiz6HPSB+Pz2WeAWhqlqh8U=\"]\n"
		  "\tspki_hash == allowed_spki_hashes[_]\n}\n" },
		{ ALLOW "device: {type: t, is: i, approved: \"\"}",
		  "\tcount([x | x := device_enrollment.approved_by]) == 0\n\tis_expect := \"i\"\n"
		  "\tis_expect == device_credential.id\n\tdevice_credential.id != \"\"\n}\n\n"
		  "else := [false, {\"device-unauthorized\"}, {\"device_type\": \"t\"}] if {\n" },
		{ ALLOW "pomerium_routes: 1", "\nelse := [false, {\"user-unauthenticated\"}] if "
					      "contains(input.http.url, \"/.pomerium/\")\n\n"
					      "else := [false, {\"non-pomerium-route\"}]\n" },
		{ ALLOW "ssh_ca: []", "\tuserCAs := []\n\tssh_verify_user_cert(" },
		{ "{\"deny\":{\"nor\":[{\"accept\":1}]}}",
		  "\tinverted := [invert_criterion_result(x) | x := results[i]]\n\tv := "
		  "merge_with_or(inverted)\n}\n\n"
		  "deny := v if {\n\tresults := [nor_0]\n" },
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		compile(&f, str_from(cases[i].policy));
		at(&f, cases[i].rego);
		pool_clear(&f.pool);
	}
}

static void test_names_count_up(void **state)
{
	struct fixture f;

	(void)state;
	compile(&f, STR("- deny: {or: [{user: a}, {pomerium_routes: 1}]}\n"
			"- allow: {or: [{pomerium_routes: 1}], and: [{user: b}, {accept: 1}]}\n"
			"- allow: {and: [{user: c}]}\n"));
	at(&f, "and_0 := v if {\n\tresults := [user_0, accept_0]\n");
	at(&f, "or_0 := v if {\n\tresults := [pomerium_routes_0]\n");
	at(&f, "and_1 := v if {\n\tresults := [user_1]\n");
	at(&f, "or_1 := v if {\n\tresults := [user_2, pomerium_routes_4]\n");
	assert_true(at(&f, "allow := v if {\n\tresults := [and_0, or_0, and_1]\n") <
		    at(&f, "deny := v if {\n\tresults := [or_1]\n"));
	pool_clear(&f.pool);
}

/* Helpers come by number of arguments, then in the order of their first use. */
static void test_helpers(void **state)
{
	struct fixture f;

	(void)state;
	compile(&f, STR("allow: {or: [{device: {}}, {email: e}]}"));
	assert_true(at(&f, "\nmerge_with_or(") < at(&f, "\nget_device_enrollment("));
	assert_true(at(&f, "\nget_device_enrollment(") < at(&f, "\nget_session("));
	assert_true(at(&f, "\nget_session(") < at(&f, "\nget_user("));
	assert_true(at(&f, "\nget_directory_user(") < at(&f, "\nget_device_credential("));
	assert_true(at(&f, "\nget_device_credential(") < at(&f, "\nobject_get("));
	assert_true(at(&f, "\nobject_get(") < at(&f, "\nget_user_email("));
	pool_clear(&f.pool);
	compile(&f, STR("allow: {or: [{email: e}, {device: {}}]}"));
	assert_true(at(&f, "\nget_directory_user(") < at(&f, "\nget_device_enrollment("));
	assert_true(at(&f, "\nget_user_email(") < at(&f, "\nobject_get("));
	pool_clear(&f.pool);
	compile(&f, STR("allow: {or: [{accept: 1}]}"));
	assert_null(strstr(f.rego.ptr, "get_session"));
	pool_clear(&f.pool);
}

/* The wildcard of object_union has a name only where another rule uses one too. */
static void test_wildcards(void **state)
{
	static const struct {
		const char *policy;
		const char *wildcard;
	} cases[] = {
		{ ALLOW "email: {in: [a]}", "\t\txs[_][k]\n" },
		{ ALLOW "client_certificate: {san_dns: a}", "\t\txs[_][k]\n" },
		{ ALLOW "claim/x: {}", "\t\txs[_][k]\n" },
		{ ALLOW "claim/x: 1", "\t\txs[_0][k]\n" },
		{ ALLOW "groups: {exclude: a}", "\t\txs[_0][k]\n" },
		{ ALLOW "device: {}", "\t\txs[_0][k]\n" },
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		compile(&f, str_from(cases[i].policy));
		at(&f, cases[i].wildcard);
		pool_clear(&f.pool);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *policy, *words;
	} cases[] = {
		{ "", "the policy is empty" },
		{ "# only this", "the policy is empty" },
		{ "allow", "a policy is an object with allow and deny, or a list of such objects, "
			   "not a string" },
		{ "- 1", "rule 1 of the list must be an object with allow or deny, not a number" },
		{ "permit: {}", "unsupported action \"permit\", only allow and deny are allowed" },
		{ "allow: []", "the value of \"allow\" must be an object with and, or, not, nor, "
			       "but it is a list" },
		{ "allow: {maybe: []}",
		  "invalid rules in policy: unsupported conditional \"maybe\", only and, or, not, "
		  "nor and action are allowed" },
		{ "deny: {or: {accept: 1}}",
		  "invalid criteria in \"or\" of \"deny\": expected a list of criteria" },
		{ ALLOW "accept", "each criterion is an object with one key" },
		{ ALLOW "{accept: 1, reject: 1}", "a single key and value, this one has 2" },
		{ ALLOW "date: {after: x}",
		  "unknown policy criterion \"date\": only Pomerium Enterprise has it" },
		{ ALLOW "mail: x", "unknown policy criterion \"mail\"" },
		{ ALLOW "/email: x", "unknown policy criterion \"\"" },
		{ ALLOW "email: {IS: x}", "unknown string matcher operator: \"IS\"" },
		{ ALLOW "email: {in: x}",
		  "the in matcher requires a list of strings, got a string" },
		{ ALLOW "email: {not_in: {}}",
		  "the not_in matcher requires a list of strings, got an object" },
		{ ALLOW "groups: {in: [x]}", "unknown string list matcher operator: \"in\"" },
		{ ALLOW "device: any", "expected an object for the device criterion" },
		{ ALLOW "device: {name: x}", "unexpected field in device criterion: \"name\"" },
		{ ALLOW "device: {type: 1}", "expects a string for \"type\", got a number" },
		{ ALLOW "client_certificate: x", "client_certificate expects an object" },
		{ ALLOW "client_certificate: {serial: 1}",
		  "unsupported certificate matcher condition: \"serial\"" },
		{ ALLOW "client_certificate: {fingerprint: 1}",
		  "certificate fingerprint expects a string or a list" },
		{ ALLOW "client_certificate: {fingerprint: [\"\"]}",
		  "certificate fingerprint must not be empty" },
		{ ALLOW "client_certificate: {fingerprint: abc}",
		  "unsupported certificate fingerprint format: \"abc\"" },
		{ ALLOW "client_certificate: {spki_hash: [true]}",
		  "(spki_hash) expects strings, item 1 of the list is a boolean" },
		{ ALLOW "client_certificate: {spki_hash: QUJD}",
		  "must be a base64-encoded SHA-256 hash, got \"QUJD\"" },
		{ ALLOW "source_ip: {is: 1.2.3.4}",
		  "source_ip expects a string or a list of strings, got an object" },
		{ ALLOW "source_ip: [1.2.3.4, 7]",
		  "source_ip expects strings, item 2 of the list is a number" },
		{ ALLOW "source_ip: 1.2.3.04",
		  "source_ip expects an IP address or a CIDR range, got \"1.2.3.04\"" },
		{ ALLOW "ssh_publickey: ssh-ed25519", "\"ssh-ed25519\" is not an SSH public key" },
		{ ALLOW "ssh_username_matches_claim: [a]",
		  "ssh_username_matches_claim expects the name of a claim" },
		{ ALLOW "claim/x: .nan", "line 3: .nan is not a number that a policy can hold" },
		{ ALLOW "claim/x: {1: y}", "line 3: the key \"1\" is a number" },
		{ "true: {}", "line 1: the key \"true\" is a boolean" },
		{ "allow: [", "did not find expected node content" },
		{ "allow: {}\nallow: {}", "mapping key \"allow\" already defined at line 1" },
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		compile(&f, str_from(cases[i].policy));
		if (!f.rc)
			fail_msg("accepted: %s", cases[i].policy);
		if (!strstr(f.err.text, cases[i].words))
			fail_msg("%s\nis not in: %s", cases[i].words, f.err.text);
		pool_clear(&f.pool);
	}
}

static void assert_refused(struct buf *policy, const char *words)
{
	struct fixture f;

	compile(&f, buf_view(policy));
	assert_int_equal(f.rc, -1);
	assert_non_null(strstr(f.err.text, words));
	pool_clear(&f.pool);
	buf_clear(policy);
}

static void test_limits(void **state)
{
	struct buf policy;

	(void)state;
	buf_init(&policy, BUF_MAX_FILE);
	for (int i = 0; i < 200000; i++)
		buf_puts(&policy, "# far too long\n");
	assert_refused(&policy, "at most 1048576 are read");

	/* within the limit of the text, but each of these becomes 400 bytes */
	buf_init(&policy, BUF_MAX_FILE);
	buf_puts(&policy, "allow: {or: [");
	for (int i = 0; i < 60000; i++)
		buf_puts(&policy, "{user: u}, ");
	buf_puts(&policy, "]}");
	assert_refused(&policy, "the policy is too large");

	buf_init(&policy, BUF_MAX_FILE);
	for (int i = 0; i < 100000; i++)
		buf_putc(&policy, '[');
	assert_refused(&policy, "deep");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions), cmocka_unit_test(test_names_count_up),
		cmocka_unit_test(test_helpers),     cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_refused),     cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
