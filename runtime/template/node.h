/* The template as a tree that knows where everything was written.
 *
 * Readers (json.c, yaml.c) build it, intrinsics turn it into another one, and the plan is made of the same
 * nodes until the door wants cJSON.  A node lies in an arena and in at most one parent.  A made node
 * remembers the written node it comes from, so every problem can name a line and a path of the file. */
#ifndef TEMPLATE_NODE_H
#define TEMPLATE_NODE_H

#include "base/arena.h"
#include "base/json.h"

enum node_kind {
    NODE_NULL,
    NODE_BOOL,
    NODE_NUMBER, /* text: as it was written */
    NODE_TEXT,
    NODE_LIST,
    NODE_MAP,
    NODE_LATE, /* known only while deploying: late.h */
};

enum late_kind {
    LATE_REF,    /* text: logical id */
    LATE_ATT,    /* text: logical id; attr */
    LATE_JOIN,   /* delimiter, list */
    LATE_SPLIT,  /* delimiter, text; gives a list */
    LATE_SELECT, /* index, list */
    LATE_BASE64, /* text */
    LATE_JSON,   /* any tree; gives its JSON text */
};

struct node {
    enum node_kind kind;
    enum late_kind late;
    bool truth;
    int line;       /* where its key, or it itself in a list, stands; 1 is the first */
    struct str key; /* in a map */
    struct str text, attr;
    struct node *first, *last, *next; /* members, elements, or a late node's arguments */
    size_t count;
    const struct node *parent;
    const struct node *from; /* made nodes: the written node they come from; NULL for written ones */
};

/* New nodes without a parent; `from` may be NULL.  Text is copied by node_text only. */
struct node *node_new(struct arena *a, enum node_kind kind, const struct node *from);
struct node *node_text(struct arena *a, struct str text, const struct node *from);
struct node *node_int(struct arena *a, int64_t v, const struct node *from);
struct node *node_bool(struct arena *a, bool v, const struct node *from);

/* Adds `child` at the end of a list or map and returns it.  It must not have a parent yet. */
struct node *node_add(struct node *parent, struct node *child);
struct node *node_put(struct node *map, const char *key, struct node *child); /* key: lent, a literal */
struct node *node_put_str(struct node *map, struct str key, struct node *child);

/* A deep copy without a parent. */
struct node *node_copy(struct arena *a, const struct node *n);

/* Takes the member away; harmless when it is not there. */
void node_drop(struct node *map, const char *key);

/* The member of a map, or NULL (also when `map` is NULL or no map). */
struct node *node_get(const struct node *map, const char *key);
struct node *node_get_str(const struct node *map, struct str key);
bool node_truth(const struct node *map, const char *key, bool otherwise);

/* The text of a text, number or bool; absent for others. */
struct str node_scalar(const struct node *n);
bool node_is(const struct node *n, const char *text); /* a scalar with this text */

/* {"Ref": ...} or {"Fn::...": ...}. */
bool node_is_function(const struct node *n);

/* True when no late node is in it. */
bool node_settled(const struct node *n);

/* The written node behind it (itself when it was written). */
const struct node *node_origin(const struct node *n);

/* "Resources.Orders.Properties.KeySchema[0]" of the written node, in the arena. */
struct str node_path(struct arena *a, const struct node *n);

/* The tree for the door.  BUG when something in it is still late. */
cJSON *node_json(const struct node *n);

/* As node_json for tests and comparisons: what is late is shown as {"@": "Orders.Arn"} or {"@join": [...]}.
 */
cJSON *node_show(const struct node *n);

#define node_each(child, parent) for ((child) = (parent)->first; (child); (child) = (child)->next)

#endif
