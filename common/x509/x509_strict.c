/* x509_strict: PEM texts that everybody reads the same way.
 *
 *   in     PEM text, hostile
 *   out    yes, or the rule that it breaks
 *   owns   nothing: x509_tbs.c knows what a certificate must be
 *   never  prints anything of the text
 *
 * The readers differ. What stands before -----BEGIN in a line hides the block from both; Go passes
 * over a block that does not decode, BoringSSL gives up there; in Envoy the authorities of all
 * owners are one text, so one that lacks its end takes the next one along. */
#include "x509/x509_strict.h"

#include <string.h>

#include "rules/rules.h"
#include "x509/x509_pem.h"
#include "x509/x509_tbs.h"

#define TEXT_MAX (1u << 20) /* Kubernetes' limit of a Secret */

static const char BEGIN[] = "-----BEGIN ";
static const char END[] = "-----END ";

/* ---- lines ---- */

struct lines {
	struct str rest;
	size_t number;
	struct str label; /* of the block that is open; absent: none is */
};

/* A line without what may stand behind it: one carriage return, then blanks, as Go has it. */
static bool next_line(struct lines *in, struct str *line)
{
	if (!in->rest.len)
		return false;
	if (str_cut(in->rest, '\n', line, &in->rest)) {
		if (str_ends(*line, "\r"))
			line->len--;
	} else {
		*line = in->rest;
		in->rest = STR("");
	}
	while (str_ends(*line, " ") || str_ends(*line, "\t"))
		line->len--;
	in->number++;
	return true;
}

static bool holds(struct str line, const char *mark)
{
	return line.len && memmem(line.ptr, line.len, mark, strlen(mark));
}

/* The label of "-----BEGIN LABEL-----"; absent: it is no such line. */
static struct str label_of(struct str line, const char *mark)
{
	const size_t len = strlen(mark);

	if (!str_starts(line, mark) || !str_ends(line, "-----") || line.len < len + 5)
		return STR_NONE;
	return str_slice(line, len, line.len - 5);
}

static int open_block(struct lines *in, struct str line, struct err *err)
{
	if (!str_starts(line, BEGIN) && str_starts(line, "\xef\xbb\xbf"))
		return err_rule(err, RULE_PEM_LINE,
				"a byte-order mark stands before -----BEGIN in line %zu, so the "
				"block is not found: save the file as UTF-8 without one",
				in->number);
	if (!str_starts(line, BEGIN))
		return err_rule(err, RULE_PEM_LINE,
				"something stands before -----BEGIN in line %zu, so the block is "
				"not found: it should begin a line",
				in->number);
	in->label = label_of(line, BEGIN);
	if (!in->label.ptr)
		return err_rule(err, RULE_PEM_BLOCK,
				"line %zu begins a block, but does not end in five dashes",
				in->number);
	return 0;
}

static bool is_base64(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		char c = line.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '+' || c == '/' || c == '=' || c == ' ' || c == '\t'))
			return false;
	}
	return true;
}

/* A line between the marks; the headers of old encrypted keys are for those who read keys. */
static int inside(struct lines *in, struct str line, struct err *err)
{
	if (holds(line, BEGIN))
		return err_rule(err, RULE_PEM_BLOCK,
				"the block that ends before line %zu has no -----END line",
				in->number);
	if (str_starts(line, "-----")) {
		if (!str_eq(label_of(line, END), in->label) || !label_of(line, END).ptr)
			return err_rule(err, RULE_PEM_BLOCK,
					"line %zu does not end the block that has begun",
					in->number);
		in->label = STR_NONE;
		return 0;
	}
	if (str_ends(in->label, "PRIVATE KEY") || is_base64(line))
		return 0;
	return err_rule(err, RULE_PEM_BLOCK,
			"line %zu is not base64: a block has nothing else, no headers either",
			in->number);
}

int x509_strict_check_text(struct str pem, struct err *err)
{
	struct lines in = { .rest = pem, .label = STR_NONE };
	struct str line;

	if (pem.len > TEXT_MAX)
		return err_rule(err, RULE_PEM_BLOCK, "it may have at most %u bytes", TEXT_MAX);
	while (next_line(&in, &line)) {
		if (in.label.ptr) {
			if (inside(&in, line, err))
				return -1;
		} else if (holds(line, BEGIN)) {
			if (open_block(&in, line, err))
				return -1;
		} else if (str_starts(line, END)) {
			return err_rule(err, RULE_PEM_BLOCK,
					"the block that ends in line %zu has no -----BEGIN line",
					in.number);
		}
	}
	return in.label.ptr ? err_rule(err, RULE_PEM_BLOCK, "its last block has no -----END line")
			    : 0;
}

/* ---- blocks ---- */

/* The next block; false: there is none. A text whose lines are good has no other reason to break
 * than base64 that does not decode. */
static bool next_block(struct x509_pem *pem, size_t n, int *rc, struct err *err)
{
	enum x509_pem_found found = x509_pem_next(pem);

	if (found == X509_PEM_BROKEN)
		*rc = err_rule(err, RULE_PEM_BLOCK, "PEM block %zu in it does not decode", n + 1);
	return found == X509_PEM_BLOCK;
}

static int check_leaf(struct str der, enum x509_use use, struct pool *pool, struct x509_leaf *leaf,
		      struct err *err)
{
	if (x509_tbs_check_leaf(der, use == X509_SERVER, err))
		return -1;
	return leaf ? x509_leaf_from_der(der, pool, leaf, err) : 0;
}

int x509_strict_check_chain(struct str text, enum x509_use use, struct pool *pool,
			    struct x509_leaf *leaf, struct err *err)
{
	struct x509_pem pem;
	size_t n = 0;
	int rc = x509_strict_check_text(text, err);

	x509_pem_open(&pem, text);
	while (!rc && next_block(&pem, n, &rc, err)) {
		n++;
		if (!x509_pem_is(&pem, "CERTIFICATE") && n == 1)
			rc = err_rule(err, RULE_CERT_FIRST,
				      "its first PEM block should be a CERTIFICATE, but is %s",
				      err_quote(str_from(pem.label)));
		else if (!x509_pem_is(&pem, "CERTIFICATE"))
			continue;
		else if (n == 1)
			rc = check_leaf(x509_pem_der(&pem), use, pool, leaf, err);
		else if (x509_tbs_check_authority(x509_pem_der(&pem), err))
			rc = err_wrap(err, "certificate %zu of its chain", n);
	}
	x509_pem_close(&pem);
	if (!rc && n == 0)
		rc = err_rule(err, RULE_CERT_FIRST,
			      "there is no PEM block of a certificate in it; one begins with "
			      "-----BEGIN CERTIFICATE-----");
	return rc;
}

/* What a text holds that is made of one kind of block. */
struct block_kind {
	const char *label, *name;
	const char *wanted; /* the label with its article */
	unsigned rule;      /* that another kind of block breaks */
	int (*check)(struct str der, struct err *err);
};

/* How many there are, each of them good; -1: not all are. */
static long check_blocks(struct str text, const struct block_kind *kind, struct err *err)
{
	struct x509_pem pem;
	size_t n = 0;
	int rc = x509_strict_check_text(text, err);

	x509_pem_open(&pem, text);
	while (!rc && next_block(&pem, n, &rc, err)) {
		n++;
		if (!x509_pem_is(&pem, kind->label))
			rc = err_rule(err, kind->rule,
				      "PEM block %zu in it should be %s, but is %s", n,
				      kind->wanted, err_quote(str_from(pem.label)));
		else if (kind->check(x509_pem_der(&pem), err))
			rc = err_wrap(err, "%s %zu in it", kind->name, n);
	}
	x509_pem_close(&pem);
	return rc ? -1 : (long)n;
}

int x509_strict_check_bundle(struct str text, struct err *err)
{
	static const struct block_kind authority = { "CERTIFICATE", "certificate", "a CERTIFICATE",
						     RULE_CA_BLOCK, x509_tbs_check_authority };
	const long n = check_blocks(text, &authority, err);

	if (n == 0)
		return err_rule(err, RULE_CA_EMPTY,
				"there is no PEM block of a certificate in it; one begins with "
				"-----BEGIN CERTIFICATE-----");
	return n < 0 ? -1 : 0;
}

/* Whether the last line that is not empty ends a block. */
static bool ends_in_block(struct str text)
{
	const char *last = text.ptr, *end;
	struct str rest = text;

	for (const char *at; (at = memmem(rest.ptr, rest.len, END, strlen(END))) != NULL;) {
		last = at;
		rest = str_slice(text, (size_t)(at - text.ptr) + 1, text.len);
	}
	end = memchr(last, '\n', (size_t)(text.ptr + text.len - last));
	return !end || end + 1 == text.ptr + text.len;
}

int x509_strict_check_crl(struct str text, struct err *err)
{
	static const struct block_kind list = { "X509 CRL", "revocation list", "an X509 CRL",
						RULE_CRL_BLOCK, x509_tbs_check_crl };
	const long n = check_blocks(text, &list, err);

	if (n == 0 || (n > 0 && !ends_in_block(text)))
		return err_rule(err, RULE_CRL_BLOCK,
				"it should hold PEM blocks X509 CRL and nothing after them");
	return n < 0 ? -1 : 0;
}
