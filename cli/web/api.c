/* api: what the page is told when it asks.
 *
 *   in     a path with its arguments, hostile; the model; answers of the rooms
 *   out    the files of the page, JSON
 *   owns   the table of paths
 *   never  changes anything
 */
#include "cli/web/api.h"

#include "cli/web/files.h"
#include "cli/web/tables.h"

static const struct table_path {
	const char *path;
	void (*put)(const struct model *model, const struct tables_query *query, cJSON *out);
} tables[] = {
	{ "/api/routes", cli_web_tables_routes },
	{ "/api/conflicts", cli_web_tables_conflicts },
	{ "/api/certificates", cli_web_tables_certificates },
	{ "/api/held", cli_web_tables_held },
	{ "/api/changes", cli_web_tables_changes },
	{ "/api/url", NULL },
};

static const struct table_path *table_of(struct str path)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (str_is(path, tables[i].path))
			return &tables[i];
	return NULL;
}

struct str cli_web_api_table_path(struct str path)
{
	const struct table_path *table = table_of(path);

	return table ? str_from(table->path) : STR_NONE;
}

bool cli_web_api_file(struct str path, struct web_answer *out)
{
	for (const struct web_file *file = cli_web_files; file->path; file++) {
		if (!str_is(path, file->path))
			continue;
		out->status = 200;
		out->type = file->type;
		buf_str(&out->body, (struct str){ file->bytes, file->len });
		return true;
	}
	return false;
}

void cli_web_api_error(const char *sentence, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();

	cjson_put_text(doc, "error", str_from(sentence));
	cjson_print(&doc, out);
}

unsigned cli_web_api_table(const struct model *model, struct str path,
			   const struct web_ticket *ticket, struct buf *out)
{
	const struct table_path *table = table_of(path);
	struct tables_query query = { .words = actor_web_argument(ticket, "q"),
				      .state = actor_web_argument(ticket, "state") };
	const struct str offset = actor_web_argument(ticket, "offset");
	long long number = 0;
	cJSON *doc;

	if (!model->version) {
		cli_web_api_error(model->trouble.text, out);
		return 503;
	}
	if (offset.len && (!str_to_int(offset, &number) || number < 0)) {
		cli_web_api_error("offset should be a number of rows", out);
		return 400;
	}
	query.offset = (size_t)number;
	doc = cJSON_CreateObject();
	cjson_put_number(doc, "version", (long long)model->version);
	cjson_put_filled(doc, "trouble", str_from(model->trouble.text));
	if (table->put)
		table->put(model, &query, doc);
	else
		cli_web_tables_url(model, actor_web_argument(ticket, "url"), doc);
	cjson_print(&doc, out);
	return 200;
}

/* JSON of a room as it is, or null. */
static void put_said(cJSON *doc, const char *room, const struct gather_answer *answers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cJSON *said;

		if (!str_is(answers[i].room, room))
			continue;
		said = cjson_parse(buf_view(&answers[i].body));
		if (said)
			cJSON_AddItemToObject(doc, room, said);
		return;
	}
}

unsigned cli_web_api_explain(const struct gather_answer *answers, size_t n, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();

	put_said(doc, room_name(ROOM_RESOLVER), answers, n);
	put_said(doc, room_name(ROOM_PUBLISHER), answers, n);
	cjson_print(&doc, out);
	return 200;
}
