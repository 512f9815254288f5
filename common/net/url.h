/* url: parses and prints URLs as Go's net/url does, because Pomerium uses that. */
#ifndef NET_URL_H
#define NET_URL_H

#include "base/err.h"
#include "base/pool.h"

/* Parts of the text that was parsed, as they were written: still escaped. Empty: not there. */
struct url {
	struct str scheme;
	struct str opaque;         /* what follows a scheme without a slash, as in mailto: */
	struct str user, password; /* absent: there is none, not even an empty one */
	struct str host;           /* with the port, without user information */
	struct str hostname, port;
	struct str path, query, fragment;
	bool has_authority; /* two slashes, though maybe nothing after them */
};

/* -1 and a sentence, without the URL in it, if Go would not parse it. */
int url_split(struct str text, struct url *out, struct err *err);
/* The same, and its host is one host: an IPv6 address in brackets, or a name without a colon. Go
 * also takes several hosts with ports, as database drivers write them, and zones. */
int url_parse(struct str text, struct url *out, struct err *err);
/* The same, and it has a scheme and a host, as Pomerium demands of every URL. */
int url_parse_full(struct str text, struct url *out, struct err *err);

/* Whether its scheme is https or one over it, such as tcp+https. */
bool url_is_tls(struct str text);

/* ---- parts ---- */

enum url_part { URL_PATH, URL_USER, URL_HOST, URL_ZONE, URL_QUERY, URL_FRAGMENT };

struct str url_escape(struct str text, enum url_part part, struct pool *pool);
/* -1: it cannot stand there. */
int url_unescape(struct str text, enum url_part part, struct pool *pool, struct str *out);
/* Of a host with its port. */
int url_unescape_host(struct str host, struct pool *pool, struct str *out);
/* As written if that is a valid spelling, else escaped anew: Go's EscapedPath, EscapedFragment. */
struct str url_spelling(struct str written, struct str plain, enum url_part part,
			struct pool *pool);
/* host:port, with brackets if the host has a colon. */
struct str url_join(struct str host, long long port, struct pool *pool);

#endif
