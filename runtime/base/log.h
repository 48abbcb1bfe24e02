/* The program's own log: one line a message, to a stream, from a level up.
 *
 * A log is made by main (or a test) and hung into the world; there is no global one.  Handlers' log lines are
 * not written here but to the event stream (door/trace.h); the terminal shows both. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log {
    FILE *to;
    enum log_level level;
};

/* Thread: main.  A NULL log writes nothing. */
void log_line(const struct log *l, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(l, ...) log_line((l), LOG_ERROR, __VA_ARGS__)
#define log_warn(l, ...) log_line((l), LOG_WARN, __VA_ARGS__)
#define log_info(l, ...) log_line((l), LOG_INFO, __VA_ARGS__)
#define log_debug(l, ...) log_line((l), LOG_DEBUG, __VA_ARGS__)

/* "error" "warn" "info" "debug"; false when it is none of them. */
bool log_level_parse(const char *z, enum log_level *out);

#endif
