/* rule_headers: what a rule does to headers.
 *
 *   in     the header filters of a rule
 *   out    headers that its routes set and remove
 *   owns   nothing
 *   never  lets a value be read as a template or a command
 */
#include "translator/gateway/rule.h"

int translator_rule_refuse(struct http_rule *rule, const char *reason)
{
	rule->reason = reason;
	return -1;
}

struct str translator_rule_headers_double(struct str text, char c, struct pool *pool)
{
	struct buf out;
	struct str copy;

	if (str_find(text, c) < 0)
		return text;
	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == c)
			buf_putc(&out, c);
		buf_putc(&out, text.ptr[i]);
	}
	copy = pool_str(pool, buf_view(&out));
	buf_clear(&out);
	return copy;
}

static bool is_header_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    str_find(STR("!#$%&'*+-.^_`|~"), c) < 0)
			return false;
	}
	return name.len > 0;
}

static int check_header(const struct msg_http_header *header, struct err *err)
{
	if (!is_header_name(header->name))
		return err_set(err, "%s is no name of a header", err_quote(header->name));
	if (str_has_control(header->value))
		return err_set(err, "the value of header %s has a line break or a NUL",
			       err_quote(header->name));
	return 0;
}

static bool is_same(struct str a, struct str b)
{
	return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

/* ---- of requests ---- */

/* Pomerium reads values of request headers as templates, in which $$ is a dollar sign. */
static struct str quote_request(struct str value, struct pool *pool)
{
	return translator_rule_headers_double(value, '$', pool);
}

static Pomerium__Config__Route__SetRequestHeadersEntry *
find_request_header(const Pomerium__Config__Route *route, struct str name)
{
	for (size_t i = 0; i < route->n_set_request_headers; i++)
		if (is_same(pb_str(route->set_request_headers[i]->key), name))
			return route->set_request_headers[i];

	return NULL;
}

static void put_request_header(struct gateway_job *job, Pomerium__Config__Route *route,
			       struct str name, struct str value)
{
	Pomerium__Config__Route__SetRequestHeadersEntry *entry =
		PB_NEW(job->pool, pomerium__config__route__set_request_headers_entry);

	PB_SET_TEXT(entry, key, name);
	PB_SET_TEXT(entry, value, value);
	PB_PUSH(job->pool, route, set_request_headers, entry);
}

/* After what the client sent, or after what was set. */
static void add_request_header(struct gateway_job *job, Pomerium__Config__Route *route,
			       const struct msg_http_header *header)
{
	Pomerium__Config__Route__SetRequestHeadersEntry *entry =
		find_request_header(route, header->name);
	struct str value = quote_request(header->value, job->pool);

	if (!entry) {
		put_request_header(job, route, header->name,
				   pool_printf(job->pool,
					       "${pomerium.request.headers[\"" STR_FMT
					       "\"]}," STR_FMT,
					       STR_ARG(header->name), STR_ARG(value)));
		return;
	}
	PB_SET_TEXT(entry, value,
		    pool_printf(job->pool, STR_FMT "," STR_FMT, STR_ARG(pb_str(entry->value)),
				STR_ARG(value)));
}

int translator_rule_headers_request(struct gateway_job *job, struct http_rule *rule,
				    const struct msg_http_header_filter *filter, struct err *err)
{
	Pomerium__Config__Route *route = rule->route;

	for (size_t i = 0; i < filter->set.n; i++) {
		const struct msg_http_header *header = &filter->set.items[i];

		if (check_header(header, err))
			return translator_rule_refuse(rule, "UnsupportedValue");
		if (!find_request_header(route, header->name)) /* of two the first counts */
			put_request_header(job, route, header->name,
					   quote_request(header->value, job->pool));
	}
	for (size_t i = 0; i < filter->add.n; i++) {
		if (check_header(&filter->add.items[i], err))
			return translator_rule_refuse(rule, "UnsupportedValue");
		add_request_header(job, route, &filter->add.items[i]);
	}
	for (size_t i = 0; i < filter->remove.n; i++) {
		if (!is_header_name(filter->remove.items[i])) {
			err_set(err, "%s is no name of a header",
				err_quote(filter->remove.items[i]));
			return translator_rule_refuse(rule, "UnsupportedValue");
		}
		PB_PUSH(job->pool, route, remove_request_headers,
			pb_bytes(filter->remove.items[i]));
	}
	return 0;
}

/* ---- of responses ---- */

static bool has_response_header(const Pomerium__Config__Route *route, struct str name)
{
	for (size_t i = 0; i < route->n_set_response_headers; i++)
		if (is_same(pb_str(route->set_response_headers[i]->key), name))
			return true;
	return false;
}

/* Envoy reads %...% in them as commands, in which %% is a percent sign. */
static struct str quote_response(struct str value, struct pool *pool)
{
	return translator_rule_headers_double(value, '%', pool);
}

int translator_rule_headers_response(struct gateway_job *job, struct http_rule *rule,
				     const struct msg_http_header_filter *filter, struct err *err)
{
	if (filter->add.n || filter->remove.n) {
		err_set(err,
			"responseHeaderModifier has %s, but Pomerium can only set headers of "
			"a response",
			filter->add.n ? "add" : "remove");
		return translator_rule_refuse(rule, "UnsupportedValue");
	}
	for (size_t i = 0; i < filter->set.n; i++) {
		const struct msg_http_header *header = &filter->set.items[i];
		Pomerium__Config__Route__SetResponseHeadersEntry *entry;

		if (check_header(header, err))
			return translator_rule_refuse(rule, "UnsupportedValue");
		if (has_response_header(rule->route, header->name))
			continue;
		entry = PB_NEW(job->pool, pomerium__config__route__set_response_headers_entry);
		PB_SET_TEXT(entry, key, header->name);
		PB_SET_TEXT(entry, value, quote_response(header->value, job->pool));
		PB_PUSH(job->pool, rule->route, set_response_headers, entry);
	}
	return 0;
}
