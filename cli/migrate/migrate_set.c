/* migrate_set: picks the Ingresses that ingress-nginx serves, in its order.
 *
 *   in     documents
 *   out    sources, and the reasons for the Ingresses that are left out
 *   owns   the rule that decides whose an Ingress is
 *   never  converts an annotation
 */
#include "cli/migrate/outcome/outcome_table.h"

#define CONTROLLER "k8s.io/ingress-nginx"
#define LEGACY_CLASS "kubernetes.io/ingress.class"
#define SOLVER_LABEL "acme.cert-manager.io/http01-solver"

/* ---- documents ---- */

static struct str object_key(struct migrate *migrate, struct str kind, struct str namespace,
			     struct str name)
{
	return pool_printf(&migrate->pool, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(kind),
			   STR_ARG(namespace), STR_ARG(name));
}

const struct value *cli_migrate_set_find(struct migrate *migrate, const char *kind,
					 struct str namespace, struct str name)
{
	return map_get(&migrate->objects, object_key(migrate, str_from(kind), namespace, name));
}

/* False if there is one already: the first one counts. */
static bool remember(struct migrate *migrate, const struct value *doc)
{
	const struct value *meta = value_get(doc, "metadata");
	const struct str kind = value_text(doc, "kind");
	struct str namespace = value_text(meta, "namespace"), key;

	if (!namespace.len && !str_is(kind, "IngressClass"))
	namespace = STR("default");
	key = object_key(migrate, kind, namespace, value_text(meta, "name"));
	if (map_get(&migrate->objects, key))
		return false;
	map_put(&migrate->objects, key, (void *)doc);
	return true;
}

/* ---- whose an Ingress is ---- */

static bool is_nginx_class(struct migrate *migrate, struct str class)
{
	const struct value *doc = cli_migrate_set_find(migrate, "IngressClass", STR(""), class);

	for (size_t i = 0; i < cli_migrate_settings.from_classes.n; i++)
		if (str_eq(class, cli_migrate_settings.from_classes.items[i]))
			return true;
	return str_is(value_text(value_get(doc, "spec"), "controller"), CONTROLLER);
}

static void leave_out(struct migrate *migrate, struct str key, const char *why, struct str what)
{
	cli_migrate_source_add(migrate, &migrate->others,
			       pool_printf(&migrate->pool, STR_FMT ": %s" STR_FMT, STR_ARG(key),
					   why, STR_ARG(what)));
}

/* The annotation comes before spec.ingressClassName. ingress-nginx may serve Ingresses without a
 * class (--watch-ingress-without-class, or a default class), so they are converted. */
static bool is_ours(struct migrate *migrate, const struct msg_ingress *ingress, struct str key)
{
	struct str class = str_map_get(&ingress->metadata.annotations, LEGACY_CLASS);

	if (!class.len)
		class = ingress->spec.ingressClassName;
	if (str_map_get(&ingress->metadata.labels, SOLVER_LABEL).ptr) {
		leave_out(migrate, key, "cert-manager made it for a challenge", STR(""));
		return false;
	}
	if (!class.len || is_nginx_class(migrate, class))
		return true;
	leave_out(migrate, key, "its class is ", cli_migrate_source_quote(migrate, class));
	return false;
}

/* ---- sources ---- */

static void take_given(struct migrate *migrate, struct migrate_source *source)
{
	const struct str_map *all = &source->ingress->metadata.annotations;
	const struct str prefix = cli_migrate_settings.from_prefix;

	for (size_t i = 0; i < all->n; i++) {
		struct str key = all->items[i].key;
		struct nginx_annotation *given;

		if (key.len <= prefix.len || !str_eq(str_slice(key, 0, prefix.len), prefix) ||
		    key.ptr[prefix.len] != '/')
			continue;
		given = pool_push(&migrate->pool, &source->given, &source->n_given, sizeof(*given));
		given->name = str_slice(key, prefix.len + 1, key.len);
		given->value = all->items[i].value;
		given->row = cli_outcome_table_row(given->name);
	}
}

static void take_ingress(struct migrate *migrate, const struct migrate_document *document)
{
	struct msg_object *object = pool_alloc(&migrate->pool, sizeof(*object));
	const struct value *meta = value_get(document->value, "metadata");
	const struct value *created = value_get(meta, "creationTimestamp");
	struct migrate_source *source;
	struct str key;
	struct err err;

	if (msg_object_from_value(document->value, &migrate->pool, object, &err)) {
		fprintf(stderr, STR_FMT ":%u: %s\n", STR_ARG(document->file), document->value->line,
			err.text);
		migrate->unreadable = true;
		return;
	}
	key = msg_key_for_people(&object->key, &migrate->pool);
	if (!remember(migrate, document->value)) {
		leave_out(migrate, key,
			  "it is there twice; this one is not used: ", document->file);
		return;
	}
	if (!is_ours(migrate, object->ingress, key))
		return;
	source = pool_alloc(&migrate->pool, sizeof(*source));
	source->file = document->file;
	source->line = document->value->line;
	source->ingress = object->ingress;
	source->key = key;
	source->has_namespace = value_text(meta, "namespace").len > 0;
	source->created = created ? created->text : STR("");
	take_given(migrate, source);
	source->is_canary = cli_migrate_source_flag(source, "canary");
	*(struct migrate_source **)pool_push(&migrate->pool, &migrate->sources, &migrate->n_sources,
					     sizeof(source)) = source;
}

static void refuse_version(struct migrate *migrate, const struct migrate_document *document,
			   struct str version)
{
	const struct value *meta = value_get(document->value, "metadata");
	struct migrate_finding *finding =
		cli_migrate_source_finding(migrate, NULL, STR(""), STR(""));

	finding->outcome = OUTCOME_REFUSED;
	finding->sentence = pool_printf(
		&migrate->pool,
		"Ingress " STR_FMT " in " STR_FMT ":%u has the apiVersion " STR_FMT
		", which Kubernetes has not served since 1.22; convert it to "
		"networking.k8s.io/v1 first",
		STR_ARG(value_text(meta, "name")), STR_ARG(document->file), document->value->line,
		STR_ARG(cli_migrate_source_quote(migrate, version)));
}

/* As in ingress-nginx: oldest first, those of the same age by name in descending order. */
static int source_cmp(const void *a, const void *b)
{
	const struct migrate_source *x = *(struct migrate_source *const *)a,
				    *y = *(struct migrate_source *const *)b;
	const int order = str_cmp(x->created, y->created);

	return order ? order : str_cmp(y->key, x->key);
}

void cli_migrate_set_make(struct migrate *migrate)
{
	for (size_t i = 0; i < migrate->n_documents; i++)
		if (!str_is(value_text(migrate->documents[i].value, "kind"), "Ingress"))
			remember(migrate, migrate->documents[i].value);
	for (size_t i = 0; i < migrate->n_documents; i++) {
		const struct migrate_document *document = &migrate->documents[i];
		const struct str version = value_text(document->value, "apiVersion");

		if (!str_is(value_text(document->value, "kind"), "Ingress"))
			migrate->n_other_documents++;
		else if (str_is(version, "networking.k8s.io/v1"))
			take_ingress(migrate, document);
		else
			refuse_version(migrate, document, version);
	}
	if (migrate->n_sources)
		qsort(migrate->sources, migrate->n_sources, sizeof(struct migrate_source *),
		      source_cmp);
}
