/* http_origin: the server that all requests of a client go to.
 *
 *   in     a URL, the name in the server's certificate
 *   out    what libcurl is told
 *   owns   both texts
 *   never  checks the URL: that is for the code that reads the setting
 */
#include "http/http_origin.h"

#include "base/buf.h"
#include "base/mem.h"
#include "net/url.h"

void http_origin_init(struct http_origin *origin, struct str text, struct str name)
{
	struct url url;
	struct buf out;

	*origin = (struct http_origin){ NULL, NULL };
	if (!name.len || !str_starts(text, "https://") || url_parse(text, &url, NULL) < 0) {
		origin->base_url = mem_dup(text.ptr, text.len);
		return;
	}
	buf_init(&out, BUF_MAX_TEXT);
	buf_printf(&out, "::" STR_FMT "%s", STR_ARG(url.host), url.port.len ? "" : ":443");
	origin->connect_to = curl_slist_append(NULL, out.ptr);
	buf_reset(&out);
	buf_printf(&out, "https://" STR_FMT STR_FMT, STR_ARG(name), STR_ARG(url.path));
	origin->base_url = mem_dup(out.ptr, out.len);
	buf_clear(&out);
}

void http_origin_clear(struct http_origin *origin)
{
	curl_slist_free_all(origin->connect_to);
	mem_free(origin->base_url);
	*origin = (struct http_origin){ NULL, NULL };
}
