/* Attributes of topics and subscriptions: what may be set, and how AWS says no. */
#ifndef SNS_ATTR_H
#define SNS_ATTR_H

#include "model.h"

/* False: the call has its fault.  `given` maps names to texts.  `whole` is a request that sets many at once
 * (CreateTopic, Subscribe): its texts begin with "Attributes Reason: ". */
bool topic_attrs_check(struct call *c, const cJSON *given, bool whole);

/* Stores the topic with these over those that it has; they were checked. */
enum op_end topic_attrs_put(struct call *c, struct topic *t, const cJSON *given);

/* Subscription attributes depend on each other, so `merged` is what would be in force. */
bool subscription_attrs_check(struct call *c, enum protocol protocol, const cJSON *given, const cJSON *merged,
                              bool whole);

/* All attributes as GetTopicAttributes and GetSubscriptionAttributes answer them. */
void topic_attrs_out(struct call *c, const struct topic *t, cJSON *out);
void subscription_attrs_out(struct call *c, const struct subscription *s, cJSON *out);

#endif
