/* selector: whether labels match a selector.
 *
 *   in     a label selector, labels
 *   out    yes or no
 *   owns   nothing
 *   never  takes a malformed selector for a wide one: it matches nothing
 */
#include "translator/gateway/selector.h"

#include "net/hostname.h"

#define NAME_MAX_LEN 63
#define PREFIX_MAX_LEN 253

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters and digits at both ends; dashes, underscores and dots between them. */
static bool is_name(struct str s)
{
	if (!s.len || s.len > NAME_MAX_LEN || !is_alnum(s.ptr[0]) || !is_alnum(s.ptr[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && str_find(STR("-_."), s.ptr[i]) < 0)
			return false;
	return true;
}

static bool is_prefix(struct str s)
{
	return s.len <= PREFIX_MAX_LEN && hostname_is_dns_name(s, true);
}

static bool is_key(struct str key)
{
	struct str prefix, name;

	return str_cut(key, '/', &prefix, &name) ? is_prefix(prefix) && is_name(name)
						 : is_name(key);
}

static bool is_value(struct str value)
{
	return !value.len || is_name(value);
}

/* The value of a label; absent if there is none of that key. */
static struct str label_of(const struct str_map *labels, struct str key)
{
	for (size_t i = 0; i < labels->n; i++)
		if (str_eq(labels->items[i].key, key))
			return labels->items[i].value.ptr ? labels->items[i].value : STR("");
	return STR_NONE;
}

static bool is_one_of(struct str value, const struct str_list *values)
{
	for (size_t i = 0; i < values->n; i++)
		if (str_eq(values->items[i], value))
			return true;
	return false;
}

static bool is_well_formed(const struct msg_label_requirement *r)
{
	bool wants_values = str_is(r->operator, "In") || str_is(r->operator, "NotIn");

	if (!wants_values && !str_is(r->operator, "Exists") && !str_is(r->operator, "DoesNotExist"))
		return false;
	if (wants_values != (r->values.n > 0) || !is_key(r->key))
		return false;
	for (size_t i = 0; i < r->values.n; i++)
		if (!is_value(r->values.items[i]))
			return false;
	return true;
}

static bool holds(const struct msg_label_requirement *r, const struct str_map *labels)
{
	struct str value = label_of(labels, r->key);

	if (str_is(r->operator, "In"))
		return value.ptr && is_one_of(value, &r->values);
	if (str_is(r->operator, "NotIn"))
		return !value.ptr || !is_one_of(value, &r->values);
	return str_is(r->operator, "Exists") == (value.ptr != NULL);
}

bool translator_selector_matches(const struct msg_label_selector *selector,
				 const struct str_map *labels)
{
	bool matches = selector != NULL;

	for (size_t i = 0; matches && i < selector->matchLabels.n; i++) {
		const struct str_pair *pair = &selector->matchLabels.items[i];
		struct str value = label_of(labels, pair->key);

		matches = is_key(pair->key) && is_value(pair->value) && value.ptr &&
			  str_eq(value, pair->value);
	}
	for (size_t i = 0; matches && i < selector->matchExpressions.n; i++) {
		const struct msg_label_requirement *r = &selector->matchExpressions.items[i];

		matches = is_well_formed(r) && holds(r, labels);
	}
	return matches;
}
