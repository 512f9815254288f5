/* test_socket_file: which socket files of others are swept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "actor/socket_file.h"

static char folder[] = "/tmp/test_socket_file-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[sizeof(folder) + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static bool is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

/* A socket with a file, of a process that listens on it or does not. */
static int bound(const char *name, bool listens)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_of(name));
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (listens)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void make_old(const char *name)
{
	const struct timespec times[2] = { { 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void test_sweep(void **state)
{
	static const struct {
		const char *name;
		bool listens, old, stays;
	} cases[] = {
		{ "web-translator-1", false, true, false }, /* dead */
		{ "web-translator-2", false, false, true }, /* between its bind and its listen */
		{ "web-translator-3", true, true, true },   /* it works */
		{ "web-translator-4", false, false,
		  false },                              /* our own name, from an earlier life */
		{ "web-watcher-1", false, true, true }, /* another name */
	};
	int fds[sizeof(cases) / sizeof(cases[0])];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fds[i] = bound(cases[i].name, cases[i].listens);
		if (cases[i].old)
			make_old(cases[i].name);
	}
	actor_socket_file_sweep(path_of("web-translator-4"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (is_there(cases[i].name) != cases[i].stays)
			fail_msg("%s", cases[i].name);
		close(fds[i]);
		unlink(path_of(cases[i].name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
