#include "lane.h"
#include "core/conf.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND_HOME_AT 4   /* a home with so many gets a brother */
#define EXTRA_HOMES 8      /* beyond `workers`, while others are stuck */
#define LONG_SLICE_US 2000 /* a slice that is looked at */
#define BARRED_US 1000000  /* how long nothing is tried after a process was not to be had */

/* --- lanes */

static struct lane *lane_new(struct dispatch *d, const struct function *f)
{
    struct lane *l = xcalloc(1, sizeof(*l));
    l->dispatch = d;
    l->arn = xstrdup(f->arn.p);
    l->name = xstrdup(f->name.p);
    list_init(&l->queue);
    list_init(&l->homes);
    arena_init(&l->spec_arena);
    map_put(&d->lanes, f->arn, l);
    return l;
}

struct lane *lane_of(struct dispatch *d, struct function *f)
{
    if (!f->lane)
        f->lane = map_get(&d->lanes, f->arn);
    if (!f->lane)
        f->lane = lane_new(d, f);
    return f->lane;
}

static struct proxy_pair *copy_variables(struct arena *a, const cJSON *variables, size_t *n)
{
    *n = (size_t)cJSON_GetArraySize(variables);
    struct proxy_pair *list = arena_alloc(a, (*n + 1) * sizeof(*list)), *at = list;
    const cJSON *v;
    cJSON_ArrayForEach (v, variables) {
        *at++ = (struct proxy_pair){arena_str(a, str_z(v->string)), arena_str(a, json_text(v))};
    }
    return list;
}

static struct str copy_if(struct arena *a, struct str s)
{
    return s.p ? arena_str(a, s) : STR_NONE;
}

void lane_learn(struct lane *l, const struct function *f)
{
    struct world *w = l->dispatch->world;
    struct arena *a = &l->spec_arena;
    arena_clear(a);
    memcpy(l->code, f->code, sizeof(l->code));
    l->spec = (struct function_spec){
        .name = arena_str(a, f->name),
        .arn = arena_str(a, f->arn),
        .version = STR("$LATEST"),
        .handler = arena_str(a, f->handler),
        .folder = copy_if(a, f->folder),
        .inline_code = copy_if(a, f->inline_code),
        .memory_mb = f->memory_mb,
        .timeout_ms = f->timeout_ms,
        .region = arena_str(a, f->region),
        .account = arena_str(a, f->account),
        .endpoint = arena_str(a, w->origin),
        .seed = w->conf && w->conf->seed ? ident_u64(&w->ident) : 0,
    };
    l->spec.variables = copy_variables(a, f->variables, &l->spec.variable_count);
}

/* --- homes */

static void leave_idle(struct home *h)
{
    if (list_empty(&h->idle))
        return;
    list_del(&h->idle);
    h->lane->dispatch->idle_count--;
}

static void retire(struct home *h)
{
    leave_idle(h);
    h->ending = true;
    h->kind->retire(h);
}

/* It has no work.  Who has had none for longest goes when there are too many. */
static void join_idle(struct home *h)
{
    struct dispatch *d = h->lane->dispatch;
    if (!h->page || h->ending)
        return;
    list_push(&d->idle, &h->idle);
    if (++d->idle_count > d->most_idle)
        retire(list_of(d->idle.next, struct home, idle));
}

void home_free(struct home *h)
{
    leave_idle(h);
    list_del(&h->link);
    h->lane->home_count--;
    free(h);
}

/* 2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef */
static struct str log_stream(struct world *w, char out[64])
{
    struct civil c = clock_civil(clock_now(&w->clock));
    int n = snprintf(out, 32, "%04d/%02d/%02d/[$LATEST]", c.year % 10000, c.month % 100, c.day % 100);
    ident_hex(&w->ident, out + n, 32);
    return str_z(out);
}

bool lane_is_inline(const struct world *w)
{
    return !w->nursery || (w->conf && w->conf->run_inline);
}

static struct home *home_open(struct lane *l)
{
    struct world *w = l->dispatch->world;
    struct home *h = xcalloc(1, sizeof(*h));
    char stream[64];
    l->spec.log_stream = log_stream(w, stream);
    h->lane = l;
    h->world = w;
    h->kind = lane_is_inline(w) ? &home_inline : &home_process;
    h->window = LANE_WINDOW;
    h->idle_us = clock_mono_us();
    list_init(&h->flights);
    list_init(&h->idle);
    for (int i = 0; i < CLAIM_SLOTS; i++)
        h->free_slots[i] = (uint16_t)i;
    h->free_count = CLAIM_SLOTS;
    list_push(&l->homes, &h->link);
    l->home_count++;
    while (!h->kind->open(h, &l->spec)) {
        if (lane_lacks(l, errno))
            continue;
        home_free(h);
        return NULL;
    }
    return h;
}

/* Whether what another process gives back may help. */
static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN;
}

/* Another lane's home without work gives its process and its descriptors back at once. */
static bool spare_one(const struct lane *l)
{
    struct list *at;
    list_each (at, &l->dispatch->idle) {
        struct home *h = list_of(at, struct home, idle);
        if (h->lane == l)
            continue;
        h->kind->release(h);
        home_free(h);
        return true;
    }
    return false;
}

bool lane_lacks(struct lane *l, int error)
{
    if (is_shortage(error) && spare_one(l))
        return true;
    if (l->lack != error)
        log_error(l->dispatch->world->log, "%s: no worker process can be started: %s", l->name,
                  strerror(error));
    l->lack = error;
    l->barred_us = clock_mono_us() + BARRED_US;
    return false;
}

struct flight *home_flight(const struct home *h, uint64_t id)
{
    struct flight *x = h->slots[id % CLAIM_SLOTS];
    return x && x->id == id ? x : NULL;
}

void home_take_slot(struct home *h, struct flight *x)
{
    uint16_t slot = h->free_slots[--h->free_count];
    leave_idle(h);
    x->id = ++h->lane->dispatch->last_flight * CLAIM_SLOTS + slot;
    x->home = h;
    h->slots[slot] = x;
    h->in_flight++;
    list_push(&h->flights, &x->link);
}

void home_give_slot(struct flight *x)
{
    struct home *h = x->home;
    uint16_t slot = (uint16_t)(x->id % CLAIM_SLOTS);
    h->slots[slot] = NULL;
    h->free_slots[h->free_count++] = slot;
    h->in_flight--;
    x->home = NULL;
    list_del(&x->link);
    if (h->in_flight > 0)
        return;
    h->idle_us = clock_mono_us(), h->window = LANE_WINDOW, h->heavy = 0;
    join_idle(h);
}

/* Nothing runs in it and nothing will. */
void home_retire_when_empty(struct home *h)
{
    if (h->in_flight == 0 && !h->ending && h->old)
        retire(h);
}

void lane_retire(struct lane *l)
{
    struct list *at, *tmp;
    list_each_safe (at, tmp, &l->homes) {
        struct home *h = list_of(at, struct home, link);
        h->old = true;
        home_retire_when_empty(h);
    }
}

int home_running(const struct home *h)
{
    return h->in_flight - h->waiting;
}

/* How long something new would wait in it, roughly: a heavy handler has every second slice. */
static int burden(const struct home *h)
{
    return home_running(h) + h->heavy * LANE_WINDOW;
}

static bool has_begun_any(const struct home *h)
{
    struct list *at;
    list_each (at, &h->flights)
        if (ending_has_begun(h, list_of(at, struct flight, link)))
            return true;
    return false;
}

bool home_is_stuck(struct home *h, int64_t now)
{
    int64_t since = h->page && h->in_flight > 0 ? claim_stuck_us(h->page, now) : 0;
    if (since < LONG_SLICE_US || !(h->spoke || has_begun_any(h)))
        return false;
    int64_t cpu = h->kind->cpu_us(h);
    if (cpu < 0) /* then time must do */
        return since >= LANE_STUCK_US;
    if (h->slice_us != now - since) {
        h->slice_us = now - since;
        h->slice_cpu_us = cpu;
    }
    return cpu - h->slice_cpu_us >= LANE_STUCK_US - LONG_SLICE_US;
}

struct home *lane_choose(struct lane *l, int64_t now)
{
    struct home *best = NULL;
    struct list *at;
    int open = 0, homes = 0;
    list_each (at, &l->homes) {
        struct home *h = list_of(at, struct home, link);
        homes += !h->ending;
        if (h->old || h->ending || home_is_stuck(h, now))
            continue;
        open++;
        if (home_running(h) < h->window && h->in_flight < HOME_ENVIRONMENTS &&
            (!best || burden(h) < burden(best)))
            best = h;
    }
    if (best && (burden(best) < SECOND_HOME_AT || open >= l->dispatch->most_homes))
        return best;
    if (open < l->dispatch->most_homes && homes < l->dispatch->most_homes + EXTRA_HOMES &&
        now >= l->barred_us) {
        struct home *fresh = home_open(l);
        return fresh ? fresh : best;
    }
    return best;
}

/* Flights still under way end with the process: their calls are the world's to forget. */
void lane_close(struct lane *l)
{
    struct list *at, *tmp;
    list_each_safe (at, tmp, &l->homes) {
        struct home *h = list_of(at, struct home, link);
        h->kind->release(h);
        home_free(h);
    }
    arena_release(&l->spec_arena);
    free(l->arn);
    free(l->name);
    free(l);
}
