/* AWS's content patterns over JSON: event source filters, SNS filter policies, EventBridge rules.
 *
 * A pattern is a JSON object; its leaves are lists of alternatives, each a plain value or one operator
 * object: prefix, suffix, equals-ignore-case, wildcard, anything-but (value, list, prefix, suffix, wildcard,
 * equals-ignore-case), numeric, exists, cidr; and "$or" at object level.  Keys are ANDed, alternatives ORed.
 *
 * Names are joined by dots on both sides before they are compared: {"a.b": [..]} and {"a": {"b": [..]}} are
 * one pattern, {"a.b": 1} and {"a": {"b": 1}} one event.
 *
 * Source: AWS's matcher as it is published (github.com/aws/event-ruler).  Any thread. */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include "base/arena.h"
#include "base/json.h"

struct pattern;

/* Reads a pattern; the tree (may be NULL) is moved, refused or not.  NULL: *why says what is wrong, in AWS's
 * words and in the arena.  The caller frees. */
struct pattern *pattern_new(cJSON *tree, struct arena *a, struct str *why);
void pattern_free(struct pattern *p); /* NULL is fine */

/* What one match may cost: comparisons of a value, and steps through the event.  Some 20 ms. */
#define PATTERN_WORK 2000000

/* Does `event` (an object) match?  An array in the event matches when one of its elements does; conditions on
 * fields of one array must be met by the same element.  *work is what the match may still cost, less what it
 * did; when it falls below 0 the match was given up, as false. */
bool pattern_match(const struct pattern *p, const cJSON *event, int64_t *work);

#endif
