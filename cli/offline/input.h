/* input: what the offline verbs read that is neither a file nor a folder, and what they take to be
 * there although it stands nowhere. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "actor/conf_option.h"
#include "watcher/dir/source_dir.h"

/* For verbs that read manifests without a cluster: --class and --strict. */
extern const struct conf_option cli_input_options[];
/* Once the options are read: classes of --class are ours, and what is missing rejects nobody unless
 * --strict says so. */
void cli_input_settle(void);

/* `-` and pipes go to `streams`, all others to `paths`; both live in the pool. */
void cli_input_split(const struct str_list *files, struct pool *pool, struct str_list *paths,
		     struct str_list *streams);
/* Into a source that is not loaded yet. */
void cli_input_read(struct source_dir *source, const struct str_list *streams,
		    const struct source_sink *sink);
/* Whether some of it can neither be read nor parsed; says nothing about it. */
bool cli_input_is_unreadable(const struct str_list *paths);
/* Puts an IngressClass with this controller for each name that the loaded source has none for. The
 * first is the default class, if the source has no default class. */
void cli_input_add_classes(struct source_dir *source, const struct str_list *names,
			   struct str controller, const struct source_sink *sink);

#endif
