/* socket_file: socket files in the run folder whose name ends with a process number. */
#ifndef ACTOR_SOCKET_FILE_H
#define ACTOR_SOCKET_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "msg/msg.h"

/* Of this process: `what` is "tap" or "web". */
void actor_socket_file_name(const char *run_dir, const char *what, enum msg_room room,
			    char out[PATH_MAX]);
/* Both of a process that has ended: one that was confined or killed leaves them. */
void actor_socket_file_remove(const char *run_dir, enum msg_room room, pid_t pid);
/* Removes what dead processes left beside `path`: files of the same name but for the number at its
 * end. Another one's of the last ten seconds stays: its process may be about to listen. */
void actor_socket_file_sweep(const char *path);

#endif
