/* http_origin: the server that all requests of a client go to. */
#ifndef HTTP_HTTP_ORIGIN_H
#define HTTP_HTTP_ORIGIN_H

#include <curl/curl.h>

#include "base/str.h"

struct http_origin {
	char *base_url;                /* what paths are appended to */
	struct curl_slist *connect_to; /* for libcurl; NULL: to the host of the URL */
};

/* With a name, and over https: that name is asked for, and must stand in the certificate, but the
 * connection goes to the host of the URL. */
void http_origin_init(struct http_origin *origin, struct str url, struct str name);
void http_origin_clear(struct http_origin *origin);

#endif
