/* object: which Kubernetes documents are ours, and what is kept of them.
 *
 *   in     one document, as a user wrote it
 *   out    msg_object, pruned; or a sentence that names the field
 *   owns   nothing
 *   never  keeps last-applied-configuration: it repeats a whole object, a Secret's values included
 */
#include "msg/object_fields.h"

#include <stdio.h>
#include <string.h>

#include "net/hostname.h"

/* Kubernetes: keys and values of all annotations of one object. */
#define ANNOTATIONS_MAX (256u << 10)

#define KIND(k, version, text, ns, member)                                         \
	[MSG_KIND_##k] = { version, text, ns, offsetof(struct msg_object, member), \
			   &msg_##member##_codec }
#define msg_secret_codec msg_secret_meta_codec
#define GATEWAY "gateway.networking.k8s.io"

static const struct {
	const char *api_version, *name;
	bool namespaced;
	size_t offset; /* of the pointer in msg_object */
	const struct codec *codec;
} kinds[MSG_N_KINDS] = {
	KIND(INGRESS, "networking.k8s.io/v1", "Ingress", true, ingress),
	KIND(INGRESS_CLASS, "networking.k8s.io/v1", "IngressClass", false, ingress_class),
	KIND(SERVICE, "v1", "Service", true, service),
	KIND(ENDPOINT_SLICE, "discovery.k8s.io/v1", "EndpointSlice", true, endpoint_slice),
	KIND(ENDPOINTS, "v1", "Endpoints", true, endpoints),
	KIND(SECRET, "v1", "Secret", true, secret),
	KIND(POMERIUM, "ingress.pomerium.io/v1", "Pomerium", false, pomerium),
	KIND(NAMESPACE, "v1", "Namespace", false, namespace),
	KIND(GATEWAY_CLASS, GATEWAY "/v1", "GatewayClass", false, gateway_class),
	KIND(GATEWAY, GATEWAY "/v1", "Gateway", true, gateway),
	KIND(HTTP_ROUTE, GATEWAY "/v1", "HTTPRoute", true, http_route),
	KIND(REFERENCE_GRANT, GATEWAY "/v1", "ReferenceGrant", true, reference_grant),
	KIND(POLICY_FILTER, "gateway.pomerium.io/v1alpha1", "PolicyFilter", true, policy_filter),
	KIND(BACKEND_TLS_POLICY, GATEWAY "/v1", "BackendTLSPolicy", true, backend_tls_policy),
	KIND(LISTENER_SET, GATEWAY "/v1", "ListenerSet", true, listener_set),
	KIND(CONFIG_MAP, "v1", "ConfigMap", true, config_map),
	KIND(CERTIFICATE, "cert-manager.io/v1", "Certificate", true, ordered),
};

const char *msg_kind_name(enum msg_kind kind)
{
	if (kind <= MSG_KIND_NONE || kind >= MSG_N_KINDS)
		return "(none)";
	return kinds[kind].name;
}

const char *msg_kind_version(enum msg_kind kind)
{
	return kind > MSG_KIND_NONE && kind < MSG_N_KINDS ? kinds[kind].api_version : "";
}

enum msg_kind msg_kind_named(struct str name)
{
	for (int kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++)
		if (str_is(name, kinds[kind].name))
			return (enum msg_kind)kind;
	return MSG_KIND_NONE;
}

enum msg_kind msg_kind_from(struct str api_version, struct str kind)
{
	for (int k = 1; k < MSG_N_KINDS; k++)
		if (str_is(kind, kinds[k].name) && str_is(api_version, kinds[k].api_version))
			return k == MSG_KIND_CERTIFICATE ? MSG_KIND_NONE : (enum msg_kind)k;
	/* The version that every bundle serves; the fields are the same. */
	if (str_is(kind, "ReferenceGrant") && str_is(api_version, GATEWAY "/v1beta1"))
		return MSG_KIND_REFERENCE_GRANT;
	return MSG_KIND_NONE;
}

bool msg_kind_is_namespaced(enum msg_kind kind)
{
	return kind > MSG_KIND_NONE && kind < MSG_N_KINDS && kinds[kind].namespaced;
}

struct str msg_key_text(const struct msg_key *key, struct pool *pool)
{
	return pool_printf(pool, "%s/" STR_FMT "/" STR_FMT, msg_kind_name((enum msg_kind)key->kind),
			   STR_ARG(key->namespace), STR_ARG(key->name));
}

bool msg_key_from_text(struct str text, struct msg_key *out)
{
	struct str kind, rest;

	*out = (struct msg_key){ MSG_KIND_NONE, STR(""), STR("") };
	if (!str_cut(text, '/', &kind, &rest) || !str_cut(rest, '/', &out->namespace, &out->name))
		return false;
	for (int k = 1; k < MSG_N_KINDS && !out->kind; k++)
		if (str_is(kind, kinds[k].name))
			out->kind = (uint64_t)k;
	return out->kind != MSG_KIND_NONE;
}

struct str msg_key_for_people(const struct msg_key *key, struct pool *pool)
{
	if (!key->namespace.len)
		return pool_str(pool, key->name);
	return pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(key->namespace), STR_ARG(key->name));
}

int msg_key_cmp(const struct msg_key *a, const struct msg_key *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = str_cmp(a->namespace, b->namespace);
	return order ? order : str_cmp(a->name, b->name);
}

bool msg_key_equal(const struct msg_key *a, const struct msg_key *b)
{
	return msg_key_cmp(a, b) == 0;
}

bool msg_meta_is_of(const struct msg_meta *meta, const struct msg_key *key)
{
	return str_eq(meta->namespace, key->namespace) && str_eq(meta->name, key->name);
}

struct msg_key msg_key_dup(const struct msg_key *key, struct pool *pool)
{
	return (struct msg_key){ .kind = key->kind,
				 .namespace = pool_str(pool, key->namespace),
				 .name = pool_str(pool, key->name) };
}

int msg_key_check(const struct msg_key *key, struct err *err)
{
	if (key->kind == MSG_KIND_NONE || key->kind >= MSG_N_KINDS)
		return err_set(err, "malformed: a key without a kind");
	if (!key->name.len)
		return err_set(err, "malformed: a key of kind %s without a name",
			       msg_kind_name((enum msg_kind)key->kind));
	if ((key->namespace.len != 0) != msg_kind_is_namespaced((enum msg_kind)key->kind))
		return err_set(err, "malformed: the key of %s %s %s a namespace",
			       msg_kind_name((enum msg_kind)key->kind), err_quote(key->name),
			       key->namespace.len ? "has" : "lacks");
	return 0;
}

int msg_object_check(const struct msg_object *object, struct err *err)
{
	if (msg_key_check(&object->key, err) < 0)
		return -1;
	for (size_t k = 1; k < MSG_N_KINDS; k++) {
		const void *part = *(void *const *)((const char *)object + kinds[k].offset);

		if ((part != NULL) != (k == object->key.kind))
			return err_set(err, "malformed: an object of kind %s %s the part for %s",
				       msg_kind_name((enum msg_kind)object->key.kind),
				       part ? "has" : "lacks", kinds[k].name);
	}
	return 0;
}

static int check_names(const struct msg_meta *meta, struct err *err)
{
	if (meta->name.len > 253 || !hostname_is_dns_name(meta->name, true))
		return err_set(err,
			       "metadata.name: %s is not a name: up to 253 lower-case letters, "
			       "digits, \"-\" and \".\" are, "
			       "beginning and ending with a letter or digit",
			       err_quote(meta->name));
	if (meta->namespace.len &&
	    (meta->namespace.len > 63 || !hostname_is_dns_name(meta->namespace, false)))
		return err_set(err,
			       "metadata.namespace: %s is not a namespace: up to 63 lower-case "
			       "letters, digits and \"-\" "
			       "are, beginning and ending with a letter or digit",
			       err_quote(meta->namespace));
	return 0;
}

/* Takes last-applied-configuration out and weighs the rest. */
static int prune_annotations(struct str_map *annotations, struct err *err)
{
	size_t total = 0, n = 0;

	for (size_t i = 0; i < annotations->n; i++) {
		const struct str_pair *pair = &annotations->items[i];

		if (str_is(pair->key, "kubectl.kubernetes.io/last-applied-configuration"))
			continue;
		total += pair->key.len + pair->value.len;
		annotations->items[n++] = *pair;
	}
	annotations->n = n;
	if (total > ANNOTATIONS_MAX)
		return err_set(err,
			       "metadata.annotations: %zu bytes in all, at most %u are allowed, as "
			       "in Kubernetes",
			       total, ANNOTATIONS_MAX);
	return 0;
}

int msg_object_from_value(const struct value *doc, struct pool *pool, struct msg_object *out,
			  struct err *err)
{
	return msg_object_of_kind(
		msg_kind_from(value_text(doc, "apiVersion"), value_text(doc, "kind")), doc, pool,
		out, err);
}

int msg_object_of_kind(enum msg_kind kind, const struct value *doc, struct pool *pool,
		       struct msg_object *out, struct err *err)
{
	struct msg_meta *meta;
	void *part;

	memset(out, 0, sizeof(*out));
	if (kind == MSG_KIND_NONE)
		return 0;
	part = pool_alloc(pool, kinds[kind].codec->size);
	if (codec_from_value(kinds[kind].codec, doc, pool, part, err) < 0)
		return -1;
	meta = part; /* first in each of them */
	if (!kinds[kind].namespaced)
		meta->namespace = STR("");
	else if (!meta->namespace.len)
		meta->namespace = STR("default");
	if (check_names(meta, err) < 0 || prune_annotations(&meta->annotations, err) < 0)
		return -1;
	out->key =
		(struct msg_key){ .kind = kind, .namespace = meta->namespace, .name = meta->name };
	*(void **)((char *)out + kinds[kind].offset) = part;
	return 0;
}

void msg_object_print(const struct msg_object *object, struct buf *out)
{
	const enum msg_kind kind = (enum msg_kind)object->key.kind;

	codec_print(kinds[kind].codec, *(void *const *)((const char *)object + kinds[kind].offset),
		    out);
}
