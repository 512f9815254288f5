/* feed: where objects come from: a folder of manifests, a cluster or a recording. */
#ifndef WATCHER_FEED_H
#define WATCHER_FEED_H

#include <stdio.h>

#include "kube/kube.h"
#include "msg/msg.h"

struct feed;

/* The resolver's side. */
struct feed_sink {
	void *self;
	/* OBJECT_DELETE, KIND_STATE or SECRET_VALUE, and when the change was seen (0: unknown);
	 * borrowed during the call. */
	void (*send)(void *self, enum msg_type type, const void *body, uint64_t seen_ns);
	/* OBJECT_PUT, packed already. */
	void (*put)(void *self, struct str object, uint64_t seen_ns);
	bool (*has_credit)(void *self); /* the resolver is there and takes more */
};

/* For metrics. */
struct feed_counts {
	uint64_t kinds[MSG_KIND_UNAVAILABLE + 1]; /* how many are in each condition */
	uint64_t requests[KUBE_CLASSES];
	uint64_t n_files, n_broken;
};

struct feed_ops {
	/* The resolver holds nothing: send it everything. `stranger`: it is another process than
	 * the last one, and has not said yet which Secrets it wants. */
	void (*begin)(struct feed *feed, bool stranger);
	void (*end)(struct feed *feed);   /* the resolver is away */
	void (*go_on)(struct feed *feed); /* it takes more again */
	void (*want)(struct feed *feed, const struct msg_key *secret, bool wanted);
	/* The descriptor to wait on; -1: for now events stay in the kernel, in order. */
	int (*fd)(struct feed *feed);
	void (*on_fd)(struct feed *feed);
	uint64_t (*tick)(struct feed *feed, uint64_t now_ms); /* next deadline */
	/* Nothing is still being listed; else the reason. */
	bool (*ready)(const struct feed *feed, struct err *why);
	void (*count)(const struct feed *feed, struct feed_counts *out);
	void (*destroy)(struct feed *feed);
};

struct feed {
	const struct feed_ops *ops;
	struct feed_sink sink;
};

/* Both copy what they need of their arguments. */
struct feed *watcher_feed_dir_new(const struct str_list *paths, const struct feed_sink *sink);
/* What is watched of a cluster. */
struct feed_scope {
	struct str_list namespaces; /* empty: all */
	struct str service; /* namespace/name of a Service that is watched even if its namespace is
			       not one of those; empty: none */
	bool gateway_api;   /* its objects, too; they need the whole cluster, so not if there are
			     namespaces */
};
struct feed *watcher_feed_kube_new(struct kube *kube, const struct feed_scope *scope,
				   const struct feed_sink *sink);
/* A recording, and how many times faster than it was it is played: "2", "0.5"; "max" is 0. */
int watcher_replay_open(struct str path, struct str speed_text, FILE **file, double *speed,
			struct err *err);
/* Takes over the file. */
struct feed *watcher_feed_replay_new(FILE *file, double speed, const struct feed_sink *sink);

#endif
