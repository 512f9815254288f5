/* outcome_access: who may access a route.
 *
 *   in     auth-*, source ranges; Pomerium annotations that a person has added
 *   out    a policy, or public access where nginx let everybody in
 *   owns   the rule that nobody gets in whom nginx kept out: as long as a decision about access is
 *          open, the policy rejects everybody
 *   never  adds a policy to an Ingress that has one
 */
#include "cli/migrate/outcome/outcome_table.h"

#include <arpa/inet.h>

#define MANY 4 /* more addresses than that do not fit on one line */

struct nginx_access {
	bool own;    /* a person's annotation says it */
	bool login;  /* nginx asked for a login */
	bool closed; /* a decision about addresses or client certificates is open */
	bool any;    /* satisfy: any */
	struct str_list allow, deny;
};

/* ---- addresses ---- */

static bool is_address(struct str text)
{
	struct str ip = text, bits = STR_NONE;
	char name[INET6_ADDRSTRLEN], bytes[16];
	long long n = 0;
	int family;

	str_cut(text, '/', &ip, &bits);
	family = str_find(ip, ':') >= 0 ? AF_INET6 : AF_INET;
	if (!ip.len || ip.len >= sizeof(name) ||
	    (bits.ptr && (!str_to_int(bits, &n) || n < 0 || n > (family == AF_INET ? 32 : 128))))
		return false;
	memcpy(name, ip.ptr, ip.len);
	name[ip.len] = '\0';
	return inet_pton(family, name, bytes) == 1;
}

/* *wrong: the last part that is no address. */
static struct str_list addresses(struct migrate *migrate, struct str text, struct str *wrong)
{
	struct str_list list = { NULL, 0 };
	struct str part;

	while (cli_migrate_source_next(&text, &part))
		if (is_address(part))
			cli_migrate_source_add(migrate, &list, part);
		else
			*wrong = part;
	return list;
}

static struct str allowed(const struct migrate *migrate, const struct migrate_source *source)
{
	struct str text = cli_migrate_source_get(source, "allowlist-source-range");

	if (!text.ptr)
		text = cli_migrate_source_get(source, "whitelist-source-range");
	return text.ptr ? text : migrate->defaults.allow;
}

static struct str denied(const struct migrate *migrate, const struct migrate_source *source)
{
	const struct str text = cli_migrate_source_get(source, "denylist-source-range");

	return text.ptr ? text : migrate->defaults.deny;
}

/* ---- what nginx asked for ---- */

static bool has_global_auth(const struct migrate *migrate, const struct migrate_source *source)
{
	const struct str enabled = cli_migrate_source_get(source, "enable-global-auth");

	return migrate->defaults.auth_url.len && !cli_migrate_source_get(source, "auth-url").len &&
	       (!enabled.ptr || cli_migrate_source_is_true(enabled));
}

static bool has_login(const struct migrate *migrate, const struct migrate_source *source)
{
	return cli_migrate_source_get(source, "auth-url").len ||
	       cli_migrate_source_get(source, "auth-type").len || has_global_auth(migrate, source);
}

bool cli_outcome_access_has_own(const struct migrate_source *source)
{
	static const char *const names[] = {
		"policy",          "allow_public_unauthenticated_access",
		"allowed_users",   "allow_any_authenticated_user",
		"allowed_domains", "allowed_idp_claims",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cli_migrate_source_has_own(source, names[i]))
			return true;
	return false;
}

static struct nginx_access access_of(struct migrate *migrate, const struct migrate_source *source)
{
	struct str wrong = STR_NONE;
	struct nginx_access access = { .own = cli_outcome_access_has_own(source),
				       .login = has_login(migrate, source),
				       .any = str_is(cli_migrate_source_get(source, "satisfy"),
						     "any") };

	access.allow = addresses(migrate, allowed(migrate, source), &wrong);
	access.deny = addresses(migrate, denied(migrate, source), &wrong);
	access.closed = wrong.ptr || cli_outcome_certificates_open(migrate, source);
	return access;
}

/* ---- logins ---- */

static void offer_access(struct migrate *migrate, struct migrate_finding *finding)
{
	const struct str prefix = cli_migrate_settings.prefix;

	cli_migrate_source_choice(
		migrate, finding,
		"replace the policy below, which lets nobody in, by one that names "
		"domains, users or groups");
	cli_migrate_source_choice(
		migrate, finding,
		STR_FMT "/allow_any_authenticated_user: 'true' lets in whoever can log in",
		STR_ARG(prefix));
	cli_migrate_source_choice(migrate, finding,
				  STR_FMT
				  "/allow_public_unauthenticated_access: 'true' lets everybody in",
				  STR_ARG(prefix));
}

static bool is_oauth2_proxy(struct str url)
{
	static const char path[] = "/oauth2/auth";

	return url.len && memmem(url.ptr, url.len, path, sizeof(path) - 1);
}

void cli_outcome_access_say_own(struct outcome_job *job)
{
	cli_outcome_say(job, OUTCOME_WRITTEN,
			"your own Pomerium annotation says who may access it");
}

void cli_outcome_login(struct outcome_job *job)
{
	const bool is_url = str_is(job->finding->name, "auth-url");

	if (cli_outcome_access_has_own(job->source)) {
		cli_outcome_access_say_own(job);
		return;
	}
	job->finding->silent = !is_url && cli_migrate_source_get(job->source, "auth-url").len;
	if (is_url && is_oauth2_proxy(job->value))
		cli_outcome_say(
			job, OUTCOME_DECIDE,
			"who may access it? oauth2-proxy decided that by settings of its own "
			"(--email-domain, --allowed-group and so on); until the policy says "
			"it, nobody can");
	else
		cli_outcome_say(job, OUTCOME_DECIDE,
				"who may access it? %s decided that; until the policy says it, "
				"nobody can",
				is_url ? "the service behind this URL" : "a list of passwords");
	offer_access(job->migrate, job->finding);
}

void cli_outcome_global_auth(struct outcome_job *job)
{
	cli_outcome_say(job, OUTCOME_UNNEEDED,
			job->migrate->defaults.auth_url.len
				? "the policy takes it into account"
				: "the input has no ConfigMap with global-auth-url");
}

/* ---- addresses ---- */

void cli_outcome_range(struct outcome_job *job)
{
	const bool is_allow = !str_is(job->finding->name, "denylist-source-range");
	const struct str used = is_allow ? allowed(job->migrate, job->source) : job->value;
	struct str wrong = STR_NONE;

	addresses(job->migrate, job->value, &wrong);
	if (used.ptr != job->value.ptr) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "nginx uses allowlist-source-range instead");
	} else if (wrong.ptr) {
		cli_outcome_say(
			job, OUTCOME_DECIDE,
			"%s is neither an address nor a range; until it is, the policy lets "
			"nobody in",
			err_quote(wrong));
		cli_migrate_source_choice(job->migrate, job->finding,
					  "correct the list and convert again");
	} else if (cli_outcome_access_has_own(job->source) &&
		   !cli_migrate_source_has_own(job->source, "policy")) {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"your own Pomerium annotation says who may access it, but nothing "
				"about addresses");
		cli_migrate_source_choice(job->migrate, job->finding,
					  "replace it by a policy with the criterion source_ip");
	} else if (cli_outcome_access_has_own(job->source)) {
		cli_outcome_say(job, OUTCOME_WRITTEN,
				"your own policy is kept; make sure that it has these addresses");
	} else {
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"becomes the criterion source_ip under %s in the policy",
				is_allow ? "allow" : "deny");
	}
}

void cli_outcome_satisfy(struct outcome_job *job)
{
	const struct nginx_access access = access_of(job->migrate, job->source);

	if (access.any && access.login && access.allow.n)
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"the policy joins addresses and login by `or`");
	else
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"there is only one condition, or all must "
				"hold anyway");
}

/* ---- headers that the upstream trusts ---- */

void cli_outcome_access_remove_header(struct outcome_job *job, struct str name)
{
	struct str_list *removed = &job->source->removed_headers;

	for (size_t i = 0; i < removed->n; i++)
		if (str_eq(removed->items[i], name))
			return;
	cli_migrate_source_add(job->migrate, removed, name);
}

void cli_outcome_auth_headers(struct outcome_job *job)
{
	struct str rest = job->value, part;

	if (!has_login(job->migrate, job->source)) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without auth-url it has no effect");
		return;
	}
	if (cli_migrate_source_has_own(job->source, "pass_identity_headers")) {
		cli_outcome_say(job, OUTCOME_WRITTEN,
				"your own pass_identity_headers says what the upstream gets");
		return;
	}
	while (cli_migrate_source_next(&rest, &part))
		if (part.len)
			cli_outcome_access_remove_header(job, part);
	cli_migrate_source_line(job->migrate, job->source, PLACE_HEADERS, "pass_identity_headers",
				STR("true"));
	cli_outcome_say(job, OUTCOME_DECIDE,
			"how does the upstream learn who the user is? Pomerium sends it a signed "
			"header, X-Pomerium-Jwt-Assertion; the headers listed here are removed, "
			"because a client could forge them");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "let the upstream read the signed header");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"set spec.jwtClaimHeaders on the Pomerium object, for all routes, for "
		"example {X-Auth-Request-Email: email}, and take the header out of "
		"remove_request_headers");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"for a token, use set_request_headers with ${pomerium.id_token} or "
		"${pomerium.access_token}");
}

/* ---- the policy ---- */

static void add_addresses(struct buf *out, const struct str_list *list)
{
	const bool is_long = list->n > MANY;

	buf_puts(out, is_long ? "  - source_ip:\n" : "  - source_ip: [");
	for (size_t i = 0; i < list->n; i++) {
		const char *quote = str_find(list->items[i], ':') >= 0 ? "'" : "";

		buf_puts(out, is_long ? "    - " : i ? ", " : "");
		buf_printf(out, "%s" STR_FMT "%s%s", quote, STR_ARG(list->items[i]), quote,
			   is_long ? "\n" : "");
	}
	if (!is_long)
		buf_puts(out, "]\n");
}

static void add_policy(const struct nginx_access *access, struct buf *out)
{
	const bool either = access->any && access->login && access->allow.n && !access->closed;

	buf_printf(out, "allow:\n  %s:\n", either ? "or" : "and");
	if (access->allow.n)
		add_addresses(out, &access->allow);
	if (access->closed)
		buf_puts(out, "  - reject: true\n");
	else if (access->login)
		buf_puts(out, "  - domain:\n      is: example.invalid\n");
	else if (!access->allow.n)
		buf_puts(out, "  - accept: true\n");
	if (access->deny.n) {
		buf_puts(out, "deny:\n  or:\n");
		add_addresses(out, &access->deny);
	}
}

static void write_policy(struct migrate *migrate, struct migrate_source *source,
			 const struct nginx_access *access)
{
	struct buf text;

	if (!access->login && !access->closed && !access->allow.n && !access->deny.n) {
		cli_migrate_source_line(migrate, source, PLACE_ACCESS,
					"allow_public_unauthenticated_access", STR("true"));
		return;
	}
	buf_init(&text, BUF_MAX_TEXT);
	add_policy(access, &text);
	cli_migrate_source_line(migrate, source, PLACE_ACCESS, "policy",
				pool_str(&migrate->pool, buf_view(&text)));
	buf_clear(&text);
}

void cli_outcome_access(struct migrate *migrate, struct migrate_source *source)
{
	const struct nginx_access access = access_of(migrate, source);

	if (!access.own && has_global_auth(migrate, source)) {
		struct migrate_finding *finding = cli_migrate_source_finding(
			migrate, source, STR("global-auth-url"), migrate->defaults.auth_url);

		finding->outcome = OUTCOME_DECIDE;
		finding->place = PLACE_ACCESS;
		finding->sentence =
			STR("who may access it? The service behind this URL, which is in "
			    "the ConfigMap, decided that; until the policy says it, "
			    "nobody can");
		offer_access(migrate, finding);
	}
	if (!access.own)
		write_policy(migrate, source, &access);
	cli_outcome_certificates(migrate, source);
}
