/* Rows of the store that hold a tree: what each must be, as shape rows.
 *
 * A service names its kinds of rows and checks them as it opens (its models load later, without looking
 * again).  So a folder that was damaged, by a disk or a hand, ends the start with one line that names the
 * row, instead of a wrong answer or a crash in whatever reads it first.
 *
 * An earlier version may have taken what this one refuses: bytes that are no UTF-8, ARNs of other partitions.
 * Its rows are no damage; they are mended before they are checked, and kept so. */
#ifndef DOOR_STORED_H
#define DOOR_STORED_H

#include "door/shape.h"
#include "door/world.h"

enum stored_mend { STORED_FINE, STORED_MENDED, STORED_GOES /* what it is about can be nothing here */ };

struct stored_form {
    const char *space; /* first part of the keys */
    int texts;         /* parts of the key behind it, when all are texts; 0: not checked */
    bool head;         /* the tree is the first line of the value, and something else follows */
    const struct shape_row *rows;
    /* Leads a row of an earlier version on; may meet any tree.  NULL: there is nothing to lead on. */
    enum stored_mend (*mend)(struct arena *a, cJSON *row);
    /* What is wrong with a row that has its shape, as the line says it; absent: nothing.  NULL: not asked. */
    struct str (*wrong)(struct arena *a, const struct world *w, const cJSON *row);
    /* What only one row may have: so many first parts of the key, with these members.  A row that becomes the
     * twin of another by its mending goes. */
    int one_texts;
    const char *one_members[2];
};

/* `forms` ends with one without a space.  What is mended, or goes, is committed and said in the log.  RC_BAD:
 * a row is damaged, which is said too.  Before the first turn. */
enum rc stored_check(struct world *w, const struct stored_form *forms);

/* For `mend`: makes the ARN that is this member's text its one spelling, with `region` where it needs one and
 * has none.  STORED_GOES: it is no ARN. */
enum stored_mend stored_mend_arn(struct arena *a, cJSON *row, const char *member, struct str region);
enum stored_mend stored_worse(enum stored_mend a, enum stored_mend b); /* of two parts of a row */

/* What the rows of rooms have in common. */
#define STORED_TEXT(member, ...) OUT(SHAPE_STR, member, .flags = SHAPE_REQ, __VA_ARGS__)
#define STORED_NUMBER(member, least, most)                                                                   \
    OUT(SHAPE_INT, member, .flags = SHAPE_REQ, .min = (least), .max = (most))
#define STORED_COUNT(member) STORED_NUMBER(member, 0, STORED_MOST)
#define STORED_MOST (INT64_C(1) << 53)       /* what a number in JSON holds exactly */
extern const struct shape_row stored_text[]; /* of a list or map of texts */

bool stored_is_arn(struct str s);

#endif
