/* Message attributes: {"name": {"DataType", "StringValue" | "BinaryValue" (base64)}}. */
#ifndef SQS_MESSAGE_ATTR_H
#define SQS_MESSAGE_ATTR_H

#include "door/call.h"

/* The shape of one attribute's value, and of the two maps in requests and answers. */
extern const struct shape_row message_attr_value[];

/* False: the call has its fault.  attrs may be NULL. */
bool message_attrs_check(struct call *c, const cJSON *attrs);
bool message_system_attrs_check(struct call *c, const cJSON *attrs);

/* Bytes that count for the size of the message: names, types and values. */
size_t message_attrs_size(const cJSON *attrs);

/* AWS's digest over the attributes in order of name; see "Calculating the MD5 message digest for message
 * attributes" in the SQS developer guide. */
void message_attrs_md5(const cJSON *attrs, char out[33]);

/* A copy of those that the names ask for ("All", ".*", "prefix.*", or a name); NULL: none.  The caller owns
 * it. */
cJSON *message_attrs_pick(const cJSON *attrs, const cJSON *names);

#endif
