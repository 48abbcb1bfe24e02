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
};

struct projection {
    struct path *paths;
    size_t n;
};

struct expr_name {
    struct str key, text; /* "#n", "name" */
    bool used;
};
struct expr_value {
    struct str key; /* ":v" */
    const struct attr *value;
    bool used;
};

struct expr_set {
    struct wrong *wrong;
    struct expr_name *names;
    size_t name_count;
    struct expr_value *values;
    size_t value_count;
};

/* ExpressionAttributeNames and ExpressionAttributeValues, checked; either may be NULL. */
bool expr_set_init(struct expr_set *s, const cJSON *names, const cJSON *values, struct wrong *w);

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
 * see the item as it was. */
const struct attr *expr_update_apply(const struct update *u, const struct attr *item, struct wrong *w);

/* What lies at a path, or NULL. */
const struct attr *path_get(const struct path *p, const struct attr *item);

/* The part of an item that the paths name. */
const struct attr *expr_project(struct arena *a, const struct path *paths, size_t n, const struct attr *item);

/* "[a, [1], b]" */
struct str path_text(struct arena *a, const struct path *p);

bool expr_reserved(struct str word);

/* Every path that a condition mentions. */
void expr_each_path(const struct expr *e, void (*seen)(void *arg, const struct path *p), void *arg);

#endif
