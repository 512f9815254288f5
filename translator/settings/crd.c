/* crd: says whether an API server would take this Pomerium object.
 *
 *   in     spec, untyped
 *   out    yes, or a sentence that names the field, its value and what would be right
 *   owns   the rules that tie fields together; those of one field are rows of crd_table.c
 *   never  changes the spec
 *
 * An API server checks the same before it stores the object. Manifests from a folder come
 * unchecked. */
#include "translator/settings/crd_table.h"

#include "pb/reflect.h"
#include "rules/rules.h"

#define PATH_MAX_BYTES 128

const struct value *translator_crd_get(const struct value *spec, const char *path)
{
	struct str rest = str_from(path), step;
	char name[PATH_MAX_BYTES];

	while (spec && str_cut(rest, '.', &step, &rest)) {
		(void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(step));
		spec = value_get(spec, name);
	}
	spec = value_get(spec, rest.ptr);
	return spec && spec->type != VALUE_NULL ? spec : NULL;
}

struct str translator_crd_text(const struct value *spec, const char *path)
{
	const struct value *v = translator_crd_get(spec, path);

	return v && (v->type == VALUE_STRING || v->type == VALUE_TIME) ? v->string : STR_NONE;
}

static const struct crd_field *find_field(struct str path)
{
	for (const struct crd_field *f = translator_crd_table; f->path; f++)
		if (str_is(path, f->path))
			return f;
	return NULL;
}

bool translator_crd_is_map(struct str name)
{
	for (const struct crd_field *field = translator_crd_table; field->path; field++) {
		const char *dot = strrchr(field->path, '.');

		if ((field->type == CRD_MAP || field->type == CRD_FLAGS) &&
		    str_is(name, dot ? dot + 1 : field->path))
			return true;
	}
	return false;
}

bool translator_crd_is_allowed(const char *path, struct str text)
{
	const struct crd_field *field = find_field(str_from(path));

	return !field || !field->allowed || translator_crd_table_allows(field, text);
}

static bool is_string(const struct value *v)
{
	return v->type == VALUE_STRING && !v->binary && str_is_utf8(v->string);
}

static int check_text(const struct crd_field *field, const struct value *v, struct err *err)
{
	struct str text = v->string;

	if (field->flags & CRD_NOT_EMPTY && text.len == 0)
		return err_rule(err, RULE_SPEC_VALUE, "spec.%s is empty", field->path);
	if (field->flags & CRD_HTTPS && !str_starts(text, "https://"))
		return err_rule(err, RULE_SPEC_VALUE, "spec.%s: %s should begin with https://",
				field->path, err_quote(text));
	if (field->allowed && !(field->flags & CRD_LENIENT) &&
	    !translator_crd_table_allows(field, text))
		return err_rule(err, RULE_SPEC_VALUE, "spec.%s: %s should be one of: %s",
				field->path, err_quote(text), field->allowed);
	return 0;
}

static int check_number(const struct crd_field *field, const struct value *v, struct err *err)
{
	int64_t least = field->type == CRD_COUNT ? 0 : INT32_MIN;

	if (v->type != VALUE_INT || v->integer < least || v->integer > INT32_MAX)
		return err_rule(err, RULE_SPEC_VALUE,
				"spec.%s: %s should be a whole number from %lld to %d", field->path,
				err_quote(v->text), (long long)least, INT32_MAX);
	return 0;
}

static int check_duration(const struct crd_field *field, const struct value *v, struct err *err)
{
	int64_t ns;

	if (pb_parse_go_duration(v->string, &ns, err)) {
		(void)err_wrap(err, "spec.%s", field->path);
		return err_code(err, RULE_SPEC_VALUE);
	}
	return 0;
}

/* Lists and maps hold text only, but for the flags. */
static int check_items(const struct crd_field *field, const struct value *v, struct err *err)
{
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
		if (!is_string(&v->list.items[i]))
			return err_rule(
				err, RULE_SPEC_TYPE,
				"spec.%s[%zu] should be a string and not %s (put it in quotes)",
				field->path, i, value_type_name(v->list.items[i].type));
	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++) {
		const struct value_entry *entry = &v->map.entries[i];
		bool fits = field->type == CRD_FLAGS ? entry->value.type == VALUE_BOOL
						     : is_string(&entry->value);

		if (!is_string(&entry->key))
			return err_rule(err, RULE_SPEC_TYPE,
					"spec.%s: the key %s should be a string", field->path,
					err_quote(entry->key.text));
		if (!fits)
			return err_rule(err, RULE_SPEC_TYPE,
					"spec.%s[" STR_FMT "] should be %s and not %s", field->path,
					STR_ARG(entry->key.string),
					field->type == CRD_FLAGS ? "true or false"
								 : "a string (put it in quotes)",
					value_type_name(entry->value.type));
	}
	return 0;
}

static int check_field(const struct crd_field *field, const struct value *v, struct err *err)
{
	static const struct {
		enum value_type type;
		const char *name;
		int (*check)(const struct crd_field *field, const struct value *v, struct err *err);
	} types[] = {
		[CRD_OBJECT] = { VALUE_MAP, "an object", NULL },
		[CRD_TEXT] = { VALUE_STRING, "a string (put it in quotes)", check_text },
		[CRD_BOOL] = { VALUE_BOOL, "true or false", NULL },
		[CRD_INT] = { VALUE_INT, "a whole number", check_number },
		[CRD_COUNT] = { VALUE_INT, "a whole number", check_number },
		[CRD_DURATION] = { VALUE_STRING, "a string such as \"30s\"", check_duration },
		[CRD_LIST] = { VALUE_LIST, "a list of strings", check_items },
		[CRD_MAP] = { VALUE_MAP, "an object of strings", check_items },
		[CRD_FLAGS] = { VALUE_MAP, "an object of booleans", check_items },
	};
	enum value_type wanted = types[field->type].type;
	bool fits = wanted == VALUE_STRING ? is_string(v) || v->type == VALUE_TIME
					   : /* a date without quotes */
			    wanted == VALUE_INT ? v->type == VALUE_INT || v->type == VALUE_UINT
						: v->type == wanted;

	if (!fits)
		return err_rule(err, RULE_SPEC_TYPE, "spec.%s should be %s and not %s", field->path,
				types[field->type].name, value_type_name(v->type));
	return types[field->type].check ? types[field->type].check(field, v, err) : 0;
}

/* ---- the whole of it ---- */

static int refuse(const struct crd_sink *sink, const char *path, const struct err *why)
{
	char field[PATH_MAX_BYTES + 8];
	int len = snprintf(field, sizeof(field), "spec%s%s", *path ? "." : "", path);

	sink->refuse(sink->self,
		     (struct str){ field, (size_t)len < sizeof(field) ? (size_t)len : 0 }, why);
	return -1;
}

/* The rows directly below the path that must be there. */
static int check_required(const char *path, const struct value *map, const struct crd_sink *sink)
{
	size_t len = strlen(path);
	struct err err;
	int rc = 0;

	for (const struct crd_field *f = translator_crd_table; f->path; f++) {
		const char *name = f->path + len + (len > 0);
		const struct value *v;

		if (!(f->flags & CRD_REQUIRED) || strncmp(f->path, path, len) != 0 ||
		    (len && f->path[len] != '.') || strchr(name, '.'))
			continue;
		v = value_get(map, name);
		if (v && v->type != VALUE_NULL)
			continue;
		err_rule(&err, RULE_SPEC_REQUIRED, "spec.%s is required", f->path);
		rc = refuse(sink, path, &err);
	}
	return rc;
}

static int check_map(const char *path, const struct value *map, const struct crd_sink *sink)
{
	struct err err;
	int rc = 0;

	for (size_t i = 0; i < map->map.n; i++) {
		const struct value_entry *entry = &map->map.entries[i];
		const struct value *v = &entry->value;
		const struct crd_field *field = NULL;
		char name[PATH_MAX_BYTES];
		int len = snprintf(name, sizeof(name), "%s%s" STR_FMT, path, *path ? "." : "",
				   STR_ARG(entry->key.text));

		if (entry->key.type == VALUE_STRING && len > 0 && (size_t)len < sizeof(name))
			field = find_field((struct str){ name, (size_t)len });
		if (!field || str_find(entry->key.text, '.') >= 0) {
			err_rule(&err, RULE_SPEC_UNKNOWN, "spec%s%s: the field %s is unknown",
				 *path ? "." : "", path, err_quote(entry->key.text));
			rc = refuse(sink, field ? path : name, &err);
		} else if (v->type == VALUE_MAP && field->type == CRD_OBJECT) {
			rc |= check_map(field->path, v, sink);
		} else if (v->type != VALUE_NULL && check_field(field, v, &err)) {
			rc = refuse(sink, field->path, &err);
		}
	}
	return check_required(path, map, sink) ? -1 : rc;
}

int translator_crd_check(const struct value *spec, const struct crd_sink *sink)
{
	struct err err;
	int rc;

	if (!spec || spec->type != VALUE_MAP) {
		err_rule(&err, RULE_SPEC_TYPE, "spec should be an object");
		return refuse(sink, "", &err);
	}
	rc = check_map("", spec, sink);
	if (!translator_crd_get(spec, "identityProvider") ||
	    str_is(translator_crd_text(spec, "identityProvider.provider"), "hosted") ||
	    translator_crd_get(spec, "identityProvider.secret"))
		return rc;
	err_rule(&err, RULE_SPEC_REQUIRED,
		 "spec.identityProvider.secret is required unless the provider is \"hosted\"");
	return refuse(sink, "identityProvider", &err);
}

const char *translator_crd_odd(const struct value *spec)
{
	const bool idp = translator_crd_get(spec, "identityProvider"),
		   authenticate = translator_crd_get(spec, "authenticate");

	if (idp && !authenticate)
		return "spec.identityProvider is set without spec.authenticate: users are sent to "
		       "https://authenticate.pomerium.app, which does not ask this provider; "
		       "spec.authenticate.url should name a host of yours";
	if (authenticate && !idp)
		return "spec.authenticate is set without spec.identityProvider: nobody can sign in "
		       "at its URL; spec.identityProvider should say who knows the users";
	return NULL;
}
