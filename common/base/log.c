/* log: one fact a line on stderr, logfmt or JSON.
 *
 *   in     a message and ready key=value text
 *   out    ts=2024-05-01T12:00:00.123Z level=info room=resolver msg="..." key=value, in one write;
 *          or {"ts":"2024-05-01T12:00:00.123Z","level":"info","room":"resolver","msg":"...",...}
 *   owns   the room's name and the level
 *   never  writes half a line, never fails
 */
#include "base/log.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_json.h"

#define LINE_MAX_BYTES 4096u
#define VALUE_MAX_BYTES 512u
#define JSON_MAX_BYTES (8u * LINE_MAX_BYTES) /* every byte escaped */

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static enum log_level level_now = LOG_LEVEL_INFO;
static enum log_format format_now = LOG_LOGFMT;
static char room_name[32];

/* What was said last in each level. */
static struct {
	unsigned long long n;
	long long time;
	char text[VALUE_MAX_BYTES];
} said[LOG_LEVEL_ERROR + 1];

void log_open(const char *room)
{
	(void)snprintf(room_name, sizeof(room_name), "%s", room);
}

void log_set_level(enum log_level level)
{
	level_now = level;
}

void log_set_format(enum log_format format)
{
	format_now = format;
}

enum log_level log_get_level(void)
{
	return level_now;
}

int log_level_from(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

unsigned long long log_n_lines(enum log_level level)
{
	return said[level].n;
}

long long log_last_time(enum log_level level)
{
	return said[level].time;
}

const char *log_last_text(enum log_level level)
{
	return said[level].text;
}

static void add_time(const struct timespec *now, struct buf *line)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(now->tv_sec, (int)(now->tv_nsec / 1000000), text);
	buf_puts(line, text);
}

static void add_logfmt(enum log_level level, const struct timespec *now, const char *message,
		       const char *fields, struct buf *line)
{
	buf_puts(line, "ts=");
	add_time(now, line);
	buf_printf(line, " level=%s", level_names[level]);
	if (room_name[0])
		buf_printf(line, " room=%s", room_name);
	buf_printf(line, " msg=%s", log_value(message));
	if (*fields)
		buf_printf(line, " %s", fields);
	buf_putc(line, '\n');
}

static void add_json(enum log_level level, const struct timespec *now, const char *message,
		     const char *fields, struct buf *line)
{
	buf_puts(line, "{\"ts\":\"");
	add_time(now, line);
	buf_printf(line, "\",\"level\":\"%s\"", level_names[level]);
	if (room_name[0])
		buf_printf(line, ",\"room\":\"%s\"", room_name);
	buf_puts(line, ",\"msg\":");
	log_json_string(str_slice(str_from(message), 0, VALUE_MAX_BYTES), line);
	log_json_fields(str_from(fields), line);
	buf_puts(line, "}\n");
}

void log_at(enum log_level level, const char *message, const char *fields, ...)
{
	char text[LINE_MAX_BYTES / 2] = "";
	struct timespec now = { 0 };
	struct buf line;
	va_list args;
	ssize_t n;

	said[level].n++;
	if (level < level_now)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (fields) {
		va_start(args, fields);
		(void)vsnprintf(text, sizeof(text), fields, args);
		va_end(args);
		for (char *p = text; *p; p++)
			if ((unsigned char)*p < 0x20)
				*p = ' '; /* one line stays one line */
	}
	said[level].time = now.tv_sec;
	(void)snprintf(said[level].text, sizeof(said[level].text), "%s%s%s", message,
		       *text ? " " : "", text);
	buf_init(&line, format_now == LOG_JSON ? JSON_MAX_BYTES : LINE_MAX_BYTES);
	(format_now == LOG_JSON ? add_json : add_logfmt)(level, &now, message, text, &line);
	n = write(STDERR_FILENO, line.ptr, line.len);
	(void)n; /* nobody is left to tell */
	buf_clear(&line);
}

static bool is_plain(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7F || *text == '"' ||
		    *text == '=' || *text == '\\')
			return false;
	return true;
}

const char *log_value(const char *text)
{
	static _Thread_local char slots[4][VALUE_MAX_BYTES + 16];
	static _Thread_local unsigned next;
	char *slot = slots[next++ % 4];
	struct str value = str_from(text ? text : "");
	struct buf quoted;

	if (value.len <= VALUE_MAX_BYTES && is_plain(value.ptr)) {
		memcpy(slot, value.ptr, value.len + 1);
		return slot;
	}
	buf_init(&quoted, sizeof(slots[0]) - 1);
	buf_quoted(&quoted, value, VALUE_MAX_BYTES);
	memcpy(slot, buf_view(&quoted).ptr, quoted.len);
	slot[quoted.len] = '\0';
	buf_clear(&quoted);
	return slot;
}
