/* test_log: one line a fact, whatever is in it. stderr is a pipe here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/log.h"
#include "base/value.h"

static int saved, ends[2];

static int catch_stderr(void **state)
{
	(void)state;
	saved = dup(STDERR_FILENO);
	return pipe(ends) || dup2(ends[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int release_stderr(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	log_set_level(LOG_LEVEL_INFO);
	log_set_format(LOG_LOGFMT);
	return 0;
}

static const char *written(void)
{
	static char text[40000];
	ssize_t n = read(ends[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void writes_logfmt(void **state)
{
	const char *line;

	(void)state;
	log_open("watcher");
	log_info("file read", "path=%s objects=%d", log_value("/tmp/a b"), 3);
	line = written();
	assert_memory_equal(line, "ts=20", 5);
	assert_string_equal(
		line + strlen("ts=2024-05-01T12:00:00.123Z"),
		" level=info room=watcher msg=\"file read\" path=\"/tmp/a b\" objects=3\n");
}

static void keeps_to_one_line(void **state)
{
	char wide[9000];
	const char *line;

	(void)state;
	memset(wide, 'w', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	log_error("a\nlevel=info", "evil=%s\nmore", wide);
	line = written();
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	assert_non_null(strstr(line, "msg=\"a\\nlevel=info\""));
	assert_true(strlen(line) < 4096);
}

static void minds_the_level(void **state)
{
	enum log_level level = LOG_LEVEL_INFO;
	const char *line;

	(void)state;
	assert_int_equal(log_level_from("warn", &level), 0);
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_int_equal(log_level_from("loud", &level), -1);
	log_set_level(level);
	assert_int_equal(log_get_level(), LOG_LEVEL_WARN);
	log_info("not shown", NULL);
	log_warn("shown", NULL);
	line = written();
	assert_null(strstr(line, "not shown"));
	assert_non_null(strstr(line, "level=warn"));
}

static void quotes_values_that_need_it(void **state)
{
	(void)state;
	assert_string_equal(log_value("plain"), "plain");
	assert_string_equal(log_value(""), "\"\"");
	assert_string_equal(log_value(NULL), "\"\"");
	assert_string_equal(log_value("a=b"), "\"a=b\"");
	assert_string_equal(log_value("a\"b"), "\"a\\\"b\"");
}

static void writes_json(void **state)
{
	const char *line;

	(void)state;
	log_set_format(LOG_JSON);
	log_open("watcher");
	log_info("file \"read\"", "path=%s objects=%d room=r words between empty=%s",
		 log_value("/tmp/a b\n\\"), 3, log_value(""));
	line = written();
	assert_memory_equal(line, "{\"ts\":\"20", 9);
	assert_string_equal(
		line + strlen("{\"ts\":\"2024-05-01T12:00:00.123Z"),
		"\",\"level\":\"info\",\"room\":\"watcher\",\"msg\":\"file \\\"read\\\"\","
		"\"path\":\"/tmp/a b\\n\\\\\",\"objects\":\"3\",\"room_\":\"r\","
		"\"empty\":\"\",\"text_\":\"words between\"}\n");
}

/* Any byte, anywhere, in any order: a parser takes the line, and it is one line. */
static void json_is_always_valid(void **state)
{
	unsigned seed = 7;
	char bytes[3000];

	(void)state;
	log_set_format(LOG_JSON);
	for (int round = 0; round < 2000; round++) {
		size_t n = (size_t)rand_r(&seed) % (round % 10 ? 40 : sizeof(bytes) - 1);
		struct value doc;
		struct pool pool;
		struct err err = { "" };
		struct str line;

		for (size_t i = 0; i < n; i++)
			bytes[i] =
				(char)(round % 2
					       ? "a= \"\\n\xC3\xA9\xE2\x80\xA8_"[rand_r(&seed) % 13]
					       : rand_r(&seed) % 255 + 1);
		bytes[n] = '\0';
		if (round % 3)
			log_error(bytes, "%s", bytes);
		else
			log_error(bytes, "key=%s more=%s", log_value(bytes), bytes);
		line = str_from(written());
		pool_init(&pool);
		assert_ptr_equal(memchr(line.ptr, '\n', line.len), line.ptr + line.len - 1);
		assert_true(str_is_utf8(line));
		if (json_parse(line, &pool, &doc, &err) != 0)
			fail_msg("%s: %s", err.text, line.ptr);
		assert_non_null(value_get(&doc, "msg"));
		pool_clear(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_logfmt, catch_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(keeps_to_one_line, catch_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(minds_the_level, catch_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(writes_json, catch_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(json_is_always_valid, catch_stderr, release_stderr),
		cmocka_unit_test(quotes_values_that_need_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
