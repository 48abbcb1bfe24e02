/* A world: one emulated universe.  It holds pointers and no rules.
 *
 * main makes one; tests and forks make many.  A service's state hangs from it by the service's place in the
 * table. */
#ifndef DOOR_WORLD_H
#define DOOR_WORLD_H

#include "base/clock.h"
#include "base/ident.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "core/loop.h"
#include "core/timer.h"
#include "core/turn.h"
#include "store/store.h"

struct conf;
struct service;
struct trace;
struct notes;
struct nursery;
struct sweeper;

struct world {
    struct loop *loop;       /* NULL in plain tests */
    struct nursery *nursery; /* where worker processes come from; NULL: handlers run in this process */
    struct log *log;
    const struct conf *conf; /* options of the start */
    struct clock clock;
    struct ident ident;
    struct store *store;
    struct turn *turn;
    struct timers *timers;
    struct sweeper *sweeper;               /* removes what was deleted, in portions */
    struct trace *trace;                   /* the event stream */
    struct notes *notes;                   /* parked calls and listeners by resource */
    const struct service *const *services; /* NULL-ended, main.c's table */
    void **state;                          /* [index in services] */
    int open_count;                        /* services that are open */
    struct str account, region;            /* defaults */
    struct str origin; /* "http://localhost:4566": where the AWS endpoint answers, for URLs without a Host */
    long busy; /* work in flight that is neither a job nor a timer: invocations in workers, outgoing HTTP,
                  parked deliveries; `settle` waits for 0 */
    struct list spare_calls; /* ended calls, for call_new */
    int spare_call_count;
    uint64_t last_id;          /* of what is numbered in order of time: outbox rows */
    void (*turn_over)(void *); /* the control room, while somebody waits for quiet: a turn has ended, its
                                  notes are spread */
    void *turn_over_arg;
    bool stopping;    /* world_stop was called */
    bool in_turn;     /* operations run now; what is noted waits for the commit */
    int64_t turn_now; /* the time of the running turn */
    int swept;        /* rows that the running turn has swept (call_sweeps) */
    int64_t worked;   /* steps of what may go in portions that the running turn has made (call_works) */
};

/* What a world is made of; log and conf may be NULL, loop NULL for plain tests. */
struct world_setup {
    struct loop *loop;
    struct nursery *nursery; /* lent; may be NULL */
    struct log *log;
    const struct conf *conf;
    struct store *store; /* moved: closed with the world */
    const struct service *const *services;
    uint64_t seed;
    const char *account, *region, *origin; /* NULL: 000000000000, us-east-1, http://localhost:4566 */
};

/* Opens all services, then starts them.  NULL when one failed (said in the log). */
struct world *world_new(const struct world_setup *setup);
/* Before the end, while askers can still be answered: parked calls end, forwarded ones are finished by who
 * holds them. */
void world_stop(struct world *w);

void world_free(struct world *w);

/* The state of a service; a service asks for its own. */
void *world_state(const struct world *w, const struct service *s);
const struct service *world_service(const struct world *w, struct str name); /* NULL: unknown */

/* All models forget what they have (after a failed commit, or a reset). */
void world_drop(struct world *w);

#endif
