/* news: what a change means for one owner. */
#ifndef RESOLVER_NEWS_H
#define RESOLVER_NEWS_H

#include <stdbool.h>
#include <stdint.h>

struct owner_news {
	bool exists;      /* else it is gone, or not ours any more */
	bool refused;     /* for what it would cost: no translator is needed to reject it */
	uint64_t work;    /* that its translation takes, in units of about a microsecond */
	uint64_t seen_ns; /* when the change was seen; 0: unknown */
};

#endif
