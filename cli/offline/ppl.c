/* ppl: compiles one policy and prints its Rego.
 *
 *   in     FILE, or - for stdin: Pomerium Policy Language in YAML or JSON
 *   out    Rego on stdout, or one sentence on stderr
 *   owns   nothing
 *   never  reads manifests: a policy inside an annotation is for `sluice translate`
 */
#include "cli/cli.h"
#include "actor/conf.h"
#include "base/buf.h"
#include "base/pool.h"
#include "translator/ppl/ppl_compile.h"

#include <errno.h>

static const struct conf_option options[] = {
	{ "FILE", CONF_REST, NULL, "", 0, 0,
	  "a policy in Pomerium Policy Language, as YAML or JSON; - reads stdin", 0 },
	{ 0 },
};

static int read_all(FILE *in, struct buf *out)
{
	char chunk[16384];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0 && !out->full)
		buf_add(out, chunk, n);
	return ferror(in) ? -1 : 0;
}

static int read_policy(const char *path, struct buf *out)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *in = is_stdin ? stdin : fopen(path, "rb");
	int rc = in ? read_all(in, out) : -1;

	if (rc < 0)
		fprintf(stderr, "sluice ppl: %s cannot be read: %s\n", path, strerror(errno));
	else if (out->full)
		fprintf(stderr, "sluice ppl: %s has more than %zu bytes\n", path, out->max);
	if (in && !is_stdin)
		fclose(in);
	return out->full ? -1 : rc;
}

int cli_ppl(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct str_list rest = { 0 };
	struct err err = { "" };
	struct pool pool;
	struct buf text;
	struct str rego;
	int status = CLI_UNREADABLE, rc;

	rc = conf_read(tables, "sluice ppl", "compile a policy and print its Rego", argc, argv,
		       &rest, &err);
	if (rc)
		return rc > 0 ? CLI_GOOD : cli_usage("ppl", err.text);
	if (rest.n != 1)
		return cli_usage("ppl", "name one file with a policy, or - for stdin");
	pool_init(&pool);
	buf_init(&text, BUF_MAX_TEXT);
	if (read_policy(rest.items[0].ptr, &text) < 0)
		goto out;
	status = CLI_REJECTED;
	if (translator_ppl_compile(buf_view(&text), &pool, &rego, &err) < 0) {
		fprintf(stderr, "%s: couldn't parse policy: %s\n", rest.items[0].ptr, err.text);
		goto out;
	}
	status = CLI_GOOD;
	fwrite(rego.ptr, 1, rego.len, stdout);
out:
	buf_clear(&text);
	pool_clear(&pool);
	return status;
}
