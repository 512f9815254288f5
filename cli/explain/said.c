/* said: what the processes say of an owner, as lines for a person.
 *
 *   in     JSON of the resolver and the publisher
 *   out    labelled lines on stdout
 *   owns   nothing
 *   never  prints what a terminal would obey
 */
#include "cli/explain/said.h"

#include "cli/lines.h"

static void print_reference(const cJSON *ref, const char *label, struct buf *text)
{
	const cJSON *addresses = cJSON_GetObjectItemCaseSensitive(ref, "addresses"), *address;
	const struct str ns = cjson_text(ref, "namespace");

	buf_printf(text, STR_FMT " " STR_FMT "%s" STR_FMT ": " STR_FMT,
		   STR_ARG(cjson_text(ref, "kind")), STR_ARG(ns), ns.len ? "/" : "",
		   STR_ARG(cjson_text(ref, "name")), STR_ARG(cjson_text(ref, "state")));
	cJSON_ArrayForEach(address, addresses)
		buf_printf(text, ", " STR_FMT, STR_ARG(str_from(cJSON_GetStringValue(address))));
	if (addresses && !cJSON_GetArraySize(addresses))
		buf_puts(text, ", no ready address: its cluster DNS name is used");
	cli_lines_print(label, text);
}

void cli_said_references(const cJSON *references, struct buf *text)
{
	const cJSON *ref;

	cJSON_ArrayForEach(ref, references)
		print_reference(ref, ref == references->child ? "refers to" : "", text);
}

void cli_said_stored(const cJSON *stored, struct buf *text)
{
	static const char *const words[][2] = {
		{ "equal", "as wanted" },
		{ "older", "an older state; the newer one is on its way" },
		{ "not yet", "not yet; it is on its way" },
		{ "nothing", "nothing" },
		{ "not read yet", "unknown: the databroker was not read yet" },
	};
	const struct str state = cjson_text(stored, "state"), file = cjson_text(stored, "file");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(state, words[i][0]))
			buf_puts(text, words[i][1]);
	if (file.len)
		buf_printf(text, " (file " STR_FMT ")", STR_ARG(file));
	else
		buf_printf(text, " (record " STR_FMT ", version %lld%s)",
			   STR_ARG(cjson_text(stored, "record")), cjson_number(stored, "version"),
			   cjson_flag(stored, "writer") ? "" : "; another replica writes");
	cli_lines_print("stored", text);
}
