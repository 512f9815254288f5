/* settings_validate: checks the Pomerium object against the table of rules.
 *
 *   in     a spec that crd.c found good
 *   out    an error for each value that breaks a rule, which begins with the field's name
 *   owns   nothing: settings_rules.c has the table
 *   never  changes the spec
 */
#include "translator/settings/settings.h"

#include "translator/settings/crd.h"

static void check_text(struct settings_job *job, const struct settings_rule *rule, const char *path,
		       struct str key, struct str text)
{
	struct err err;

	if (!rule->check(job, key, text, &err))
		return;
	(void)err_code(&err, rule->code);
	err_wrap(&err, "%sspec.%s", strncmp(path, "identityProvider", 16) ? "" : "idp: ", path);
	translator_settings_refuse(job, pool_printf(job->pool, "spec.%s", path), &err);
}

static void check_value(struct settings_job *job, const struct settings_rule *rule,
			const char *path, const struct value *v)
{
	if (v->type == VALUE_STRING || v->type == VALUE_TIME)
		check_text(job, rule, path, STR(""), v->string);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
		check_text(job, rule, path, STR(""), v->list.items[i].string);
	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++)
		check_text(job, rule, path, v->map.entries[i].key.string,
			   v->map.entries[i].value.string);
}

void translator_settings_validate(struct settings_job *job)
{
	for (const struct settings_rule *rule = translator_settings_rules; rule->path; rule++) {
		int len = (int)strcspn(rule->path, "[{");
		const struct value *v;
		char path[80];

		(void)snprintf(path, sizeof(path), "%.*s", len, rule->path);
		v = translator_crd_get(job->spec, path);
		if (v)
			check_value(job, rule, path, v);
	}
}
