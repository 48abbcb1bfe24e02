/* An execution environment: one lua_State with its globals, and the invocation that it serves now.
 *
 *     IDLE -> (invocation) -> READY <-> running -> WAITING (aws call, sleep) -> READY ... -> IDLE | closed
 *
 * Guest code runs only in the coroutine `co` (and in coroutines that the guest makes), whose body is
 * env_life; the main thread L of the state is for protected work of our own.  Known to this folder only. */
#ifndef LAMBDA_WORKER_ENV_H
#define LAMBDA_WORKER_ENV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/ident.h"
#include "base/list.h"
#include "base/map.h"
#include "base/rc.h"
#include "executor.h"
#include "memory.h"
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>

#define RESULT_MAX 6291556   /* Lambda's limit of a synchronous answer, bytes */
#define TEXT_MAX (16u << 20) /* the longest JSON text that is read or written */
#define MEGABYTE ((size_t)1 << 20)

/* Places in the registry (Lua itself has 1 and 2). */
enum env_slot {
    SLOT_CO = 3,
    SLOT_HANDLER, /* the function, once loaded */
    SLOT_LOADED,  /* package.loaded */
    SLOT_LOADING, /* modules whose chunk runs now */
    SLOT_FAILURE, /* the text that fail_raise raised last */
    SLOT_LIBS,    /* our libraries by name: what require finds after the function's own files */
    SLOT_CONTEXT, /* the members of `context` that stay the same */
    SLOT_ARRAY,   /* metatables: what json writes as [] */
    SLOT_OBJECT,  /* what json writes as {} */
    SLOT_EVENT1,  /* metatables of events, their parts, and `context` (event.c) */
    SLOT_EVENT2,
    SLOT_CALLED,
    SLOT_IDENTITY,
    SLOT_CONTEXT1,
    SLOT_AUTHORIZER1,
    SLOT_FAULT, /* errors of aws calls */
    SLOT_SET,
    SLOT_BINARY,
    SLOT_TABLE,
    SLOT_QUEUE,
    SLOT_TOPIC,
    SLOT_END,
};

/* How far the invocation has come: says what an error means. */
enum env_stage { STAGE_EVENT, STAGE_LOAD, STAGE_HANDLER, STAGE_RESULT, STAGE_END };

enum env_wait {
    WAIT_NONE,  /* a yield is the guest's own */
    WAIT_SLICE, /* the slice is over: runs again when the others had theirs */
    WAIT_CALL,  /* host.call, until executor_answer */
    WAIT_TIME,  /* until wake_ms */
};

struct env {
    struct list link; /* in x->idle, x->ready or x->waiting */
    struct executor *x;
    lua_State *L, *co;
    struct memory memory;
    bool loaded;                /* SLOT_HANDLER is set */
    bool tidy;                  /* nothing ran since the last full collection */
    bool large;                 /* what lives is large: the collector runs more often */
    const char *fail_type;      /* errorType of the text in SLOT_FAILURE; NULL: none */
    const void *mark[SLOT_END]; /* metatables by address, to tell a table's kind at a glance */
    int64_t born_us;            /* world's clock */

    /* the invocation */
    uint64_t id;
    struct arena arena; /* its texts */
    struct str request_id, trace_id;
    int64_t deadline_us; /* world's clock */
    int64_t budget_us;   /* real time it may take */
    int64_t guard_us;    /* real clock: "timed out" from then on; set when it begins */
    int64_t began_us;    /* world's clock: begin of the load, then of the handler */
    int64_t init_us;
    bool cold, expired;
    bool claimed;  /* by host.claim */
    int begun;     /* what env_begin said */
    int arguments; /* on co's stack, for the first resume */
    enum env_stage stage;

    enum env_wait wait;
    bool refused; /* a wait that could not be granted: raised where it was asked for */
    uint64_t call;
    struct str call_service, call_operation; /* lent until the yield has reached the executor */
    int64_t wake_ms;                         /* world's clock */
    int answer_status;
    struct buf answer;                   /* body, or a fault's */
    struct str answer_code, answer_text; /* views into it */
};

struct executor {
    struct function_spec spec;
    struct arena arena; /* the spec's texts */
    struct executor_host host;
    struct clock clock; /* the host's, as it ran when we last looked */
    void *home;
    struct list idle, ready, waiting; /* environments */
    struct list queue;                /* invocations, oldest first */
    int env_count, env_max;

    lua_State *volatile running; /* whose code runs now, for the signal; NULL: none */
    volatile sig_atomic_t due;   /* the signal came and no hook has run yet */
    int64_t slice_end;           /* real clock */
    int64_t rest_until;          /* real clock; the signal's own */

    char *root;        /* real path of the code's folder; NULL: inline code, or it is gone */
    struct map chunks; /* module -> struct buf *: bytecode, so that the next environment opens fast */
    struct ident ident;
    struct buf out;     /* the JSON being written: a call's input, a result, a log line */
    struct buf scratch; /* a string being unescaped */
    uint64_t calls;
};

static inline struct env *env_of(lua_State *L)
{
    return *(struct env **)lua_getextraspace(L);
}

/* A new one, without an invocation and without code.  NULL: not even the sandbox fits into the budget. */
struct env *env_open(struct executor *x);
void env_close(struct env *e);

/* Gives it the invocation: event and context become Lua values on co.  Not LUA_OK: the error is on L. */
int env_begin(struct env *e, const struct invocation *in);

/* Instead of an invocation: env_resume then only loads the code. */
void env_begin_load(struct env *e);

/* Runs until it yields or ends; the status of lua_resume. */
int env_resume(struct env *e);

/* Leaves what an error broke off: the guest's __close run, and may use up its time. */
void env_unwind(struct env *e);

/* Ready for the next invocation. */
void env_clear(struct env *e);

/* A full collection, when anything ran since the last; false: nothing did. */
bool env_tidy(struct env *e);

/* Runs f(arg) on the main thread, protected: LUA_OK and its results, or the error, are left on L's stack. */
int env_protected(struct env *e, lua_CFunction f, void *arg);

/* Puts a call (service and operation lent until it waits; its input is in x->out) and waits; then
 * `done(L, status, ctx)` goes on with the answer in env->answer... . Returns like lua_yieldk: use as "return
 * env_call(...)". */
int env_call(lua_State *L, struct str service, struct str operation, lua_KContext ctx, lua_KFunction done);

/* Waits until the world's clock shows wake_ms. */
int env_sleep(lua_State *L, int64_t wake_ms, lua_KFunction done);

/* First line of each `done`: raises when the wait was refused, since a C function lies between that cannot be
 * left (table.sort, string.gsub). */
void env_waited(lua_State *L);

#endif
