/* EventBridge's rules on a schedule: PutRule with rate() or cron(), PutTargets.  Events and patterns come
 * later. */
#ifndef EVENTS_EVENTS_H
#define EVENTS_EVENTS_H

#include "door/op.h"

extern const struct service events_service;

#endif
