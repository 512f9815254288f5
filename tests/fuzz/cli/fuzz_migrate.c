/* fuzz_migrate: bytes as manifests for ingress-nginx, up to the Ingresses for Pomerium and the reports. What is written
 * is YAML again, and the report in JSON is JSON. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/migrate/migrate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str nginx = STR("nginx");

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	cli_migrate_settings = (struct migrate_settings){
		.class = STR("pomerium"),
		.suffix = STR(""),
		.from_prefix = STR("nginx.ingress.kubernetes.io"),
		.from_classes = { &nginx, 1 },
		.prefix = STR("ingress.pomerium.io"),
	};
	return 0;
}

/* Complaints about documents are for people; here they only cost time. */
static void convert_quietly(struct migrate *migrate)
{
	const int saved = dup(STDERR_FILENO), nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (saved < 0 || nothing < 0)
		abort();
	dup2(nothing, STDERR_FILENO);
	cli_migrate_convert(migrate);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(nothing);
}

static void check_yaml(const struct migrate *migrate)
{
	struct yaml_documents documents = { 0 };
	struct err err = { "" };
	struct pool pool;
	struct buf out;

	pool_init(&pool);
	buf_init(&out, BUF_MAX_OUTPUT);
	cli_migrate_write(migrate, &out);
	if (yaml_parse_all(buf_view(&out), &pool, &documents, &err)) {
		fprintf(stderr, "%s\n" STR_FMT, err.text, STR_ARG(buf_view(&out)));
		abort();
	}
	buf_clear(&out);
	pool_clear(&pool);
}

static void check_reports(const struct migrate *migrate)
{
	struct value value;
	struct pool pool;
	struct buf out;
	struct err err;

	pool_init(&pool);
	buf_init(&out, BUF_MAX_OUTPUT);
	cli_migrate_report_text(migrate, &out);
	cli_migrate_report_markdown(migrate, &out);
	buf_reset(&out);
	cli_migrate_report_json(migrate, &out);
	if (json_parse(buf_view(&out), &pool, &value, &err))
		abort();
	buf_clear(&out);
	pool_clear(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { (const char *)data, size };
	struct yaml_documents documents = { 0 };
	struct migrate migrate;

	if (size > 100000)
		return 0;
	cli_migrate_convert_init(&migrate);
	if (!yaml_parse_all(text, &migrate.pool, &documents, NULL)) {
		for (size_t i = 0; i < documents.n; i++)
			cli_migrate_read_value(&migrate, &documents.items[i], STR("fuzz"));
		convert_quietly(&migrate);
		check_yaml(&migrate);
		check_reports(&migrate);
	}
	cli_migrate_convert_clear(&migrate);
	return 0;
}
