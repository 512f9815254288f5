/* notify: tells systemd (Type=notify) that the first complete state is published. It does nothing
 * where systemd does not ask for it. */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

struct notify {
	int ends[2];   /* the publisher writes to the second once it is ready; -1: nobody asks */
	char flag[32]; /* for its command line; "": none */
};

void cli_notify_open(struct notify *notify);
void cli_notify_close(struct notify *notify);
void cli_notify_inherit(struct notify *notify); /* in the publisher's process, before exec */
int cli_notify_fd(const struct notify *notify); /* to poll for reading; -1: none */
void cli_notify_on_fd(struct notify *notify);

#endif
