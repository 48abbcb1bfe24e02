/* `why ID`: the tree of what caused what, from the events that the ring still has, and from what the store's
 * rows say where the ring does not reach.
 *
 * Several events may speak of one id (an invocation's call, its begin, its end): they are one node.  An event
 * names all its causes, near and far; the tree hangs a node only under those causes that are no causes of its
 * other causes. */
#include "door/call.h"
#include "door/trace.h"
#include <stdlib.h>

#define WAY_UP 32      /* steps from an id to its outermost cause */
#define TREE_DEPTH 200 /* deeper, a tree is cut: JSON's readers have limits, too */
#define LOOK_MAX 1000  /* nodes that are looked at to find whether one comes from another */

/* The node is one of those that `to` names as its causes. */
struct edge {
    struct node *to;
    struct edge *next;
};

struct node {
    struct str id, what, detail, causes;
    enum trace_kind kind;
    int64_t at_us, took_us;
    int status;
    bool printed, stored; /* stored: of this node only rows are left */
    cJSON *logs, *rows;
    struct node **from; /* its causes, those that are nodes */
    size_t from_count;
    struct edge *effects, **last_effect; /* in order of appearance */
    unsigned looked_at;
    struct node *next; /* in order of appearance */
};

struct graph {
    struct arena arena;
    struct map by_id; /* node's id, and each of its `also` ids -> node */
    struct node *first, **last;
    unsigned look;
};

/* Which event says best what happened at a node: the later in this list wins. */
static int rank(enum trace_kind kind)
{
    static const int ranks[] = {
        [TRACE_LOG] = 0,   [TRACE_STORED] = 0, [TRACE_CALL] = 1, [TRACE_STATE] = 2,
        [TRACE_ERROR] = 3, [TRACE_INVOKE] = 4, [TRACE_DONE] = 5, [TRACE_HTTP] = 6,
    };
    return ranks[kind];
}

static struct str keep(struct graph *g, struct str s)
{
    return s.p ? arena_str(&g->arena, s) : STR_NONE;
}

/* --- nodes, from events and rows */

static struct node *node_of(struct graph *g, struct str id)
{
    struct node *n = map_get(&g->by_id, id);
    if (n)
        return n;
    n = arena_zalloc(&g->arena, sizeof(*n));
    n->id = keep(g, id);
    n->kind = TRACE_LOG;
    n->last_effect = &n->effects;
    *g->last = n;
    g->last = &n->next;
    map_put(&g->by_id, id, n);
    return n;
}

static void add_line(cJSON **list, struct str line)
{
    if (!*list)
        *list = cJSON_CreateArray();
    char text[512];
    cJSON_AddItemToArray(*list, cJSON_CreateString(str_copy(line, text, sizeof(text))));
}

static void add_event(struct graph *g, const struct trace_event *e)
{
    struct node *n = node_of(g, e->id);
    if (e->causes.n && !n->causes.n)
        n->causes = keep(g, e->causes);
    struct str rest = keep(g, e->also);
    while (rest.p && rest.n) {
        struct str id = str_cut(&rest, ' ');
        map_put(&g->by_id, id, n); /* the newest event of an item or message is what a person means */
    }
    if (e->kind == TRACE_LOG || e->kind == TRACE_STORED)
        add_line(e->kind == TRACE_LOG ? &n->logs : &n->rows, e->detail);
    if (e->kind == TRACE_LOG)
        return;
    if (n->at_us == 0 || (n->stored && e->kind != TRACE_STORED) || e->at_us < n->at_us)
        n->at_us = e->at_us;
    if (e->took_us > n->took_us)
        n->took_us = e->took_us;
    if (n->what.p && rank(e->kind) < rank(n->kind))
        return;
    n->kind = e->kind;
    n->stored = e->kind == TRACE_STORED;
    n->what = keep(g, e->what);
    n->detail = n->stored ? STR_NONE : keep(g, e->detail);
    n->status = e->status;
}

static void graph_init(struct graph *g)
{
    *g = (struct graph){0};
    arena_init(&g->arena);
    map_init(&g->by_id);
    g->last = &g->first;
}

static void graph_release(struct graph *g)
{
    for (struct node *n = g->first; n; n = n->next) {
        cJSON_Delete(n->logs);
        cJSON_Delete(n->rows);
    }
    map_release(&g->by_id);
    arena_release(&g->arena);
}

/* Rows before events: where both know something, the ring knows better. */
static void graph_fill(struct graph *g, const struct trace *t, const struct trace_event *rows, size_t n)
{
    struct trace_event e;
    for (size_t i = 0; i < n; i++)
        add_event(g, &rows[i]);
    for (uint64_t seq = 0; trace_next(t, seq, &e); seq = e.seq)
        if (e.id.n)
            add_event(g, &e);
}

/* --- the root */

static bool names(struct str causes, struct str id)
{
    while (causes.p && causes.n)
        if (str_eq(str_cut(&causes, ' '), id))
            return true;
    return false;
}

/* A node of which nothing is left but that others name it as their cause. */
static struct node *node_named(struct graph *g, struct str id)
{
    struct node *n = node_of(g, id);
    n->what = STR("known only by its id");
    n->stored = true;
    return n;
}

static struct node *node_asked(struct graph *g, struct str id)
{
    struct node *n = map_get(&g->by_id, id);
    for (const struct node *k = g->first; k && !n; k = k->next)
        if (names(k->causes, id))
            n = node_named(g, id);
    return n;
}

/* The outermost cause: up to the first named of the causes that are known; at the end, to the last named of
 * those that are not. */
static struct node *outermost(struct graph *g, struct node *n)
{
    for (int i = 0; i < WAY_UP; i++) {
        struct node *up = NULL;
        struct str rest = n->causes, id = STR_NONE;
        while (rest.p && rest.n && !up) {
            struct node *c = map_get(&g->by_id, id = str_cut(&rest, ' '));
            up = c && c->what.p && c != n ? c : NULL;
        }
        if (!up)
            return id.n && !map_get(&g->by_id, id) ? node_named(g, id) : n;
        n = up;
    }
    return n;
}

/* --- what hangs under what */

static void add_effect(struct graph *g, struct node *cause, struct node *n)
{
    struct edge *e = arena_zalloc(&g->arena, sizeof(*e));
    e->to = n;
    *cause->last_effect = e;
    cause->last_effect = &e->next;
}

static void find_causes(struct graph *g, struct node *n)
{
    size_t most = 1;
    for (size_t i = 0; i < n->causes.n; i++)
        most += n->causes.p[i] == ' ';
    n->from = arena_alloc(&g->arena, most * sizeof(struct node *));
    struct str rest = n->causes;
    while (rest.p && rest.n) {
        struct node *cause = map_get(&g->by_id, str_cut(&rest, ' '));
        if (!cause || cause == n)
            continue;
        n->from[n->from_count++] = cause;
        add_effect(g, cause, n);
    }
}

/* Looks from the causes of `n` upwards; each node once. */
static bool comes_from(struct graph *g, struct node *n, const struct node *ancestor, int *left)
{
    for (size_t i = 0; i < n->from_count; i++) {
        struct node *c = n->from[i];
        if (c == ancestor)
            return true;
        if (c->looked_at == g->look || --*left < 0)
            continue;
        c->looked_at = g->look;
        if (comes_from(g, c, ancestor, left))
            return true;
    }
    return false;
}

/* Is `cause`, which `n` names, behind none of the other causes? */
static bool is_near(struct graph *g, const struct node *n, const struct node *cause)
{
    int left = LOOK_MAX;
    g->look++;
    for (size_t i = 0; i < n->from_count; i++)
        if (n->from[i] != cause && comes_from(g, n->from[i], cause, &left))
            return false;
    return true;
}

static void add_text(struct graph *g, cJSON *o, const char *name, struct str s)
{
    if (s.n)
        cJSON_AddStringToObject(o, name, arena_z(&g->arena, s));
}

/* What only rows tell has no durations. */
static void add_times(cJSON *o, const struct node *n)
{
    char iso[CLOCK_ISO_SIZE];
    if (n->at_us) {
        clock_iso(n->at_us / 1000, iso);
        cJSON_AddStringToObject(o, "at", iso);
        cJSON_AddNumberToObject(o, "atUs", (double)n->at_us);
    }
    if (n->stored) {
        cJSON_AddBoolToObject(o, "fromStore", true);
        return;
    }
    cJSON_AddNumberToObject(o, "tookMs", (double)n->took_us / 1000.0);
    cJSON_AddNumberToObject(o, "status", n->status);
}

static cJSON *tree_of(struct graph *g, struct node *n, int depth)
{
    cJSON *o = cJSON_CreateObject();
    add_text(g, o, "id", n->id);
    add_text(g, o, "what", n->what);
    add_times(o, n);
    add_text(g, o, "detail", n->detail);
    if (n->printed) { /* a batch with several causes: told in full under the first of them */
        cJSON_AddBoolToObject(o, "seenAbove", true);
        return o;
    }
    n->printed = true;
    if (n->logs)
        cJSON_AddItemToObject(o, "log", json_copy(n->logs));
    if (n->rows)
        cJSON_AddItemToObject(o, "stored", json_copy(n->rows));
    cJSON *caused = cJSON_AddArrayToObject(o, "caused");
    for (struct edge *e = n->effects; e; e = e->next)
        if (depth < TREE_DEPTH && e->to->what.p && is_near(g, e->to, n))
            cJSON_AddItemToArray(caused, tree_of(g, e->to, depth + 1));
    return o;
}

cJSON *trace_why(struct world *w, struct str id, const struct trace_event *rows, size_t n)
{
    struct graph g;
    graph_init(&g);
    graph_fill(&g, w->trace, rows, n);
    struct node *asked = node_asked(&g, id), *root = asked ? outermost(&g, asked) : NULL;
    for (struct node *k = g.first; root && k; k = k->next)
        find_causes(&g, k);
    cJSON *tree = root ? tree_of(&g, root, 0) : NULL;
    graph_release(&g);
    return tree;
}
