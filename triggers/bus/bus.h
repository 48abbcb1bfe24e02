/* The trigger bus: what makes functions run.
 *
 * Event source mappings (pollers that read queues and streams through the door) and the pusher that takes
 * deliveries from the outbox.  Speaks Lambda's mapping operations on the wire, under the service name
 * "lambda". */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "door/op.h"

extern const struct service bus_mapping_service; /* "lambda": CreateEventSourceMapping ... */
extern const struct service bus_push_service;    /* "bus": Push, inside only */

#endif
