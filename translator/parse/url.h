/* url: parses URLs as Go's net/url does, because Pomerium uses that. */
#ifndef TRANSLATOR_URL_H
#define TRANSLATOR_URL_H

#include "base/err.h"
#include "base/pool.h"

/* Parts of the text that was parsed, as they were written: still escaped. */
struct translator_url {
	struct str scheme; /* empty: none */
	struct str host;   /* with the port, without user information */
	struct str hostname, port;
	struct str path;
};

/* -1 and a sentence without the URL in it if Go would not parse it. */
int translator_url_parse(struct str text, struct translator_url *out, struct err *err);
/* It must also have a scheme and a host, as Pomerium demands of every URL. */
int translator_url_parse_full(struct str text, struct translator_url *out, struct err *err);
/* A host as Go prints it in a URL. */
struct str translator_url_escape_host(struct str host, struct pool *pool);
/* host:port, with brackets if the host has a colon. */
struct str translator_url_join(struct str host, long long port, struct pool *pool);

#endif
