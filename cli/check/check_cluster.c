/* check_cluster: the API server, what is installed there, what we may do.
 *
 *   in     /version, the group of the CRD, SelfSubjectAccessReviews and a SelfSubjectReview
 *   out    findings
 *   owns   the oldest version that is served, the rights that are needed
 *   never  writes an object: a review is an answer and is not kept
 */
#include "base/cjson.h"
#include "base/clock.h"
#include "base/value.h"
#include "cli/check/check.h"
#include "kube/kube_ask.h"

#define OLDEST_MINOR 30
#define CLOCK_OFF_S 5 /* a certificate or a token may be a little older */

struct right {
	const char *group, *resource, *verb;
	const char *missing; /* what does not work without; for installing, what is not there */
};

static const struct right run_rights[] = {
	{ "networking.k8s.io", "ingresses", "list", "no Ingress is seen" },
	{ "networking.k8s.io", "ingresses", "watch", "changes are not seen" },
	{ "networking.k8s.io", "ingressclasses", "list", "nothing is known to be ours" },
	{ "", "services", "list", "no route has an upstream" },
	{ "discovery.k8s.io", "endpointslices", "list", "upstreams are DNS names only" },
	{ "", "secrets", "get", "no certificate and no header comes from a Secret" },
	{ "ingress.pomerium.io", "pomerium", "list", "there are no settings" },
};

/* For deploy/crds and deploy/base. */
static const struct right install_rights[] = {
	{ "apiextensions.k8s.io", "customresourcedefinitions", "create", "the CRDs are" },
	{ "", "namespaces", "create", "the namespace is" },
	{ "networking.k8s.io", "ingressclasses", "create", "the class is" },
	{ "rbac.authorization.k8s.io", "clusterroles", "create", "the rights are" },
	{ "rbac.authorization.k8s.io", "clusterrolebindings", "create", "the rights are" },
	{ "apps", "deployments", "create", "the pod is" },
	{ "", "services", "create", "Services are" },
	{ "", "serviceaccounts", "create", "the accounts are" },
	{ "", "secrets", "create", "what Pomerium starts with is" },
	{ "networking.k8s.io", "networkpolicies", "create", "the network policy is" },
};

struct rights {
	const struct right *list;
	size_t n;
	const char *where, *after; /* around the sentence of one that is missing */
	const char *remedy, *good;
};

static const struct rights to_run = {
	.list = run_rights,
	.n = sizeof(run_rights) / sizeof(run_rights[0]),
	.where = " in all namespaces",
	.after = "",
	.remedy = "kubectl apply -k deploy/base, or bind deploy/base/rbac.yaml to the account",
	.good = "everything may be read that is needed",
};

static const struct rights to_install = {
	.list = install_rights,
	.n = sizeof(install_rights) / sizeof(install_rights[0]),
	.where = "",
	.after = " not made by kubectl apply",
	.remedy = "install with the account of an administrator",
	.good = "everything may be made that is needed",
};

static cJSON *ask(struct kube *kube, const char *method, const char *path, struct str body,
		  struct kube_answer *answer)
{
	struct kube_call call = { .method = method, .path = str_from(path), .body = body };
	struct buf text;
	cJSON *doc = NULL;

	buf_init(&text, KUBE_BODY_MAX);
	if (kube_ask(kube, &call, &text, answer) == 0)
		doc = cjson_parse(buf_view(&text));
	buf_clear(&text);
	return doc;
}

static void check_version(struct findings *self, const cJSON *doc)
{
	const struct str major = cjson_text(doc, "major"), minor = cjson_text(doc, "minor");
	struct str digits = minor;
	long long n = 0;

	while (digits.len && (digits.ptr[digits.len - 1] < '0' || digits.ptr[digits.len - 1] > '9'))
		digits.len--; /* some add a plus sign */
	cli_check_add(self, str_is(major, "1") && str_to_int(digits, &n) && n >= OLDEST_MINOR,
		      "API server", "Kubernetes 1.30 or later is needed",
		      "version " STR_FMT "." STR_FMT, STR_ARG(major), STR_ARG(minor));
}

bool cli_check_server(struct findings *self, struct kube *kube)
{
	struct kube_answer answer;
	cJSON *doc = ask(kube, "GET", "/version", STR_NONE, &answer);

	if (!doc) {
		cli_check_add(self, false, "API server", "is the kubeconfig that of this cluster?",
			      "it does not answer: %s", answer.err.text);
		return false;
	}
	check_version(self, doc);
	cJSON_Delete(doc);
	doc = ask(kube, "GET", "/apis/ingress.pomerium.io/v1", STR_NONE, &answer);
	cli_check_add(self, doc, "CRD", "kubectl apply -k deploy/crds",
		      doc ? "ingress.pomerium.io/v1 is installed"
			  : "ingress.pomerium.io/v1 is not installed");
	cJSON_Delete(doc);
	return true;
}

static bool may(struct kube *kube, const struct right *right, struct kube_answer *answer)
{
	cJSON *review = cJSON_CreateObject(), *said;
	cJSON *what = cjson_put_object(cjson_put_object(review, "spec"), "resourceAttributes");
	struct buf body;
	bool allowed;

	cjson_put_text(review, "apiVersion", STR("authorization.k8s.io/v1"));
	cjson_put_text(review, "kind", STR("SelfSubjectAccessReview"));
	cjson_put_text(what, "group", str_from(right->group));
	cjson_put_text(what, "resource", str_from(right->resource));
	cjson_put_text(what, "verb", str_from(right->verb));
	buf_init(&body, BUF_MAX_TEXT);
	cjson_print(&review, &body);
	said = ask(kube, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		   buf_view(&body), answer);
	allowed = cjson_flag(cJSON_GetObjectItemCaseSensitive(said, "status"), "allowed");
	cJSON_Delete(said);
	buf_clear(&body);
	return allowed;
}

void cli_check_rights(struct findings *self, struct kube *kube, bool install)
{
	const struct rights *rights = install ? &to_install : &to_run;
	struct kube_answer answer;
	bool all = true;

	for (size_t i = 0; i < rights->n; i++) {
		const struct right *right = &rights->list[i];

		if (may(kube, right, &answer))
			continue;
		all = false;
		cli_check_add(self, false, "rights", rights->remedy,
			      "this account may not %s %s%s: %s%s", right->verb, right->resource,
			      rights->where, right->missing, rights->after);
	}
	if (all)
		cli_check_add(self, true, "rights", NULL, "%s", rights->good);
}

/* A review says when it was made. */
void cli_check_clock(struct findings *self, struct kube *kube)
{
	static const char body[] = "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":"
				   "\"SelfSubjectReview\"}";
	struct kube_answer answer;
	cJSON *doc = ask(kube, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews",
			 str_from(body), &answer);
	const struct str made =
		cjson_text(cJSON_GetObjectItemCaseSensitive(doc, "metadata"), "creationTimestamp");
	struct value_time time;

	if (made.len && value_time_parse(made, &time)) {
		const long long ahead = (long long)(clock_wall() - value_time_seconds(&time));

		cli_check_add(self, ahead >= -CLOCK_OFF_S && ahead <= CLOCK_OFF_S, "clock",
			      "set it by NTP: certificates, tokens and leases are judged by it",
			      "%lld s from that of the API server", ahead < 0 ? -ahead : ahead);
	}
	cJSON_Delete(doc);
}
