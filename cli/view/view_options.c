/* view_options: where a verb that shows routes takes them from.
 *
 *   in     the command line
 *   out    settings of a view
 *   owns   these settings
 *   never  opens anything
 */
#include "cli/view/view_options.h"

struct view_settings cli_view_settings;

const struct conf_option cli_view_options[] = {
	{ "run-dir", CONF_TEXT, &cli_view_settings.run_dir, "/run/sluice", 0, 0,
	  "folder of the sockets between processes", 0 },
	{ 0 },
};
