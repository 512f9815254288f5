/* lint_sarif: findings as SARIF 2.1.0, for code scanning.
 *
 *   in     findings in order
 *   out    one JSON document
 *   owns   nothing
 *   never  decides what is wrong
 */
#include "cli/lint/lint.h"

#include "actor/conf.h"
#include "base/cjson.h"
#include "net/url.h"
#include "rules/rules.h"

#define CODES 10000 /* SLU0000 to SLU9999 */

static void put_rule(cJSON *list, const struct rule *rule)
{
	cJSON *item = cjson_put_object(list, NULL);
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	buf_printf(&text, "SLU%04u", rule->code);
	cjson_put_text(item, "id", buf_view(&text));
	cjson_put_text(item, "name", str_from(rule->name));
	buf_reset(&text);
	buf_printf(&text, "%s %s", rule->value, rule->text);
	cjson_put_text(cjson_put_object(item, "shortDescription"), "text", buf_view(&text));
	cjson_put_text(cjson_put_object(item, "defaultConfiguration"), "level",
		       str_from(rule->severity == RULE_WARNING ? "warning" : "error"));
	buf_clear(&text);
}

static void put_rules(const struct lint *lint, cJSON *list)
{
	bool used[CODES] = { false };

	for (size_t i = 0; i < lint->n_findings; i++)
		used[lint->findings[i].code % CODES] = true;
	for (unsigned code = 0; code < CODES; code++)
		if (used[code] && rules_find(code))
			put_rule(list, rules_find(code));
}

static void put_location(cJSON *result, const struct lint_finding *finding, struct pool *pool)
{
	cJSON *location, *physical, *region, *logical;

	if (!finding->file.len && !finding->name.len)
		return;
	location = cjson_put_object(cjson_put_list(result, "locations"), NULL);
	if (finding->file.len) {
		physical = cjson_put_object(location, "physicalLocation");
		cjson_put_text(cjson_put_object(physical, "artifactLocation"), "uri",
			       url_escape(finding->file, URL_PATH, pool));
		region = finding->line ? cjson_put_object(physical, "region") : NULL;
		if (region)
			cjson_put_number(region, "startLine", finding->line);
		if (region && finding->column)
			cjson_put_number(region, "startColumn", finding->column);
	}
	if (finding->name.len) {
		logical = cjson_put_object(cjson_put_list(location, "logicalLocations"), NULL);
		cjson_put_text(logical, "fullyQualifiedName",
			       pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(finding->kind),
					   STR_ARG(finding->name)));
		cjson_put_text(logical, "kind", STR("resource"));
	}
}

static void put_result(cJSON *list, const struct lint_finding *finding, struct pool *pool)
{
	cJSON *item = cjson_put_object(list, NULL);

	if (finding->code)
		cjson_put_text(item, "ruleId", pool_printf(pool, "SLU%04u", finding->code));
	cjson_put_text(item, "level", str_from(finding->is_warning ? "warning" : "error"));
	cjson_put_text(cjson_put_object(item, "message"), "text",
		       finding->name.len
			       ? pool_printf(pool, STR_FMT ": " STR_FMT, STR_ARG(finding->name),
					     STR_ARG(finding->sentence))
			       : finding->sentence);
	put_location(item, finding, pool);
}

void cli_lint_print_sarif(const struct lint *lint, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject(), *run, *driver, *list;
	struct pool pool;

	pool_init(&pool);
	cjson_put_text(doc, "$schema", STR("https://json.schemastore.org/sarif-2.1.0.json"));
	cjson_put_text(doc, "version", STR("2.1.0"));
	run = cjson_put_object(cjson_put_list(doc, "runs"), NULL);
	driver = cjson_put_object(cjson_put_object(run, "tool"), "driver");
	cjson_put_text(driver, "name", STR("sluice lint"));
	cjson_put_text(driver, "version", str_from(conf_version));
	list = cjson_put_list(driver, "rules");
	put_rules(lint, list);
	list = cjson_put_list(run, "results");
	for (size_t i = 0; i < lint->n_findings; i++)
		put_result(list, &lint->findings[i], &pool);
	cjson_print(&doc, out);
	buf_putc(out, '\n');
	pool_clear(&pool);
}
