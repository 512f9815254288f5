/* class: which Ingresses are ours, by namespace, class, and default class.
 *
 *   in     IngressClasses and Ingresses
 *   out    yes, or the reason why not; what a change of a class means
 *   owns   the names of our classes
 *   never  keeps an Ingress
 */
#include "resolver/owners/class.h"

static const char CLASS_ANNOTATION[] = "kubernetes.io/ingress.class";

/* Values of class->classes. */
static char plain_class, default_class;

void resolver_class_init(struct class *class, const struct resolve_settings *settings)
{
	class->settings = settings;
	class->n_defaults = 0;
	map_init(&class->classes, NULL);
}

void resolver_class_clear(struct class *class)
{
	map_clear(&class->classes);
}

/* What Go's strconv.ParseBool accepts as true. */
static bool is_true(struct str text)
{
	static const char *const words[] = { "1", "t", "T", "true", "TRUE", "True" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(text, words[i]))
			return true;
	return false;
}

static void *class_value(const struct class *class, const struct msg_ingress_class *ingress_class)
{
	if (!ingress_class || !str_eq(ingress_class->spec.controller, class->settings->controller))
		return NULL;
	if (is_true(str_map_get(&ingress_class->metadata.annotations, RESOLVER_CLASS_DEFAULT)))
		return &default_class;
	return &plain_class;
}

unsigned resolver_class_set(struct class *class, struct str name,
			    const struct msg_ingress_class *ingress_class)
{
	void *old = map_get(&class->classes, name);
	void *new = class_value(class, ingress_class);
	bool had_default = class->n_defaults > 0;
	unsigned change = 0;

	if (old == new)
		return 0;
	class->n_defaults -= old == &default_class;
	class->n_defaults += new == &default_class;
	if (new)
		map_put(&class->classes, name, new);
	else
		map_del(&class->classes, name);
	if (!old != !new)
		change |= CLASS_OURS;
	if (had_default != (class->n_defaults > 0))
		change |= CLASS_DEFAULT;
	return change;
}

bool resolver_class_serves(const struct class *class, struct str namespace)
{
	const struct str_list *list = &class->settings->namespaces;

	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i], namespace))
			return true;
	return list->n == 0;
}

struct str resolver_class_of(const struct msg_ingress *ingress)
{
	/* A field that is there, even an empty one, wins over the annotation. */
	if (ingress->spec.ingressClassName.ptr)
		return ingress->spec.ingressClassName;
	return str_map_get(&ingress->metadata.annotations, CLASS_ANNOTATION);
}

bool resolver_class_is_ours(const struct class *class, const struct msg_ingress *ingress)
{
	struct str name = resolver_class_of(ingress);

	if (!resolver_class_serves(class, ingress->metadata.namespace))
		return false;
	return name.len > 0 ? map_get(&class->classes, name) != NULL : class->n_defaults > 0;
}

const char *resolver_class_why_not(const struct class *class, const struct msg_ingress *ingress,
				   struct pool *pool)
{
	const struct msg_meta *meta = &ingress->metadata;
	struct str controller = class->settings->controller;
	struct str name = resolver_class_of(ingress);

	if (!resolver_class_serves(class, meta->namespace))
		return pool_printf(pool,
				   "ingress " STR_FMT "/" STR_FMT
				   " is not in the namespace list this controller is managing",
				   STR_ARG(meta->namespace), STR_ARG(meta->name))
			.ptr;
	if (resolver_class_is_ours(class, ingress))
		return NULL;
	if (name.len == 0)
		return pool_printf(pool,
				   "the ingress did not specify an ingressClass, and no "
				   "ingressClass managed by controller " STR_FMT
				   " is marked as default",
				   STR_ARG(controller))
			.ptr;
	return pool_printf(pool,
			   "IngressClass " STR_FMT
			   " not found or is not assigned to this controller " STR_FMT,
			   STR_ARG(name), STR_ARG(controller))
		.ptr;
}
