/* shown: what may be shown of a route.
 *
 *   in     a route as it will be published, with the values of Secrets in it
 *   out    members of a JSON object
 *   owns   which fields a value of a Secret can be in
 *   never  shows such a value; of a route that was stored before, no header's value either, since
 *          it is not known any more which came from a Secret
 */
#include "publisher/wanted/shown.h"

#include "base/clock.h"
#include "base/mem.h"
#include "pb/reflect.h"

/* ---- hide ---- */

static bool is_secret(const struct good *good, struct str text)
{
	for (size_t i = 0; i < good->n_values; i++)
		if (str_eq(publisher_secret_cache_bytes(good->values[i]), text))
			return true;
	return good->was_stored;
}

static void hide(ProtobufCBinaryData *field)
{
	if (field->len)
		*field = pb_bytes(STR(SHOWN_HIDDEN));
}

static void hide_secrets(const struct good *good, Pomerium__Config__Route *route)
{
	hide(&route->kubernetes_service_account_token);
	hide(&route->tls_client_key);
	hide(&route->idp_client_secret);
	for (size_t i = 0; i < route->n_set_request_headers; i++)
		if (is_secret(good, pb_str(route->set_request_headers[i]->value)))
			hide(&route->set_request_headers[i]->value);
	for (size_t i = 0; i < route->n_set_response_headers; i++)
		if (is_secret(good, pb_str(route->set_response_headers[i]->value)))
			hide(&route->set_response_headers[i]->value);
}

/* Thousands of lines that follow from the source. */
static void drop_rego(Pomerium__Config__Route *route)
{
	for (size_t i = 0; i < route->n_policies; i++)
		if (route->policies[i]->source_ppl.len)
			route->policies[i]->n_rego = 0;
}

/* ---- a route ---- */

static void put_config(const struct good *good, Pomerium__Config__Route *message, cJSON *out)
{
	struct buf text;

	hide_secrets(good, message);
	drop_rego(message);
	buf_init(&text, BUF_MAX_FILE);
	pb_to_json(&message->base, 0, &text);
	if (!text.full)
		cjson_put_raw(out, "config", buf_view(&text));
	buf_clear(&text);
}

void publisher_shown_route(const struct route *route, bool whole, struct pool *pool, cJSON *out)
{
	Pomerium__Config__Route *message = publisher_access_unpack(route, pool);
	cJSON *list;

	cjson_put_text(out, "id", route->id);
	cjson_put_text(out, "from", route->from);
	cjson_put_filled(out, "path", route->path);
	cjson_put_filled(out, "prefix", route->prefix);
	cjson_put_filled(out, "regex", route->regex);
	if (!message)
		return;
	cjson_put_text(out, "access",
		       str_from(publisher_access_word(publisher_access_of(message))));
	list = cjson_put_list(out, "to");
	for (size_t i = 0; i < message->n_to; i++)
		cjson_put_text(list, NULL, pb_str(message->to[i]));
	if (message->redirect)
		cjson_put_bool(out, "redirect", true);
	if (message->response)
		cjson_put_bool(out, "response", true);
	if (whole && route->owner->good)
		put_config(route->owner->good, message, out);
}

/* ---- a certificate ---- */

static bool has_name(const struct cert *cert, struct str host)
{
	const struct str_list *names = publisher_certs_names(cert);

	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->items[i], host))
			return true;
	return false;
}

/* By the rule of certs.h; a host's own name goes before the wildcard. */
static bool is_better(const struct cert *cert, const struct cert *than, struct str host)
{
	const int64_t end = publisher_certs_not_after(cert),
		      other_end = publisher_certs_not_after(than);
	const bool named = has_name(cert, host), other_named = has_name(than, host);

	if (named != other_named)
		return named;
	if (end != other_end)
		return end > other_end;
	return str_cmp(publisher_certs_pem(cert), publisher_certs_pem(than)) < 0;
}

/* Those of the Pomerium object too, which are offered to no host. */
const struct cert *publisher_shown_serving(const struct certs *certs, struct str host)
{
	const struct cert *best = NULL, *cert;

	for (size_t i = 0; (cert = publisher_certs_next(certs, &i));)
		if (publisher_certs_is_published(cert) && publisher_certs_is_for(cert, host) &&
		    (!best || is_better(cert, best, host)))
			best = cert;
	return best;
}

void publisher_shown_certificate(const struct certs *certs, struct str host, cJSON *out)
{
	const struct cert *cert = publisher_shown_serving(certs, host);
	char text[CLOCK_TEXT_MAX];

	if (!cert)
		return;
	out = cjson_put_object(out, "certificate");
	cjson_put_text(out, "secret", publisher_certs_secret(cert));
	clock_text(publisher_certs_not_after(cert), -1, text);
	cjson_put_text(out, "valid_until", str_from(text));
}
