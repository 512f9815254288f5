/* test_class: class selection, by tables of manifests, verdicts and sentences. */
#include "tests/unit/resolver/rig.h"

#include "resolver/owners/class.h"

#define OURS "pomerium.io/ingress-controller"
#define NO_DEFAULT                                                                     \
	"the ingress did not specify an ingressClass, and no ingressClass managed by " \
	"controller " OURS " is marked as default"
#define NOT_FOUND(name) \
	"IngressClass " name " not found or is not assigned to this controller " OURS

struct class_row {
	const char *name, *controller, *is_default;
};

struct class_case {
	const char *title;
	struct class_row classes[3];
	const char *class_name, *annotation; /* of the Ingress shop/one; NULL: not there */
	const char *why_not;                 /* NULL: ours */
};

static const struct class_case cases[] = {
	{ "by name", { { "pomerium", OURS, NULL } }, "pomerium", NULL, NULL },
	{ "other name", { { "pomerium", OURS, NULL } }, "nginx", NULL, NOT_FOUND("nginx") },
	{ "case counts", { { "pomerium", OURS, NULL } }, "Pomerium", NULL, NOT_FOUND("Pomerium") },
	{ "other controller",
	  { { "pomerium", "x.example/y", NULL } },
	  "pomerium",
	  NULL,
	  NOT_FOUND("pomerium") },
	{ "annotation", { { "pomerium", OURS, NULL } }, NULL, "pomerium", NULL },
	{ "annotation of another",
	  { { "pomerium", OURS, NULL } },
	  NULL,
	  "nginx",
	  NOT_FOUND("nginx") },
	{ "field wins", { { "pomerium", OURS, NULL } }, "pomerium", "nginx", NULL },
	{ "field wins against ours",
	  { { "pomerium", OURS, NULL } },
	  "nginx",
	  "pomerium",
	  NOT_FOUND("nginx") },
	{ "empty field wins", { { "pomerium", OURS, NULL } }, "", "pomerium", NO_DEFAULT },
	{ "no class", { { "pomerium", OURS, NULL } }, NULL, NULL, NO_DEFAULT },
	{ "no classes at all", { { NULL, NULL, NULL } }, NULL, NULL, NO_DEFAULT },
	{ "default", { { "pomerium", OURS, "true" } }, NULL, NULL, NULL },
	{ "default, empty name", { { "pomerium", OURS, "true" } }, "", NULL, NULL },
	{ "default, upper case", { { "pomerium", OURS, "TRUE" } }, NULL, NULL, NULL },
	{ "default, one", { { "pomerium", OURS, "1" } }, NULL, NULL, NULL },
	{ "default, t", { { "pomerium", OURS, "t" } }, NULL, NULL, NULL },
	{ "default, mixed case is no bool",
	  { { "pomerium", OURS, "tRuE" } },
	  NULL,
	  NULL,
	  NO_DEFAULT },
	{ "default, yes is no bool", { { "pomerium", OURS, "yes" } }, NULL, NULL, NO_DEFAULT },
	{ "default, false", { { "pomerium", OURS, "false" } }, NULL, NULL, NO_DEFAULT },
	{ "default, empty", { { "pomerium", OURS, "" } }, NULL, NULL, NO_DEFAULT },
	{ "default of another", { { "nginx", "x.example/y", "true" } }, NULL, NULL, NO_DEFAULT },
	{ "two defaults",
	  { { "nginx", "x.example/y", "true" }, { "pomerium", OURS, "true" } },
	  NULL,
	  NULL,
	  NULL },
	{ "two of ours", { { "a", OURS, "true" }, { "b", OURS, "true" } }, "b", NULL, NULL },
	{ "impossible name", { { "pomerium", OURS, "true" } }, "a/b", NULL, NOT_FOUND("a/b") },
	{ "the name of the default node",
	  { { "pomerium", OURS, "true" } },
	  "*",
	  NULL,
	  NOT_FOUND("*") },
};

static void put_class(struct rig *rig, const struct class_row *row)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: "
		 "%s%s%s%s}, "
		 "spec: {controller: %s}}\n",
		 row->name,
		 row->is_default ? ", annotations: {ingressclass.kubernetes.io/is-default-class: '"
				 : "",
		 row->is_default ? row->is_default : "", row->is_default ? "'}" : "",
		 row->controller);
	rig_put(rig, text);
}

static void put_ingress(struct rig *rig, const char *namespace, const struct class_case *c)
{
	char text[512], class_name[64] = "", annotation[128] = "";

	if (c->class_name)
		snprintf(class_name, sizeof(class_name), "ingressClassName: '%s', ", c->class_name);
	if (c->annotation)
		snprintf(annotation, sizeof(annotation),
			 ", annotations: {kubernetes.io/ingress.class: '%s'}", c->annotation);
	snprintf(text, sizeof(text),
		 "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: one, "
		 "namespace: %s%s}, spec: {%srules: []}}",
		 namespace, annotation, class_name);
	rig_put(rig, text);
}

struct verdict {
	size_t n;
	char why_not[512];
};

static void on_ingress(void *arg, const struct msg_key *key, const char *why_not)
{
	struct verdict *v = arg;

	(void)key;
	v->n++;
	snprintf(v->why_not, sizeof(v->why_not), "%s", why_not ? why_not : "");
}

static void expect_verdict(struct rig *rig, const struct class_case *c)
{
	struct verdict v = { 0 };

	resolver_resolve_each_ingress(rig->resolve, on_ingress, &v);
	assert_int_equal(v.n, 1);
	if (strcmp(v.why_not, c->why_not ? c->why_not : "") != 0)
		fail_msg("%s: got \"%s\"", c->title, v.why_not);
	rig_expect_outcome(rig, "shop/one", c->why_not ? RESOLVE_GONE : RESOLVE_BUNDLE);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct class_case *c = &cases[i];

		/* Classes first, then classes last: the same. */
		for (int late = 0; late < 2; late++) {
			struct rig rig;

			rig_init(&rig, NULL);
			if (late)
				put_ingress(&rig, "shop", c);
			for (size_t j = 0; j < 3 && c->classes[j].name; j++)
				put_class(&rig, &c->classes[j]);
			if (!late)
				put_ingress(&rig, "shop", c);
			expect_verdict(&rig, c);
			rig_clear(&rig);
		}
	}
}

static void test_namespaces(void **state)
{
	static const struct class_case plain = { .class_name = "pomerium" },
				       other = { .class_name = "other" };
	struct str names[] = { STR("shop"), STR("lab") };
	struct resolve_settings settings = { .controller = STR(OURS),
					     .prefix = STR("p.example"),
					     .pomerium_config = STR("global"),
					     .namespaces = { names, 2 } };
	struct class_row row = { "pomerium", OURS, NULL };
	struct verdict v = { 0 };
	struct rig rig;

	(void)state;
	rig_init(&rig, &settings);
	put_class(&rig, &row);
	put_ingress(&rig, "lab", &plain);
	rig_expect_outcome(&rig, "lab/one", RESOLVE_BUNDLE);
	rig_delete(&rig, MSG_KIND_INGRESS, "lab/one");
	rig_expect_outcome(&rig, "lab/one", RESOLVE_GONE);
	/* The namespace is looked at before the class. */
	put_ingress(&rig, "elsewhere", &other);
	resolver_resolve_each_ingress(rig.resolve, on_ingress, &v);
	assert_string_equal(
		v.why_not,
		"ingress elsewhere/one is not in the namespace list this controller is managing");
	put_ingress(&rig, "elsewhere", &plain);
	rig_expect_outcome(&rig, "elsewhere/one", RESOLVE_GONE);
	rig_clear(&rig);
}

/* A change of a class concerns those who ask for it, and of the last default those without a class.
 */
static void test_changes(void **state)
{
	static const struct class_case named = { .class_name = "pomerium" }, unnamed = { 0 };
	struct class_row row = { "pomerium", OURS, NULL }, other = { "second", OURS, "true" };
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL);
	put_ingress(&rig, "a", &named);
	put_ingress(&rig, "b", &unnamed);
	rig_expect_dirty(&rig, "");
	put_class(&rig, &row);
	rig_expect_dirty(&rig, "Ingress/a/one");
	row.is_default = "true";
	put_class(&rig, &row);
	rig_expect_dirty(&rig, "Ingress/b/one");
	put_class(&rig, &other);
	rig_expect_dirty(&rig, "");
	rig_delete(&rig, MSG_KIND_INGRESS_CLASS, "pomerium");
	rig_expect_dirty(&rig, "Ingress/a/one");
	rig_expect_outcome(&rig, "a/one", RESOLVE_GONE);
	rig_expect_outcome(&rig, "b/one", RESOLVE_BUNDLE);
	rig_delete(&rig, MSG_KIND_INGRESS_CLASS, "second");
	rig_expect_dirty(&rig, "Ingress/b/one");
	rig_expect_outcome(&rig, "b/one", RESOLVE_GONE);
	rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
