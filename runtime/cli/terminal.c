#include "terminal.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/say.h"

#define LINE_IN(colour) "\x1b[2m%.*s\x1b[0m \x1b[" colour "m%-16.*s\x1b[0m %.*s\n"

/* Time, function and text, in colours that read well on light and dark ground. */
static const char *const lines[] = {
    LINE_IN("36"), LINE_IN("35"), LINE_IN("33"), LINE_IN("32"), LINE_IN("34"),
    LINE_IN("96"), LINE_IN("95"), LINE_IN("93"), LINE_IN("92"), LINE_IN("94"),
};

static const char *line_of(struct str name)
{
    unsigned h = 5381;
    for (size_t i = 0; i < name.n; i++)
        h = h * 33 + (unsigned char)name.p[i];
    return lines[h % (sizeof(lines) / sizeof(*lines))];
}

static void print_line(FILE *to, struct str time, struct str function, struct str text)
{
    say(to, line_of(function), STR_ARG(time), STR_ARG(function), STR_ARG(text));
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
