/* forecast_json: a forecast for a program.
 *
 *   in     a forecast
 *   out    one JSON object on one line
 *   owns   nothing
 *   never  leaves a list out that is empty
 */
#include "cli/plan/forecast.h"

static void put_owner(cJSON *out, const struct view_owner *owner)
{
	const struct msg_key *key = &owner->owner.key;

	cjson_put_text(out, "kind", str_from(msg_kind_name((enum msg_kind)key->kind)));
	cjson_put_filled(out, "namespace", key->namespace);
	cjson_put_text(out, "name", key->name);
}

static cJSON *put_route(cJSON *list, const struct view_route *route)
{
	cJSON *out = cjson_put_object(list, NULL);

	put_owner(out, route->owner);
	cjson_put_text(out, "id", route->route.id);
	cjson_put_text(out, "from", route->route.from);
	cjson_put_filled(out, "path", route->route.path);
	cjson_put_filled(out, "regex", route->route.regex);
	cjson_put_filled(out, "prefix", route->route.prefix);
	cjson_put_text(out, "access", str_from(publisher_access_word(route->access)));
	return out;
}

static void put_value(cJSON *out, const char *key, const cJSON *value)
{
	(void)cJSON_AddItemToObject(out, key,
				    value ? cJSON_Duplicate(value, true) : cJSON_CreateNull());
}

static void put_fields(cJSON *list, const struct forecast_fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		cJSON *field = cjson_put_object(list, NULL);

		cjson_put_text(field, "name", str_from(fields->items[i].name));
		put_value(field, "before", fields->items[i].before);
		put_value(field, "after", fields->items[i].after);
	}
}

static void put_access(cJSON *doc, const struct forecast *self)
{
	static const char *const words[] = { [ACCESS_WIDER] = "wider",
					     [ACCESS_NARROWER] = "narrower",
					     [ACCESS_OTHER_POLICY] = "other policy" };
	cJSON *list = cjson_put_list(doc, "access");

	for (size_t i = 0; i < self->n_access; i++) {
		const struct forecast_access *access = &self->access[i];
		cJSON *out = put_route(list, access->after);

		cjson_put_text(out, "change", str_from(words[access->change]));
		cjson_put_text(out, "before",
			       access->before
				       ? str_from(publisher_access_word(access->before->access))
				       : STR_NONE);
	}
}

static void put_routes(cJSON *doc, const struct forecast *self)
{
	cJSON *lists[] = { [ROUTE_ADDED] = cjson_put_list(doc, "added"),
			   [ROUTE_REMOVED] = cjson_put_list(doc, "removed"),
			   [ROUTE_CHANGED] = cjson_put_list(doc, "changed") };

	for (size_t i = 0; i < self->n_routes; i++) {
		const struct forecast_route *route = &self->routes[i];
		cJSON *out = put_route(lists[route->change], route->route);

		if (route->change == ROUTE_CHANGED)
			put_fields(cjson_put_list(out, "fields"), &route->fields);
	}
}

static void put_rest(cJSON *doc, const struct forecast *self)
{
	cJSON *list = cjson_put_list(doc, "hosts"), *out;

	for (size_t i = 0; i < self->n_hosts; i++) {
		out = cjson_put_object(list, NULL);
		cjson_put_text(out, "host", self->hosts[i].host);
		cjson_put_text(out, "before", self->hosts[i].before);
		cjson_put_text(out, "after", self->hosts[i].after);
	}
	list = cjson_put_list(doc, "certificates");
	for (size_t i = 0; i < self->n_certs; i++) {
		out = cjson_put_object(list, NULL);
		put_owner(out, self->certs[i].owner);
		cjson_put_text(out, "change", self->certs[i].added ? STR("added") : STR("removed"));
		cjson_put_text(out, "secret", self->certs[i].secret);
	}
	put_fields(cjson_put_list(doc, "settings"), &self->settings);
	list = cjson_put_list(doc, "rejected");
	for (size_t i = 0; i < self->n_rejects; i++) {
		out = cjson_put_object(list, NULL);
		put_owner(out, self->rejects[i].owner);
		cjson_put_text(out, "reason", self->rejects[i].owner->reason);
		cjson_put_bool(out, "new", self->rejects[i].is_new);
		cjson_put_bool(out, "keeps_last_good", self->rejects[i].keeps_last);
	}
	cjson_put_number(doc, "held_by_guard", (long long)self->n_held);
}

void cli_forecast_json(const struct forecast *self, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();

	put_access(doc, self);
	put_routes(doc, self);
	put_rest(doc, self);
	cjson_print(&doc, out);
	buf_putc(out, '\n');
}
