/* settings_trip: a Pomerium object, written as the fields of its spec, through the translator. */
#ifndef TESTS_TRANSLATOR_SETTINGS_TRIP_H
#define TESTS_TRANSLATOR_SETTINGS_TRIP_H

#include "tests/unit/translator/trip.h"

/* The Secrets that the specs of these tests name. Values are facts only. */
#define SETTINGS_SECRETS                                                                          \
	"secrets:\n"                                                                              \
	"- {namespace: pomerium, name: bootstrap, type: Opaque, values: [{name: shared_secret, "  \
	"len: 32},"                                                                               \
	" {name: cookie_secret, len: 32}, {name: signing_key, len: 227, utf8: true}]}\n"          \
	"- {namespace: pomerium, name: idp, type: Opaque, values: [{name: client_id, len: 4, "    \
	"utf8: true},"                                                                            \
	" {name: client_secret, len: 9, utf8: true}, {name: service_account, len: 1, utf8: "      \
	"true}]}\n"                                                                               \
	"- {namespace: pomerium, name: params, type: Opaque, values: [{name: prompt, len: 4, "    \
	"utf8: true}]}\n"                                                                         \
	"- {namespace: pomerium, name: raw, type: Opaque, values: [{name: prompt, len: 4}]}\n"    \
	"- {namespace: pomerium, name: half, type: Opaque, values: [{name: client_id, len: 4, "   \
	"utf8: true},"                                                                            \
	" {name: shared_secret, len: 31}, {name: cookie_secret, len: 32}]}\n"                     \
	"- {namespace: pomerium, name: ssh, type: kubernetes.io/ssh-auth, values: [{name: "       \
	"ssh-privatekey, len: 99,"                                                                \
	" utf8: true, is_private_key: true}]}\n"                                                  \
	"- {namespace: pomerium, name: pg, type: Opaque, values: [{name: connection, len: 20, "   \
	"utf8: true}]}\n"                                                                         \
	"- {namespace: pomerium, name: ca, type: Opaque, values: [{name: ca.crt, len: 3, utf8: "  \
	"true, clear: YWJj}]}\n"                                                                  \
	"- {namespace: pomerium, name: tls, type: kubernetes.io/tls, values: [{name: tls.crt, "   \
	"len: 3, utf8: true,"                                                                     \
	" clear: YWJj}, {name: tls.key, len: 3, utf8: true, is_private_key: true, matches_cert: " \
	"true}]}\n"                                                                               \
	"- {namespace: pomerium, name: leaky, type: kubernetes.io/tls, values: [{name: tls.crt, " \
	"len: 3, utf8: true},"                                                                    \
	" {name: tls.key, len: 3, utf8: true, is_private_key: true}, {name: ca.crt, len: 3, "     \
	"utf8: true}]}\n"

/* `spec` is what stands in the braces of a flow map, beside the required field. */
static inline void settings_start(struct trip *trip, const char *spec)
{
	struct buf yaml;

	buf_init(&yaml, BUF_MAX_TEXT);
	buf_printf(&yaml,
		   "owner: {kind: 7, namespace: \"\", name: global}\nstamp: {epoch: 7, number: 9}\n"
		   "pomerium: {metadata: {name: global, uid: u-7, generation: 4}, spec: {secrets: "
		   "pomerium/bootstrap%s%s}}\n" SETTINGS_SECRETS,
		   *spec ? ", " : "", spec);
	trip_start(trip, buf_view(&yaml).ptr);
	buf_clear(&yaml);
}

/* The splice that goes there; NULL: none does. */
static inline const struct msg_splice *settings_splice(const struct trip *trip, const char *path)
{
	struct pool pool;
	const struct msg_splice *found = NULL;

	pool_init(&pool);
	for (size_t i = 0; i < trip->config.splices.n && !found; i++) {
		const struct msg_splice *splice = &trip->config.splices.items[i];
		const struct msg_splice_row *row = msg_splice_row(splice->row);

		if (row && str_is(msg_splice_path(row, splice->at, &pool), path))
			found = splice;
	}
	pool_clear(&pool);
	return found;
}

static inline bool settings_warned(const struct trip *trip, const char *words)
{
	for (size_t i = 0; i < trip->config.diagnostics.n; i++)
		if (strstr(trip->config.diagnostics.items[i].sentence.ptr, words))
			return true;
	return false;
}

#endif
