/* grpc_jwt: the token that shows Pomerium's databroker that the caller knows the shared secret.
 *
 *   in     the secret, a moment
 *   out    a token that ends at that moment
 *   owns   nothing
 *   never  puts the secret into it
 *
 * Rules: RFC 7515, RFC 7519. */
#include "grpc/grpc_jwt.h"

/* base64 for URLs: two other characters, no padding. */
static void add_base64url(struct buf *out, struct str bytes)
{
	size_t from = out->len;

	buf_base64(out, bytes);
	for (size_t i = from; i < out->len; i++) {
		if (out->ptr[i] == '+')
			out->ptr[i] = '-';
		else if (out->ptr[i] == '/')
			out->ptr[i] = '_';
	}
	while (out->len > from && out->ptr[out->len - 1] == '=')
		out->ptr[--out->len] = '\0';
}

void grpc_jwt_add(struct buf *out, const struct hash *secret, int64_t exp)
{
	size_t from = out->len;
	struct hash mac;
	char claims[64];
	int len = snprintf(claims, sizeof(claims), "{\"exp\":%lld}", (long long)exp);

	add_base64url(out, STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
	buf_putc(out, '.');
	add_base64url(out, (struct str){ claims, (size_t)len });
	mac = hash_hmac(secret, str_slice(buf_view(out), from, out->len));
	buf_putc(out, '.');
	add_base64url(out, (struct str){ (const char *)mac.bytes, HASH_LEN });
}
