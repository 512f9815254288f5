/* rules_header: the commands of Envoy in the values of response headers.
 *
 *   in     a value, hostile
 *   out    0, or the sentence that names the command that is wrong
 *   owns   the table of commands
 *   never  puts anything of the value into a sentence but the name of a command
 *
 * Envoy refuses a whole route table over one command that it does not know. The table has what
 * SubstitutionFormatParser of 1.36 and 1.40 takes; what reads the environment, credentials or the
 * state of filters is left out on purpose. */
#include "rules/rules_header.h"

#include <ctype.h>
#include <string.h>

#include "rules/rules.h"

/* A command is %NAME%, %NAME(ARGUMENT)% or %NAME(ARGUMENT):LENGTH%. */
struct command {
	struct str name, argument, length; /* absent: not given */
};

/* ---- arguments ---- */

/* Request headers with what somebody could be impersonated by. */
static const char CREDENTIALS[] = "authorization cookie proxy-authorization set-cookie";
static const char OF_POMERIUM[] = "x-pomerium-";

static bool is_word(const char *words, struct str text)
{
	struct str rest = str_from(words), word;

	while (str_cut(rest, ' ', &word, &rest))
		if (str_eq_nocase(word, text))
			return true;
	return str_eq_nocase(rest, text);
}

static bool holds_only(struct str text, const char *others)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isalnum((unsigned char)text.ptr[i]) &&
		    (!text.ptr[i] || !strchr(others, text.ptr[i])))
			return false;
	return true;
}

static int check_header(struct str name, struct err *err)
{
	if (!name.len || !holds_only(name, "-_.:"))
		return err_set(err,
			       "it wants the name of a header, and perhaps another one behind a "
			       "question mark");
	if (is_word(CREDENTIALS, name) ||
	    str_eq_nocase(str_slice(name, 0, strlen(OF_POMERIUM)), str_from(OF_POMERIUM)))
		return err_rule(err, RULE_HEADER_CREDENTIALS,
				"it reads credentials, which belong into no response");
	return 0;
}

/* name or name?other */
static int check_headers(struct str argument, struct err *err)
{
	struct str name, other;

	if (!str_cut(argument, '?', &name, &other))
		return check_header(argument, err);
	return check_header(name, err) || check_header(other, err) ? -1 : 0;
}

/* Of strftime, without %n in any of its forms. */
static int check_time(struct str argument, struct err *err)
{
	for (size_t i = 0; i < argument.len; i++) {
		if (argument.ptr[i] != '%')
			continue;
		for (i++; i < argument.len && argument.ptr[i] &&
			  strchr("-_0^#123456789EO", argument.ptr[i]);)
			i++;
		if (i >= argument.len || argument.ptr[i] == 'n')
			return err_set(err, "it wants a format of strftime without %%n");
	}
	return 0;
}

static int check_grpc(struct str argument, struct err *err)
{
	return is_word("CAMEL_STRING SNAKE_STRING NUMBER", argument)
		       ? 0
		       : err_set(err, "it wants CAMEL_STRING, SNAKE_STRING or NUMBER");
}

static int check_path(struct str argument, struct err *err)
{
	return is_word("WQ NQ", argument) ? 0 : err_set(err, "it wants WQ or NQ");
}

static int check_details(struct str argument, struct err *err)
{
	return str_is(argument, "ALLOW_WHITESPACES") ? 0
						     : err_set(err, "it wants ALLOW_WHITESPACES");
}

/* START:END or START:END:UNIT */
static int check_duration(struct str argument, struct err *err)
{
	struct str from, to, unit;

	if (str_cut(argument, ':', &from, &to) && from.len) {
		if (!str_cut(to, ':', &to, &unit))
			unit = STR("ms");
		if (to.len && is_word("ms us ns", unit))
			return 0;
	}
	return err_set(err, "it wants START:END or START:END:UNIT, the unit ms, us or ns");
}

static int check_words(struct str argument, struct err *err)
{
	return holds_only(argument, "-_.:/")
		       ? 0
		       : err_set(err, "it wants names with colons between them");
}

/* ---- the table ---- */

enum { ARGUMENT_OPTIONAL = 1, ARGUMENT_NEEDED = 2, LENGTH_ALLOWED = 4 };

static const struct row {
	const char *names; /* with blanks between them */
	unsigned flags;
	int (*check)(struct str argument, struct err *err);
} table[] = {
	{ "REQ RESP TRAILER", ARGUMENT_NEEDED | LENGTH_ALLOWED, check_headers },
	{ "START_TIME START_TIME_LOCAL EMIT_TIME EMIT_TIME_LOCAL DOWNSTREAM_PEER_CERT_V_START "
	  "DOWNSTREAM_PEER_CERT_V_END UPSTREAM_PEER_CERT_V_START UPSTREAM_PEER_CERT_V_END",
	  ARGUMENT_OPTIONAL, check_time },
	{ "GRPC_STATUS", ARGUMENT_OPTIONAL, check_grpc },
	{ "PATH", ARGUMENT_OPTIONAL, check_path },
	{ "RESPONSE_CODE_DETAILS", ARGUMENT_OPTIONAL, check_details },
	{ "COMMON_DURATION", ARGUMENT_NEEDED, check_duration },
	{ "DYNAMIC_METADATA CLUSTER_METADATA UPSTREAM_METADATA", ARGUMENT_NEEDED, check_words },
	{ "QUERY_PARAM", ARGUMENT_NEEDED | LENGTH_ALLOWED, check_words },
};

static const char PLAIN[] = /* neither an argument nor a length */
	"ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_RETRANSMITTED BYTES_SENT CONNECTION_ID "
	"CONNECTION_TERMINATION_DETAILS CUSTOM_FLAGS "
	"DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED "
	"DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT DOWNSTREAM_DIRECT_LOCAL_ADDRESS "
	"DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_LOCAL_PORT "
	"DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT "
	"DOWNSTREAM_DIRECT_REMOTE_PORT DOWNSTREAM_HANDSHAKE_DURATION "
	"DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT "
	"DOWNSTREAM_LOCAL_ADDRESS DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT "
	"DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN "
	"DOWNSTREAM_LOCAL_OTHERNAME_SAN DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT "
	"DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT "
	"DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256 "
	"DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_DNS_SAN "
	"DOWNSTREAM_PEER_EMAIL_SAN DOWNSTREAM_PEER_FINGERPRINT_1 "
	"DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_ISSUER "
	"DOWNSTREAM_PEER_OTHERNAME_SAN DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT "
	"DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_REMOTE_ADDRESS "
	"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_PORT "
	"DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_VERSION "
	"DOWNSTREAM_TRANSPORT_FAILURE_REASON DOWNSTREAM_WIRE_BYTES_RECEIVED "
	"DOWNSTREAM_WIRE_BYTES_SENT DURATION FILTER_CHAIN_NAME GRPC_STATUS_NUMBER "
	"HOSTNAME LOCAL_REPLY_BODY PACKETS_RETRANSMITTED PROTOCOL REQUESTED_SERVER_NAME "
	"REQUEST_DURATION REQUEST_HEADERS_BYTES REQUEST_TX_DURATION RESPONSE_CODE "
	"RESPONSE_DURATION RESPONSE_FLAGS RESPONSE_FLAGS_LONG RESPONSE_HEADERS_BYTES "
	"RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUNDTRIP_DURATION ROUTE_NAME "
	"STREAM_ID TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID UNIQUE_ID "
	"UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW UPSTREAM_CONNECTION_ID "
	"UPSTREAM_CONNECTION_POOL_READY_DURATION "
	"UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED "
	"UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT UPSTREAM_HEADER_BYTES_RECEIVED "
	"UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOST UPSTREAM_HOST_NAME "
	"UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS "
	"UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_LOCAL_DNS_SAN "
	"UPSTREAM_LOCAL_IP_SAN UPSTREAM_LOCAL_PORT UPSTREAM_LOCAL_URI_SAN "
	"UPSTREAM_PEER_CERT UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_IP_SAN "
	"UPSTREAM_PEER_ISSUER UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN "
	"UPSTREAM_PROTOCOL UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT "
	"UPSTREAM_REMOTE_PORT UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_TLS_CIPHER "
	"UPSTREAM_TLS_VERSION UPSTREAM_TRANSPORT_FAILURE_REASON "
	"UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT VIRTUAL_CLUSTER_NAME";

/* Envoy knows them, and they read what is nobody's business. */
static const char HIDDEN[] = "ENVIRONMENT CEL COALESCE FILTER_STATE UPSTREAM_FILTER_STATE METADATA "
			     "REQUEST_HEADER RESPONSE_HEADER RESPONSE_TRAILER STREAM_INFO_REQ "
			     "DOWNSTREAM_TLS_SESSION_ID UPSTREAM_TLS_SESSION_ID";

/* Commands are in capitals; is_word takes both. */
static bool is_command(const char *names, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (islower((unsigned char)name.ptr[i]))
			return false;
	return is_word(names, name);
}

static const struct row *find(struct str name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is_command(table[i].names, name))
			return &table[i];
	return NULL;
}

static int check_command(const struct command *command, struct err *err)
{
	static const struct row plain = { PLAIN, 0, NULL };
	const struct row *row = find(command->name);

	if (is_command(HIDDEN, command->name))
		return err_rule(err, RULE_HEADER_CREDENTIALS,
				"it reads what belongs into no response");
	if (!row && is_command(PLAIN, command->name))
		row = &plain;
	if (!row)
		return err_set(err, "Envoy knows none of this name: write %%%% for a percent sign");
	if (command->length.ptr && !(row->flags & LENGTH_ALLOWED))
		return err_set(err, "it takes no length");
	if (!command->argument.len)
		return row->flags & ARGUMENT_NEEDED ? err_set(err, "it wants an argument") : 0;
	return row->check ? row->check(command->argument, err)
			  : err_set(err, "it takes no argument");
}

/* ---- values ---- */

static bool is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

#define LENGTH_DIGITS 9

/* The command at the start of the text, which begins with a percent sign. */
static bool cut_command(struct str *text, struct command *out)
{
	struct str rest = str_slice(*text, 1, text->len);
	size_t n = 0;

	*out = (struct command){ STR_NONE, STR_NONE, STR_NONE };
	while (n < rest.len && is_name_char(rest.ptr[n]))
		n++;
	out->name = str_slice(rest, 0, n);
	rest = str_slice(rest, n, rest.len);
	if (str_starts(rest, "(") &&
	    !str_cut(str_slice(rest, 1, rest.len), ')', &out->argument, &rest))
		return false;
	if (str_starts(rest, ":")) {
		for (n = 1; n < rest.len && isdigit((unsigned char)rest.ptr[n]);)
			n++;
		out->length = str_slice(rest, 1, n);
		if (n == 1 || n > LENGTH_DIGITS + 1)
			return false;
		rest = str_slice(rest, n, rest.len);
	}
	if (!out->name.len || !str_starts(rest, "%"))
		return false;
	*text = str_slice(rest, 1, rest.len);
	return true;
}

#define NAME_SHOWN 48

int rules_header_check_commands(struct str value, struct err *err)
{
	struct str text = value;
	struct command command;

	for (long at; (at = str_find(text, '%')) >= 0;) {
		text = str_slice(text, (size_t)at, text.len);
		if (str_starts(text, "%%")) {
			text = str_slice(text, 2, text.len);
			continue;
		}
		if (!cut_command(&text, &command))
			return err_rule(err, RULE_HEADER_COMMAND,
					"a percent sign in it begins no command of Envoy: write "
					"%%%% for one");
		if (check_command(&command, err)) {
			(void)err_wrap(err, "the command %%" STR_FMT "%%",
				       STR_ARG(str_slice(command.name, 0, NAME_SHOWN)));
			return err_code(err, RULE_HEADER_COMMAND);
		}
	}
	return 0;
}
