/* caller: the process at the other end of a connection.
 *
 *   in     the properties of a frame, a descriptor of ZeroMQ's
 *   out    its public key, its address; a connection that is ended
 *   owns   nothing
 *   never  ends a connection that has taken the place of another
 */
#include "actor/link/caller.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/hash.h"

static const char *property(zmq_msg_t *frame, const char *name)
{
	const char *value = zmq_msg_gets(frame, name);

	return value ? value : "";
}

/* Over ipc a peer's address is "localhost:uid:gid:pid"; over tcp it is a number. */
struct caller actor_caller_of(zmq_msg_t *frame, bool may_have_key)
{
	struct caller caller = { .fd = zmq_msg_get(frame, ZMQ_SRCFD), .is_local = true };
	const char *key;

	if (!may_have_key)
		return caller;
	key = property(frame, "User-Id");
	snprintf(caller.key.text, sizeof(caller.key.text), "%s", key);
	caller.is_local =
		!*key && str_starts(str_from(property(frame, "Peer-Address")), "localhost");
	return caller;
}

bool actor_caller_is_same(const struct caller *a, const struct caller *b)
{
	return a->fd == b->fd && strcmp(a->key.text, b->key.text) == 0;
}

static uint64_t hash_address(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	memset(&address, 0, sizeof(address));
	if (fd < 0 || getpeername(fd, (struct sockaddr *)&address, &len) < 0)
		return 0;
	return hash_fast((struct str){ (const char *)&address, len });
}

/* Where it has come in. */
static void find_socket(struct caller *caller)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address) - 1;

	memset(&address, 0, sizeof(address));
	caller->is_near = getsockname(caller->fd, (struct sockaddr *)&address, &len) == 0 &&
			  address.sun_family == AF_UNIX;
	caller->at = caller->is_near ? hash_fast(str_from(address.sun_path)) : 0;
}

static int pid_of(int fd)
{
	struct ucred credentials = { 0 };
	socklen_t len = sizeof(credentials);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) == 0 ? credentials.pid
										: 0;
}

void actor_caller_locate(struct caller *caller)
{
	caller->address = hash_address(caller->fd);
	find_socket(caller);
	caller->pid = caller->is_near ? pid_of(caller->fd) : 0;
}

/* ZeroMQ has no call that ends one connection, so the kernel ends it. */
void actor_caller_cut_off(const struct caller *caller)
{
	if (caller->address && hash_address(caller->fd) == caller->address)
		shutdown(caller->fd, SHUT_RDWR);
}

void actor_caller_name(int fd, char *out, size_t size)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&address, len, out, (socklen_t)size, NULL, 0,
			NI_NUMERICHOST))
		snprintf(out, size, "unknown");
}

void actor_caller_describe(const struct caller *caller, char *out, size_t size)
{
	const int pid = pid_of(caller->fd);

	if (caller->key.text[0])
		snprintf(out, size, "%s", caller->key.text);
	else if (pid > 0)
		snprintf(out, size, "process %d", pid);
	else
		snprintf(out, size, "unknown");
}
