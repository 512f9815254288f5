/* test_mem: zeroed memory, copies, and the end of a process that gets none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static void gives_and_copies(void **state)
{
	unsigned char *p = mem_alloc(100);
	char *copy = mem_dup("a\0b", 3);

	(void)state;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	p = mem_realloc(p, 200);
	memset(p, 1, 200);
	mem_wipe(p, 200);
	assert_int_equal(p[199], 0);
	assert_memory_equal(copy, "a\0b\0", 4);
	mem_free(p);
	mem_free(copy);
	copy = mem_strdup("text");
	assert_string_equal(copy, "text");
	mem_free(copy);
	mem_free(NULL);
}

static void ends_without_memory(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		mem_dup("x", SIZE_MAX);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 111);
}

static void protects_the_process(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		mem_protect_process();
		_exit(prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_and_copies),
		cmocka_unit_test(ends_without_memory),
		cmocka_unit_test(protects_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
