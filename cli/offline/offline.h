/* offline: runs the whole pipeline in one process, without sockets: it calls the core functions of
 * the rooms one after the other. */
#ifndef CLI_OFFLINE_H
#define CLI_OFFLINE_H

#include "actor/conf.h"
#include "base/map.h"
#include "publisher/gateway/attached.h"
#include "publisher/wanted/wanted.h"
#include "resolver/owners/resolve.h"
#include "translator/settings/pomerium_flags.h"
#include "translator/translate.h"
#include "watcher/dir/source_dir.h"

/* What `translate`, `explain` and `up` share with the rooms; filled in by conf_read. */
struct offline_settings {
	struct str_list files;
	struct resolve_settings resolve;
	struct str cluster_domain;
	bool path_elements; /* of HTTPRoutes */
	struct host_policy_flags hosts;
	long no_backend_status; /* the same */
	bool bootstrap_only;
	struct str_list classes; /* are ours where the manifests have no such IngressClass */
};
extern struct offline_settings cli_offline_settings;
extern const struct conf_option cli_offline_options[];

/* One thing that is wrong with an owner, or odd, for people. */
struct offline_line {
	struct msg_key owner;
	struct str name;     /* namespace/name, or the name alone of a cluster-scoped object */
	struct str text;     /* with its code */
	struct str sentence; /* without */
	struct str field;    /* as in struct msg_diagnostic */
	unsigned code;       /* enum rule_code; 0: none */
	bool is_warning;
};

/* For a verb that wants to see more than what comes out; each may be NULL. */
struct offline_hooks {
	void *self;
	/* As of source_sink; without it a problem is a line on stderr. */
	void (*problem)(void *self, const char *path, uint32_t line, const struct err *why);
	void (*document)(void *self, const char *path, const struct value *document);
	/* All is read, and values of Secrets are handed over next. */
	void (*loaded)(void *self);
	/* An owner with all that it refers to, before it is translated. */
	void (*bundle)(void *self, const struct msg_bundle *bundle);
};

/* What the translator says of an owner's status. */
struct offline_report {
	struct msg_key owner;
	const struct value *report;
	const char *rejected; /* why the owner was; NULL: it was not */
};

struct offline;

/* What lies below the manifests: objects of a cluster or of a running pipeline, which those of one
 * name in the manifests replace. */
struct offline_ground {
	void *self;
	/* Hands everything but Secrets to cli_offline_put. */
	int (*put)(void *self, struct offline *offline, struct err *err);
	/* A Secret that is wanted, and that no manifest has. */
	void (*secret)(void *self, struct offline *offline, const struct msg_key *key);
	bool has_values; /* of Secrets: certificates can be held */
};

/* A certificate that an owner offers. */
struct offline_cert {
	struct msg_key owner;
	struct str secret; /* "namespace/name" */
};

struct offline {
	struct pool pool;
	struct source_dir *source;
	struct resolve *resolve;
	struct wanted *wanted;
	struct host_policy policy;
	struct offline_hooks hooks;
	struct offline_line *lines;
	size_t n_lines;
	struct input_origin *origins; /* of what streams had, see input.h */
	size_t n_origins;
	struct msg_key *asked; /* Secrets whose values are still to be handed over */
	size_t n_asked;
	bool unreadable;
	bool rejected;           /* an object of a file that was read is none */
	bool allows_mass_delete; /* the Pomerium object does */
	bool keep_reports;       /* of the Gateway API's objects, while they are translated */
	struct offline_report *reports; /* in order of key */
	size_t n_reports;
	struct attached attached;
	const struct offline_ground *ground; /* NULL: none */
	struct map named;                    /* key texts of what the manifests have */
	struct map born; /* of the ground: key text -> int64_t, creationTimestamp */
	struct offline_cert
		*certs; /* with a ground, where keys are not known, they are only noted */
	size_t n_certs;
};

/* Adds the arguments after the options as more files; -1 if there are none at all. */
int cli_offline_add_files(const struct str_list *rest);
/* Reads the manifests, `-` for stdin and pipes among them; says on stderr what cannot be read, and
 * sets `unreadable`. */
void cli_offline_load(struct offline *self);
/* The same; of a broken file all problems are told, and what is good of it is kept. */
void cli_offline_load_all(struct offline *self, const struct offline_hooks *hooks);
/* The same over something that is there already, NULL: nothing. -1: that cannot be read. */
int cli_offline_load_over(struct offline *self, const struct offline_ground *ground,
			  struct err *err);
void cli_offline_put(struct offline *self, const struct msg_object *object);
bool cli_offline_is_named(const struct offline *self, const struct msg_key *key);
/* Translates every owner (only the Pomerium object if `settings_only`) into `wanted`; rejections
 * and warnings go to `lines`. */
void cli_offline_translate(struct offline *self, bool settings_only);
/* Prints the lines to stderr, by name; returns the exit status they mean. */
int cli_offline_report(struct offline *self);
/* The same without warnings. */
int cli_offline_report_rejected(struct offline *self);
void cli_offline_clear(struct offline *self);

#endif
