/* references: the one place that knows where Pomerium's objects name Secrets and Services.
 *
 *   in     an Ingress or the Pomerium object
 *   out    the keys it names, each once, with the place that names it
 *   never  reads anything else of them: that is the translator's work
 */
#include "resolver/graph/references.h"

#include "base/map.h"
#include "msg/ticket.h"
#include "resolver/graph/key.h"

/* Annotations under our prefix with this ending name a Secret beside the Ingress. */
static const char SECRET_SUFFIX[] = "_secret";

/* Reference fields of the Pomerium object, all of the form namespace/name, in the order in
 * which they are checked. */
struct reference_field {
	const char *path[3]; /* below spec */
	bool is_list;
	bool is_optional;      /* the translator warns if there is none */
	bool is_required;      /* where the struct that holds it is there */
	const char *unless[2]; /* not read if this field below spec is there ... */
	const char *equals;    /* ... and, if given, has this value */
};

static const struct reference_field pomerium_fields[] = {
	{ .path = { "secrets" }, .is_required = true },
	{ .path = { "caSecrets" }, .is_list = true },
	{ .path = { "identityProvider", "secret" },
	  .is_required = true,
	  .unless = { "identityProvider", "provider" },
	  .equals = "hosted" },
	{ .path = { "identityProvider", "requestParamsSecret" } },
	{ .path = { "identityProvider", "serviceAccountFromSecret" } },
	{ .path = { "ssh", "hostKeySecrets" }, .is_list = true },
	{ .path = { "ssh", "userCaKeySecret" } },
	{ .path = { "storage", "postgres", "secret" },
	  .is_required = true,
	  .unless = { "storage", "file" } },
	{ .path = { "storage", "postgres", "tlsSecret" }, .unless = { "storage", "file" } },
	{ .path = { "storage", "postgres", "caSecret" }, .unless = { "storage", "file" } },
	/* the last: one that is named above too is needed */
	{ .path = { "certificates" }, .is_list = true, .is_optional = true },
};

struct collector {
	struct pool *pool;
	struct reference_list *out;
	struct map seen; /* what is named already: objects may name one thing a hundred thousand
			    times */
};

/* What was named already under this name; NULL: it is now, and the next reference is of it. */
static struct reference *named(struct collector *c, enum msg_kind kind, struct str text)
{
	struct str name = pool_printf(c->pool, "%d/" STR_FMT, (int)kind, STR_ARG(text));
	size_t at = (size_t)map_get(&c->seen, name);

	if (at)
		return &c->out->items[at - 1];
	map_put(&c->seen, name, (void *)(c->out->n + 1));
	return NULL;
}

/* One place after the other is read, so an equal one is the last. */
static void add_place(struct collector *c, struct reference *ref, struct str place)
{
	struct str_list *places = &ref->places;

	if (!places->n || !str_eq(places->items[places->n - 1], place))
		*(struct str *)pool_push(c->pool, &places->items, &places->n,
					 sizeof(*places->items)) = place;
}

static struct reference *add(struct collector *c, struct msg_key key, struct str text)
{
	struct reference *ref = pool_push(c->pool, &c->out->items, &c->out->n, sizeof(*ref));

	ref->kind = (enum msg_kind)key.kind;
	if (!resolver_key_can_exist(&key))
		key.kind = MSG_KIND_NONE;
	ref->key = key;
	ref->text = text;
	return ref;
}

/* NULL: it was named already. */
static struct reference *add_named(struct collector *c, enum msg_kind kind, struct str namespace,
				   struct str name)
{
	struct reference *ref = named(c, kind, name);

	if (ref) {
		ref->n_paths++;
		return NULL;
	}
	ref = add(c, (struct msg_key){ .kind = kind, .namespace = namespace, .name = name }, name);
	ref->n_paths = 1;
	return ref;
}

/* A Secret beside the Ingress. */
static void add_secret(struct collector *c, const struct msg_meta *meta, struct str name,
		       struct str where, struct str place)
{
	struct reference *ref = named(c, MSG_KIND_SECRET, name);

	if (!ref) {
		ref = add(c,
			  (struct msg_key){ .kind = MSG_KIND_SECRET,
					    .namespace = meta->namespace,
					    .name = name },
			  name);
		ref->where = where;
	}
	add_place(c, ref, place);
}

static void collect_ingress_secrets(struct collector *c, const struct msg_ingress *ingress,
				    struct str prefix)
{
	const struct msg_meta *meta = &ingress->metadata;

	for (size_t i = 0; i < ingress->spec.tls.n; i++) {
		struct str name = ingress->spec.tls.items[i].secretName;

		if (name.len)
			add_secret(c, meta, name,
				   pool_printf(c->pool, "spec.tls[%zu].secretName", i),
				   STR(MSG_TICKET_TLS));
	}
	for (size_t i = 0; i < meta->annotations.n; i++) {
		struct str key = meta->annotations.items[i].key;

		if (key.len <= prefix.len || key.ptr[prefix.len] != '/' ||
		    !str_ends(key, SECRET_SUFFIX) || !str_eq(str_slice(key, 0, prefix.len), prefix))
			continue;
		add_secret(c, meta, meta->annotations.items[i].value,
			   pool_printf(c->pool, "annotation " STR_FMT, STR_ARG(key)),
			   str_slice(key, prefix.len + 1, key.len));
	}
}

static void collect_ingress_services(struct collector *c, const struct msg_ingress *ingress)
{
	const struct msg_ingress_spec *spec = &ingress->spec;
	struct str namespace = ingress->metadata.namespace;
	struct reference *ref;

	for (size_t i = 0; i < spec->rules.n; i++) {
		const struct msg_http_rule *http = spec->rules.items[i].http;

		for (size_t j = 0; http && j < http->paths.n; j++) {
			const struct msg_service_ref *service =
				http->paths.items[j].backend.service;

			ref = service ? add_named(c, MSG_KIND_SERVICE, namespace, service->name)
				      : NULL;
			if (ref)
				ref->where = pool_printf(
					c->pool, "spec.rules[%zu].http.paths[%zu].backend", i, j);
		}
	}
	if (!spec->defaultBackend || !spec->defaultBackend->service)
		return;
	ref = add_named(c, MSG_KIND_SERVICE, namespace, spec->defaultBackend->service->name);
	if (ref)
		ref->where = STR("spec.defaultBackend");
}

void resolver_references_from_ingress(const struct msg_ingress *ingress, struct str prefix,
				      struct pool *pool, struct reference_list *out)
{
	struct collector c = { .pool = pool, .out = out };

	*out = (struct reference_list){ 0 };
	map_init(&c.seen, NULL);
	collect_ingress_secrets(&c, ingress, prefix);
	collect_ingress_services(&c, ingress);
	map_clear(&c.seen);
}

/* The struct that holds the last step of a path, NULL if it is not there. */
static const struct value *parent_of(const struct value *spec, const char *const *path, size_t max)
{
	for (size_t i = 0; i + 1 < max && path[i + 1]; i++)
		spec = value_get(spec, path[i]);
	return spec && spec->type == VALUE_MAP ? spec : NULL;
}

static const char *last_of(const char *const *path, size_t max)
{
	size_t i = 0;

	while (i + 1 < max && path[i + 1])
		i++;
	return path[i];
}

static bool is_skipped(const struct value *spec, const struct reference_field *field)
{
	const struct value *parent, *v;

	if (!field->unless[0])
		return false;
	parent = parent_of(spec, field->unless, 2);
	v = parent ? value_get(parent, last_of(field->unless, 2)) : NULL;
	if (!v || v->type == VALUE_NULL)
		return false;
	return !field->equals || (v->type == VALUE_STRING && str_is(v->string, field->equals));
}

static struct str place_of(const struct reference_field *field, struct pool *pool)
{
	const char *const *p = field->path;

	return pool_printf(pool, "spec.%s%s%s%s%s", p[0], p[1] ? "." : "", p[1] ? p[1] : "",
			   p[1] && p[2] ? "." : "", p[1] && p[2] ? p[2] : "");
}

static void add_reference(struct collector *c, const struct reference_field *field,
			  struct str where, const struct value *v)
{
	struct msg_key key = { .kind = MSG_KIND_SECRET };
	struct reference *ref;

	/* A value of another type is for the translator to refuse. */
	if (v->type != VALUE_STRING)
		return;
	ref = named(c, MSG_KIND_SECRET, v->string);
	if (!ref) {
		if (!resolver_key_from_reference(v->string, &key))
			key.name = STR_NONE;
		ref = add(c, key, v->string);
		ref->where = where;
		ref->is_optional = field->is_optional;
	}
	add_place(c, ref, place_of(field, c->pool));
}

static void collect_field(struct collector *c, const struct reference_field *field,
			  const struct value *spec)
{
	const struct value *parent = parent_of(spec, field->path, 3);
	const struct value *v = parent ? value_get(parent, last_of(field->path, 3)) : NULL;
	struct str where = place_of(field, c->pool);

	if (!parent || is_skipped(spec, field))
		return;
	if (!v || v->type == VALUE_NULL) {
		if (field->is_required)
			add(c, (struct msg_key){ .kind = MSG_KIND_SECRET }, STR_NONE)->where =
				where;
		return;
	}
	if (!field->is_list) {
		add_reference(c, field, where, v);
		return;
	}
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
		add_reference(c, field, pool_printf(c->pool, STR_FMT "[%zu]", STR_ARG(where), i),
			      &v->list.items[i]);
}

void resolver_references_from_pomerium(const struct msg_pomerium *pomerium, struct pool *pool,
				       struct reference_list *out)
{
	struct collector c = { .pool = pool, .out = out };

	*out = (struct reference_list){ 0 };
	map_init(&c.seen, NULL);
	for (size_t i = 0; i < sizeof(pomerium_fields) / sizeof(pomerium_fields[0]); i++)
		collect_field(&c, &pomerium_fields[i], pomerium->spec);
	map_clear(&c.seen);
}
