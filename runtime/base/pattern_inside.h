/* What the files of base/pattern share: a pattern that was read, ready to be asked. */
#ifndef BASE_PATTERN_INSIDE_H
#define BASE_PATTERN_INSIDE_H

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pattern.h"

#define PATTERN_FIELDS_MAX 1024 /* lists of alternatives in one pattern */
#define PATTERN_DEPTH_MAX 200   /* objects within objects */

struct address {
    unsigned char bytes[16];
    int bits; /* 32 or 128 */
};

/* One question to a leaf: a JSON value that is neither object nor array. */
struct test {
    bool (*match)(const struct test *t, const cJSON *leaf);
    const cJSON *operand;
    struct str *parts; /* wildcard: the texts between the stars, at least one */
    size_t part_count;
    struct address net; /* cidr */
    int64_t fixed;      /* how many of its bits count */
};

/* One alternative: a leaf passes when one of the tests does, or with `but` when none does. */
struct choice {
    bool but;
    struct test *tests;
    size_t count;
};

/* A list of alternatives, and the place in an event that it asks. */
struct field {
    size_t index; /* its bit */
    struct place *place;
    struct choice *choices;
    size_t count;
    bool absent; /* {"exists": false} is among them */
    struct field *next_here;
};

/* A path that the pattern names, one step after each dot: {"a": {"b": ..}} and {"a.b": ..} are one place. */
struct place {
    struct map children; /* by step */
    struct field *fields;
    struct place *next; /* of all places */
};

/* What must hold: a field, all terms below, or one of them. */
struct term {
    enum { TERM_FIELD, TERM_ALL, TERM_ANY } kind;
    struct field *field;
    struct term *first, *last, *next;
};

struct pattern {
    struct arena arena;
    cJSON *tree;
    struct place *places; /* all, the newest first: the root is the last */
    struct place *root;
    struct term *all;
    struct field **fields; /* by index */
    size_t count;
};

/* A pattern on its way from its tree. */
struct reader {
    struct pattern *pattern;
    struct arena *arena; /* for `why` */
    struct str why;
    size_t sets; /* of places in wildcards that were looked at */
};

/* Remembers the first reason; always false. */
bool refuse(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- pattern_choice.c */

/* One alternative of a list.  False: refused.  *exists: 1 or 0 when it is {"exists": true or false}, else -1;
 * of false there is no choice to ask. */
bool choice_read(struct reader *r, const cJSON *alternative, struct choice *out, int *exists);
bool choice_matches(const struct choice *c, const cJSON *leaf, int64_t *work);

/* Is it a name that a branch of $or may not use for a field? */
bool choice_name_reserved(struct str name);

/* --- pattern_wildcard.c */

/* The texts between the stars of a wildcard, without escapes.  False: refused. */
bool wildcard_read(struct reader *r, struct str text, struct test *t);
bool wildcard_match(const struct test *t, const cJSON *leaf);

/* Would some value keep too many wildcards of this field in play at once?  False: refused. */
bool wildcards_simple(struct reader *r, const struct field *f);

#endif
