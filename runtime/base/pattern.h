/* AWS's content patterns over JSON: event source filters, SNS filter policies, EventBridge rules.
 *
 * A pattern is a JSON object; its leaves are lists of alternatives, each a plain value or one operator
 * object: prefix, suffix, equals-ignore-case, wildcard, anything-but (value, list, prefix, suffix, wildcard,
 * equals-ignore-case), numeric, exists, cidr; and "$or" at object level.  Keys are ANDed, alternatives ORed.
 * (The only file of base that knows cJSON, because a pattern is JSON.) */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Well formed?  On false, *why (static text) says what is wrong. */
bool pattern_valid(const cJSON *pattern, const char **why);

/* Does `event` (an object) match?  `pattern` must be valid.  An array in the event matches when one of its
 * elements does. */
bool pattern_match(const cJSON *pattern, const cJSON *event);

#endif
