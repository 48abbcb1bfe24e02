#include "wrong.h"

#include <stdarg.h>
#include <stdio.h>

bool wrong_say(struct wrong *w, const struct fault *f, const char *fmt, ...)
{
    if (w->fault)
        return false;
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = arena_alloc(w->arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    w->fault = f;
    w->text = str_n(text, (size_t)n);
    return false;
}

enum op_end wrong_end(struct call *c, const struct wrong *w)
{
    return call_fail(c, w->fault, "%.*s", STR_ARG(w->text));
}
