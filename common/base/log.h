/* log: one fact a line on stderr, logfmt or JSON: ts, level, room, message, then key=value.
 *
 * What is wrong with the user's data or with the network is a warning, with the environment an
 * error. Values are quoted when they must be. Never hand a secret to these functions. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_open(const char *room);          /* stamped on each line; before any log_* */
void log_set_level(enum log_level level); /* default LOG_LEVEL_INFO */
enum log_level log_get_level(void);
enum log_format { LOG_LOGFMT, LOG_JSON };
void log_set_format(enum log_format format);               /* default LOG_LOGFMT */
int log_level_from(const char *name, enum log_level *out); /* "debug" ... "error"; -1 if unknown */
/* fields: a format of ready key=value text, or NULL. Example: log_info("file read", "path=%s
 * objects=%zu", p, n) */
void log_at(enum log_level level, const char *message, const char *fields, ...)
	__attribute__((format(printf, 3, 4)));
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
/* For metrics and status pages; lines below the level are counted too. */
unsigned long long log_n_lines(enum log_level level);
long long log_last_time(enum log_level level);   /* seconds since 1970; 0: there was none */
const char *log_last_text(enum log_level level); /* message and fields of the last line written */
/* A value quoted for logfmt if it needs it; one of four static slots, cut at 512 bytes. */
const char *log_value(const char *text);

#endif
