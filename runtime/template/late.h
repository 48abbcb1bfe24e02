/* Values that are known only while deploying (a table's stream ARN), and what functions make of them.
 *
 * Each function is written once: at load it is applied when its arguments are settled and stays a late node
 * otherwise; while deploying, late_settle applies it again with the references filled in. */
#ifndef TEMPLATE_LATE_H
#define TEMPLATE_LATE_H

#include "node.h"

/* A function applied to its arguments (a list node's elements, moved): the result, or a late node that waits.
 * NULL: cannot be, and *why says so. */
struct node *late_apply(struct arena *a, enum late_kind kind, struct node *arguments, const struct node *from,
                        const char **why);

struct node *late_ref(struct arena *a, struct str logical, struct str attr, const struct node *from);

/* What a reference stands for: its value, lent; absent when unknown.  attr absent: Ref. */
struct late_values {
    struct str (*value)(void *arg, struct str logical, struct str attr);
    void *arg;
};

/* A copy with every reference filled in and every function applied.  NULL: cannot be, and *why says so. */
struct node *late_settle(struct arena *a, const struct node *n, const struct late_values *values,
                         const char **why);

#endif
