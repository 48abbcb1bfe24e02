#include "terminal.h"
#include "base/clock.h"
#include "base/list.h"
#include <unistd.h>

/* Colours that read well on light and dark ground. */
static const int colours[] = {36, 35, 33, 32, 34, 96, 95, 93, 92, 94};

static int colour_of(struct str name)
{
    unsigned h = 5381;
    for (size_t i = 0; i < name.n; i++)
        h = h * 33 + (unsigned char)name.p[i];
    return colours[h % (sizeof(colours) / sizeof(*colours))];
}

static void print_line(FILE *to, struct str time, struct str function, struct str text)
{
    if (isatty(fileno(to)))
        fprintf(to, "\x1b[2m%.*s\x1b[0m \x1b[%dm%-16.*s\x1b[0m %.*s\n", STR_ARG(time), colour_of(function),
                STR_ARG(function), STR_ARG(text));
    else
        fprintf(to, "%.*s %-16.*s %.*s\n", STR_ARG(time), STR_ARG(function), STR_ARG(text));
}

void terminal_log_line(FILE *to, struct str iso, struct str function, struct str text)
{
    while (text.p)
        print_line(to, str_sub(iso, 11, 12), function, str_cut(&text, '\n'));
}

static void heard(struct trace_listener *l, const struct trace_event *e)
{
    struct terminal *t = list_of(l, struct terminal, listener);
    bool refusal = e->kind == TRACE_HTTP && e->status >= 400;
    if (e->kind != TRACE_LOG && e->kind != TRACE_INVOKE && e->kind != TRACE_ERROR && !refusal)
        return;
    char iso[CLOCK_ISO_SIZE];
    clock_iso(e->at_us / 1000, iso);
    if (!refusal) {
        terminal_log_line(t->to, str_z(iso), e->what, e->detail);
        return;
    }
    char line[1024];
    snprintf(line, sizeof(line), "%d %.*s%s%.*s", e->status, STR_ARG(e->what), e->detail.n ? ": " : "",
             STR_ARG(e->detail));
    terminal_log_line(t->to, str_z(iso), STR("api"), str_z(line));
}

void terminal_attach(struct terminal *t, struct world *w, FILE *to)
{
    t->to = to;
    t->listener.heard = heard;
    trace_listen(w, &t->listener);
}

void terminal_detach(struct terminal *t, struct world *w)
{
    trace_unlisten(w, &t->listener);
}
