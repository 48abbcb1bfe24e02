#include "problem.h"
#include "base/buf.h"
#include "base/rc.h"
#include "base/say.h"
#include <stdarg.h>
#include <stdlib.h>

#define PROBLEMS_MAX 200 /* a broken file can go wrong everywhere; nobody reads more */

void problems_init(struct problems *p)
{
    memset(p, 0, sizeof *p);
    arena_init(&p->arena);
    p->file = STR("template");
}

void problems_release(struct problems *p)
{
    arena_release(&p->arena);
    free(p->list);
}

static bool said(const struct problems *p, int line, struct str path, struct str text)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].line == line && str_eq(p->list[i].path, path) && str_eq(p->list[i].text, text))
            return true;
    return false;
}

static void add(struct problems *p, int line, bool soft, struct str path, const char *fmt, va_list ap)
{
    char text[1024];
    vsnprintf(text, sizeof text, fmt, ap);
    if (p->count == PROBLEMS_MAX || said(p, line, path, str_z(text)))
        return;
    if (p->count == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->list = xrealloc(p->list, p->cap * sizeof *p->list);
    }
    p->list[p->count++] = (struct problem){line, soft, path, arena_str(&p->arena, str_z(text))};
    p->hard += !soft;
}

void problem_hard(struct problems *p, const struct node *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(p, node_origin(at)->line, false, node_path(&p->arena, at), fmt, ap);
    va_end(ap);
}

void problem_soft(struct problems *p, const struct node *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(p, node_origin(at)->line, true, node_path(&p->arena, at), fmt, ap);
    va_end(ap);
}

void problem_line(struct problems *p, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(p, line, false, STR(""), fmt, ap);
    va_end(ap);
}

bool problems_stop(const struct problems *p)
{
    return p->lenient ? p->hard > 0 : p->count > 0;
}

/* Insertion keeps the order of those on one line; there are at most PROBLEMS_MAX. */
void problems_sort(struct problems *p)
{
    for (size_t i = 1; i < p->count; i++) {
        struct problem moving = p->list[i];
        size_t at = i;
        for (; at > 0 && p->list[at - 1].line > moving.line; at--)
            p->list[at] = p->list[at - 1];
        p->list[at] = moving;
    }
}

struct str problem_text(struct problems *p, size_t at)
{
    const struct problem *x = &p->list[at];
    return arena_printf(&p->arena, "%.*s:%d: %s%.*s%s%.*s", STR_ARG(p->file), x->line,
                        x->soft && p->lenient ? "warning: " : "", STR_ARG(x->path), x->path.n ? ": " : "",
                        STR_ARG(x->text));
}

void problems_print(struct problems *p, FILE *to)
{
    for (size_t i = 0; i < p->count; i++) {
        struct str line = problem_text(p, i);
        say(to, "%.*s\n", STR_ARG(line));
    }
}
