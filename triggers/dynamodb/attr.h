/* Attribute values: what items are made of.
 *
 * A value is never changed once it is made, so trees share parts freely; all memory is in the arena that was
 * given.  Values are kept in one canonical form: numbers in plain text, the members of a map sorted by name,
 * the elements of a set sorted; so two values are equal exactly when their JSON texts are the same bytes. */
#ifndef DYNAMODB_ATTR_H
#define DYNAMODB_ATTR_H

#include "base/buf.h"
#include "number.h"
#include "wrong.h"

enum attr_type {
    ATTR_S,
    ATTR_N,
    ATTR_B,
    ATTR_BOOL,
    ATTR_NULL,
    ATTR_SS,
    ATTR_NS,
    ATTR_BS,
    ATTR_L,
    ATTR_M,
    ATTR_TYPES
};

struct attr_member {
    struct str name;
    const struct attr *value;
};

struct attr {
    enum attr_type type;
    uint32_t count; /* of elements or members */
    union {
        struct str text; /* S; N: its canonical text; B: the bytes */
        bool flag;       /* BOOL */
        const struct str *set;
        const struct attr *const *list;
        const struct attr_member *map;
    };
};

#define ATTR_DEPTH_MAX 32
#define ATTR_NAME_MAX 65535
#define ITEM_SIZE_MAX (400u * 1024)
#define ITEM_TEXT_MAX (4u << 20) /* 1E125 counts as 2 bytes and is 126 characters long */

extern const struct attr attr_empty_map;

/* "S", "NS", ... */
const char *attr_type_name(enum attr_type t);
bool attr_type_of(struct str name, enum attr_type *out);

/* A value from a request's tree {"S":"..."}, checked; NULL: wrong says what.  S and names are lent from the
 * tree. */
const struct attr *attr_from_tree(const cJSON *tree, struct wrong *w);

/* A whole item or key: an object of values, as a map. */
const struct attr *attr_map_from_tree(const cJSON *tree, struct wrong *w);

/* A value, or a whole item, from stored canonical text; NULL: the text is broken (a bug or a damaged store).
 * Text is lent where it has no escapes. */
const struct attr *attr_map_from_text(struct arena *a, struct str text);

/* {"S":"..."}, and an item's {"name":{...},...} */
void attr_write(const struct attr *v, struct buf *out);
void attr_map_write(const struct attr *map, struct buf *out);

/* Bytes as the service counts them; of a map at the top, that is the item's size. */
size_t attr_size(const struct attr *v);
size_t attr_item_size(const struct attr *map);
/* As attr_size, but more than `most` is only said to be more: the rest is not walked through. */
size_t attr_size_upto(const struct attr *v, size_t most);

/* No deeper than ATTR_DEPTH_MAX. */
bool attr_check_depth(const struct attr *map, struct wrong *w);

bool attr_equal(const struct attr *a, const struct attr *b);

/* Order of two scalars (S, N, B) of one type: <0, 0, >0. */
int attr_compare(const struct attr *a, const struct attr *b);

/* The number of an N. */
struct number attr_number(const struct attr *v);

/* A member of a map, or NULL. */
const struct attr *attr_get(const struct attr *map, struct str name);
/* Where a member is from number `from` on, or would be. */
uint32_t attr_place(const struct attr *map, struct str name, uint32_t from, bool *there);

/* Says what is wrong with a number, `text` being what the request had; returns false. */
bool attr_say_number(struct str text, enum number_problem p, struct wrong *w);

/* --- making new values */
const struct attr *attr_text(struct arena *a, enum attr_type t, struct str text);
const struct attr *attr_from_number(struct arena *a, const struct number *n);
const struct attr *attr_int(struct arena *a, int64_t v);

const struct attr *attr_list_joined(struct arena *a, const struct attr *x, const struct attr *y);

/* Elements of both, or of x without those of y (NULL: nothing is left).  Both are sets of one type. */
const struct attr *attr_set_union(struct arena *a, const struct attr *x, const struct attr *y);
const struct attr *attr_set_minus(struct arena *a, const struct attr *x, const struct attr *y);
bool attr_set_has(const struct attr *set, struct str element);

/* Sorts members by name and makes the map. */
const struct attr *attr_map_make(struct arena *a, struct attr_member *members, size_t n);

#endif
