/* lint_find: what is wrong, and where.
 *
 *   in     problems of files, what the offline run says of owners
 *   out    findings
 *   owns   nothing
 *   never  judges anything itself
 */
#include "cli/lint/lint.h"

#include <stdarg.h>
#include <stdlib.h>
#include "cli/offline/input.h"
#include "rules/rules.h"

static struct lint_finding *add(struct lint *lint, const struct err *why)
{
	struct lint_finding *finding =
		pool_push(&lint->pool, &lint->findings, &lint->n_findings, sizeof(*finding));
	const struct rule *rule = rules_find(why->code);

	*finding = (struct lint_finding){
		.sentence = pool_str(&lint->pool, str_from(why->text)),
		.code = why->code,
		.is_warning = rule && rule->severity == RULE_WARNING,
		.kind = STR(""),
		.name = STR(""),
		.field = STR(""),
		.file = STR(""),
	};
	return finding;
}

static void place(struct lint *lint, const struct msg_key *key, struct str field,
		  struct lint_finding *finding)
{
	finding->kind = str_from(msg_kind_name((enum msg_kind)key->kind));
	finding->name = msg_key_for_people(key, &lint->pool);
	finding->field = pool_str(&lint->pool, field);
	cli_lint_spot_find(lint, key, finding);
}

struct lint_finding *cli_lint_find(struct lint *lint, const struct msg_key *key, unsigned code,
				   struct str field, const char *fmt, ...)
{
	struct lint_finding *finding;
	char text[ERR_MAX];
	struct err why;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err_rule(&why, code, "%s", text);
	finding = add(lint, &why);
	place(lint, key, field, finding);
	return finding;
}

/* ---- sentences of others ---- */

/* metadata.annotations["KEY"] */
static struct str without_quotes(struct lint *lint, struct str field)
{
	char *text = (char *)pool_alloc(&lint->pool, field.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < field.len; i++)
		if (field.ptr[i] != '"')
			text[n++] = field.ptr[i];
	return (struct str){ text, n };
}

/* "Dropped Rule 2 (name), match 1: ...", "rule 2 answers ...": as the API wants it said. */
static struct str field_of_rule(struct lint *lint, struct str sentence)
{
	const char *number = strpbrk(sentence.ptr, "0123456789");
	const char *match = strstr(sentence.ptr, ", match ");
	const unsigned long rule = number ? strtoul(number, NULL, 10) : 0;
	const long colon = str_find(sentence, ':');

	if (!rule)
		return STR("spec.rules");
	if (!match || match - sentence.ptr > colon)
		return pool_printf(&lint->pool, "spec.rules[%lu]", rule - 1);
	return pool_printf(&lint->pool, "spec.rules[%lu].matches[%lu]", rule - 1,
			   strtoul(match + strlen(", match "), NULL, 10) - 1);
}

/* A sentence that is about a field begins with it. */
static struct str field_of(struct lint *lint, struct str sentence)
{
	static const char annotation[] = "annotation ";
	const char *end;

	if (str_starts(sentence, "Dropped Rule ") || str_starts(sentence, "rule "))
		return field_of_rule(lint, sentence);
	if (str_starts(sentence, "Gateway \"") || str_starts(sentence, "ListenerSet \""))
		return STR("spec.parentRefs");
	if (str_starts(sentence, "invalid refs "))
		return STR("spec.rules");

	if (str_starts(sentence, annotation)) {
		sentence = str_slice(sentence, strlen(annotation), sentence.len);
		end = strpbrk(sentence.ptr, ": ");
		return end ? pool_printf(&lint->pool, "metadata.annotations[%.*s]",
					 (int)(end - sentence.ptr), sentence.ptr)
			   : STR("metadata.annotations");
	}
	if (!str_starts(sentence, "spec") && !str_starts(sentence, "metadata"))
		return STR("");
	return without_quotes(lint, str_slice(sentence, 0, strcspn(sentence.ptr, ": ")));
}

/* "Ingress shop/web: " is what the finding says anyway. */
static void cut_name(struct lint_finding *finding)
{
	struct str head, tail;

	if (str_starts(finding->sentence, finding->kind.ptr) &&
	    str_cut(finding->sentence, ':', &head, &tail))
		finding->sentence = str_trim(tail);
}

void cli_lint_find_problem(void *arg, const char *path, uint32_t line, const struct err *why)
{
	struct lint *lint = arg;
	struct lint_finding *finding;
	struct msg_key key;

	if (why->code == RULE_DOCUMENT_KIND)
		return; /* settings of other programs stand among manifests */
	finding = add(lint, why);
	lint->unreadable |= why->code == RULE_FILE_READS || why->code == RULE_FILE_TEXT ||
			    why->code == RULE_DOCUMENT_SYNTAX;
	finding->file = pool_str(&lint->pool, str_from(path));
	finding->line = line;
	if (line && line == lint->line && why->code != RULE_DOCUMENT_SYNTAX) {
		finding->kind = lint->kind;
		finding->name = lint->name;
		cut_name(finding);
		if (why->code == RULE_OBJECT_FIELD && msg_key_from_text(lint->key, &key)) {
			place(lint, &key, field_of(lint, finding->sentence), finding);
			return;
		}
	}
	cli_input_origin(&lint->offline, &finding->file, &finding->line);
}

/* The publisher's warnings have their code in the text. */
static void cut_code(struct lint_finding *finding)
{
	const long at = str_rfind(finding->sentence, '[');
	struct str tail;

	if (finding->code || at < 1 || !str_ends(finding->sentence, "]"))
		return;
	tail = str_slice(finding->sentence, (size_t)at, finding->sentence.len);
	if (!str_starts(tail, "[SLU"))
		return;
	finding->code = (unsigned)strtoul(tail.ptr + strlen("[SLU"), NULL, 10);
	finding->sentence = str_slice(finding->sentence, 0, (size_t)at - 1);
}

/* What is missing rejects nobody: lint_strict.c tells of it where that is wanted. */
static bool is_missing(const struct offline_line *line)
{
	return line->owner.kind == MSG_KIND_POMERIUM &&
	       (line->code == RULE_SECRET_MISSING || line->code == RULE_CERT_LATER);
}

void cli_lint_find_lines(struct lint *lint)
{
	for (size_t i = 0; i < lint->offline.n_lines; i++) {
		const struct offline_line *line = &lint->offline.lines[i];
		struct lint_finding *finding;

		if (is_missing(line))
			continue;
		finding = cli_lint_find(lint, &line->owner, line->code,
					line->field.len ? line->field
							: field_of(lint, line->sentence),
					STR_FMT, STR_ARG(line->sentence));
		/* a pipeline goes on without it, but nobody writes it for that */
		finding->is_warning = line->is_warning && line->code != RULE_POLICY_FILTER &&
				      line->code != RULE_BACKEND_TLS;
		cut_code(finding);
	}
}

/* ---- order ---- */

static int compare(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;
	int order = str_cmp(x->file, y->file);

	if (!order)
		order = (x->line > y->line) - (x->line < y->line);
	if (!order)
		order = (x->column > y->column) - (x->column < y->column);
	if (!order)
		order = (x->code > y->code) - (x->code < y->code);
	return order ? order : str_cmp(x->sentence, y->sentence);
}

void cli_lint_find_sort(struct lint *lint)
{
	if (lint->n_findings)
		qsort(lint->findings, lint->n_findings, sizeof(*lint->findings), compare);
}

struct lint_counts cli_lint_count(const struct lint *lint)
{
	struct lint_counts counts = { 0, 0 };

	for (size_t i = 0; i < lint->n_findings; i++) {
		counts.errors += !lint->findings[i].is_warning;
		counts.warnings += lint->findings[i].is_warning;
	}
	return counts;
}
