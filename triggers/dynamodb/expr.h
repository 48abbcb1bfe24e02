/* DynamoDB's expressions: condition, filter, key condition, projection, update.
 *
 *   text --expr_lex--> tokens --expr_parse--> tree --expr_check--> resolved tree --expr_eval--> answer
 *
 * One struct expr_set belongs to one request: it holds what #names and :values stand for, and which of them
 * the request's expressions used.  All memory is in the arena of its struct wrong; the first mistake is said
 * there in the service's words. */
#ifndef DYNAMODB_EXPR_H
#define DYNAMODB_EXPR_H

#include "attr.h"

#define EXPR_LENGTH_MAX 4096
#define EXPR_OPERATORS_MAX 300
#define EXPR_IN_MAX 100

/* A document path: a.b[2].c */
struct path_step {
    struct str name; /* absent: an index */
    long index;
};

struct path {
    struct path_step *steps;
    size_t n;
};

/* The places that several paths lead to, as a tree, whose root is the item.  Whoever changes or shows many
 * parts of an item walks once through the two. */
#define PATHS_GO_ON SIZE_MAX
struct path_tree {
    struct path_step step;   /* from the place above */
    size_t path;             /* the number of the path that ends here; PATHS_GO_ON: paths only go on */
    struct path_tree *inner; /* in the order of their names, or of their indexes */
    size_t n;
};

enum expr_kind {
    EXPR_AND,
    EXPR_OR,
    EXPR_NOT,
    EXPR_EQ,
    EXPR_NE,
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,
    EXPR_BETWEEN, /* args: what, low, high */
    EXPR_IN,      /* args: what, candidates ... */
    EXPR_CALL,    /* of `function` */
    EXPR_PLUS,
    EXPR_MINUS,
    EXPR_PATH,
    EXPR_VALUE,
};

enum expr_function {
    FN_ATTRIBUTE_EXISTS,
    FN_ATTRIBUTE_NOT_EXISTS,
    FN_ATTRIBUTE_TYPE,
    FN_BEGINS_WITH,
    FN_CONTAINS,
    FN_SIZE,
    FN_IF_NOT_EXISTS,
    FN_LIST_APPEND,
    FN_UNKNOWN
};

struct expr {
    enum expr_kind kind;
    enum expr_function function;
    struct str text;          /* a value's name ":v", a function's name */
    struct path path;         /* PATH */
    const struct attr *value; /* VALUE, once resolved */
    struct expr **args;
    size_t n;
};

enum update_kind { UPDATE_SET, UPDATE_REMOVE, UPDATE_ADD, UPDATE_DELETE, UPDATE_KINDS };

struct update_action {
    enum update_kind kind;
    struct path path;
    struct expr *operand; /* NULL: REMOVE */
};

struct update {
    struct update_action *actions;
    size_t n;
    struct path_tree places; /* of the actions' paths */
};

struct projection {
    struct path *paths;
    size_t n;
    struct path_tree places;
};

/* What a #name or a :value stands for. */
struct stand_in {
    struct str key;           /* "#n" or ":v" */
    struct str name;          /* of a #name */
    const struct attr *value; /* of a :value */
    bool used;
};
struct stand_ins {
    struct stand_in *list, **by_key;
    size_t n;
};

struct expr_set {
    struct wrong *wrong;
    struct stand_ins names, values;
};

/* ExpressionAttributeNames and ExpressionAttributeValues, checked; either may be NULL. */
bool expr_set_init(struct expr_set *s, const cJSON *names, const cJSON *values, struct wrong *w);

/* What the key stands for, which is used from now on; NULL: it is not defined. */
struct stand_in *expr_set_use(struct stand_ins *list, struct str key);

/* After all expressions of the request were read: every name and value must have been used. */
bool expr_set_all_used(const struct expr_set *s);

/* `what` is "ConditionExpression", "FilterExpression" or "KeyConditionExpression", for the message.  NULL: it
 * is wrong. */
struct expr *expr_condition(struct expr_set *s, const char *what, struct str text);
struct update *expr_update(struct expr_set *s, struct str text);
struct projection *expr_projection(struct expr_set *s, struct str text);

/* Does it hold for this item (a map; the empty map when there is none)? */
bool expr_holds(struct arena *a, const struct expr *e, const struct attr *item);

/* The item as the update leaves it; NULL: it cannot be applied to this item, wrong says why.  All operands
 * see the item as it was.  The work is linear in the size of the item and the update. */
const struct attr *expr_update_apply(const struct update *u, const struct attr *item, struct wrong *w);

/* Does the update only take away (REMOVE, DELETE)?  Then it makes no item where there is none. */
bool expr_update_takes(const struct update *u);

/* What lies at a path, or NULL. */
const struct attr *path_get(const struct path *p, const struct attr *item);

/* The tree of the places that the paths (lent) lead to, in the arena.  False: two of them meet, since one is
 * the beginning of the other, or one place would be a map and a list; *meets is the number of the last path
 * that meets a later one. */
bool path_tree_make(struct arena *a, struct path *const *paths, size_t n, struct path_tree *root,
                    size_t *meets);

/* The part of an item that lies at the places. */
const struct attr *expr_project(struct arena *a, const struct path_tree *root, const struct attr *item);

/* "[a, [1], b]" */
struct str path_text(struct arena *a, const struct path *p);

bool expr_reserved(struct str word);

/* How many operands a condition has: what it may cost on an item, in looks at the whole of it. */
int64_t expr_weight(const struct expr *e);

/* Every path that a condition mentions. */
void expr_each_path(const struct expr *e, void (*seen)(void *arg, const struct path *p), void *arg);

#endif
