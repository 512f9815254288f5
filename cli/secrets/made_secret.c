/* made_secret: makes Secrets with fresh keys.
 *
 *   in     random bytes of the kernel, keys of OpenSSL and libzmq
 *   out    the values, and the Secret as YAML and as JSON
 *   owns   the values
 *   never  leaves a key behind in memory
 */
#include "cli/secrets/made_secret.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <zmq.h>

#include "base/cjson.h"
#include "base/hash.h"
#include "base/mem.h"

#define RANDOM_LEN 32
#define Z85_LEN 40

struct pair {
	char public[Z85_LEN + 1], secret[Z85_LEN + 1];
};

static struct buf *add(struct made_secret *self, const char *key)
{
	struct made_value *value = &self->values[self->n++];

	value->key = key;
	buf_init(&value->bytes, MADE_SECRET_MAX);
	return &value->bytes;
}

void cli_made_secret_clear(struct made_secret *self)
{
	for (size_t i = 0; i < self->n; i++)
		buf_wipe(&self->values[i].bytes);
	self->n = 0;
}

/* ---- the bootstrap Secret ---- */

static void add_random(struct made_secret *self, const char *key)
{
	unsigned char bytes[RANDOM_LEN];

	hash_random(bytes, sizeof(bytes));
	buf_add(add(self, key), bytes, sizeof(bytes));
	mem_wipe(bytes, sizeof(bytes));
}

/* In SEC1 form ("EC PRIVATE KEY"), which every version of Pomerium reads. */
static int add_signing_key(struct made_secret *self, struct err *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem()); /* wipes what it frees */
	char *text = NULL;
	long len = 0;
	int rc = 0;

	if (key && bio && PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL))
		len = BIO_get_mem_data(bio, &text);
	if (len > 0)
		buf_add(add(self, "signing_key"), text, (size_t)len);
	else
		rc = err_set(err, "OpenSSL makes no EC P-256 key for signing_key");
	BIO_free(bio);
	EVP_PKEY_free(key);
	return rc;
}

int cli_made_secret_bootstrap(struct made_secret *self, struct err *err)
{
	add_random(self, "shared_secret");
	add_random(self, "cookie_secret");
	return add_signing_key(self, err);
}

/* ---- the CURVE Secrets ---- */

static int make_pairs(struct pair *pairs, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (zmq_curve_keypair(pairs[i].public, pairs[i].secret))
			return err_set(err,
				       "libzmq makes no CURVE keys: %s; it must be built with "
				       "CURVE, as Debian's is",
				       zmq_strerror(zmq_errno()));
	return 0;
}

static void add_line(struct made_secret *self, const char *key, const char *line)
{
	struct buf *bytes = add(self, key);

	buf_puts(bytes, line);
	buf_putc(bytes, '\n');
}

int cli_made_secret_curve(struct made_secret *pod, struct made_secret *translator, struct err *err)
{
	struct pair pairs[3];
	const struct pair *server = &pairs[0], *ours = &pairs[1], *theirs = &pairs[2];
	int rc = make_pairs(pairs, 3, err);

	if (!rc) {
		add_line(pod, "server.key", server->secret);
		add_line(pod, "server.pub", server->public);
		add_line(pod, "client.key", ours->secret);
		buf_printf(add(pod, "clients.pub"),
			   "watcher %s # " STR_FMT "\nresolver %s # " STR_FMT
			   "\ntranslator %s # " STR_FMT "\n",
			   ours->public, STR_ARG(pod->name), ours->public, STR_ARG(pod->name),
			   theirs->public, STR_ARG(translator->name));
		add_line(translator, "server.pub", server->public);
		add_line(translator, "client.key", theirs->secret);
	}
	mem_wipe(pairs, sizeof(pairs));
	return rc;
}

/* ---- print ---- */

/* Names are those of Kubernetes, so quotes are enough for YAML. */
void cli_made_secret_print_yaml(const struct made_secret *self, struct buf *out)
{
	buf_puts(out, "apiVersion: v1\nkind: Secret\nmetadata:\n");
	buf_printf(out, "  name: \"" STR_FMT "\"\n  namespace: \"" STR_FMT "\"\n",
		   STR_ARG(self->name), STR_ARG(self->namespace));
	buf_puts(out, "type: Opaque\ndata:\n");
	for (size_t i = 0; i < self->n; i++) {
		buf_printf(out, "  %s: ", self->values[i].key);
		buf_base64(out, buf_view(&self->values[i].bytes));
		buf_putc(out, '\n');
	}
}

void cli_made_secret_print_json(const struct made_secret *self, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject(), *part;

	cjson_put_text(doc, "apiVersion", STR("v1"));
	cjson_put_text(doc, "kind", STR("Secret"));
	cjson_put_text(doc, "type", STR("Opaque"));
	part = cjson_put_object(doc, "metadata");
	cjson_put_text(part, "name", self->name);
	cjson_put_text(part, "namespace", self->namespace);
	part = cjson_put_object(doc, "data");
	for (size_t i = 0; i < self->n; i++) {
		struct buf base64;

		buf_init(&base64, MADE_SECRET_MAX * 2);
		buf_base64(&base64, buf_view(&self->values[i].bytes));
		cjson_put_text(part, self->values[i].key, buf_view(&base64));
		buf_wipe(&base64);
	}
	cjson_print(&doc, out);
}
