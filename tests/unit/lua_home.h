/* A home for tests: one function from a text, its calls and log lines written down, answers by hand. */
#ifndef TESTS_LUA_HOME_H
#define TESTS_LUA_HOME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/rc.h"
#include "lambda/worker/executor.h"
#include "lambda/worker/ticker.h"
#include <stdio.h>
#include <stdlib.h>

#define HOME_MAX 64

struct lua_home {
    struct executor *x;
    struct clock clock;
    struct ticker ticker;
    uint64_t next;
    int claims, started, cold, done;
    bool refuse; /* claim says no */
    char *payload[HOME_MAX], *error[HOME_MAX];
    struct invocation_result last;
    struct buf log;                               /* lines, each with a newline */
    uint64_t call_invocation, call;               /* the last call */
    char service[40], operation[60], input[4096]; /* of it */
    int calls;
};

static inline bool home_claim(void *home, uint64_t id)
{
    struct lua_home *h = home;
    (void)id;
    h->claims++;
    return !h->refuse;
}

static inline void home_started(void *home, uint64_t id, bool cold, int64_t init_us)
{
    struct lua_home *h = home;
    (void)id, (void)init_us;
    h->started++;
    h->cold += cold;
}

static inline void home_call(void *home, uint64_t id, uint64_t call, struct str service, struct str operation,
                             struct str input)
{
    struct lua_home *h = home;
    h->call_invocation = id;
    h->call = call;
    h->calls++;
    str_copy(service, h->service, sizeof(h->service));
    str_copy(operation, h->operation, sizeof(h->operation));
    str_copy(input, h->input, sizeof(h->input));
}

static inline void home_log(void *home, uint64_t id, struct str line)
{
    struct lua_home *h = home;
    (void)id;
    buf_str(&h->log, line);
    buf_char(&h->log, '\n');
}

static inline char *copy(struct str s)
{
    char *z = xmalloc(s.n + 1);
    return s.p ? str_copy(s, z, s.n + 1) : (free(z), NULL);
}

static inline void home_done(void *home, const struct invocation_result *r)
{
    struct lua_home *h = home;
    h->done++;
    h->last = *r;
    h->payload[r->id] = copy(r->payload);
    h->error[r->id] = copy(r->error);
}

static inline void home_tick(void *home)
{
    executor_interrupt(((struct lua_home *)home)->x);
}

static inline void home_open_spec(struct lua_home *h, const struct function_spec *spec, int environments)
{
    memset(h, 0, sizeof(*h));
    clock_init(&h->clock);
    buf_init(&h->log, 1u << 20);
    struct executor_host host = {home_claim, home_started, home_call, home_log, home_done, &h->clock};
    h->x = executor_new(spec, &host, h, environments);
    assert_true(ticker_open(&h->ticker, home_tick, h));
}

static inline struct function_spec home_spec(const char *code)
{
    static const struct proxy_pair variables[] = {{STR_INIT("TABLE"), STR_INIT("Orders")}};
    return (struct function_spec){
        .name = STR("hello"),
        .arn = STR("arn:aws:lambda:us-east-1:000000000000:function:hello"),
        .version = STR("$LATEST"),
        .handler = STR("index.handler"),
        .inline_code = str_z(code),
        .memory_mb = 32,
        .timeout_ms = 3000,
        .region = STR("us-east-1"),
        .account = STR("000000000000"),
        .endpoint = STR("http://localhost:4566"),
        .log_stream = STR("2026/11/22/[$LATEST]abc"),
        .variables = variables,
        .variable_count = 1,
    };
}

static inline void home_open(struct lua_home *h, const char *code)
{
    struct function_spec spec = home_spec(code);
    home_open_spec(h, &spec, 4);
}

static inline void home_close(struct lua_home *h)
{
    ticker_close(&h->ticker);
    executor_free(h->x);
    buf_release(&h->log);
    for (int i = 0; i < HOME_MAX; i++) {
        free(h->payload[i]);
        free(h->error[i]);
    }
}

/* Queues an invocation; its number. */
static inline uint64_t home_start(struct lua_home *h, const char *event, int64_t budget_ms)
{
    struct invocation in = {
        .id = h->next++,
        .request_id = STR("11111111-2222-4333-8444-555555555555"),
        .trace_id = STR("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
        .deadline_us = clock_now_us(&h->clock) + budget_ms * 1000,
        .budget_us = budget_ms * 1000,
        .event = str_z(event),
    };
    executor_start(h->x, &in);
    return in.id;
}

static inline bool home_step(struct lua_home *h, int64_t slice_us)
{
    ticker_begin(&h->ticker);
    bool more = executor_step(h->x, slice_us);
    ticker_end(&h->ticker);
    return more;
}

static inline void home_run(struct lua_home *h)
{
    while (home_step(h, 60000000)) /* one after the other, however slow the machine is */
        ;
}

static inline void home_answer(struct lua_home *h, int status, const char *body, const char *code,
                               const char *text)
{
    executor_answer(h->x, h->call_invocation, h->call, status, str_z(body), str_z(code), str_z(text));
    home_run(h);
}

/* What the handler answers to this event; its error when it fails. */
static inline const char *home_invoke(struct lua_home *h, const char *event)
{
    uint64_t id = home_start(h, event, 60000);
    home_run(h);
    return h->payload[id];
}

/* A function for one invocation. */
static inline void gives(const char *code, const char *event, const char *expected)
{
    struct lua_home h;
    home_open(&h, code);
    assert_string_equal(home_invoke(&h, event), expected);
    home_close(&h);
}

/* The error's JSON holds these texts. */
static inline void fails(const char *code, const char *a, const char *b)
{
    struct lua_home h;
    home_open(&h, code);
    const char *payload = home_invoke(&h, "{}");
    if (!h.error[0] || !strstr(payload, a) || !strstr(payload, b))
        fail_msg("%s: %s", h.error[0] ? h.error[0] : "no error", payload);
    home_close(&h);
}

#endif
