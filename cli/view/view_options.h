/* view_options: where a verb that shows routes takes them from. */
#ifndef CLI_VIEW_OPTIONS_H
#define CLI_VIEW_OPTIONS_H

#include "actor/conf.h"

extern struct view_settings {
	struct str run_dir;
} cli_view_settings;
extern const struct conf_option cli_view_options[];

#endif
