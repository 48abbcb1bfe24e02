/* Trace: the event stream, from an event on.  Logs: what handlers printed.  Both wait for the next when asked
 * to. */
#include "control_inside.h"
#include <stdlib.h>

struct trace_in {
    int64_t after, limit, wait; /* wait: seconds to wait for the next event */
    struct str function;
};

static const struct shape_row in[] = {
    IN_INT(trace_in, after, "after", .max = INT64_MAX),
    IN_INT(trace_in, limit, "limit", .min = 1, .max = 10000),
    IN_INT(trace_in, wait, "wait", .max = 60),
    IN_STR(trace_in, function, "function"),
    SHAPE_END,
};

static const char *const kinds[] = {
    [TRACE_CALL] = "call", [TRACE_INVOKE] = "invoke", [TRACE_DONE] = "done",   [TRACE_LOG] = "log",
    [TRACE_HTTP] = "http", [TRACE_STATE] = "state",   [TRACE_ERROR] = "error", [TRACE_STORED] = "stored",
};

static void add_text(cJSON *o, const char *name, struct str s)
{
    if (!s.n)
        return;
    char *z = xmalloc(s.n + 1);
    cJSON_AddStringToObject(o, name, str_copy(s, z, s.n + 1));
    free(z);
}

cJSON *control_event_json(const struct trace_event *e)
{
    cJSON *o = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];
    clock_iso(e->at_us / 1000, iso);
    cJSON_AddNumberToObject(o, "seq", (double)e->seq);
    cJSON_AddStringToObject(o, "kind", kinds[e->kind]);
    cJSON_AddStringToObject(o, "at", iso);
    add_text(o, "what", e->what);
    add_text(o, "id", e->id);
    cJSON_AddNumberToObject(o, "status", e->status);
    cJSON_AddNumberToObject(o, "tookMs", (double)e->took_us / 1000.0);
    add_text(o, "detail", e->detail);
    add_text(o, "causes", e->causes);
    add_text(o, "traceId", e->trace_id);
    add_text(o, "also", e->also);
    return o;
}

static bool wanted(const struct trace_in *req, const struct trace_event *e, bool logs)
{
    if (logs && e->kind != TRACE_LOG && e->kind != TRACE_INVOKE)
        return false;
    return !req->function.n || str_eq(req->function, e->what);
}

static enum op_end read_stream(struct call *c, const struct trace_in *req, bool logs)
{
    uint64_t seq = req->after == SHAPE_NO_INT ? 0 : (uint64_t)req->after;
    int64_t left = req->limit == SHAPE_NO_INT ? 1000 : req->limit;
    cJSON *events = cJSON_CreateArray();
    struct trace_event e;
    while (left > 0 && trace_next(c->world->trace, seq, &e)) {
        seq = e.seq;
        if (wanted(req, &e, logs))
            cJSON_AddItemToArray(events, control_event_json(&e)), left--;
    }
    bool nothing = cJSON_GetArraySize(events) == 0;
    if (nothing && req->wait > 0 && c->runs == 0)
        c->began_us = clock_now_us(&c->world->clock);
    int64_t until = c->began_us / 1000 + (req->wait > 0 ? req->wait * 1000 : 0);
    if (nothing && req->wait > 0 && c->now < until) {
        cJSON_Delete(events);
        control_of(c)->watched = true;
        return call_park(c, STR(TRACE_ARN), until);
    }
    cJSON_AddItemToObject(call_out(c), "events", events);
    cJSON_AddNumberToObject(call_out(c), "next", (double)seq);
    return OP_DONE;
}

static enum op_end run_trace(struct call *c, const void *input)
{
    return read_stream(c, input, false);
}

static enum op_end run_logs(struct call *c, const void *input)
{
    return read_stream(c, input, true);
}

const struct op_row control_trace = {"Trace", run_trace, in, sizeof(struct trace_in), .flags = OP_QUIET};
const struct op_row control_logs = {"Logs", run_logs, in, sizeof(struct trace_in), .flags = OP_QUIET};
