/* Rows of the store that hold a tree: what each must be, as shape rows.
 *
 * A service names its kinds of rows and checks them as it opens (its models load later, without looking
 * again).  So a folder that was damaged, by a disk or a hand, ends the start with one line that names the
 * row, instead of a wrong answer or a crash in whatever reads it first. */
#ifndef DOOR_STORED_H
#define DOOR_STORED_H

#include "door/shape.h"
#include "door/world.h"

struct stored_form {
    const char *space; /* first part of the keys */
    int texts;         /* parts of the key behind it, when all are texts; 0: not checked */
    bool head;         /* the tree is the first line of the value, and something else follows */
    const struct shape_row *rows;
};

/* `forms` ends with one without a space.  RC_BAD: a row is damaged, which is said in the log. */
enum rc stored_check(struct world *w, const struct stored_form *forms);

/* What the rows of rooms have in common. */
#define STORED_TEXT(member, ...) OUT(SHAPE_STR, member, .flags = SHAPE_REQ, __VA_ARGS__)
#define STORED_NUMBER(member, least, most)                                                                   \
    OUT(SHAPE_INT, member, .flags = SHAPE_REQ, .min = (least), .max = (most))
#define STORED_COUNT(member) STORED_NUMBER(member, 0, STORED_MOST)
#define STORED_MOST (INT64_C(1) << 53)       /* what a number in JSON holds exactly */
extern const struct shape_row stored_text[]; /* of a list or map of texts */

bool stored_is_arn(struct str s);

#endif
