/* sinks: all sinks of this process, as one. The first is the one that everything is stored in. */
#ifndef PUBLISHER_SINKS_H
#define PUBLISHER_SINKS_H

#include "publisher/sink/sink.h"

#define SINKS_MAX 2

struct sinks {
	struct sink *items[SINKS_MAX];
	size_t n;
};

void publisher_sinks_add(struct sinks *sinks,
			 struct sink *sink); /* which is the caller's no more */
void publisher_sinks_clear(struct sinks *sinks);

void publisher_sinks_touch(const struct sinks *sinks, const struct msg_key *owner,
			   uint64_t seen_ns);
void publisher_sinks_allow_mass_delete(const struct sinks *sinks, bool allowed);
void publisher_sinks_no_class(const struct sinks *sinks, bool is_so);
/* Whether one of them needs what Pomerium starts with, and what each of them makes of it. */
bool publisher_sinks_wait_for_start(const struct sinks *sinks);
int publisher_sinks_start_with(const struct sinks *sinks, struct good *good, struct err *err);
bool publisher_sinks_begin(const struct sinks *sinks); /* false: one of them begins later */
void publisher_sinks_follow_foreign(const struct sinks *sinks, struct foreign *into);
int publisher_sinks_fd(const struct sinks *sinks, size_t i); /* of the i-th; -1: none */
void publisher_sinks_on_fd(const struct sinks *sinks, int fd);
uint64_t publisher_sinks_tick(const struct sinks *sinks, uint64_t now_ms, uint64_t may_ms);
void publisher_sinks_look(const struct sinks *sinks, struct sink_state *out);
void publisher_sinks_explain(const struct sinks *sinks, const struct owner *owner, cJSON *out);
void publisher_sinks_explain_held(const struct sinks *sinks, cJSON *list);

#endif
