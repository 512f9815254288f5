/* ppl_criteria: writes the rules of one criterion.
 *
 *   in     one criterion of a policy: name, sub path, data
 *   out    its rules in Rego, and the helpers that they call
 *   owns   the table `kinds`: all that Pomerium knows by name, its reasons and expressions
 *   never  decides how criteria are joined: ppl_compile.c does
 */
#include "translator/ppl/ppl.h"

/* clang-format off */
/* Expressions that several criteria begin with. */
#define SESSION   "\tsession := get_session(input.session.id)\n"
#define USER      "\tuser := get_user(session)\n"
#define DIRECTORY SESSION USER "\tdirectory_user := get_directory_user(session)\n"
#define EMAIL     DIRECTORY "\temail := get_user_email(session, user, directory_user)\n"
#define CLAIM     SESSION "\tsession_claims := object.get(session, \"claims\", {})\n" USER \
	"\tuser_claims := object.get(user, \"claims\", {})\n" \
	"\tall_claims := object.union(session_claims, user_claims)\n" \
	"\tvalues := object_get(all_claims, rule_path, [])\n"
#define ELSE_UNAUTHENTICATED "\nelse := [false, {\"user-unauthenticated\"}]\n"

/* Helper rules that go with them. */
#define WITH_CLAIM { PPL_GET_SESSION, PPL_GET_USER, PPL_OBJECT_GET }
#define WITH_EMAIL { PPL_GET_SESSION, PPL_GET_USER, PPL_GET_USER_EMAIL, PPL_GET_DIRECTORY_USER }
/* clang-format on */

/* How the clauses after the first one follow from the table. */
enum shape {
	SHAPE_FIXED,   /* `text` is the whole rule after its name */
	SHAPE_PLAIN,   /* if the body holds ok, else fail */
	SHAPE_SESSION, /* if the body holds ok, else fail where there is a session, else
			  unauthenticated */
	SHAPE_PATH,    /* as SHAPE_SESSION; the body begins with the name of the claim */
	SHAPE_TOOL,
	SHAPE_DEVICE,
};

struct kind {
	const char *name;
	enum shape shape;
	unsigned n_ids;        /* how many numbers one use needs */
	const char *ok, *fail; /* reasons */
	const char *text;      /* expressions before those of the matcher */
	const char *left;      /* what the matcher looks at */
	ppl_match_fn *match;
	enum ppl_helper helpers[PPL_CRITERION_HELPERS];
};

/* clang-format off */
static const struct kind kinds[] = {
	{ "accept", SHAPE_FIXED, 1, .text = " := [true, {\"accept\"}]\n" },
	{ "reject", SHAPE_FIXED, 1, .text = " := [false, {\"reject\"}]\n" },
	{ "authenticated_user", SHAPE_FIXED, 1,
	  .text = " := [true, {\"user-ok\"}] if {\n"
	          SESSION
	          "\tsession.user_id != null\n"
	          "\tsession.user_id != \"\"\n"
	          "}\n"
	          "\n"
	          "else := [false, {\"user-unauthorized\"}] if {\n"
	          SESSION
	          "\tsession.id != \"\"\n"
	          "}\n"
	          ELSE_UNAUTHENTICATED,
	  .helpers = { PPL_GET_SESSION } },
	{ "claim", SHAPE_PATH, 1, "claim-ok", "claim-unauthorized",
	  CLAIM, "values", translator_ppl_matchers_list, WITH_CLAIM },
	{ "client_certificate", SHAPE_PLAIN, 1, "client-certificate-ok",
	  "client-certificate-unauthorized",
	  "\tcert := crypto.x509.parse_certificates("
	    "trim_space(input.http.client_certificate.leaf))[0]\n"
	  "\tfingerprint := crypto.sha256(base64.decode(cert.Raw))\n"
	  "\tspki_hash := base64.encode(hex.decode("
	    "crypto.sha256(base64.decode(cert.RawSubjectPublicKeyInfo))))\n",
	  NULL, translator_ppl_matchers_certificate, { 0 } },
	{ "cors_preflight", SHAPE_FIXED, 1,
	  .text = " := [true, {\"cors-request\"}] if {\n"
	          "\tinput.http.method == \"OPTIONS\"\n"
	          "\tcount(object.get(input.http.headers, "
	            "\"Access-Control-Request-Method\", [])) > 0\n"
	          "\tcount(object.get(input.http.headers, \"Origin\", [])) > 0\n"
	          "}\n"
	          "\n"
	          "else := [false, {\"non-cors-request\"}]\n" },
	{ "device", SHAPE_DEVICE, 1, "device-ok", "device-unauthorized", NULL, NULL, NULL,
	  { PPL_GET_DEVICE_CREDENTIAL, PPL_GET_DEVICE_ENROLLMENT, PPL_GET_SESSION,
	    PPL_OBJECT_GET } },
	{ "domain", SHAPE_SESSION, 1, "domain-ok", "domain-unauthorized",
	  DIRECTORY "\tdomain := split(get_user_email(session, user, directory_user), \"@\")[1]\n",
	  "domain", translator_ppl_matchers_string, WITH_EMAIL },
	{ "email", SHAPE_SESSION, 1, "email-ok", "email-unauthorized",
	  EMAIL, "email", translator_ppl_matchers_string, WITH_EMAIL },
	{ "groups", SHAPE_SESSION, 1, "groups-ok", "groups-unauthorized",
	  "\trecord_type := \"pomerium.io/DirectoryUser\"\n"
	  SESSION
	  "\tdirectory_user := get_databroker_record(record_type, session.user_id)\n"
	  "\tgroup_ids := object.get(directory_user, \"group_ids\", [])\n",
	  "group_ids", translator_ppl_matchers_list, { PPL_GET_SESSION } },
	{ "http_method", SHAPE_PLAIN, 1, "http-method-ok", "http-method-unauthorized",
	  NULL, "input[http][method]", translator_ppl_matchers_string, { 0 } },
	{ "http_path", SHAPE_PLAIN, 1, "http-path-ok", "http-path-unauthorized",
	  NULL, "input[http][path]", translator_ppl_matchers_string, { 0 } },
	{ "invalid_client_certificate", SHAPE_FIXED, 1,
	  .text = " := [false, {\"valid-client-certificate\"}] if {\n"
	          "\tis_boolean(input.is_valid_client_certificate)\n"
	          "\tinput.is_valid_client_certificate\n"
	          "}\n"
	          "\n"
	          "else := [true, {\"client-certificate-required\"}] if {\n"
	          "\tis_boolean(input.http.client_certificate.presented)\n"
	          "\tnot input.http.client_certificate.presented\n"
	          "}\n"
	          "\n"
	          "else := [true, {\"invalid-client-certificate\"}]\n" },
	{ "mcp_tool", SHAPE_TOOL, 1, "mcp-tool-match", "mcp-tool-no-match",
	  "\tinput.mcp.method == \"tools/call\"\n",
	  "input.mcp.tool_call.name", translator_ppl_matchers_string, { 0 } },
	/* The reference draws a number for each of the four clauses. */
	{ "pomerium_routes", SHAPE_FIXED, 4,
	  .text = " := [true, {\"pomerium-route\"}] if {\n"
	          SESSION
	          "\tsession.id != \"\"\n"
	          "\tcontains(input.http.url, \"/.pomerium/\")\n"
	          "}\n"
	          "\n"
	          "else := [true, {\"pomerium-route\"}] if {\n"
	          "\tcontains(input.http.url, \"/.pomerium/\")\n"
	          "\tnot contains(input.http.url, \"/.pomerium/jwt\")\n"
	          "\tnot contains(input.http.url, \"/.pomerium/webauthn\")\n"
	          "}\n"
	          "\n"
	          "else := [false, {\"user-unauthenticated\"}] "
	            "if contains(input.http.url, \"/.pomerium/\")\n"
	          "\n"
	          "else := [false, {\"non-pomerium-route\"}]\n",
	  .helpers = { PPL_GET_SESSION } },
	{ "source_ip", SHAPE_PLAIN, 1, "source-ip-ok", "source-ip-unauthorized",
	  NULL, "input.http.ip", translator_ppl_matchers_address, { 0 } },
	{ "ssh_ca", SHAPE_PLAIN, 1, "ssh-publickey-ok", "ssh-publickey-unauthorized",
	  NULL, NULL, translator_ppl_matchers_key_authority, { 0 } },
	{ "ssh_publickey", SHAPE_PLAIN, 1, "ssh-publickey-ok", "ssh-publickey-unauthorized",
	  NULL, "input.ssh.publickey", translator_ppl_matchers_key, { 0 } },
	{ "ssh_username", SHAPE_PLAIN, 1, "ssh-username-ok", "ssh-username-unauthorized",
	  NULL, "input.ssh.username", translator_ppl_matchers_string, { 0 } },
	{ "ssh_username_matches_claim", SHAPE_SESSION, 1, "ssh-username-ok",
	  "ssh-username-unauthorized", NULL, CLAIM "\tinput.ssh.username in values\n",
	  translator_ppl_matchers_claim_name, WITH_CLAIM },
	{ "ssh_username_matches_email", SHAPE_SESSION, 1, "ssh-username-ok",
	  "ssh-username-unauthorized",
	  EMAIL "\tusername := split(email, \"@\")[0]\n\tinput.ssh.username == username\n",
	  NULL, NULL, WITH_EMAIL },
	{ "user", SHAPE_SESSION, 1, "user-ok", "user-unauthorized",
	  SESSION "\tuser_id := session.user_id\n", "user_id", translator_ppl_matchers_string,
	  { PPL_GET_SESSION } },
};
/* clang-format on */

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == PPL_N_KINDS, "PPL_N_KINDS counts the table");

/* Known to Pomerium Enterprise, which compiles them itself. */
static const char *const enterprise[] = { "date", "day_of_week", "record", "time_of_day" };

static int unknown_criterion(struct str name, struct err *err)
{
	for (size_t i = 0; i < sizeof(enterprise) / sizeof(enterprise[0]); i++)
		if (str_is(name, enterprise[i]))
			return err_set(
				err, "unknown policy criterion %s: only Pomerium Enterprise has it",
				err_quote(name));
	return err_set(err,
		       "unknown policy criterion %s: expected one such as accept, "
		       "authenticated_user, claim/NAME, domain, "
		       "email, groups, http_method, http_path, source_ip or user",
		       err_quote(name));
}

static void set_head(struct ppl_writer *w, struct str name, const char *result, const char *reason)
{
	buf_reset(&w->head);
	buf_str(&w->head, name);
	buf_printf(&w->head, " := [%s, {\"%s\"}]", result, reason);
}

static void write_else(struct ppl_writer *w, const struct kind *kind)
{
	if (kind->shape == SHAPE_PLAIN)
		buf_printf(&w->rego, "\nelse := [false, {\"%s\"}]\n", kind->fail);
	else
		buf_printf(&w->rego,
			   "\nelse := [false, {\"%s\"}] if {\n" SESSION
			   "\tsession.id != \"\"\n}\n" ELSE_UNAUTHENTICATED,
			   kind->fail);
}

static int write_matched(struct ppl_writer *w, const struct kind *kind,
			 const struct ppl_criterion *c, struct str name, struct err *err)
{
	buf_reset(&w->body);
	if (kind->shape == SHAPE_PATH) {
		buf_puts(&w->body, "\trule_path := ");
		translator_ppl_rego_string(&w->body, c->sub_path);
		buf_putc(&w->body, '\n');
	}
	if (kind->text)
		buf_puts(&w->body, kind->text);
	if (kind->match && kind->match(w, kind->left, c, err) < 0)
		return -1;
	set_head(w, name, "true", kind->ok);
	translator_ppl_rego_clause(&w->rego, buf_view(&w->head), &w->body);
	/* A rule without conditions always holds: the formatter drops what would follow. */
	if (w->body.len)
		write_else(w, kind);
	return 0;
}

static int write_tool(struct ppl_writer *w, const struct kind *kind, const struct ppl_criterion *c,
		      struct str name, struct err *err)
{
	buf_reset(&w->body);
	buf_puts(&w->body, kind->text);
	if (kind->match(w, kind->left, c, err) < 0)
		return -1;
	buf_str(&w->rego, name);
	buf_puts(&w->rego, " := [false, {\"mcp-not-a-tool-call\"}] if not input.mcp.method\n"
			   "\n"
			   "else := [false, {\"mcp-not-a-tool-call\"}] if {\n"
			   "\tinput.mcp.method\n"
			   "\tinput.mcp.method != \"tools/call\"\n"
			   "}\n\n");
	set_head(w, STR("else"), "true", kind->ok);
	translator_ppl_rego_clause(&w->rego, buf_view(&w->head), &w->body);
	buf_printf(&w->rego, "\nelse := [false, {\"%s\"}]\n", kind->fail);
	return 0;
}

/* Falsy as in JavaScript. */
static bool is_falsy(const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return !v->boolean;
	case VALUE_INT:
		return v->integer == 0;
	case VALUE_FLOAT:
		return v->number == 0;
	case VALUE_STRING:
		return v->string.len == 0;
	default:
		return false;
	}
}

static int check_device(const struct value *data, struct err *err)
{
	if (data->type != VALUE_MAP)
		return err_set(err,
			       "expected an object for the device criterion, with approved, is or "
			       "type, got %s",
			       translator_ppl_parse_type_name(data));
	for (size_t i = 0; i < data->map.n; i++) {
		struct str key = data->map.entries[i].key.string;
		const struct value *v = &data->map.entries[i].value;

		if (str_is(key, "approved"))
			continue;
		if (!str_is(key, "is") && !str_is(key, "type"))
			return err_set(err,
				       "unexpected field in device criterion: %s, only approved, "
				       "is and type are allowed",
				       err_quote(key));
		if (v->type != VALUE_STRING)
			return err_set(err,
				       "the device criterion expects a string for \"" STR_FMT
				       "\", got %s",
				       STR_ARG(key), translator_ppl_parse_type_name(v));
	}
	return 0;
}

static void write_device_clause(struct ppl_writer *w, const char *start, const char *reason,
				struct str type)
{
	buf_printf(&w->rego, "%s, {\"%s\"}, {\"device_type\": ", start, reason);
	translator_ppl_rego_string(&w->rego, type);
	buf_puts(&w->rego, "}]");
}

static void write_device_body(struct ppl_writer *w, struct str type, struct str more)
{
	buf_puts(&w->rego, " if {\n\tdevice_type_id := ");
	translator_ppl_rego_string(&w->rego, type);
	buf_puts(&w->rego, "\n" SESSION
			   "\tdevice_credential := get_device_credential(session, device_type_id)\n"
			   "\tdevice_enrollment := get_device_enrollment(device_credential)\n");
	buf_str(&w->rego, more);
	buf_puts(&w->rego, "}\n\n");
}

static int write_device(struct ppl_writer *w, const struct kind *kind, const struct value *data,
			struct str name, struct err *err)
{
	const struct value *approved, *is, *type;
	struct str wanted;

	if (check_device(data, err) < 0)
		return -1;
	approved = value_get(data, "approved");
	is = value_get(data, "is");
	type = value_get(data, "type");
	wanted = type ? type->string : STR("any");
	buf_reset(&w->body);
	if (approved)
		buf_printf(&w->body, "\tcount([x | x := device_enrollment.approved_by]) %s 0\n",
			   is_falsy(approved) ? "==" : ">");
	if (is) {
		buf_puts(&w->body, "\tis_expect := ");
		translator_ppl_rego_string(&w->body, is->string);
		buf_puts(&w->body, "\n\tis_expect == device_credential.id\n");
	}
	if (type)
		buf_puts(&w->body, "\tdevice_credential.id != \"\"\n");
	buf_str(&w->rego, name);
	write_device_clause(w, " := [true", kind->ok, wanted);
	write_device_body(w, wanted, buf_view(&w->body));
	write_device_clause(w, "else := [false", kind->fail, wanted);
	write_device_body(w, wanted,
			  STR("\tsession.id != \"\"\n\tdevice_credential.id != "
			      "\"\"\n\tdevice_enrollment.id != \"\"\n"));
	write_device_clause(w, "else := [false", "device-unauthenticated", wanted);
	write_device_body(w, wanted, STR("\tsession.id != \"\"\n"));
	write_device_clause(w, "else := [false", "user-unauthenticated", wanted);
	buf_putc(&w->rego, '\n');
	w->wildcard = true; /* in get_device_credential */
	return 0;
}

static int write_rule(struct ppl_writer *w, const struct kind *kind, const struct ppl_criterion *c,
		      struct str name, struct err *err)
{
	switch (kind->shape) {
	case SHAPE_FIXED:
		buf_str(&w->rego, name);
		buf_puts(&w->rego, kind->text);
		return 0;
	case SHAPE_TOOL:
		return write_tool(w, kind, c, name, err);
	case SHAPE_DEVICE:
		return write_device(w, kind, c->data, name, err);
	default:
		return write_matched(w, kind, c, name, err);
	}
}

int translator_ppl_criteria_write(struct ppl_writer *w, const struct ppl_criterion *c,
				  struct str *name, struct err *err)
{
	for (size_t i = 0; i < PPL_N_KINDS; i++) {
		const struct kind *kind = &kinds[i];

		if (!str_is(c->name, kind->name))
			continue;
		*name = pool_printf(w->pool, "%s_%u", kind->name, w->ids[i]);
		w->ids[i] += kind->n_ids;
		for (int h = 0; h < PPL_CRITERION_HELPERS && kind->helpers[h]; h++)
			translator_ppl_helpers_use(w, kind->helpers[h]);
		buf_putc(&w->rego, '\n');
		return write_rule(w, kind, c, *name, err);
	}
	return unknown_criterion(c->name, err);
}
