/* kube_credentials: what to show to the API server now.
 *
 *   in     struct kube_config; token and certificate files
 *   out    struct kube_credentials
 *   owns   nothing
 *   never  logs a value
 */
#include "kube/kube_config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/small_file.h"
#include "x509/x509_pem.h"

#define FILE_MAX (1u << 20)

static int take_file(struct str path, struct pool *pool, struct str *out, struct err *err)
{
	struct buf bytes;
	int rc;

	buf_init(&bytes, FILE_MAX);
	rc = small_file_read(path.ptr, &bytes, err);
	if (!rc)
		*out = pool_str(pool, bytes.len ? buf_view(&bytes) : STR(""));
	buf_wipe(&bytes);
	return rc;
}

/* Inline data wins over a file, as in kubectl. */
static int take_pem(struct str data, struct str file, struct pool *pool, struct str *out,
		    struct err *err)
{
	*out = STR_NONE;
	if (data.ptr) {
		*out = pool_str(pool, data);
		return 0;
	}
	if (!file.len)
		return 0;
	if (take_file(file, pool, out, err))
		return -1;
	if (!x509_pem_has_block(*out)) /* it may be half written */
		return err_set(err, "%s holds no PEM", file.ptr);
	return 0;
}

/* ---- all together ---- */

int kube_credentials_read(const struct kube_config *config, struct kube_credentials *out,
			  struct err *err)
{
	struct pool *pool = &out->pool;
	int rc;

	memset(out, 0, sizeof(*out));
	pool_init_in_vault(pool);
	rc = take_pem(config->ca_data, config->ca_file, pool, &out->ca, err) ||
	     take_pem(config->cert_data, config->cert_file, pool, &out->cert, err) ||
	     take_pem(config->key_data, config->key_file, pool, &out->key, err);
	if (!rc && config->token_file.len)
		rc = take_file(config->token_file, pool, &out->token, err);
	else if (!rc && config->token.len)
		out->token = pool_str(pool, config->token);
	if (!rc)
		rc = kube_credentials_check(out, err);
	if (rc)
		kube_credentials_clear(out);
	return rc ? -1 : 0;
}

int kube_credentials_check(struct kube_credentials *out, struct err *err)
{
	out->token = pool_str(&out->pool, str_trim(out->token)); /* files end with a line break */
	if (str_has_control(out->token))
		return err_set(err, "the token holds a line break or a NUL");
	return 0;
}

void kube_credentials_clear(struct kube_credentials *credentials)
{
	pool_wipe(&credentials->pool);
	memset(credentials, 0, sizeof(*credentials));
}
