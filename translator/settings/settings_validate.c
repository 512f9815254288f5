/* settings_validate: checks the Pomerium object against the table of rules.
 *
 *   in     a spec that crd.c found good
 *   out    the first rule that is broken, as a sentence that begins with the field's name
 *   owns   nothing: settings_rules.c has the table
 *   never  changes the spec
 */
#include "translator/settings/settings.h"

#include "translator/settings/crd.h"

static int check_value(struct settings_job *job, const struct settings_rule *rule,
		       const struct value *v, struct err *err)
{
	if (v->type == VALUE_STRING || v->type == VALUE_TIME)
		return rule->check(job, STR(""), v->string, err);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
		if (rule->check(job, STR(""), v->list.items[i].string, err))
			return -1;
	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++)
		if (rule->check(job, v->map.entries[i].key.string, v->map.entries[i].value.string,
				err))
			return -1;
	return 0;
}

int translator_settings_validate(struct settings_job *job, struct err *err)
{
	for (const struct settings_rule *rule = translator_settings_rules; rule->path; rule++) {
		int len = (int)strcspn(rule->path, "[{");
		const struct value *v;
		char path[80];

		(void)snprintf(path, sizeof(path), "%.*s", len, rule->path);
		v = translator_crd_get(job->spec, path);
		if (!v || !check_value(job, rule, v, err))
			continue;
		(void)err_code(err, rule->code);
		return err_wrap(err, "%sspec.%s",
				strncmp(path, "identityProvider", 16) ? "" : "idp: ", path);
	}
	return 0;
}
