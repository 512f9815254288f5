/* explain_object: says what an object of the Gateway API would be told.
 *
 *   in     manifests that were translated
 *   out    the conditions of one object, of its listeners or of its parents
 *   owns   nothing
 *   never  knows what a cluster says now: that is in the object itself
 */
#include "cli/offline/explain_object.h"

#include "cli/offline/status_file.h"

static const struct {
	const char *word;
	enum msg_kind kind;
} words[] = {
	{ "gateway", MSG_KIND_GATEWAY },
	{ "httproute", MSG_KIND_HTTP_ROUTE },
	{ "listenerset", MSG_KIND_LISTENER_SET },
	{ "gatewayclass", MSG_KIND_GATEWAY_CLASS },
	{ "policyfilter", MSG_KIND_POLICY_FILTER },
	{ "backendtlspolicy", MSG_KIND_BACKEND_TLS_POLICY },
};

enum msg_kind cli_explain_object_kind(struct str word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(word, words[i].word))
			return words[i].kind;
	return MSG_KIND_NONE;
}

const char *cli_explain_object_cut(struct str_list *rest, struct pool *pool)
{
	enum msg_kind kind = rest->n > 1 ? cli_explain_object_kind(rest->items[0]) : MSG_KIND_NONE;
	struct str name;

	if (kind == MSG_KIND_NONE)
		return NULL;
	name = rest->items[1];
	rest->items += 2;
	rest->n -= 2;
	return pool_printf(pool, "%s/" STR_FMT, msg_kind_name(kind), STR_ARG(name)).ptr;
}

static bool is_good(const struct value *condition)
{
	struct str type = value_text(condition, "type");
	bool is_true = str_is(value_text(condition, "status"), "True");

	return is_true == !(str_is(type, "Conflicted") || str_is(type, "PartiallyInvalid"));
}

/* Returns whether all of them are good. */
static bool print_conditions(const struct value *of, const char *indent)
{
	const struct value *list = value_get(of, "conditions");
	bool good = true;

	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.n; i++) {
		const struct value *c = &list->list.items[i];
		struct str message = value_text(c, "message");

		good &= is_good(c);
		printf("%s" STR_FMT ": " STR_FMT ", " STR_FMT "%s" STR_FMT "\n", indent,
		       STR_ARG(value_text(c, "type")), STR_ARG(value_text(c, "status")),
		       STR_ARG(value_text(c, "reason")), message.len ? ": " : "", STR_ARG(message));
	}
	return good;
}

static bool print_listeners(const struct value *status)
{
	const struct value *list = value_get(status, "listeners");
	bool good = true;

	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.n; i++) {
		const struct value *routes = value_get(&list->list.items[i], "attachedRoutes");

		printf("listener " STR_FMT ", %lld routes\n",
		       STR_ARG(value_text(&list->list.items[i], "name")),
		       routes && routes->type == VALUE_INT ? (long long)routes->integer : 0);
		good &= print_conditions(&list->list.items[i], "  ");
	}
	return good;
}

/* `word`: parent or ancestor, as the list and the reference are called. */
static bool print_parents(const struct value *status, const char *word)
{
	char name[32], ref_name[32];
	const struct value *list;
	bool good = true;

	snprintf(name, sizeof(name), "%ss", word);
	snprintf(ref_name, sizeof(ref_name), "%sRef", word);
	list = value_get(status, name);
	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.n; i++) {
		const struct value *ref = value_get(&list->list.items[i], ref_name);
		struct str namespace = value_text(ref, "namespace");
		struct str section = value_text(ref, "sectionName");

		printf("%s " STR_FMT "%s" STR_FMT "%s" STR_FMT "\n", word, STR_ARG(namespace),
		       namespace.len ? "/" : "", STR_ARG(value_text(ref, "name")),
		       section.len ? ", listener " : "", STR_ARG(section));
		good &= print_conditions(&list->list.items[i], "  ");
	}
	if (list && !list->list.n)
		printf("no %s is ours\n", word);
	return good;
}

bool cli_explain_object_print(const struct value *status)
{
	bool good = print_conditions(status, "");

	good &= print_listeners(status);
	good &= print_parents(status, "parent");
	return print_parents(status, "ancestor") && good;
}

static void print_json(const struct value *status)
{
	struct buf text;

	buf_init(&text, BUF_MAX_OUTPUT);
	if (value_to_json(status, false, &text, NULL) == 0)
		printf(STR_FMT "\n", STR_ARG(buf_view(&text)));
	buf_clear(&text);
}

enum cli_status cli_explain_object(struct offline *offline, const char *name, bool as_json)
{
	struct addresses addresses = { .key = { .kind = MSG_KIND_NONE } };
	enum cli_status status = CLI_GOOD;
	const struct value *found;
	struct value all;
	struct pool pool;

	pool_init(&pool);
	cli_status_file_make(offline, &addresses, &pool, &all);
	found = value_get(&all, name);
	if (!found) {
		fprintf(stderr, "sluice explain: the manifests have no %s\n", name);
		status = CLI_UNREADABLE;
	} else if (as_json) {
		print_json(found);
	} else {
		status = cli_explain_object_print(found) ? CLI_GOOD : CLI_REJECTED;
	}
	pool_clear(&pool);
	return status;
}
