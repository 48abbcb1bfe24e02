/* `why ID`: the tree of what caused what, from the events that the ring still has.
 *
 * Several events may speak of one id (an invocation's call, its begin, its end): they are one node.  An event
 * names all its causes, near and far; the tree hangs a node only under those causes that are no causes of its
 * other causes. */
#include "door/call.h"
#include "door/trace.h"
#include <stdlib.h>

struct node {
    struct str id, what, detail, causes, also;
    enum trace_kind kind;
    int64_t at_us, took_us;
    int status;
    bool printed;
    cJSON *logs;
    struct node *next; /* in order of appearance */
};

struct graph {
    struct arena arena;
    struct map by_id; /* node's id, and each of its `also` ids -> node */
    struct node *first, **last;
};

/* Which event says best what happened at a node: the later in this list wins. */
static int rank(enum trace_kind kind)
{
    static const int ranks[] = {
        [TRACE_LOG] = 0,    [TRACE_CALL] = 1, [TRACE_STATE] = 2, [TRACE_ERROR] = 3,
        [TRACE_INVOKE] = 4, [TRACE_DONE] = 5, [TRACE_HTTP] = 6,
    };
    return ranks[kind];
}

static struct str keep(struct graph *g, struct str s)
{
    return s.p ? arena_str(&g->arena, s) : STR_NONE;
}

static struct node *node_of(struct graph *g, struct str id)
{
    struct node *n = map_get(&g->by_id, id);
    if (n)
        return n;
    n = arena_zalloc(&g->arena, sizeof(*n));
    n->id = keep(g, id);
    n->kind = TRACE_LOG;
    *g->last = n;
    g->last = &n->next;
    map_put(&g->by_id, id, n);
    return n;
}

static void add_log(struct node *n, struct str line)
{
    if (!n->logs)
        n->logs = cJSON_CreateArray();
    char text[512];
    cJSON_AddItemToArray(n->logs, cJSON_CreateString(str_copy(line, text, sizeof(text))));
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
    if (e->kind == TRACE_LOG) {
        add_log(n, e->detail);
        return;
    }
    if (n->at_us == 0 || e->at_us < n->at_us)
        n->at_us = e->at_us;
    if (e->took_us > n->took_us)
        n->took_us = e->took_us;
    if (n->what.p && rank(e->kind) < rank(n->kind))
        return;
    n->kind = e->kind;
    n->what = keep(g, e->what);
    n->detail = keep(g, e->detail);
    n->status = e->status;
}

static void read_ring(struct graph *g, const struct trace *t)
{
    arena_init(&g->arena);
    map_init(&g->by_id);
    g->first = NULL, g->last = &g->first;
    struct trace_event e;
    for (uint64_t seq = 0; trace_next(t, seq, &e); seq = e.seq)
        if (e.id.n)
            add_event(g, &e);
}

static void graph_release(struct graph *g)
{
    for (struct node *n = g->first; n; n = n->next)
        cJSON_Delete(n->logs);
    map_release(&g->by_id);
    arena_release(&g->arena);
}

static bool comes_from(const struct graph *g, const struct node *n, const struct node *ancestor, int depth)
{
    struct str rest = n->causes;
    while (rest.p && rest.n && depth > 0) {
        const struct node *cause = map_get(&g->by_id, str_cut(&rest, ' '));
        if (cause && (cause == ancestor || comes_from(g, cause, ancestor, depth - 1)))
            return true;
    }
    return false;
}

#define DEPTH 32

/* Is `cause` a direct cause of `n`: named, and behind none of the other causes? */
static bool caused_by(const struct graph *g, const struct node *n, const struct node *cause)
{
    bool named = false;
    struct str rest = n->causes;
    while (rest.p && rest.n) {
        const struct node *c = map_get(&g->by_id, str_cut(&rest, ' '));
        if (c == cause)
            named = true;
        else if (c && c != n && comes_from(g, c, cause, DEPTH))
            return false;
    }
    return named && n != cause;
}

static cJSON *tree_of(struct graph *g, struct node *n)
{
    cJSON *o = cJSON_CreateObject();
    char text[TRACE_ID_SIZE + 4096];
    cJSON_AddStringToObject(o, "id", str_copy(n->id, text, sizeof(text)));
    cJSON_AddStringToObject(o, "what", str_copy(n->what, text, sizeof(text)));
    char iso[CLOCK_ISO_SIZE];
    clock_iso(n->at_us / 1000, iso);
    cJSON_AddStringToObject(o, "at", iso);
    cJSON_AddNumberToObject(o, "atUs", (double)n->at_us);
    cJSON_AddNumberToObject(o, "tookMs", (double)n->took_us / 1000.0);
    cJSON_AddNumberToObject(o, "status", n->status);
    if (n->detail.n)
        cJSON_AddStringToObject(o, "detail", str_copy(n->detail, text, sizeof(text)));
    if (n->printed) { /* a batch with several causes: told in full under the first of them */
        cJSON_AddBoolToObject(o, "seenAbove", true);
        return o;
    }
    n->printed = true;
    if (n->logs)
        cJSON_AddItemToObject(o, "log", cJSON_Duplicate(n->logs, true));
    cJSON *caused = cJSON_AddArrayToObject(o, "caused");
    for (struct node *k = g->first; k; k = k->next)
        if (k->what.p && caused_by(g, k, n))
            cJSON_AddItemToArray(caused, tree_of(g, k));
    return o;
}

/* The outermost cause that is still known; of several, the first named. */
static struct node *outermost(const struct graph *g, struct node *n)
{
    for (int depth = 0; depth < DEPTH; depth++) {
        struct node *up = NULL;
        struct str rest = n->causes;
        while (rest.p && rest.n && !up) {
            struct node *c = map_get(&g->by_id, str_cut(&rest, ' '));
            up = c && c->what.p && c != n ? c : NULL;
        }
        if (!up)
            break;
        n = up;
    }
    return n;
}

cJSON *trace_why(struct world *w, struct str id)
{
    struct graph g;
    read_ring(&g, w->trace);
    struct node *n = map_get(&g.by_id, id);
    cJSON *tree = n ? tree_of(&g, outermost(&g, n)) : NULL;
    graph_release(&g);
    return tree;
}
