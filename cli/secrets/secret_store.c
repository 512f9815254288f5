/* secret_store: looks at and makes the Secrets of a cluster, one request after the other.
 *
 *   in     Secrets with names and values
 *   out    GET and POST; whether a Secret is there, whether it was made
 *   never  overwrites a Secret or prints a value
 */
#include "cli/secrets/secret_store.h"

#include "kube/kube_ask.h"

static void add_path(struct buf *path, const struct made_secret *secret, bool with_name)
{
	buf_init(path, BUF_MAX_TEXT);
	buf_puts(path, "/api/v1/namespaces/");
	kube_add_escaped(path, secret->namespace);
	buf_puts(path, "/secrets");
	if (with_name) {
		buf_putc(path, '/');
		kube_add_escaped(path, secret->name);
	}
}

static int fail(const struct made_secret *secret, const char *verb,
		const struct kube_answer *answer, struct err *err)
{
	const struct str ns = secret->namespace;

	if (answer->status == 403)
		err_set(err,
			"we may not %s Secrets in the namespace " STR_FMT
			"; give our account the verb \"%s\" on secrets there (%s)",
			verb, STR_ARG(ns), verb, answer->err.text);
	else if (answer->status == 404)
		err_set(err,
			"there is no namespace " STR_FMT
			"; make it first with `kubectl create namespace " STR_FMT "`",
			STR_ARG(ns), STR_ARG(ns));
	else
		err_set(err, "%s", answer->err.text);
	return err_wrap(err, "Secret " STR_FMT "/" STR_FMT, STR_ARG(ns), STR_ARG(secret->name));
}

int cli_secret_store_has(struct kube *kube, const struct made_secret *secret, struct err *err)
{
	struct kube_answer answer;
	struct kube_call call;
	struct buf path;
	int rc;

	add_path(&path, secret, true);
	call = (struct kube_call){ .method = "GET", .path = buf_view(&path) };
	rc = kube_ask(kube, &call, NULL, &answer);
	buf_clear(&path);
	if (answer.status == 404)
		return 0;
	return rc ? fail(secret, "get", &answer, err) : 1;
}

int cli_secret_store_put(struct kube *kube, const struct made_secret *secret, struct err *err)
{
	struct kube_answer answer;
	struct kube_call call;
	struct buf path, body;
	int rc;

	add_path(&path, secret, false);
	buf_init(&body, MADE_SECRET_MAX);
	cli_made_secret_print_json(secret, &body);
	call = (struct kube_call){ .method = "POST",
				   .path = buf_view(&path),
				   .body = buf_view(&body) };
	rc = kube_ask(kube, &call, NULL, &answer);
	buf_clear(&path);
	buf_wipe(&body);
	if (answer.status == 409)
		return 0;
	return rc ? fail(secret, "create", &answer, err) : 1;
}
