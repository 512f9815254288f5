/* threads: those that ZeroMQ starts. */
#ifndef CONFINE_THREADS_H
#define CONFINE_THREADS_H

/* Until each has begun its work: what a thread calls while it starts, the filter does not allow. */
void confine_threads_wait(void);

#endif
