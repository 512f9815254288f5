/* side: a view of one side, by its name: manifests, `pipeline`, `cluster` or `databroker`. */
#ifndef CLI_SIDE_H
#define CLI_SIDE_H

#include "actor/conf_option.h"
#include "cli/view/view.h"

extern const struct conf_option cli_side_options[];            /* of a cluster */
extern const struct conf_option cli_side_databroker_options[]; /* how it is reached */

struct side {
	struct view view;
	bool is_translated;     /* here */
	bool is_stored;         /* in a databroker; neither: by a pipeline */
	struct offline offline; /* from what, if so */
};

/* `name`: `pipeline`, `cluster`, `databroker`, a file or folder, or empty: the files alone, without
 * any the pipeline. Files are laid over a pipeline or a cluster. CLI_GOOD, or a status after a line
 * on stderr; what cannot be read whole leaves the view incomplete. Close it in every case. */
enum cli_status cli_side_open(struct side *self, const struct view_wish *wish, struct str name,
			      const struct str_list *files, const char *verb);
void cli_side_close(struct side *self);
/* NULL: none was named, or not the secret that it wants. */
const struct reach *cli_side_databroker(void);
/* Whether the name, with these files, can be opened: -1 and what to name instead. */
int cli_side_check(struct str name, const struct str_list *files, struct err *err);

#endif
