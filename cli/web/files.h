/* files: the page itself: a file each of HTML, CSS and JavaScript, compiled in by scripts/embed. */
#ifndef CLI_WEB_FILES_H
#define CLI_WEB_FILES_H

#include <stddef.h>

struct web_file {
	const char *path, *type;
	const char *bytes;
	size_t len;
};

extern const struct web_file cli_web_files[]; /* ends with { 0 } */

#endif
