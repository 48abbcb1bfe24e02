/* Shapes: what an operation takes and gives, as rows.
 *
 * A row says where a member lies in the operation's input struct, what it must satisfy, and what the Query
 * and REST protocols need to find it.  The door fills the struct (zeroed before) from the request's tree and
 * checks every constraint; an operation never looks at its request otherwise.  botocore's service-2.json is
 * the authority for names, constraints and locations. */
#ifndef DOOR_SHAPE_H
#define DOOR_SHAPE_H

#include "base/arena.h"
#include "base/json.h"
#include <stddef.h>
#include <stdint.h>

enum shape_type {
    SHAPE_STR,  /* struct str; absent: p == NULL */
    SHAPE_INT,  /* int64_t; absent: SHAPE_NO_INT */
    SHAPE_BOOL, /* int: 0, 1; absent: -1 */
    SHAPE_TIME, /* int64_t, epoch milliseconds (the wire has seconds as a number, or ISO text in XML); absent:
                   SHAPE_NO_INT */
    SHAPE_REAL, /* double; absent: NaN */
    SHAPE_BLOB, /* base64 in JSON: struct str of the decoded bytes, in the call's arena */
    SHAPE_TREE, /* const cJSON * as it came, checked against `of` when that is given; absent: NULL */
    SHAPE_LIST, /* const cJSON * (an array); `of`: one row that describes the element */
    SHAPE_MAP,  /* const cJSON * (an object); `of`: one row that describes the value */
    SHAPE_STRUCT, /* const cJSON * (an object); `of`: the rows of its members (offsets unused) */
};

#define SHAPE_NO_INT INT64_MIN

enum shape_flags {
    SHAPE_REQ = 1,        /* must be there */
    SHAPE_FLAT = 2,       /* Query/XML: a flattened list or map */
    SHAPE_PAYLOAD = 4,    /* REST: the body itself */
    SHAPE_IN_URI = 8,     /* REST: a label of the path named `wire` (or name) */
    SHAPE_IN_QUERY = 16,  /* REST: a query parameter */
    SHAPE_IN_HEADER = 32, /* REST: a header */
    SHAPE_IN_STATUS = 64, /* REST answers: the HTTP status */
    SHAPE_IGNORED =
        128, /* known, without effect on a local machine; accepted by intent, listed in the README */
    SHAPE_ZEROS =
        256, /* its texts and names may hold U+0000: the operation carries it, or says its own words */
};

struct shape_row {
    const char *name; /* "QueueUrl": JSON member */
    enum shape_type type;
    size_t offset; /* into the input struct */
    unsigned flags;
    int64_t min, max;          /* value range, or length range of text, list and map; both 0: none */
    const char *const *one_of; /* enum values, NULL-ended */
    const char *pattern;       /* AWS's regular expression, for the message; `match` decides */
    bool (*match)(struct str s);
    const struct shape_row *of;
    const char *wire; /* Query/XML/REST location name where it differs ("Attribute", "x-amz-log-type") */
    const char *query_json; /* the name in the Query protocol's JSON answers, where it differs ("messages") */
    const char *key_wire,
        *value_wire; /* maps: names of key and value in Query/XML ("Name", "Value"; default "key", "value") */
};

/* Rows read:  IN_STR(send_message_in, queue_url, "QueueUrl", .flags = SHAPE_REQ), ..., SHAPE_END */
#define IN_ROW(kind, in_struct, member, wire_name, ...)                                                      \
    {                                                                                                        \
        .name = (wire_name), .type = (kind), .offset = offsetof(struct in_struct, member), __VA_ARGS__       \
    }
#define IN_STR(in_struct, member, ...) IN_ROW(SHAPE_STR, in_struct, member, __VA_ARGS__, )
#define IN_INT(in_struct, member, ...) IN_ROW(SHAPE_INT, in_struct, member, __VA_ARGS__, )
#define IN_BOOL(in_struct, member, ...) IN_ROW(SHAPE_BOOL, in_struct, member, __VA_ARGS__, )
#define IN_TIME(in_struct, member, ...) IN_ROW(SHAPE_TIME, in_struct, member, __VA_ARGS__, )
#define IN_REAL(in_struct, member, ...) IN_ROW(SHAPE_REAL, in_struct, member, __VA_ARGS__, )
#define IN_BLOB(in_struct, member, ...) IN_ROW(SHAPE_BLOB, in_struct, member, __VA_ARGS__, )
#define IN_TREE(in_struct, member, ...) IN_ROW(SHAPE_TREE, in_struct, member, __VA_ARGS__, )
#define IN_LIST(in_struct, member, ...) IN_ROW(SHAPE_LIST, in_struct, member, __VA_ARGS__, )
#define IN_MAP(in_struct, member, ...) IN_ROW(SHAPE_MAP, in_struct, member, __VA_ARGS__, )
#define IN_STRUCT(in_struct, member, ...) IN_ROW(SHAPE_STRUCT, in_struct, member, __VA_ARGS__, )

/* Members without a place in a struct: inner rows, and answers. */
#define OUT(shape, wire_name, ...)                                                                           \
    {                                                                                                        \
        .name = (wire_name), .type = (shape), __VA_ARGS__                                                    \
    }
#define SHAPE_END                                                                                            \
    {                                                                                                        \
        0                                                                                                    \
    }

/* What is wrong with an input; the service's style turns it into its own words. */
enum shape_problem {
    SHAPE_MISSING,
    SHAPE_TYPE,
    SHAPE_TOO_SMALL,
    SHAPE_TOO_LARGE,
    SHAPE_TOO_SHORT,
    SHAPE_TOO_LONG,
    SHAPE_NOT_ONE_OF,
    SHAPE_NO_MATCH,
    SHAPE_HAS_ZEROS, /* U+0000 in a text or name */
};
struct shape_error {
    enum shape_problem problem;
    const struct shape_row *row;
    struct str path;      /* "tableName", "keySchema.1.member.attributeName" in Coral's lower camel case */
    struct str value;     /* as text */
    struct str json_path; /* "KeySchema[0].AttributeName" */
    const cJSON *got;     /* the value itself; NULL when missing */
};

/* Fills `input` (zeroed by the caller) from `tree` (NULL: as an empty object).  All problems are collected,
 * in the order of the rows, at most `max`; returns their number.  A member that the rows do not know is left
 * alone, as AWS does.  Text is lent from the tree; decoded blobs lie in `a`. */
int shape_read(struct arena *a, const struct shape_row *rows, const cJSON *tree, void *input,
               struct shape_error *errors, int max);

/* The first place that holds U+0000 though its row does not say SHAPE_ZEROS; false: there is none.  For
 * inputs that shape_read found no fault with. */
bool shape_zeros(struct arena *a, const struct shape_row *rows, const cJSON *tree, struct shape_error *error);

/* What Coral's JSON reader says of a value of the wrong type: "NUMBER_VALUE cannot be converted to String".
 */
struct str shape_type_text(struct arena *a, const struct shape_error *e);

/* Coral's text for these errors: "2 validation errors detected: Value null at 'tableName' failed to satisfy
 * constraint: Member must not be null; ..." In the arena. */
struct str shape_coral_text(struct arena *a, const struct shape_error *errors, int n);

#endif
