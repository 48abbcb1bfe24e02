/* Clock: show, freeze, resume, set, speed, advance.  A changed clock outlives a restart. */
#include "base/order.h"
#include "control_inside.h"
#include "door/note.h"
#include "door/rewind.h"
#include "store/key.h"

#define CLOCK_SPEED_MAX 1000000

struct clock_in {
    struct str action, value;
};

static const char *const actions[] = {"show", "freeze", "resume", "set", "speed", "advance", NULL};

static const struct shape_row in[] = {
    IN_STR(clock_in, action, "action", .one_of = actions),
    IN_STR(clock_in, value, "value"),
    SHAPE_END,
};

void control_clock_json(const struct world *w, cJSON *out)
{
    char iso[CLOCK_ISO_SIZE];
    int64_t now = clock_now(&w->clock);
    clock_iso(now, iso);
    cJSON_AddStringToObject(out, "now", iso);
    cJSON_AddNumberToObject(out, "epochMs", (double)now);
    cJSON_AddBoolToObject(out, "frozen", w->clock.frozen);
    cJSON_AddNumberToObject(out, "speed", w->clock.speed);
    int64_t due;
    if (timers_next(w->timers, true, &due)) {
        clock_iso(due, iso);
        cJSON_AddStringToObject(out, "nextDue", iso);
    }
}

/* What is kept: a frozen clock its time, a running one its distance from the real time of day.  Each in the
 * order of base/order.h. */
struct kept_clock {
    int64_t frozen_at_us, offset_us;
    double speed;
    int64_t frozen; /* not bool: no byte of it is left unwritten */
};

enum rc control_clock_changed(struct call *c)
{
    struct world *w = c->world;
    struct clock real;
    clock_init(&real);
    struct kept_clock kept = {
        .frozen_at_us = order_i64(clock_now_us(&w->clock)),
        .offset_us = order_i64(clock_now_us(&w->clock) - clock_now_us(&real)),
        .speed = order_double(w->clock.speed),
        .frozen = order_i64(w->clock.frozen),
    };
    timers_clock_changed(w->timers);
    note_spread(w, STR(CLOCK_ARN));
    struct key k;
    key_init(&k, "world.clock");
    enum rc rc = store_put(w->store, key_view(&k), str_n(&kept, sizeof(kept)));
    key_release(&k);
    return rc;
}

enum rc control_clock_load(struct world *w)
{
    struct key k;
    key_init(&k, "world.clock");
    struct str value;
    struct kept_clock kept;
    enum rc rc = store_get(w->store, key_view(&k), &value);
    key_release(&k);
    if (rc != RC_OK)
        return rc == RC_NONE ? RC_OK : rc;
    if (value.n != sizeof(kept))
        return RC_BAD;
    memcpy(&kept, value.p, sizeof(kept));
    double speed = order_double(kept.speed);
    int64_t frozen_at = order_i64(kept.frozen_at_us), offset = order_i64(kept.offset_us);
    int64_t now = frozen_at;
    bool fits = kept.frozen || !__builtin_add_overflow(clock_now_us(&w->clock), offset, &now);
    if (!fits || now < 0 || now / 1000 >= CONTROL_TIME_END || !(speed >= 1 && speed <= CLOCK_SPEED_MAX))
        return RC_BAD;
    clock_speed(&w->clock, speed);
    clock_set(&w->clock, now);
    if (kept.frozen)
        clock_freeze(&w->clock);
    return RC_OK;
}

bool control_clock_follow(struct call *c, int64_t before_us)
{
    if (!rewind_follow(c, before_us))
        return false;
    control_quiet_shift(control_of(c), c->now - before_us / 1000);
    return true;
}

static enum op_end set_time(struct call *c, struct str value)
{
    int64_t ms;
    if (!clock_parse(value, &ms) || ms < 0 || ms >= CONTROL_TIME_END)
        return call_fail(c, &control_bad_request,
                         "not a time: \"%.*s\" (say 2030-01-01T00:00:00Z or epoch seconds)", STR_ARG(value));
    int64_t before_us = clock_now_us(&c->world->clock);
    clock_set(&c->world->clock, ms * 1000);
    if (!control_clock_follow(c, before_us))
        return OP_DONE;
    enum rc rc = rewind_ask(c, cJSON_AddArrayToObject(call_out(c), "ahead"));
    return rc == RC_OK ? OP_DONE : call_broke(c, rc);
}

static enum op_end set_speed(struct call *c, struct str value)
{
    int64_t speed;
    if (!str_to_i64(value, &speed) || speed < 1 || speed > CLOCK_SPEED_MAX)
        return call_fail(c, &control_bad_request, "not a speed from 1 to 1000000: \"%.*s\"", STR_ARG(value));
    clock_speed(&c->world->clock, (double)speed);
    return OP_DONE;
}

static enum op_end advance(struct call *c, struct str value)
{
    int64_t span;
    if (!clock_parse_span(value, &span))
        return call_fail(c, &control_bad_request, "not a time span: \"%.*s\" (say 30s, 15m, 2h, 14d)",
                         STR_ARG(value));
    return control_quiet(c, span, true);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct clock_in *req = input;
    struct clock *clock = &c->world->clock;
    struct str value = req->value.p ? req->value : STR("");
    enum op_end end = OP_DONE;

    if (str_is(req->action, "advance"))
        return advance(c, value);
    if (value.n && !str_is(req->action, "set") && !str_is(req->action, "speed"))
        return call_fail(c, &control_bad_request, "%.*s takes no value",
                         STR_ARG(req->action.p ? req->action : STR("show")));
    if (str_is(req->action, "freeze"))
        clock_freeze(clock);
    else if (str_is(req->action, "resume"))
        clock_resume(clock);
    else if (str_is(req->action, "set"))
        end = set_time(c, value);
    else if (str_is(req->action, "speed"))
        end = set_speed(c, value);
    if (end != OP_DONE)
        return end;
    if (req->action.p && !str_is(req->action, "show") && control_clock_changed(c) != RC_OK)
        return call_broke(c, RC_IO);
    control_clock_json(c->world, call_out(c));
    return OP_DONE;
}

const struct op_row control_clock = {"Clock", run, in, sizeof(struct clock_in), .flags = OP_QUIET};
