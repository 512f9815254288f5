/* lint_document: documents that are meant to be something of ours and are not.
 *
 *   in     documents, as they stand
 *   out    warnings
 *   owns   nothing
 *   never  speaks of kinds of others
 */
#include "cli/lint/lint.h"

#include "rules/rules.h"

static struct str group_of(struct str version)
{
	struct str group, rest;

	return str_cut(version, '/', &group, &rest) ? group : STR("");
}

/* Groups in which somebody who writes a kind of ours means ours. Others have kinds of these names,
 * too: Service of serving.knative.dev. */
static bool may_be_ours(struct str group)
{
	return str_find(group, '.') < 0 || str_ends(group, ".k8s.io") ||
	       str_ends(group, "pomerium.io") || str_ends(group, "pomerium.com");
}

static enum msg_kind meant(struct str kind)
{
	for (int k = MSG_KIND_NONE + 1; k < MSG_N_KINDS; k++)
		if (str_is_nocase(kind, msg_kind_name((enum msg_kind)k)))
			return (enum msg_kind)k;
	return MSG_KIND_NONE;
}

void cli_lint_document(struct lint *lint, const char *path, const struct value *document)
{
	const struct str version = value_text(document, "apiVersion");
	const struct str kind = value_text(document, "kind"), group = group_of(version);
	const enum msg_kind found = meant(kind);
	const struct str right = str_from(msg_kind_version(found));
	struct err why;

	if (!kind.len || found == MSG_KIND_NONE || msg_kind_from(version, kind) != MSG_KIND_NONE ||
	    !may_be_ours(group))
		return;
	/* an older version of the right group is the reader's to tell */
	if (str_is(kind, msg_kind_name(found)) &&
	    (str_is(group, "extensions") || (version.len && str_eq(group, group_of(right)))))
		return;
	err_rule(&why, RULE_KIND_SPELLING,
		 "nothing reads kind %s of apiVersion %s: kind %s of apiVersion " STR_FMT
		 " would be right",
		 err_quote(kind), err_quote(version), msg_kind_name(found), STR_ARG(right));
	cli_lint_find_problem(lint, path, document->line, &why);
}
