/* The caller as AWS's services name him: signatures are accepted unverified and there are no users, so
 * whoever asks in an account is its one IAM user. */
#ifndef DOOR_CALLER_H
#define DOOR_CALLER_H

#include "base/arena.h"

/* arn:aws:iam::000000000000:user/tidepool, in the arena. */
struct str caller_arn(struct arena *a, struct str account);

/* The user's unique id (AIDA and 17 letters and digits, as on AWS), the same at each start, in the arena.
 * `account` has twelve digits. */
struct str caller_id(struct arena *a, struct str account);

#endif
