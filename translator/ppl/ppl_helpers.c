/* ppl_helpers: prints the rules that criteria call, as constant text.
 *
 *   in     which helpers a policy uses, whether a wildcard is named
 *   out    their text, after all other rules
 *   owns   the texts
 *   never  looks at a policy
 *
 * OPA's formatter prints a wildcard that stands once in a module as `_`; where two rules use the
 * first wildcard of their own, both become `_0`. object_union always uses one, so only its own name
 * varies. */
#include "translator/ppl/ppl.h"

static const char prelude[] = "package pomerium.policy\n"
			      "\n"
			      "import rego.v1\n"
			      "\n"
			      "default allow := [false, set()]\n"
			      "\n"
			      "default deny := [false, set()]\n";

static const char always_one[] = "\n"
				 "invert_criterion_result(v) := out if {\n"
				 "\tv[0]\n"
				 "\tout = array.concat([false], array.slice(v, 1, count(v)))\n"
				 "}\n"
				 "\n"
				 "else := out if {\n"
				 "\tnot v[0]\n"
				 "\tout = array.concat([true], array.slice(v, 1, count(v)))\n"
				 "}\n"
				 "\n"
				 "normalize_criterion_result(result) := v if {\n"
				 "\tis_boolean(result)\n"
				 "\tv = [result, set()]\n"
				 "}\n"
				 "\n"
				 "else := v if {\n"
				 "\tis_array(result)\n"
				 "\tv = result\n"
				 "}\n"
				 "\n"
				 "else := v if {\n"
				 "\tv = [false, set()]\n"
				 "}\n"
				 "\n"
				 "object_union(xs) := merged if {\n"
				 "\tmerged = {k: v |\n"
				 "\t\tsome k\n"
				 "\t\txs[_";

static const char always_two[] =
	"][k]\n"
	"\t\tvs := [xv | xv := xs[_][k]]\n"
	"\t\tv := vs[count(vs) - 1]\n"
	"\t}\n"
	"}\n"
	"\n"
	"merge_with_and(results) := [true, reasons, additional_data] if {\n"
	"\ttrue_results := [x | x := results[i]; x[0]]\n"
	"\tcount(true_results) == count(results)\n"
	"\treasons := union({x | x := true_results[i][1]})\n"
	"\tadditional_data := object_union({x | x := true_results[i][2]})\n"
	"}\n"
	"\n"
	"else := [false, reasons, additional_data] if {\n"
	"\tfalse_results := [x | x := results[i]; not x[0]]\n"
	"\treasons := union({x | x := false_results[i][1]})\n"
	"\tadditional_data := object_union({x | x := false_results[i][2]})\n"
	"}\n"
	"\n"
	"merge_with_or(results) := [true, reasons, additional_data] if {\n"
	"\ttrue_results := [x | x := results[i]; x[0]]\n"
	"\tcount(true_results) > 0\n"
	"\treasons := union({x | x := true_results[i][1]})\n"
	"\tadditional_data := object_union({x | x := true_results[i][2]})\n"
	"}\n"
	"\n"
	"else := [false, reasons, additional_data] if {\n"
	"\tfalse_results := [x | x := results[i]; not x[0]]\n"
	"\treasons := union({x | x := false_results[i][1]})\n"
	"\tadditional_data := object_union({x | x := false_results[i][2]})\n"
	"}\n";

/* clang-format off */
static const struct {
	int n_args;
	const char *text;
} helpers[PPL_N_HELPERS] = {
	[PPL_GET_DEVICE_CREDENTIAL] = { 2,
		"\n"
		"get_device_credential(session, device_type_id) := v if {\n"
		"\tdevice_credential_id := [x.Credential.Id | "
		  "x := session.device_credentials[_0]; x.type_id == device_type_id][0]\n"
		"\tv = get_databroker_record(\"type.googleapis.com/pomerium.device.Credential\", "
		  "device_credential_id)\n"
		"\tv != null\n"
		"}\n"
		"\n"
		"else := {}\n" },
	[PPL_GET_DEVICE_ENROLLMENT] = { 1,
		"\n"
		"get_device_enrollment(device_credential) := v if {\n"
		"\tv = get_databroker_record(\"type.googleapis.com/pomerium.device.Enrollment\", "
		  "device_credential.enrollment_id)\n"
		"\tv != null\n"
		"}\n"
		"\n"
		"else := {}\n" },
	[PPL_GET_DIRECTORY_USER] = { 1,
		"\n"
		"get_directory_user(session) := v if {\n"
		"\tv = get_databroker_record(\"pomerium.io/DirectoryUser\", session.user_id)\n"
		"\tv != null\n"
		"}\n"
		"\n"
		"else := {}\n" },
	[PPL_GET_SESSION] = { 1,
		"\n"
		"get_session(id) := v if {\n"
		"\tv = get_databroker_record(\"type.googleapis.com/user.ServiceAccount\", id)\n"
		"\tv != null\n"
		"}\n"
		"\n"
		"else := iv if {\n"
		"\tv = get_databroker_record(\"type.googleapis.com/session.Session\", id)\n"
		"\tv != null\n"
		"\tobject.get(v, \"impersonate_session_id\", \"\") != \"\"\n"
		"\n"
		"\tiv = get_databroker_record(\"type.googleapis.com/session.Session\", "
		  "v.impersonate_session_id)\n"
		"\tiv != null\n"
		"}\n"
		"\n"
		"else := v if {\n"
		"\tv = get_databroker_record(\"type.googleapis.com/session.Session\", id)\n"
		"\tv != null\n"
		"\tobject.get(v, \"impersonate_session_id\", \"\") == \"\"\n"
		"}\n"
		"\n"
		"else := {}\n" },
	[PPL_GET_USER] = { 1,
		"\n"
		"get_user(session) := v if {\n"
		"\tv = get_databroker_record(\"type.googleapis.com/user.User\", session.user_id)\n"
		"\tv != null\n"
		"}\n"
		"\n"
		"else := {}\n" },
	[PPL_GET_USER_EMAIL] = { 3,
		"\n"
		"get_user_email(session, user, directory_user) := v if {\n"
		"\tv = object.get(directory_user, \"email\", \"\")\n"
		"\tv != \"\"\n"
		"}\n"
		"\n"
		"else := v if {\n"
		"\tv = user.email\n"
		"}\n"
		"\n"
		"else := \"\"\n" },
	[PPL_OBJECT_GET] = { 3,
		"\n"
		"object_get(obj, key, def) := value if {\n"
		"\tundefined := \"10a0fd35-0f1a-4e5b-97ce-631e89e1bafa\"\n"
		"\tvalue = object.get(obj, key, undefined)\n"
		"\tvalue != undefined\n"
		"}\n"
		"\n"
		"else := value if {\n"
		"\tsegments := split(replace(key, \".\", \"/\"), \"/\")\n"
		"\tcount(segments) == 2\n"
		"\to1 := object.get(obj, segments[0], {})\n"
		"\tvalue = object.get(o1, segments[1], def)\n"
		"}\n"
		"\n"
		"else := value if {\n"
		"\tsegments := split(replace(key, \".\", \"/\"), \"/\")\n"
		"\tcount(segments) == 3\n"
		"\to1 := object.get(obj, segments[0], {})\n"
		"\to2 := object.get(o1, segments[1], {})\n"
		"\tvalue = object.get(o2, segments[2], def)\n"
		"}\n"
		"\n"
		"else := value if {\n"
		"\tsegments := split(replace(key, \".\", \"/\"), \"/\")\n"
		"\tcount(segments) == 4\n"
		"\to1 := object.get(obj, segments[0], {})\n"
		"\to2 := object.get(o1, segments[1], {})\n"
		"\to3 := object.get(o2, segments[2], {})\n"
		"\tvalue = object.get(o3, segments[3], def)\n"
		"}\n"
		"\n"
		"else := value if {\n"
		"\tsegments := split(replace(key, \".\", \"/\"), \"/\")\n"
		"\tcount(segments) == 5\n"
		"\to1 := object.get(obj, segments[0], {})\n"
		"\to2 := object.get(o1, segments[1], {})\n"
		"\to3 := object.get(o2, segments[2], {})\n"
		"\to4 := object.get(o3, segments[3], {})\n"
		"\tvalue = object.get(o4, segments[4], def)\n"
		"}\n"
		"\n"
		"else := value if {\n"
		"\tvalue = object.get(obj, key, def)\n"
		"}\n" },
};
/* clang-format on */

void translator_ppl_helpers_use(struct ppl_writer *w, enum ppl_helper helper)
{
	for (size_t i = 0; i < w->n_helpers; i++)
		if (w->helpers[i] == helper)
			return;
	w->helpers[w->n_helpers++] = helper;
}

void translator_ppl_helpers_prelude(struct ppl_writer *w)
{
	buf_add(&w->rego, prelude, sizeof(prelude) - 1);
}

void translator_ppl_helpers_print(struct ppl_writer *w)
{
	buf_add(&w->rego, always_one, sizeof(always_one) - 1);
	if (w->wildcard)
		buf_putc(&w->rego, '0');
	buf_add(&w->rego, always_two, sizeof(always_two) - 1);
	for (int n_args = 1; n_args <= 3; n_args++)
		for (size_t i = 0; i < w->n_helpers; i++)
			if (helpers[w->helpers[i]].n_args == n_args)
				buf_puts(&w->rego, helpers[w->helpers[i]].text);
}
