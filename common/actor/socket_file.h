/* socket_file: socket files in the run folder whose name ends with a process number. */
#ifndef ACTOR_SOCKET_FILE_H
#define ACTOR_SOCKET_FILE_H

/* Removes what dead processes left beside `path`: files of the same name but for the number at its
 * end. */
void actor_socket_file_sweep(const char *path);

#endif
