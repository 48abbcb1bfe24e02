#include "preempt.h"

/* Runs at the next instruction of the coroutine that was armed. */
static void on_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct env *e = env_of(L);
    struct executor *x = e->x;
    int64_t now = clock_mono_us();
    x->due = 0;
    if (e->expired || now >= e->guard_us) {
        e->expired = true; /* and the hook stays armed */
        lua_pushliteral(L, "the function's time is up");
        lua_error(L);
    }
    lua_sethook(L, NULL, 0, 0);
    if (now >= x->slice_end && lua_isyieldable(L)) {
        e->wait = WAIT_SLICE;
        lua_yield(L, 0);
    }
}

static void arm(lua_State *L)
{
    lua_sethook(L, on_hook, LUA_MASKCOUNT, 1);
}

/* Arming walks over all levels of the stack, which in a deep recursion takes longer than a tick: then the
 * next ticks are left out, so that it costs a twentieth of the time at most. */
#define REST 20

void executor_interrupt(struct executor *x)
{
    lua_State *L = x->running;
    int64_t now = clock_mono_us();
    if (now < x->rest_until)
        return;
    x->due = 1;
    if (L)
        arm(L);
    int64_t after = clock_mono_us();
    x->rest_until = after + (after - now) * REST;
}

lua_State *preempt_enter(struct env *e, lua_State *co)
{
    lua_State *before = e->x->running;
    e->x->running = co;
    if (e->x->due || e->expired)
        arm(co);
    return before;
}

void preempt_leave(struct env *e, lua_State *before)
{
    e->x->running = before;
    if (before && (e->x->due || e->expired))
        arm(before);
}
