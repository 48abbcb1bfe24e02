/* Drives service rooms through the door on a world in memory, with JSON written as C text.
 *
 * A test writes 'single quotes' for "double" ones in JSON. */
#ifndef TEST_ROOM_H
#define TEST_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "door/door.h"
#include "door/note.h"
#include "door/trace.h"
#include "store/store.h"

#define ROOM_NOON 1767268800000 /* a frozen noon, ms */

struct room {
    struct world *world;
    struct call *last; /* the newest answer, freed by the next */
};

/* A world over the store in this folder, its clock frozen at the time of day: what a restart finds there. */
static inline void room_open_at(struct room *r, const struct service *const *services, const char *folder)
{
    struct store *store;
    assert_int_equal(store_open(&store, folder, 0, NULL), RC_OK);
    *r = (struct room){.world =
                           world_new(&(struct world_setup){.store = store, .services = services, .seed = 7})};
    assert_non_null(r->world);
    clock_freeze(&r->world->clock);
}

static inline void room_open(struct room *r, const struct service *const *services)
{
    room_open_at(r, services, NULL);
    clock_set(&r->world->clock, ROOM_NOON * 1000);
}

static void room_close(struct room *r)
{
    if (r->last)
        call_free(r->last);
    turn_run(r->world->turn);
    world_free(r->world);
}

/* For a test's setup, which hands it on as the state; and its teardown. */
static inline struct room *room_new(const struct service *const *services)
{
    struct room *r = xcalloc(1, sizeof(*r));
    room_open(r, services);
    return r;
}

static inline int room_teardown(void **state)
{
    room_close(*state);
    free(*state);
    return 0;
}

/* The event stream is empty, as after a restart. */
static inline void room_forget_events(struct room *r)
{
    trace_free(r->world->trace);
    r->world->trace = trace_new(64, 1u << 16);
}

/* The world's clock moves on, and what is due by then happens. */
static inline void room_advance(struct room *r, int64_t ms)
{
    clock_set(&r->world->clock, clock_now_us(&r->world->clock) + ms * 1000);
    timers_fire(r->world->timers);
    turn_run(r->world->turn);
}

static struct call *room_call(struct room *r, const char *service, const char *operation, const char *fmt,
                              va_list ap)
{
    char *json = NULL;
    assert_true(vasprintf(&json, fmt, ap) >= 0);
    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    struct call *c = door_open(r->world, NULL, service, operation);
    assert_non_null(c);
    c->from = CALL_TEST;
    c->in = cJSON_Parse(json);
    assert_non_null(c->in);
    free(json);
    return c;
}

/* The answer of a call that must succeed; lent until the next ask. */
static inline const cJSON *ask(struct room *r, const char *service, const char *operation, const char *fmt,
                               ...) __attribute__((format(printf, 4, 5)));
static inline const cJSON *ask(struct room *r, const char *service, const char *operation, const char *fmt,
                               ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct call *c = door_wait(room_call(r, service, operation, fmt, ap));
    va_end(ap);
    if (r->last)
        call_free(r->last);
    r->last = c;
    if (c->fault)
        fail_msg("%s %s: %s: %.*s", service, operation, c->fault->code, STR_ARG(c->fault_text));
    return call_out(c);
}

/* A call that must fail with this code; the answer is its text, lent until the next ask. */
static inline const char *refused(struct room *r, const char *code, const char *service,
                                  const char *operation, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static inline const char *refused(struct room *r, const char *code, const char *service,
                                  const char *operation, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct call *c = door_wait(room_call(r, service, operation, fmt, ap));
    va_end(ap);
    if (r->last)
        call_free(r->last);
    r->last = c;
    if (!c->fault)
        fail_msg("%s %s succeeded; %s was expected", service, operation, code);
    assert_string_equal(c->fault->code, code);
    return arena_z(&c->arena, c->fault_text);
}

/* "Messages.0.Body" in a tree; NULL when it is not there.  */
static const cJSON *at(const cJSON *tree, const char *path)
{
    struct str rest = str_z(path);
    while (tree && rest.p) {
        char part[300];
        str_copy(str_cut(&rest, '.'), part, sizeof(part));
        tree = cJSON_IsArray(tree) ? cJSON_GetArrayItem(tree, atoi(part))
                                   : cJSON_GetObjectItemCaseSensitive(tree, part);
    }
    return tree;
}

static inline const char *text_at(const cJSON *tree, const char *path)
{
    const char *z = cJSON_GetStringValue(at(tree, path));
    return z ? z : "(nothing)";
}

static inline int count_at(const cJSON *tree, const char *path)
{
    return cJSON_GetArraySize(at(tree, path));
}

#endif
