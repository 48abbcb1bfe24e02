#include "terminal.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/say.h"
#include <unistd.h>

#define DIM STR("\x1b[2m")

/* Read well on light and dark ground. */
static const struct str colours[] = {
    STR_INIT("\x1b[36m"), STR_INIT("\x1b[35m"), STR_INIT("\x1b[33m"), STR_INIT("\x1b[32m"),
    STR_INIT("\x1b[34m"), STR_INIT("\x1b[96m"), STR_INIT("\x1b[95m"), STR_INIT("\x1b[93m"),
    STR_INIT("\x1b[92m"), STR_INIT("\x1b[94m"),
};

static struct str colour_of(struct str name)
{
    unsigned h = 5381;
    for (size_t i = 0; i < name.n; i++)
        h = h * 33 + (unsigned char)name.p[i];
    return colours[h % (sizeof(colours) / sizeof(*colours))];
}

/* Time, function and text. */
void terminal_log_line(const struct terminal *t, struct str iso, struct str function, struct str text)
{
    struct say_part parts[] = {
        {.text = str_sub(iso, 11, 12), .colour = DIM},
        {.text = function, .colour = colour_of(function), .width = 16},
        {.text = STR_NONE},
    };
    while (text.p) {
        parts[2].text = str_cut(&text, '\n');
        say_line(t->to, t->paint, parts, sizeof(parts) / sizeof(*parts));
    }
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
        terminal_log_line(t, str_z(iso), e->what, e->detail);
        return;
    }
    char line[1024];
    snprintf(line, sizeof(line), "%d %.*s%s%.*s", e->status, STR_ARG(e->what), e->detail.n ? ": " : "",
             STR_ARG(e->detail));
    terminal_log_line(t, str_z(iso), STR("api"), str_z(line));
}

struct terminal terminal_of(FILE *to)
{
    return (struct terminal){.to = to, .paint = isatty(fileno(to))};
}

void terminal_attach(struct terminal *t, struct world *w, FILE *to)
{
    *t = terminal_of(to);
    t->listener.heard = heard;
    trace_listen(w, &t->listener);
}

void terminal_detach(struct terminal *t, struct world *w)
{
    trace_unlisten(w, &t->listener);
}
