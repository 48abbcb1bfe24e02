/* What each resource type takes: a table of properties, and one checker for all of them.
 *
 * Every property that AWS knows has a row, so each is honoured, kept by intent, or refused by name; README.md
 * lists the same rows (a test compares them). */
#ifndef TEMPLATE_PROPS_H
#define TEMPLATE_PROPS_H

#include "node.h"
#include "problem.h"

enum prop_kind {
    PROP_TEXT,
    PROP_INT,
    PROP_REAL,
    PROP_BOOL,
    PROP_LIST,   /* of: one row for its elements */
    PROP_MAP,    /* of: one row for its values; names are free */
    PROP_OBJECT, /* of: its rows */
    PROP_ANY,    /* taken as it is */
};

enum prop_use {
    PROP_HONOURED,
    PROP_KEPT,    /* read, and without effect on a local machine by intent */
    PROP_REFUSED, /* stops the start: tidepool would not do what it says */
};

enum prop_flags {
    PROP_REQUIRED = 1,
    PROP_GLOBAL = 2, /* may stand in Globals too */
};

struct prop_row {
    const char *name;
    enum prop_kind kind;
    enum prop_use use;
    unsigned flags;
    int64_t min, max; /* numbers: value; text: length; lists: count; max 0: no upper end */
    const char *const *one_of;
    const struct prop_row *of;
    const char *why; /* refused: more words than "is not supported by tidepool yet" */
};

#define TAKES(kind_, name_, ...)                                                                             \
    {                                                                                                        \
        .name = (name_), .kind = (kind_), .use = PROP_HONOURED, __VA_ARGS__                                  \
    }
#define KEEPS(name_, ...)                                                                                    \
    {                                                                                                        \
        .name = (name_), .kind = PROP_ANY, .use = PROP_KEPT, __VA_ARGS__                                     \
    }
#define REFUSES(name_, ...)                                                                                  \
    {                                                                                                        \
        .name = (name_), .kind = PROP_ANY, .use = PROP_REFUSED, __VA_ARGS__                                  \
    }
#define ELEMENT(kind_, ...)                                                                                  \
    {                                                                                                        \
        .name = "", .kind = (kind_), __VA_ARGS__                                                             \
    }
#define PROPS_END                                                                                            \
    {                                                                                                        \
        0                                                                                                    \
    }

/* Checks a resolved map against the rows and returns the honoured part in the rows' types ("5" becomes 5).
 * `partial`: a part of Globals: nothing is required and only PROP_GLOBAL rows are allowed.  `of`: what has
 * these properties, for the messages ("": nothing special).  A value that is NULL (left out, or broken and
 * said) has no members.  Never NULL. */
struct node *props_check(struct arena *a, struct problems *p, const struct node *value,
                         const struct prop_row *rows, const char *of, bool partial);

#endif
