/* test_vault: pieces are zeroed, apart, wiped and handed out again; none is in a core. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/vault/vault.h"
#include "tests/unit/smaps.h"

static bool is_zero(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static void test_pieces(void **state)
{
	static const size_t sizes[] = { 1, 63, 64, 65, 4096, 5000, 131072, 131073, 1 << 20 };
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	char *pieces[N][3];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < N; i++)
			for (int k = 0; k < 3; k++) {
				pieces[i][k] = vault_alloc(sizes[i]);
				assert_true(is_zero(pieces[i][k], sizes[i]));
				memset(pieces[i][k], (int)(i * 3) + k + 1, sizes[i]);
			}
		for (size_t i = 0; i < N; i++)
			for (int k = 0; k < 3; k++) {
				for (size_t at = 0; at < sizes[i]; at++)
					assert_int_equal(pieces[i][k][at], (int)(i * 3) + k + 1);
				vault_free(pieces[i][k], sizes[i]);
			}
	}
	assert_true(vault_locked() <= vault_size());
}

static void test_what_is_given_back_is_wiped(void **state)
{
	char *secret = vault_dup("a value that nobody may see", 27);

	(void)state;
	assert_string_equal(secret, "a value that nobody may see");
	vault_free(secret, 28);
	assert_true(is_zero(secret + sizeof(void *), 28 - sizeof(void *)));
	assert_ptr_equal(vault_alloc(20), secret); /* it is handed out again */
	vault_free(NULL, 5);
}

static void test_it_is_in_no_core(void **state)
{
	char flags[256] = "", *piece = vault_alloc(100), *large = vault_alloc(1 << 20);

	(void)state;
	smaps_flags_of(piece, flags);
	assert_non_null(strstr(flags, "dd")); /* do not dump */
	if (vault_locked() == vault_size())
		assert_non_null(strstr(flags, "lo"));
	smaps_flags_of(large, flags);
	assert_non_null(strstr(flags, "dd"));
	vault_free(piece, 100);
	vault_free(large, 1 << 20);
}

/* Root may lock what it likes, so another user tries. */
static void test_a_limit_of_locked_memory(void **state)
{
	const struct rlimit none = { 0, 0 };
	const pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		const size_t locked = vault_locked();

		if (setrlimit(RLIMIT_MEMLOCK, &none) || (getuid() == 0 && setuid(65534)))
			_exit(2);
		memset(vault_alloc(1 << 20), 1, 1 << 20);
		_exit(vault_locked() == locked ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_what_is_given_back_is_wiped),
		cmocka_unit_test(test_it_is_in_no_core),
		cmocka_unit_test(test_a_limit_of_locked_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
