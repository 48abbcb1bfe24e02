/* Filter policies: SNS's own rules around base/pattern, and matching a message against them. */
#ifndef SNS_FILTER_H
#define SNS_FILTER_H

#include "base/pattern.h"
#include "door/call.h"

/* What is wrong with a policy, in AWS's words and in the arena; absent: nothing.  `body` is FilterPolicyScope
 * MessageBody. */
struct str filter_trouble(struct arena *a, struct str policy, bool body);

/* A stored policy, ready to match; the caller frees.  *filtered: there is one ({} is none).  With *filtered
 * and NULL, a policy that is no longer read, nothing passes. */
struct pattern *filter_pattern(struct str policy, bool *filtered);

/* The message's attributes as a pattern sees them: String -> text, Number -> number, String.Array -> array;
 * Binary is left out.  The caller owns it. */
cJSON *filter_view_of_attributes(const cJSON *attributes);

#endif
