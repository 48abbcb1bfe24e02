/* Any bytes as an event: they are refused, or what is written of them reads back as the same text; and as a
 * DynamoDB item and back they stay the same too. */
#include "base/buf.h"
#include "base/rc.h"
#include "lambda/worker/executor.h"

struct home {
    struct clock clock;
    struct executor *x;
    struct buf result;
    bool failed;
};

static bool claim(void *home, uint64_t id)
{
    (void)home, (void)id;
    return true;
}

static void started(void *home, uint64_t id, bool cold, int64_t init_us)
{
    (void)home, (void)id, (void)cold, (void)init_us;
}

static void call(void *home, uint64_t id, uint64_t number, struct str service, struct str operation,
                 struct str in)
{
    (void)home, (void)id, (void)number, (void)service, (void)operation, (void)in;
    BUG("a call");
}

static void logged(void *home, uint64_t id, struct str line)
{
    (void)home, (void)id, (void)line;
}

static void done(void *home, const struct invocation_result *r)
{
    struct home *h = home;
    h->failed = r->error.p != NULL;
    buf_clear(&h->result);
    buf_str(&h->result, r->payload);
}

static const char code[] =
    "return function(event) local text = json.encode(event) if type(event) == 'table' and "
    "#event == 0 and next(event) then assert(json.encode(aws.plain(aws.typed(event))) == text) end "
    "return event end";

static struct home *home_new(void)
{
    struct home *h = xcalloc(1, sizeof(*h));
    struct executor_host host = {claim, started, call, logged, done, &h->clock};
    struct function_spec spec = {
        .name = STR("f"),
        .arn = STR("arn"),
        .version = STR("$LATEST"),
        .handler = STR("index.handler"),
        .inline_code = STR(code),
        .memory_mb = 64,
        .timeout_ms = 60000,
        .seed = 1,
    };
    clock_init(&h->clock);
    buf_init(&h->result, 64u << 20);
    h->x = executor_new(&spec, &host, h, 1);
    return h;
}

static void invoke(struct home *h, struct str event)
{
    struct invocation in = {.request_id = STR("r"), .budget_us = 60000000, .event = event};
    executor_start(h->x, &in);
    executor_step(h->x, INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct home *h;
    if (!h)
        h = home_new();
    invoke(h, str_n(data, n));
    if (h->failed) {
        if (str_search(buf_view(&h->result), STR("Runtime.UnmarshalError")) < 0)
            BUG("%.*s", STR_ARG(buf_view(&h->result)));
        return 0;
    }
    struct buf first;
    buf_init(&first, 64u << 20);
    buf_str(&first, buf_view(&h->result));
    invoke(h, buf_view(&first));
    if (h->failed || !str_eq(buf_view(&first), buf_view(&h->result)))
        BUG("%.*s became %.*s", STR_ARG(buf_view(&first)), STR_ARG(buf_view(&h->result)));
    buf_release(&first);
    return 0;
}
