#include "report.h"
#include "door/trace.h"
#include <stdio.h>

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

void report_line(struct flight *x, struct str function, struct str line)
{
    if (x->tail)
        add_to_tail(x->tail, line);
    add_event(x, TRACE_LOG,
              (struct trace_event){
                  .at_us = clock_now_us(&x->call->world->clock), .what = function, .detail = line});
}

void report_start(struct flight *x, struct str function)
{
    char line[128];
    int n = snprintf(line, sizeof(line), "START RequestId: %s Version: $LATEST", x->call->request_id);
    add_event(x, TRACE_INVOKE,
              (struct trace_event){.at_us = x->started_us, .causes = x->call->causes, .what = function});
    report_line(x, function, str_n(line, (size_t)n));
}

/* Whole milliseconds, rounded up, as Lambda bills. */
static long billed_ms(int64_t us)
{
    return us <= 0 ? 1 : (long)((us + 999) / 1000);
}

static long megabytes(int64_t bytes)
{
    return bytes <= 0 ? 1 : (long)((bytes + (1 << 20) - 1) >> 20);
}

void report_end(struct flight *x, struct str function, const struct report *r)
{
    const char *id = x->call->request_id;
    char line[512];
    int n = snprintf(line, sizeof(line), "END RequestId: %s", id);
    report_line(x, function, str_n(line, (size_t)n));
    n = snprintf(line, sizeof(line),
                 "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %ld ms\tMemory Size: %ld MB\t"
                 "Max Memory Used: %ld MB",
                 id, (double)r->duration_us / 1000.0, billed_ms(r->duration_us), (long)x->memory_mb,
                 megabytes(r->memory_used));
    if (x->init_us > 0)
        n += snprintf(line + n, sizeof(line) - (size_t)n, "\tInit Duration: %.2f ms",
                      (double)x->init_us / 1000.0);
    if (r->status)
        n += snprintf(line + n, sizeof(line) - (size_t)n, "\tStatus: %s", r->status);
    if (r->error_type)
        n += snprintf(line + n, sizeof(line) - (size_t)n, "\tError Type: %s", r->error_type);
    report_line(x, function, str_n(line, (size_t)n));
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
