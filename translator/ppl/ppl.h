/* ppl: compiles Pomerium Policy Language to Rego. Private to translator/ppl/; others call
 * translator_ppl_compile.
 *
 *   ppl_parse.c     text -> policy tree
 *   ppl_compile.c   policy tree -> Rego module
 *   ppl_criteria.c  the table of criteria and what each of them prints
 *   ppl_matchers.c  string, list, certificate, address and key matchers
 *   ppl_rego.c      Rego values and rules in the layout of OPA's formatter
 *   ppl_helpers.c   the constant helper rules
 *   ppl_address.c   ppl_sshkey.c   what Go makes of an address, of an authorized_keys line */
#ifndef TRANSLATOR_PPL_PPL_H
#define TRANSLATOR_PPL_PPL_H

#include "base/buf.h"
#include "base/value.h"

#define PPL_MAX_TEXT (1u << 20) /* bytes of one policy */

/* The tree. */
enum ppl_action { PPL_ALLOW, PPL_DENY, PPL_N_ACTIONS };
enum ppl_operator { PPL_AND, PPL_OR, PPL_NOT, PPL_NOR, PPL_N_OPERATORS };

struct ppl_criterion {
	struct str name;
	struct str sub_path; /* what follows the first slash of the key */
	const struct value *data;
};

struct ppl_criteria {
	struct ppl_criterion *items;
	size_t n;
};

struct ppl_rule {
	enum ppl_action action;
	struct ppl_criteria operators[PPL_N_OPERATORS];
};

struct ppl_policy {
	struct ppl_rule *rules;
	size_t n;
};

extern const char *const translator_ppl_parse_actions[PPL_N_ACTIONS];
extern const char *const translator_ppl_parse_operators[PPL_N_OPERATORS];

int translator_ppl_parse(struct str text, struct pool *pool, struct ppl_policy *out,
			 struct err *err);
/* "a list", "a string", ...: a value's type as a person calls it. */
const char *translator_ppl_parse_type_name(const struct value *v);

/* Rego. A body is a run of lines "\t<expression>\n"; an expression never holds a raw newline. */
void translator_ppl_rego_string(struct buf *out, struct str text);
void translator_ppl_rego_value(struct buf *out, const struct value *v, struct pool *pool);
/* "<head>", "<head> if <expression>" or "<head> if { ... }", as the body is empty, one line or
 * more. */
void translator_ppl_rego_clause(struct buf *out, struct str head, const struct buf *body);
/* The entries of a map by key, in byte order. */
const struct value_entry **translator_ppl_rego_sorted(const struct value *map, struct pool *pool);

/* Helper rules. They follow all others, by number of arguments, then in the order of first
 * use. */
enum ppl_helper {
	PPL_HELPER_NONE,
	PPL_GET_DEVICE_CREDENTIAL,
	PPL_GET_DEVICE_ENROLLMENT,
	PPL_GET_DIRECTORY_USER,
	PPL_GET_SESSION,
	PPL_GET_USER,
	PPL_GET_USER_EMAIL,
	PPL_OBJECT_GET,
	PPL_N_HELPERS
};
#define PPL_CRITERION_HELPERS 4

#define PPL_N_KINDS 22

/* What one compilation carries along. */
struct ppl_writer {
	struct pool *pool;
	struct buf rego;           /* the module so far */
	struct buf body;           /* of the rule that is being written */
	struct buf head;           /* of the same */
	unsigned ids[PPL_N_KINDS]; /* next number of each criterion's rules */
	unsigned operator_ids[PPL_N_OPERATORS];
	enum ppl_helper helpers[PPL_N_HELPERS]; /* in the order of first use */
	size_t n_helpers;
	bool wildcard; /* a second `_` of the same name: both are printed as _0 */
};

/* Writes the rules of one criterion; *name is the first one's, in the pool. */
int translator_ppl_criteria_write(struct ppl_writer *w, const struct ppl_criterion *c,
				  struct str *name, struct err *err);
void translator_ppl_helpers_use(struct ppl_writer *w, enum ppl_helper helper);
void translator_ppl_helpers_prelude(struct ppl_writer *w);
void translator_ppl_helpers_print(struct ppl_writer *w);

/* Matchers append their expressions to w->body. `left` is Rego text, data what the policy says. */
typedef int ppl_match_fn(struct ppl_writer *w, const char *left, const struct ppl_criterion *c,
			 struct err *err);
ppl_match_fn translator_ppl_matchers_string;
ppl_match_fn translator_ppl_matchers_list;
ppl_match_fn translator_ppl_matchers_claim_name;
ppl_match_fn translator_ppl_matchers_certificate;
ppl_match_fn translator_ppl_matchers_address;
ppl_match_fn translator_ppl_matchers_key;
ppl_match_fn translator_ppl_matchers_key_authority;

/* An IP address or CIDR range as Go's net package writes it back; -1 if it is neither. */
int translator_ppl_address_normalize(struct str text, struct buf *out);
/* The first key of authorized_keys text, re-encoded: the wire form in base64. -1 if there is none.
 */
int translator_ppl_sshkey_encode(struct str text, struct buf *out);
/* strconv.IsPrint of Go: does it print the code point in a quoted string as it is? */
bool translator_ppl_printable(uint32_t code);

#endif
