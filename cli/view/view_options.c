/* view_options: where a verb that shows routes takes them from.
 *
 *   in     the command line
 *   out    settings of a view
 *   owns   these settings
 *   never  opens anything
 */
#include "cli/view/view_options.h"

#include "cli/live/live.h"

struct view_settings cli_view_settings;

const struct conf_option cli_view_options[] = {
	CLI_LIVE_RUN_DIR(&cli_view_settings.run_dir),
	{ 0 },
};
