/* Tags: a list of {Key, Value} on the wire, an object in the model. */
#ifndef SNS_TAG_H
#define SNS_TAG_H

#include "door/call.h"

extern const struct shape_row sns_tag_row[]; /* one element of a list of tags */

/* The list as an object, which the caller owns; NULL: the call has its fault (a key comes twice, or there
 * are too many). */
cJSON *tags_read(struct call *c, const cJSON *list);

#endif
