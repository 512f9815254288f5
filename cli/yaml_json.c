/* yaml_json: a JSON document as YAML, for people.
 *
 *   in     an object or a list of our own
 *   out    YAML in block form, lists as far in as their key
 *   owns   nothing
 *   never  reads what others may have written
 */
#include "cli/yaml_json.h"

#include "cli/migrate/yaml_put.h"

#define DEPTH_MAX 20

static bool is_block(const cJSON *item)
{
	return (cJSON_IsObject(item) || cJSON_IsArray(item)) && item->child;
}

static void put_scalar(const cJSON *item, unsigned indent, struct buf *out)
{
	char *text;

	if (cJSON_IsString(item)) {
		cli_yaml_put_text(out, str_from(cJSON_GetStringValue(item)), indent);
		return;
	}
	text = cJSON_PrintUnformatted(item);
	buf_puts(out, text);
	cJSON_free(text);
}

static void put_item(const cJSON *item, unsigned indent, unsigned depth, struct buf *out);

/* The items of a block; the first stands behind what is there already if `goes_on`. */
static void put_block(const cJSON *block, unsigned indent, bool goes_on, unsigned depth,
		      struct buf *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, block) {
		if (!goes_on)
			cli_yaml_put_indent(out, indent);
		goes_on = false;
		if (cJSON_IsObject(block)) {
			cli_yaml_put_text(out, str_from(item->string), indent);
			buf_putc(out, ':');
		} else {
			buf_putc(out, '-');
		}
		put_item(item, indent, depth, out);
	}
}

static void put_item(const cJSON *item, unsigned indent, unsigned depth, struct buf *out)
{
	if (!is_block(item) || depth == DEPTH_MAX) {
		buf_putc(out, ' ');
		put_scalar(item, indent + 2, out);
		buf_putc(out, '\n');
	} else if (item->string) {
		buf_putc(out, '\n');
		put_block(item, cJSON_IsArray(item) ? indent : indent + 2, false, depth + 1, out);
	} else {
		buf_putc(out, ' ');
		put_block(item, indent + 2, true, depth + 1, out);
	}
}

void cli_yaml_json_put(const cJSON *doc, struct buf *out)
{
	put_block(doc, 0, false, 0, out);
}
