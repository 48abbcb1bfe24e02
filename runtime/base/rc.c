#include "base/rc.h"
#include "base/say.h"

#include <stdarg.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>

const char *rc_text(enum rc rc)
{
    switch (rc) {
    case RC_OK:
        return "ok";
    case RC_NONE:
        return "not there";
    case RC_END:
        return "at the end";
    case RC_IO:
        return "i/o error";
    case RC_FULL:
        return "full";
    case RC_BAD:
        return "malformed";
    case RC_BUSY:
        return "in use";
    case RC_TIMEOUT:
        return "timed out";
    }
    return "unknown trouble";
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    say(stderr, "bug: %s:%d: ", file, line);
    va_start(args, fmt);
    say_va(stderr, fmt, args);
    va_end(args);
    say(stderr, "\n");
    abort();
}

static void *sure(void *p)
{
    if (!p)
        BUG("out of memory");
    return p;
}

void *xmalloc(unsigned long n)
{
    return sure(malloc(n ? n : 1));
}

void *xcalloc(unsigned long n, unsigned long size)
{
    return sure(n && size ? calloc(n, size) : calloc(1, 1));
}

void *xrealloc(void *p, unsigned long n)
{
    return sure(realloc(p, n ? n : 1));
}

char *xstrdup(const char *z)
{
    return sure(strdup(z));
}

void xtrim(void)
{
#ifdef __GLIBC__
    malloc_trim(1u << 20);
#endif
}
