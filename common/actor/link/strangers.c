/* strangers: connections to this process that have shown no key yet.
 *
 *   in     what the monitor of a socket says of its connections; keys that are not let in
 *   out    the count of refusals; at most a line a second about each kind of refusal
 *   owns   the addresses of the last that came; those that have not shown a key yet
 *   never  grows with their number
 */
#include "actor/link/strangers.h"

#include <stdio.h>
#include <string.h>

#include "actor/actor_metrics.h"
#include "actor/link/caller.h"
#include "base/log.h"

#define LINE_MS 1000

struct refusal {
	struct limiter *limiter;
	const char *link, *address, *reason;
};

/* An IPv4 address at a socket of IPv6 is shown as what it is. */
static void refuse(const struct refusal *refusal)
{
	const char *address = refusal->address;
	unsigned n_kept;

	actor_metrics.refused[PEER_REFUSED_KEY]++;
	if (!limiter_pass(refusal->limiter, LINE_MS, &n_kept))
		return;
	if (strncmp(address, "::ffff:", 7) == 0 && strchr(address, '.'))
		address += 7;
	log_warn("connection refused", "link=%s address=%s reason=%s kept_back=%u", refusal->link,
		 log_value(address), log_value(refusal->reason), n_kept);
}

void actor_strangers_drop(struct strangers *strangers, int fd)
{
	struct caller *waiting = strangers->waiting;
	size_t at = 0;

	while (at < strangers->n_waiting && waiting[at].fd != fd)
		at++;
	if (at == strangers->n_waiting)
		return;
	strangers->n_waiting--;
	memmove(waiting + at, waiting + at + 1, (strangers->n_waiting - at) * sizeof(*waiting));
}

/* Whoever has a key says HELLO at once, so the oldest is the least likely to have one. */
static void end_oldest(struct strangers *strangers, const char *link)
{
	const struct caller oldest = strangers->waiting[0];
	char address[64];

	actor_caller_name(oldest.fd, address, sizeof(address));
	actor_caller_cut_off(&oldest);
	actor_strangers_drop(strangers, oldest.fd);
	refuse(&(struct refusal){
		&strangers->too_many, link, address,
		"too many connections have shown no key, and this is the oldest" });
}

void actor_strangers_add(struct strangers *strangers, const char *link, int fd)
{
	const size_t i = (unsigned)fd % STRANGERS_REMEMBERED;
	struct caller caller = { .fd = fd };

	strangers->last[i].fd = fd;
	actor_caller_name(fd, strangers->last[i].address, sizeof(strangers->last[i].address));
	actor_strangers_drop(strangers, fd); /* of a connection that has ended */
	if (strangers->n_waiting == STRANGERS_MAX)
		end_oldest(strangers, link);
	actor_caller_locate(&caller);
	strangers->waiting[strangers->n_waiting++] = caller;
}

void actor_strangers_on_failure(struct strangers *strangers, const char *link, int fd)
{
	const size_t i = (unsigned)fd % STRANGERS_REMEMBERED;
	const char *address = strangers->last[i].address;

	if (strangers->last[i].fd != fd || !*address)
		address = "unknown";
	refuse(&(struct refusal){ &strangers->bad_handshakes, link, address,
				  "it has not our key from server.pub, or speaks without CURVE" });
}

void actor_strangers_on_key(struct strangers *strangers, const char *link, const char *address,
			    const char *key)
{
	char reason[160];

	snprintf(reason, sizeof(reason),
		 "the public key %s is not in clients.pub, or not as one of the room that connects "
		 "here",
		 key);
	refuse(&(struct refusal){ &strangers->unknown_keys, link, address, reason });
}
