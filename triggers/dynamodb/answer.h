/* Answers of item operations, written as JSON text: stored items go into them as they are.
 *
 * The network and Lua send the text on; whoever calls from inside gets the same answer as a tree. */
#ifndef DYNAMODB_ANSWER_H
#define DYNAMODB_ANSWER_H

#include "model.h"

/* The buffer of the call's answer, begun with '{'.  Ended by answer_end. */
struct buf *answer_begin(struct call *c);
enum op_end answer_end(struct call *c);

/* ,"Name": with the comma only where one is needed. */
void answer_member(struct buf *b, const char *name);
void answer_text_member(struct buf *b, const char *name, struct str text); /* a JSON string */
void answer_raw_member(struct buf *b, const char *name, struct str json);  /* JSON text */
void answer_int_member(struct buf *b, const char *name, int64_t v);
void answer_attr_member(struct buf *b, const char *name, const struct attr *map);

/* A comma, when something stands before in this list. */
void answer_comma(struct buf *b);

#endif
