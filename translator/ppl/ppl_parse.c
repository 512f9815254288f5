/* ppl_parse: reads policy text (YAML or JSON) into rules, operators and criteria.
 *
 *   in     the text of a policy, hostile
 *   out    struct ppl_policy in the pool; it points into the parsed document
 *   owns   the names of actions and operators
 *   never  looks at what the data of a criterion mean: ppl_criteria.c does
 *
 * Pomerium reads YAML, turns it into JSON and reads that. So what JSON cannot hold (NaN, keys that
 * are no strings) is an error here, and a date is the string that JSON makes of it. */
#include "translator/ppl/ppl.h"

#include <math.h>

const char *const translator_ppl_parse_actions[PPL_N_ACTIONS] = { "allow", "deny" };
const char *const translator_ppl_parse_operators[PPL_N_OPERATORS] = { "and", "or", "not", "nor" };

const char *translator_ppl_parse_type_name(const struct value *v)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",     [VALUE_BOOL] = "a boolean", [VALUE_INT] = "a number",
		[VALUE_UINT] = "a number", [VALUE_FLOAT] = "a number", [VALUE_STRING] = "a string",
		[VALUE_TIME] = "a string", [VALUE_LIST] = "a list",    [VALUE_MAP] = "an object",
	};

	return names[v->type];
}

/* encoding/json replaces each byte that is no UTF-8 by U+FFFD. */
static struct str replace_invalid(struct str text, struct pool *pool)
{
	struct buf buf;
	struct str out;

	buf_init(&buf, BUF_MAX_TEXT);
	for (size_t i = 0; i < text.len;) {
		size_t len = 1;

		while (len <= 4 && i + len <= text.len && !str_is_utf8(str_slice(text, i, i + len)))
			len++;
		if (len > 4 || i + len > text.len) {
			buf_puts(&buf, "\xef\xbf\xbd");
			i++;
			continue;
		}
		buf_str(&buf, str_slice(text, i, i + len));
		i += len;
	}
	out = pool_str(pool, buf_view(&buf));
	buf_clear(&buf);
	return out;
}

static int string_from_time(struct value *v, struct pool *pool, struct err *err)
{
	struct buf buf;
	struct str json;
	int rc;

	buf_init(&buf, BUF_MAX_TEXT);
	rc = value_to_json(v, false, &buf, err);
	if (rc == 0) {
		json = buf_view(&buf);
		v->type = VALUE_STRING;
		v->string = pool_str(pool, str_slice(json, 1, json.len - 1));
	}
	buf_clear(&buf);
	return rc;
}

/* Brings a document to what its JSON form says. The parser has bounded the depth. */
static int fit_json(struct value *v, struct pool *pool, struct err *err)
{
	switch (v->type) {
	case VALUE_FLOAT:
		if (!isfinite(v->number))
			return err_set(
				err, "line %u: " STR_FMT " is not a number that a policy can hold",
				v->line, STR_ARG(v->text));
		return 0;
	case VALUE_TIME:
		return string_from_time(v, pool, err);
	case VALUE_STRING:
		if (v->binary && !str_is_utf8(v->string))
			v->string = replace_invalid(v->string, pool);
		return 0;
	case VALUE_LIST:
		for (size_t i = 0; i < v->list.n; i++)
			if (fit_json(&v->list.items[i], pool, err) < 0)
				return -1;
		return 0;
	case VALUE_MAP:
		for (size_t i = 0; i < v->map.n; i++) {
			struct value *key = &v->map.entries[i].key;

			if (key->type != VALUE_STRING || key->binary)
				return err_set(err,
					       "line %u: the key %s is %s, but the keys of a "
					       "policy are strings",
					       key->line, err_quote(key->text),
					       translator_ppl_parse_type_name(key));
			if (fit_json(&v->map.entries[i].value, pool, err) < 0)
				return -1;
		}
		return 0;
	default:
		return 0;
	}
}

static int find_name(const char *const *names, int n, struct str name)
{
	for (int i = 0; i < n; i++)
		if (str_is(name, names[i]))
			return i;
	return -1;
}

static int criterion_from_value(const struct value *v, struct ppl_criterion *out, struct err *err)
{
	struct str key;

	if (v->type != VALUE_MAP)
		return err_set(err,
			       "each criterion is an object with one key, such as `email: "
			       "ada@example.com`, not %s",
			       translator_ppl_parse_type_name(v));
	if (v->map.n != 1)
		return err_set(
			err,
			"each criterion may only contain a single key and value, this one has %zu",
			v->map.n);
	key = v->map.entries[0].key.string;
	if (!str_cut(key, '/', &out->name, &out->sub_path)) {
		out->name = key;
		out->sub_path = STR("");
	}
	out->data = &v->map.entries[0].value;
	return 0;
}

static int criteria_from_value(const struct value *v, struct pool *pool, struct ppl_criteria *out,
			       struct err *err)
{
	if (v->type != VALUE_LIST)
		return err_set(err, "expected a list of criteria, got %s",
			       translator_ppl_parse_type_name(v));
	out->items = pool_array(pool, v->list.n, sizeof(*out->items));
	out->n = v->list.n;
	for (size_t i = 0; i < v->list.n; i++)
		if (criterion_from_value(&v->list.items[i], &out->items[i], err) < 0)
			return -1;
	return 0;
}

static int rule_from_value(const struct value *v, struct pool *pool, struct ppl_rule *out,
			   struct err *err)
{
	const char *action = translator_ppl_parse_actions[out->action];

	if (v->type != VALUE_MAP)
		return err_set(err,
			       "the value of \"%s\" must be an object with and, or, not, nor, but "
			       "it is %s",
			       action, translator_ppl_parse_type_name(v));
	for (size_t i = 0; i < v->map.n; i++) {
		struct str key = v->map.entries[i].key.string;
		int op = find_name(translator_ppl_parse_operators, PPL_N_OPERATORS, key);

		if (op < 0 && str_is(key, "action"))
			continue;
		if (op < 0)
			return err_set(err,
				       "unsupported conditional %s, only and, or, not, nor and "
				       "action are allowed",
				       err_quote(key));
		if (criteria_from_value(&v->map.entries[i].value, pool, &out->operators[op], err) <
		    0)
			return err_wrap(err, "invalid criteria in \"%s\" of \"%s\"",
					translator_ppl_parse_operators[op], action);
	}
	return 0;
}

/* An object holds at most one rule of each action; they come in the order allow, deny. */
static int rules_from_object(const struct value *v, struct pool *pool, struct ppl_policy *out,
			     struct err *err)
{
	for (size_t i = 0; i < v->map.n; i++)
		if (find_name(translator_ppl_parse_actions, PPL_N_ACTIONS,
			      v->map.entries[i].key.string) < 0)
			return err_set(err,
				       "unsupported action %s, only allow and deny are allowed",
				       err_quote(v->map.entries[i].key.string));
	for (int action = 0; action < PPL_N_ACTIONS; action++) {
		const struct value *body = value_get(v, translator_ppl_parse_actions[action]);
		struct ppl_rule *rule;

		if (!body)
			continue;
		rule = pool_push(pool, &out->rules, &out->n, sizeof(*rule));
		rule->action = action;
		if (rule_from_value(body, pool, rule, err) < 0)
			return -1;
	}
	return 0;
}

static int rules_from_value(const struct value *v, struct pool *pool, struct ppl_policy *out,
			    struct err *err)
{
	if (v->type == VALUE_MAP)
		return rules_from_object(v, pool, out, err);
	if (v->type != VALUE_LIST)
		return err_set(err,
			       "a policy is an object with allow and deny, or a list of such "
			       "objects, not %s",
			       translator_ppl_parse_type_name(v));
	for (size_t i = 0; i < v->list.n; i++) {
		const struct value *item = &v->list.items[i];

		if (item->type != VALUE_MAP)
			return err_set(
				err,
				"rule %zu of the list must be an object with allow or deny, not %s",
				i + 1, translator_ppl_parse_type_name(item));
		if (rules_from_object(item, pool, out, err) < 0)
			return -1;
	}
	return 0;
}

int translator_ppl_parse(struct str text, struct pool *pool, struct ppl_policy *out,
			 struct err *err)
{
	struct value document;

	*out = (struct ppl_policy){ 0 };
	if (text.len > PPL_MAX_TEXT)
		return err_set(err, "the policy has %zu bytes, at most %u are read", text.len,
			       PPL_MAX_TEXT);
	if (yaml_parse(text, pool, &document, err) < 0)
		return -1;
	if (document.type == VALUE_NULL)
		return err_set(err, "the policy is empty: expected an object with allow or deny");
	if (fit_json(&document, pool, err) < 0)
		return -1;
	if (rules_from_value(&document, pool, out, err) < 0)
		return err_wrap(err, "invalid rules in policy");
	return 0;
}
