/* landlock: the files and ports of a room.
 *
 *   in     what the room needs, as places and ports
 *   out    rules in force for this thread and all that it starts, until the process ends
 *   owns   which rights a place gives
 *   never  refuses what lies where a file that is named lies: files are replaced by renaming
 *
 * Rules hold for folders as they are now: one that is replaced later is another one, so the folder
 * above a place is opened to reading, too.
 */
#include "confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#define ABI_LEAST 2 /* before, nothing could be renamed into another folder */
#define ABI_TRUNCATE 3
#define ABI_TCP 4
#define ABI_SCOPES 6

/* Younger than Debian's headers. */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)
#define RIGHT_BIND (UINT64_C(1) << 0)
#define RIGHT_CONNECT (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_SOCKET (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)
#define RULE_PORT 2

struct ruleset_attr {
	uint64_t files, ports, scopes;
};

struct port_attr {
	uint64_t rights, port;
};

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define SOCKETS (READS | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define WRITES                                                                 \
	(READS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |        \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER | RIGHT_TRUNCATE)
#define HANDLED                                                               \
	(WRITES | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |        \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What libraries read: names, certificates, time zones, their own settings. */
static const char *const system_places[] = {
	"/etc",
	"/usr",
	"/lib",
	"/lib64",
	"/proc/self",
	"/run/systemd/resolve",
	"/run/NetworkManager",
	"/run/resolvconf",
};

struct rules {
	int fd, abi;
	uint64_t files; /* that are handled */
};

static long make(const struct ruleset_attr *attr, size_t size, unsigned flags)
{
	return syscall(__NR_landlock_create_ruleset, attr, size, flags);
}

static void add_folder(const struct rules *rules, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr attr = { .allowed_access = rights & rules->files };
	struct stat st;

	attr.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (attr.parent_fd < 0)
		return; /* it is not there: nothing is lost */
	if (fstat(attr.parent_fd, &st) == 0 && S_ISDIR(st.st_mode) &&
	    syscall(__NR_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) < 0)
		log_warn("a folder cannot be opened to this process", "path=%s reason=%s",
			 log_value(path), log_value(strerror(errno)));
	close(attr.parent_fd);
}

static void add_folder_of(const struct rules *rules, const char *path, uint64_t rights)
{
	char copy[PATH_MAX];
	const char *folder;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (strcmp(folder, "/") != 0 || rights & LANDLOCK_ACCESS_FS_WRITE_FILE)
		add_folder(rules, folder, rights);
}

/* A folder, or the folder of a file; where it is said to be, and where links lead. */
static void add_place(const struct rules *rules, struct str place, uint64_t rights)
{
	char path[PATH_MAX], real[PATH_MAX];

	snprintf(path, sizeof(path), STR_FMT, STR_ARG(place));
	add_folder(rules, path, rights);
	add_folder_of(rules, path, rights);
	if (realpath(path, real))
		add_folder_of(rules, real, rights);
}

static void add_ports(const struct rules *rules, const struct confine_ports *ports, uint64_t right)
{
	for (size_t i = 0; i < ports->n; i++) {
		const struct port_attr attr = { right, ports->items[i] };

		(void)syscall(__NR_landlock_add_rule, rules->fd, RULE_PORT, &attr, 0);
	}
}

static void add_all(const struct rules *rules, const struct confine *self)
{
	const uint64_t in_run_dir =
		self->room == ROOM_PUBLISHER ? WRITES | LANDLOCK_ACCESS_FS_MAKE_SOCK : SOCKETS;
	char run_dir[PATH_MAX];

	snprintf(run_dir, sizeof(run_dir), STR_FMT, STR_ARG(self->run_dir));
	add_folder(rules, run_dir, in_run_dir);
	if (self->reads_all)
		add_folder(rules, "/", READS);
	for (size_t i = 0; i < sizeof(system_places) / sizeof(system_places[0]); i++)
		add_folder(rules, system_places[i], READS);
	for (size_t i = 0; i < self->reads.n; i++)
		add_place(rules, self->reads.items[i], READS);
	for (size_t i = 0; i < self->sockets.n; i++)
		add_place(rules, self->sockets.items[i], SOCKETS);
	for (size_t i = 0; i < self->writes.n; i++)
		add_place(rules, self->writes.items[i], WRITES);
	if (rules->abi < ABI_TCP)
		return;
	if (!self->binds.any)
		add_ports(rules, &self->binds, RIGHT_BIND);
	if (!self->connects.any)
		add_ports(rules, &self->connects, RIGHT_CONNECT);
}

/* 1: something around us keeps it from us. */
static int enforce(const struct rules *rules)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(__NR_landlock_restrict_self, rules->fd, 0) == 0)
		return 0;
	return 1;
}

int confine_landlock_set(const struct confine *self)
{
	struct rules rules = { .abi = (int)make(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) };
	struct ruleset_attr attr = { .files = HANDLED };
	int rc;

	if (rules.abi < ABI_LEAST)
		return 1;
	if (rules.abi < ABI_TRUNCATE)
		attr.files &= ~RIGHT_TRUNCATE;
	if (rules.abi >= ABI_TCP)
		attr.ports = (self->binds.any ? 0 : RIGHT_BIND) |
			     (self->connects.any ? 0 : RIGHT_CONNECT);
	else
		log_info("this kernel's Landlock does not know of ports", "abi=%d", rules.abi);
	if (rules.abi >= ABI_SCOPES)
		attr.scopes = SCOPE_SIGNAL | (self->abstract ? 0 : SCOPE_ABSTRACT_SOCKET);
	rules.files = attr.files;
	rules.fd = (int)make(&attr,
			     rules.abi >= ABI_SCOPES ? sizeof(attr)
			     : rules.abi >= ABI_TCP  ? offsetof(struct ruleset_attr, scopes)
						     : offsetof(struct ruleset_attr, ports),
			     0);
	if (rules.fd < 0)
		return 1;
	add_all(&rules, self);
	rc = enforce(&rules);
	close(rules.fd);
	return rc;
}
