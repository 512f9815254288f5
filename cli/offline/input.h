/* input: what the offline verbs read that is neither a file nor a folder, and what they take to be
 * there although it stands nowhere. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "actor/conf_option.h"
#include "watcher/dir/source_dir.h"

struct offline;

/* For verbs that read manifests without a cluster: --class and --strict. */
extern const struct conf_option cli_input_options[];
/* Once the options are read: classes of --class are ours, and what is missing rejects nobody unless
 * --strict says so. Returns whether it does. */
bool cli_input_settle(void);

/* `-` and pipes go to `streams`, all others to `paths`; both live in the pool. */
void cli_input_split(const struct str_list *files, struct pool *pool, struct str_list *paths,
		     struct str_list *streams);
/* From this line of a stream on, what it has is of that file: helm writes `# Source: FILE`. */
struct input_origin {
	struct str stream, file; /* file empty: not known */
	uint32_t line;
};

/* Into the source that is not loaded yet; fills in the origins. */
void cli_input_read(struct offline *offline, const struct str_list *streams,
		    const struct source_sink *sink);
/* Whether some of it can neither be read nor parsed; says nothing about it. */
bool cli_input_is_unreadable(const struct str_list *paths);
/* The file that a line of a stream comes from, and the line counted from there; unchanged if
 * that is not known. */
void cli_input_origin(const struct offline *offline, struct str *file, uint32_t *line);
/* Puts an IngressClass with this controller for each name that the loaded source has none for. The
 * first is the default class, if the source has no default class. */
void cli_input_add_classes(struct source_dir *source, const struct str_list *names,
			   struct str controller, const struct source_sink *sink);

#endif
