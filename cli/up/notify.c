/* notify: tells systemd that the first complete state is published.
 *
 *   in     NOTIFY_SOCKET; the newline that the publisher writes to its --ready-fd
 *   out    READY=1 to that socket, once
 *   owns   the pipe to the publisher
 *   never  waits
 */
#include "cli/up/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

void cli_notify_open(struct notify *notify)
{
	notify->ends[0] = notify->ends[1] = -1;
	notify->flag[0] = '\0';
	if (!getenv("NOTIFY_SOCKET") || pipe2(notify->ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	snprintf(notify->flag, sizeof(notify->flag), "--ready-fd=%d", notify->ends[1]);
}

void cli_notify_close(struct notify *notify)
{
	for (int i = 0; i < 2; i++) {
		if (notify->flag[0] && notify->ends[i] >= 0)
			close(notify->ends[i]);
		notify->ends[i] = -1;
	}
}

void cli_notify_inherit(struct notify *notify)
{
	if (notify->flag[0])
		fcntl(notify->ends[1], F_SETFD, 0);
}

int cli_notify_fd(const struct notify *notify)
{
	return notify->ends[0];
}

/* A path, or a name without one if it begins with '@'. */
static int send_to(const char *path, const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const size_t len = strlen(path);
	ssize_t sent;
	int fd;

	if (!len || len >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
	return sent < 0 ? -1 : 0;
}

void cli_notify_on_fd(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char line[8];

	if (!path || read(notify->ends[0], line, sizeof(line)) <= 0)
		return;
	if (send_to(path, "READY=1"))
		log_warn("NOTIFY_SOCKET cannot be told that we are ready", "path=%s reason=%s",
			 log_value(path), log_value(strerror(errno)));
	close(notify->ends[0]); /* once is enough */
	notify->ends[0] = -1;
}
