/* reach: how a databroker is reached.
 *
 *   in     flags; the files that they name
 *   out    settings of a client
 *   never  shows the shared secret
 */
#include "publisher/databroker/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"

#define SECRET_FILE_MAX 4096

/* Reads a small file whole. */
static int read_secret_file(struct str path, struct buf *out, struct err *err)
{
	int fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
	char bytes[SECRET_FILE_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (n < 0)
		err_set(err, "--shared-secret-file %s cannot be read: %s", err_quote(path),
			strerror(errno));
	else
		buf_add(out, bytes, (size_t)n);
	mem_wipe(bytes, sizeof(bytes));
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* 32 bytes as they are, or as base64. */
static int set_secret(struct str text, const char *flag, struct hash *out, struct err *err)
{
	struct buf bytes;
	int rc = -1;

	buf_init(&bytes, SECRET_FILE_MAX);
	if (text.len == HASH_LEN)
		buf_str(&bytes, text);
	if (text.len == HASH_LEN ||
	    (buf_unbase64(&bytes, str_trim(text)) == 0 && bytes.len == HASH_LEN)) {
		memcpy(out->bytes, bytes.ptr, HASH_LEN);
		rc = 0;
	}
	buf_wipe(&bytes);
	return rc ? err_set(err,
			    "%s is not the base64 of %d bytes, as Pomerium's shared_secret has to "
			    "be",
			    flag, HASH_LEN)
		  : 0;
}

static int read_secret(const struct reach *self, struct hash *out, struct err *err)
{
	struct buf text;
	int rc;

	if (self->secret.len)
		return set_secret(self->secret, "--shared-secret", out, err);
	buf_init(&text, SECRET_FILE_MAX);
	rc = read_secret_file(self->secret_file, &text, err);
	if (!rc)
		rc = set_secret(buf_view(&text), "the content of --shared-secret-file", out, err);
	buf_wipe(&text);
	return rc;
}

static int read_ca(struct str text, struct str *out, struct err *err)
{
	struct buf pem;

	if (!text.len)
		return 0;
	buf_init(&pem, BUF_MAX_TEXT);
	if (buf_unbase64(&pem, text) < 0 || !pem.len) {
		buf_clear(&pem);
		return err_set(err, "--databroker-tls-ca is not base64 of certificates in PEM");
	}
	*out = (struct str){ mem_dup(pem.ptr, pem.len), pem.len };
	buf_clear(&pem);
	return 0;
}

bool publisher_reach_has_secret(const struct reach *self)
{
	return self->secret.len || self->secret_file.len;
}

int publisher_reach_read(const struct reach *self, struct grpc_settings *out, struct err *err)
{
	*out = (struct grpc_settings){ .url = self->url,
				       .ca_file = self->ca_file,
				       .override_name = self->override_name,
				       .insecure = self->insecure };
	if (publisher_reach_has_secret(self) && read_secret(self, &out->secret, err) < 0)
		return -1;
	return read_ca(self->ca, &out->ca, err);
}
