/* ppl_matchers: turns the data of a criterion into expressions of a rule body.
 *
 *   in     the data of one criterion, hostile
 *   out    lines appended to the writer's body
 *   owns   nothing
 *   never  prints a rule's head or its else clauses: ppl_criteria.c does
 *
 * Several matchers in one object are printed by name. The reference walks a map in no order, and
 * every order means the same. */
#include "translator/ppl/ppl.h"

static void put_call(struct ppl_writer *w, const char *function, const char *left,
		     const struct value *right)
{
	buf_printf(&w->body, "\t%s(%s, ", function, left);
	translator_ppl_rego_value(&w->body, right, w->pool);
	buf_puts(&w->body, ")\n");
}

static void put_infix(struct ppl_writer *w, const char *before, const char *op,
		      const struct value *right)
{
	buf_printf(&w->body, "\t%s %s ", before, op);
	translator_ppl_rego_value(&w->body, right, w->pool);
	buf_putc(&w->body, '\n');
}

static int check_list(const char *matcher, const struct value *v, struct err *err)
{
	if (v->type == VALUE_LIST)
		return 0;
	return err_set(err, "the %s matcher requires a list of strings, got %s", matcher,
		       translator_ppl_parse_type_name(v));
}

static int match_one(struct ppl_writer *w, const char *left, struct str op,
		     const struct value *right, struct err *err)
{
	if (str_is(op, "contains")) {
		put_call(w, "contains", left, right);
	} else if (str_is(op, "ends_with")) {
		put_call(w, "endswith", left, right);
	} else if (str_is(op, "starts_with")) {
		put_call(w, "startswith", left, right);
	} else if (str_is(op, "is")) {
		put_infix(w, left, "==", right);
	} else if (str_is(op, "not")) {
		put_infix(w, left, "!=", right);
	} else if (str_is(op, "in") || str_is(op, "not_in")) {
		if (check_list(op.ptr, right, err) < 0)
			return -1;
		if (op.len > 2)
			buf_puts(&w->body, "\tnot ");
		else
			buf_putc(&w->body, '\t');
		buf_printf(&w->body, "%s in ", left);
		translator_ppl_rego_value(&w->body, right, w->pool);
		buf_putc(&w->body, '\n');
	} else {
		return err_set(err,
			       "unknown string matcher operator: %s, only contains, ends_with, in, "
			       "is, not, not_in and "
			       "starts_with are allowed",
			       err_quote(op));
	}
	return 0;
}

static int match_string(struct ppl_writer *w, const char *left, const struct value *data,
			struct err *err)
{
	const struct value_entry **sorted;

	if (data->type != VALUE_MAP)
		return match_one(w, left, STR("is"), data, err);
	sorted = translator_ppl_rego_sorted(data, w->pool);
	for (size_t i = 0; i < data->map.n; i++)
		if (match_one(w, left, sorted[i]->key.string, &sorted[i]->value, err) < 0)
			return -1;
	return 0;
}

int translator_ppl_matchers_string(struct ppl_writer *w, const char *left,
				   const struct ppl_criterion *c, struct err *err)
{
	return match_string(w, left, c->data, err);
}

static int match_list_one(struct ppl_writer *w, const char *left, struct str op,
			  const struct value *right, struct err *err)
{
	bool exclude = str_is(op, "exclude");

	if (str_is(op, "is"))
		buf_printf(&w->body, "\tcount(%s) == 1\n", left);
	else if (!exclude && !str_is(op, "has"))
		return err_set(err,
			       "unknown string list matcher operator: %s, only exclude, has and is "
			       "are allowed",
			       err_quote(op));
	buf_printf(&w->body, "\tcount([true | some v; v = %s[_0]; v == ", left);
	translator_ppl_rego_value(&w->body, right, w->pool);
	buf_puts(&w->body, exclude ? "]) == 0\n" : "]) > 0\n");
	w->wildcard = true;
	return 0;
}

int translator_ppl_matchers_list(struct ppl_writer *w, const char *left,
				 const struct ppl_criterion *c, struct err *err)
{
	const struct value_entry **sorted;

	if (c->data->type != VALUE_MAP)
		return match_list_one(w, left, STR("has"), c->data, err);
	sorted = translator_ppl_rego_sorted(c->data, w->pool);
	for (size_t i = 0; i < c->data->map.n; i++)
		if (match_list_one(w, left, sorted[i]->key.string, &sorted[i]->value, err) < 0)
			return -1;
	return 0;
}

int translator_ppl_matchers_claim_name(struct ppl_writer *w, const char *left,
				       const struct ppl_criterion *c, struct err *err)
{
	if (c->data->type != VALUE_STRING)
		return err_set(err, STR_FMT " expects the name of a claim, a string, got %s",
			       STR_ARG(c->name), translator_ppl_parse_type_name(c->data));
	buf_puts(&w->body, "\trule_path := ");
	translator_ppl_rego_string(&w->body, c->data->string);
	buf_printf(&w->body, "\n%s", left);
	return 0;
}

/* Rego text of one item of a list; -1 with a sentence if the criterion does not accept it. */
typedef int put_item_fn(struct ppl_writer *w, struct str text, struct err *err);

/* A string counts as a list of one. */
static int put_strings(struct ppl_writer *w, const char *what, const struct value *data,
		       put_item_fn *put, struct err *err)
{
	const struct value *items = data->type == VALUE_LIST ? data->list.items : data;
	size_t n = data->type == VALUE_LIST ? data->list.n : 1;

	if (data->type != VALUE_LIST && data->type != VALUE_STRING)
		return err_set(err, "%s expects a string or a list of strings, got %s", what,
			       translator_ppl_parse_type_name(data));
	buf_putc(&w->body, '[');
	for (size_t i = 0; i < n; i++) {
		if (items[i].type != VALUE_STRING)
			return err_set(err, "%s expects strings, item %zu of the list is %s", what,
				       i + 1, translator_ppl_parse_type_name(&items[i]));
		if (i)
			buf_puts(&w->body, ", ");
		if (put(w, items[i].string, err) < 0)
			return -1;
	}
	buf_putc(&w->body, ']');
	return 0;
}

static bool all_of(struct str text, const char *set)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || !strchr(set, text.ptr[i]))
			return false;
	return true;
}

static bool is_long_fingerprint(struct str text)
{
	if (text.len != 32 * 3 - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		struct str c = str_slice(text, i, i + 1);

		if (!all_of(c, i % 3 == 2 ? ":" : "0123456789ABCDEF"))
			return false;
	}
	return true;
}

static int put_fingerprint(struct ppl_writer *w, struct str text, struct err *err)
{
	bool is_long = is_long_fingerprint(text);

	if (text.len == 0)
		return err_set(err, "certificate fingerprint must not be empty");
	if (!is_long && (text.len != 64 || !all_of(text, "0123456789abcdef")))
		return err_set(err,
			       "unsupported certificate fingerprint format: %s is neither 64 "
			       "lower-case hex digits nor 32 pairs "
			       "of upper-case ones with colons between",
			       err_quote(text));
	buf_putc(&w->body, '"');
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c != ':')
			buf_putc(&w->body, c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c);
	}
	buf_putc(&w->body, '"');
	return 0;
}

static int put_spki_hash(struct ppl_writer *w, struct str text, struct err *err)
{
	struct buf bytes;
	bool good;

	if (text.len == 0)
		return err_set(err, "certificate SPKI hash (spki_hash) must not be empty");
	buf_init(&bytes, PPL_MAX_TEXT);
	good = buf_unbase64(&bytes, text) == 0 && bytes.len == 32;
	buf_clear(&bytes);
	if (!good)
		return err_set(err,
			       "certificate SPKI hash (spki_hash) must be a base64-encoded SHA-256 "
			       "hash, got %s",
			       err_quote(text));
	translator_ppl_rego_string(&w->body, text);
	return 0;
}

static int match_hashes(struct ppl_writer *w, const char *what, const char *expression,
			const struct value *data, put_item_fn *put, struct err *err)
{
	buf_printf(&w->body, "\tallowed_%s := ", what);
	if (put_strings(w,
			put == put_fingerprint ? "the certificate fingerprint"
					       : "the certificate SPKI hash (spki_hash)",
			data, put, err) < 0)
		return -1;
	buf_printf(&w->body, "\n\t%s == allowed_%s[_]\n", expression, what);
	return 0;
}

static int match_certificate_one(struct ppl_writer *w, struct str key, const struct value *data,
				 struct err *err)
{
	static const struct {
		const char *key, *left;
	} names[] = {
		{ "san_dns", "cert.DNSNames[_]" },
		{ "san_email", "cert.EmailAddresses[_]" },
		{ "san_uri", "cert.URIStrings[_]" },
	};

	if (str_is(key, "fingerprint"))
		return match_hashes(w, "fingerprints", "fingerprint", data, put_fingerprint, err);
	if (str_is(key, "spki_hash"))
		return match_hashes(w, "spki_hashes", "spki_hash", data, put_spki_hash, err);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(key, names[i].key))
			return match_string(w, names[i].left, data, err);
	return err_set(err,
		       "unsupported certificate matcher condition: %s, only fingerprint, san_dns, "
		       "san_email, san_uri and "
		       "spki_hash are allowed",
		       err_quote(key));
}

int translator_ppl_matchers_certificate(struct ppl_writer *w, const char *left,
					const struct ppl_criterion *c, struct err *err)
{
	const struct value_entry **sorted;

	(void)left;
	if (c->data->type != VALUE_MAP)
		return err_set(
			err,
			"client_certificate expects an object, such as `fingerprint: ...`, got %s",
			translator_ppl_parse_type_name(c->data));
	sorted = translator_ppl_rego_sorted(c->data, w->pool);
	for (size_t i = 0; i < c->data->map.n; i++)
		if (match_certificate_one(w, sorted[i]->key.string, &sorted[i]->value, err) < 0)
			return -1;
	return 0;
}

static int put_address(struct ppl_writer *w, struct str text, struct err *err)
{
	struct buf address;
	int rc;

	buf_init(&address, PPL_MAX_TEXT);
	rc = translator_ppl_address_normalize(text, &address);
	if (rc == 0)
		translator_ppl_rego_string(&w->body, buf_view(&address));
	else
		err_set(err, "source_ip expects an IP address or a CIDR range, got %s",
			err_quote(text));
	buf_clear(&address);
	return rc;
}

int translator_ppl_matchers_address(struct ppl_writer *w, const char *left,
				    const struct ppl_criterion *c, struct err *err)
{
	buf_puts(&w->body, "\tcount(net.cidr_contains_matches(");
	if (put_strings(w, "source_ip", c->data, put_address, err) < 0)
		return -1;
	buf_printf(&w->body, ", %s)) > 0\n", left);
	return 0;
}

static int put_key(struct ppl_writer *w, struct str text, struct err *err)
{
	buf_putc(&w->body, '"');
	if (translator_ppl_sshkey_encode(text, &w->body) < 0)
		return err_set(err,
			       "%s is not an SSH public key: expected a line of authorized_keys, "
			       "such as `ssh-ed25519 AAAA...`",
			       err_quote(text));
	buf_putc(&w->body, '"');
	return 0;
}

int translator_ppl_matchers_key(struct ppl_writer *w, const char *left,
				const struct ppl_criterion *c, struct err *err)
{
	buf_printf(&w->body, "\t%s in ", left);
	if (put_strings(w, "ssh_publickey", c->data, put_key, err) < 0)
		return -1;
	buf_putc(&w->body, '\n');
	return 0;
}

int translator_ppl_matchers_key_authority(struct ppl_writer *w, const char *left,
					  const struct ppl_criterion *c, struct err *err)
{
	(void)left;
	buf_puts(&w->body, "\tuserCAs := ");
	if (put_strings(w, "ssh_ca", c->data, put_key, err) < 0)
		return -1;
	buf_puts(&w->body,
		 "\n\tssh_verify_user_cert(input.ssh.username, input.ssh.publickey, userCAs)\n");
	return 0;
}
