#include "base/log.h"
#include "base/say.h"

#include <stdarg.h>
#include <string.h>

static const struct {
    const char *name, *line;
} levels[] = {
    [LOG_ERROR] = {"error", "\x1b[31merror\x1b[0m %s\n"},
    [LOG_WARN] = {"warn", "\x1b[33mwarn \x1b[0m %s\n"},
    [LOG_INFO] = {"info", "\x1b[36minfo \x1b[0m %s\n"},
    [LOG_DEBUG] = {"debug", "\x1b[2mdebug\x1b[0m %s\n"},
};
enum { LEVELS = sizeof levels / sizeof *levels };

void log_line(const struct log *l, enum log_level level, const char *fmt, ...)
{
    if (!l || level > l->level)
        return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    say(l->to, levels[level].line, text); /* one line, whatever a client put into it */
    fflush(l->to);
}

bool log_level_parse(const char *z, enum log_level *out)
{
    for (int i = 0; i < LEVELS; i++) {
        if (strcmp(z, levels[i].name) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}
