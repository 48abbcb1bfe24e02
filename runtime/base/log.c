#include "base/log.h"

#include <stdarg.h>
#include <string.h>

static const struct {
    const char *name, *paint;
} levels[] = {
    [LOG_ERROR] = {"error", "\033[31m"},
    [LOG_WARN] = {"warn", "\033[33m"},
    [LOG_INFO] = {"info", "\033[36m"},
    [LOG_DEBUG] = {"debug", "\033[2m"},
};
enum { LEVELS = sizeof levels / sizeof *levels };

/* A message stays one line, whatever a client put into it. */
static void one_line(char *z)
{
    for (; *z; z++)
        if ((unsigned char)*z < 0x20 || *z == 0x7f)
            *z = ' ';
}

void log_line(const struct log *l, enum log_level level, const char *fmt, ...)
{
    if (!l || level > l->level)
        return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    one_line(text);
    const char *name = levels[level].name;
    if (l->colour)
        fprintf(l->to, "%s%-5s\033[0m %s\n", levels[level].paint, name, text);
    else
        fprintf(l->to, "%-5s %s\n", name, text);
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
