#include "env.h"

#include "event.h"
#include "fail.h"
#include "lib/lib.h"
#include "preempt.h"
#include "sandbox.h"
#include <stdlib.h>

/* The collector may let garbage grow to some times what lives (percent): in a small environment a collection
 * would cost more than the handler, in a large one memory counts. */
#define PAUSE_SMALL 1000
#define PAUSE_LARGE 200
#define LARGE (4 * MEGABYTE)
#define TIDY_MAX (16 * MEGABYTE) /* to collect more than this would keep the next invocation waiting */
#define SANDBOX_MIN (256u << 10) /* no budget is smaller than what the sandbox itself needs */

int env_protected(struct env *e, lua_CFunction f, void *arg)
{
    lua_pushcfunction(e->L, f);
    lua_pushlightuserdata(e->L, arg);
    return lua_pcall(e->L, 1, LUA_MULTRET, 0);
}

/* --- opening ------------------------------------------------------------------------------------------- */

static int open_state(lua_State *L)
{
    struct env *e = lua_touserdata(L, 1);
    sandbox_open(L);
    e->co = lua_newthread(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, SLOT_CO);
    return 0;
}

struct env *env_open(struct executor *x)
{
    struct env *e = xcalloc(1, sizeof(*e));
    e->x = x;
    e->memory.limit = (size_t)x->spec.memory_mb * MEGABYTE;
    if (e->memory.limit < SANDBOX_MIN)
        e->memory.limit = SANDBOX_MIN;
    list_init(&e->link);
    arena_init(&e->arena);
    buf_init(&e->answer, TEXT_MAX);
    e->born_us = clock_now_us(x->host.clock);
    e->L = lua_newstate(memory_alloc, &e->memory);
    if (!e->L)
        BUG("no memory for a Lua state");
    *(struct env **)lua_getextraspace(e->L) = e;
    lua_gc(e->L, LUA_GCSTOP);
    if (env_protected(e, open_state, e) != LUA_OK)
        BUG("the sandbox does not open: %s", lua_tostring(e->L, -1));
    lua_gc(e->L, LUA_GCRESTART);
    lua_gc(e->L, LUA_GCINC, PAUSE_SMALL, 0, 0);
    return e;
}

void env_close(struct env *e)
{
    lua_close(e->L);
    memory_tidy(&e->memory);
    buf_release(&e->answer);
    arena_release(&e->arena);
    free(e);
}

/* --- an invocation's life, inside the coroutine -------------------------------------------------------- */

static int life_handled(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    struct env *e = env_of(L);
    struct buf *out = lib_out(L);
    e->stage = STAGE_RESULT;
    json_put(L, -1, out, 0);
    if (out->full || out->n > RESULT_MAX)
        return fail_raise(L, "Function.ResponseSizeTooLarge",
                          "Response payload size exceeded maximum allowed payload size (%d bytes).",
                          RESULT_MAX);
    e->stage = STAGE_END;
    return 0;
}

/* Stack: event, context. */
static int life_handle(lua_State *L)
{
    struct env *e = env_of(L);
    struct executor *x = e->x;
    e->stage = STAGE_HANDLER;
    e->began_us = clock_now_us(x->host.clock);
    x->host.started(x->home, e->id, e->cold, e->init_us);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_HANDLER);
    lua_insert(L, 1);
    lua_callk(L, 2, 1, 0, life_handled);
    return life_handled(L, LUA_OK, 0);
}

static int life_loaded(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct env *e = env_of(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, SLOT_HANDLER);
    e->loaded = true;
    e->init_us = clock_now_us(e->x->host.clock) - e->began_us;
    return ctx ? life_handle(L) : 0;
}

/* The coroutine's body: (event, context) -> the result as JSON in x->out.  Without arguments it only loads.
 */
static int life(lua_State *L)
{
    struct env *e = env_of(L);
    int handle = lua_gettop(L) > 0;
    if (e->loaded)
        return life_handle(L);
    e->stage = STAGE_LOAD;
    lua_pushcfunction(L, module_load_handler);
    lua_callk(L, 0, 1, handle, life_loaded);
    return life_loaded(L, LUA_OK, handle);
}

/* --- beginning ----------------------------------------------------------------------------------------- */

static int begin(lua_State *L)
{
    const struct invocation *in = lua_touserdata(L, 1);
    struct env *e = env_of(L);
    lua_pushcfunction(L, life);
    if (in->proxy)
        event_push(L, in->proxy, &e->arena);
    else
        json_take(L, in->event);
    event_push_context(L, in);
    return 3;
}

int env_begin(struct env *e, const struct invocation *in)
{
    struct executor *x = e->x;
    e->id = in->id;
    e->request_id = arena_str(&e->arena, in->request_id);
    e->trace_id = in->trace_id.p ? arena_str(&e->arena, in->trace_id) : STR("");
    e->deadline_us = in->deadline_us;
    e->budget_us = in->budget_us;
    e->began_us = clock_now_us(x->host.clock);
    e->init_us = 0;
    e->cold = !e->loaded;
    e->tidy = false;
    e->stage = STAGE_EVENT;
    e->wait = WAIT_NONE;
    int status = env_protected(e, begin, (void *)in);
    if (status != LUA_OK)
        return status;
    lua_checkstack(e->co, 3);
    lua_xmove(e->L, e->co, 3);
    e->arguments = 2;
    return LUA_OK;
}

void env_begin_load(struct env *e)
{
    e->guard_us = clock_mono_us() + e->x->spec.timeout_ms * 1000;
    e->began_us = clock_now_us(e->x->host.clock);
    e->request_id = e->trace_id = STR("");
    e->tidy = false;
    lua_pushcfunction(e->co, life);
    e->arguments = 0;
}

/* --- running ------------------------------------------------------------------------------------------- */

int env_resume(struct env *e)
{
    int results, arguments = e->arguments;
    e->arguments = 0;
    e->wait = WAIT_NONE;
    preempt_enter(e, e->co);
    int status = lua_resume(e->co, e->L, arguments, &results);
    preempt_leave(e, NULL);
    return status;
}

void env_unwind(struct env *e)
{
    if (lua_status(e->co) == LUA_OK)
        return;
    preempt_enter(e, e->co);
#if LUA_VERSION_RELEASE_NUM >= 50406
    lua_closethread(e->co, e->L);
#else
    lua_resetthread(e->co);
#endif
    preempt_leave(e, NULL);
}

void env_clear(struct env *e)
{
    env_unwind(e);
    lua_settop(e->co, 0);
    lua_settop(e->L, 0);
    arena_clear(&e->arena);
    e->fail_type = NULL;
    e->refused = false;
    e->guard_us = 0;
    bool large = e->memory.used > LARGE;
    if (large != e->large)
        lua_gc(e->L, LUA_GCINC, large ? PAUSE_LARGE : PAUSE_SMALL, 0, 0);
    e->large = large;
}

bool env_tidy(struct env *e)
{
    if (e->tidy)
        return false;
    if (e->memory.used < TIDY_MAX)
        lua_gc(e->L, LUA_GCCOLLECT);
    memory_tidy(&e->memory);
    buf_release(&e->answer);
    e->tidy = true;
    return true;
}

/* --- waiting ------------------------------------------------------------------------------------------- */

static void must_be_able_to_wait(lua_State *L)
{
    if (!lua_isyieldable(L))
        luaL_error(L, "cannot wait inside table.sort, string.gsub or another C function");
}

int env_call(lua_State *L, struct str service, struct str operation, lua_KContext ctx, lua_KFunction done)
{
    struct env *e = env_of(L);
    must_be_able_to_wait(L);
    if (e->x->out.full)
        return luaL_error(L, "the input of a call may have %d bytes at most", (int)TEXT_MAX);
    e->wait = WAIT_CALL;
    e->call_service = service;
    e->call_operation = operation;
    return lua_yieldk(L, 0, ctx, done);
}

int env_sleep(lua_State *L, int64_t wake_ms, lua_KFunction done)
{
    struct env *e = env_of(L);
    must_be_able_to_wait(L);
    e->wait = WAIT_TIME;
    e->wake_ms = wake_ms;
    return lua_yieldk(L, 0, 0, done);
}

void env_waited(lua_State *L)
{
    struct env *e = env_of(L);
    bool refused = e->refused;
    e->refused = false;
    if (refused)
        luaL_error(L, "cannot wait inside table.sort, string.gsub or another C function");
}
