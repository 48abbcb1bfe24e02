/* What Publish and PublishBatch share: checks, and the fan-out.
 *
 * A turn hands out as much as it should (call_works): what is left is a row of the outbox itself, by FanOut,
 * which goes on in a later turn from the place where the turn before stopped. */
#ifndef SNS_PUBLISH_H
#define SNS_PUBLISH_H

#include "envelope.h"

#define MAX_MESSAGE_BYTES 262144

struct publish {
    struct str message, subject, structure, deduplication, group;
    const cJSON *attributes;
};

/* The shapes of a message, for the rows of both operations. */
extern const struct shape_row publish_attribute_row[];

bool publish_check(struct call *c, const struct publish *p); /* false: the call has its fault */
size_t publish_size(const struct publish *p);

/* Puts one delivery per subscription that the message passes into the outbox, or the promise of those that
 * are left.  *id is the message's id. */
enum rc publish_out(struct call *c, const struct topic *t, const struct publish *p, struct str *id);

#endif
