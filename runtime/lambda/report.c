#include "report.h"
#include "door/trace.h"

static void add_event(struct flight *x, enum trace_kind kind, struct trace_event e)
{
    e.kind = kind;
    e.id = str_z(x->call->request_id);
    e.trace_id = str_z(x->call->trace_id);
    trace_add(x->call->world, &e);
}

/* The tail may grow to twice what is shown before its beginning is cut off. */
static void add_to_tail(struct buf *tail, struct str line)
{
    buf_str(tail, str_sub(line, line.n > REPORT_TAIL ? line.n - REPORT_TAIL : 0, REPORT_TAIL));
    buf_char(tail, '\n');
    if (tail->n > 2 * REPORT_TAIL)
        buf_drop(tail, tail->n - REPORT_TAIL);
}

struct str report_tail(const struct buf *tail)
{
    struct str all = buf_view(tail);
    return all.n > REPORT_TAIL ? str_sub(all, all.n - REPORT_TAIL, REPORT_TAIL) : all;
}

static void add_line(struct flight *x, struct str function, struct str line, int64_t at_us)
{
    if (x->tail)
        add_to_tail(x->tail, line);
    add_event(x, TRACE_LOG, (struct trace_event){.at_us = at_us, .what = function, .detail = line});
}

void report_line(struct flight *x, struct str function, struct str line)
{
    add_line(x, function, line, clock_now_us(&x->call->world->clock));
}

/* --- lines without printf, which would cost as much as all the rest of an invocation's bookkeeping */

struct line {
    char text[512];
    size_t n;
};

static void put_str(struct line *l, struct str s)
{
    memcpy(l->text + l->n, s.p, s.n);
    l->n += s.n;
}

static void put(struct line *l, const char *z)
{
    put_str(l, str_z(z));
}

static void put_number(struct line *l, int64_t v)
{
    char room[20];
    put_str(l, str_u64((uint64_t)v, room));
}

/* Milliseconds with two decimals. */
static void put_ms(struct line *l, int64_t us)
{
    int64_t hundredths = us <= 0 ? 0 : (us + 5) / 10;
    put_number(l, hundredths / 100);
    l->text[l->n++] = '.';
    l->text[l->n++] = (char)('0' + hundredths / 10 % 10);
    l->text[l->n++] = (char)('0' + hundredths % 10);
}

static struct str view(const struct line *l)
{
    return str_n(l->text, l->n);
}

void report_start(struct flight *x, struct str function)
{
    struct line line = {.n = 0};
    put(&line, "START RequestId: ");
    put(&line, x->call->request_id);
    put(&line, " Version: $LATEST");
    if (x->tail)
        add_to_tail(x->tail, view(&line));
    add_event(
        x, TRACE_INVOKE,
        (struct trace_event){
            .at_us = x->started_us, .causes = x->call->causes, .what = function, .detail = view(&line)});
}

/* Two lines in one event. */
static void add_end_lines(struct flight *x, struct str function, const struct report *r, int64_t at_us)
{
    struct line line = {.n = 0};
    put(&line, "END RequestId: ");
    put(&line, x->call->request_id);
    put(&line, "\nREPORT RequestId: ");
    put(&line, x->call->request_id);
    put(&line, "\tDuration: ");
    put_ms(&line, r->duration_us);
    put(&line, " ms\tBilled Duration: "); /* whole milliseconds, rounded up */
    put_number(&line, r->duration_us <= 0 ? 1 : (r->duration_us + 999) / 1000);
    put(&line, " ms\tMemory Size: ");
    put_number(&line, x->memory_mb);
    put(&line, " MB\tMax Memory Used: ");
    put_number(&line, r->memory_used <= 0 ? 1 : (r->memory_used + (1 << 20) - 1) >> 20);
    put(&line, " MB");
    if (x->init_us > 0) {
        put(&line, "\tInit Duration: ");
        put_ms(&line, x->init_us);
        put(&line, " ms");
    }
    if (r->status) {
        put(&line, "\tStatus: ");
        put(&line, r->status);
    }
    if (r->error_type) {
        put(&line, "\tError Type: ");
        put(&line, r->error_type);
    }
    add_line(x, function, view(&line), at_us);
}

void report_end(struct flight *x, struct str function, const struct report *r)
{
    int64_t now = clock_now_us(&x->call->world->clock);
    add_end_lines(x, function, r, now);
    add_event(x, TRACE_DONE,
              (struct trace_event){
                  .at_us = x->started_us,
                  .took_us = r->duration_us,
                  .causes = x->call->causes,
                  .what = function,
                  .detail = r->error.p ? str_sub(r->error, 0, 500) : STR(""),
                  .status = r->error.p ? 500 : 200,
              });
}
