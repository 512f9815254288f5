/* ppl_compile: turns a policy tree into one Rego module.
 *
 *   in     the text of a policy
 *   out    the Rego text that Pomerium's own compiler prints for it, byte for byte
 *   owns   the counters in names such as email_0 and or_1
 *   never  sees more than the policy: no object, no file
 *
 * Actions come in the order allow, deny; within an action the rules in the order of the policy;
 * within a rule and, or, not, nor. Each operator with criteria becomes a rule of its own, after its
 * criteria. */
#include "translator/ppl/ppl_compile.h"

#include "translator/ppl/ppl.h"

static void print_results(struct buf *out, const struct buf *names)
{
	buf_puts(out, "\tresults := [");
	buf_str(out, buf_view(names));
	buf_puts(out, "]\n\tnormalized := [normalize_criterion_result(x) | x := results[i]]\n");
}

static void add_name(struct buf *names, struct str name)
{
	if (names->len)
		buf_puts(names, ", ");
	buf_str(names, name);
}

static void print_operator(struct ppl_writer *w, struct str name, enum ppl_operator op,
			   const struct buf *names)
{
	static const char *const merges[PPL_N_OPERATORS] = {
		[PPL_AND] = "\tv := merge_with_and(normalized)\n}\n",
		[PPL_OR] = "\tv := merge_with_or(normalized)\n}\n",
		[PPL_NOT] = "\tinverted := [invert_criterion_result(x) | x := results[i]]\n"
			    "\tv := merge_with_and(inverted)\n}\n",
		[PPL_NOR] = "\tinverted := [invert_criterion_result(x) | x := results[i]]\n"
			    "\tv := merge_with_or(inverted)\n}\n",
	};

	buf_putc(&w->rego, '\n');
	buf_str(&w->rego, name);
	buf_puts(&w->rego, " := v if {\n");
	print_results(&w->rego, names);
	buf_puts(&w->rego, merges[op]);
}

static int compile_operator(struct ppl_writer *w, const struct ppl_rule *rule, enum ppl_operator op,
			    struct buf *terms, struct err *err)
{
	const struct ppl_criteria *criteria = &rule->operators[op];
	struct str name;
	struct buf names;
	int rc = -1;

	buf_init(&names, BUF_MAX_TEXT);
	for (size_t i = 0; i < criteria->n; i++) {
		if (translator_ppl_criteria_write(w, &criteria->items[i], &name, err) < 0)
			goto out;
		add_name(&names, name);
	}
	name = pool_printf(w->pool, "%s_%u", translator_ppl_parse_operators[op],
			   w->operator_ids[op]++);
	print_operator(w, name, op, &names);
	add_name(terms, name);
	rc = 0;
out:
	buf_clear(&names);
	return rc;
}

static int compile_action(struct ppl_writer *w, const struct ppl_policy *policy,
			  enum ppl_action action, struct err *err)
{
	struct buf terms;
	int rc = -1;

	buf_init(&terms, BUF_MAX_TEXT);
	for (size_t i = 0; i < policy->n; i++) {
		const struct ppl_rule *rule = &policy->rules[i];

		if (rule->action != action)
			continue;
		for (int op = 0; op < PPL_N_OPERATORS; op++)
			if (rule->operators[op].n && compile_operator(w, rule, op, &terms, err) < 0)
				goto out;
	}
	if (terms.len)
		print_operator(w, str_from(translator_ppl_parse_actions[action]), PPL_OR, &terms);
	rc = 0;
out:
	buf_clear(&terms);
	return rc;
}

int translator_ppl_compile(struct str text, struct pool *pool, struct str *rego, struct err *err)
{
	struct ppl_writer w = { .pool = pool };
	struct ppl_policy policy;
	int rc = -1;

	buf_init(&w.rego, BUF_MAX_TEXT);
	buf_init(&w.body, BUF_MAX_TEXT);
	buf_init(&w.head, BUF_MAX_TEXT);
	if (translator_ppl_parse(text, pool, &policy, err) < 0)
		goto out;
	translator_ppl_helpers_prelude(&w);
	for (int action = 0; action < PPL_N_ACTIONS; action++)
		if (compile_action(&w, &policy, action, err) < 0)
			goto out;
	translator_ppl_helpers_print(&w);
	if (w.rego.full || w.body.full || w.head.full) {
		err_set(err, "the policy is too large: it compiles to more than %u bytes of Rego",
			BUF_MAX_TEXT);
		goto out;
	}
	*rego = pool_str(pool, buf_view(&w.rego));
	rc = 0;
out:
	buf_clear(&w.rego);
	buf_clear(&w.body);
	buf_clear(&w.head);
	return rc;
}
