/* What the operations on mappings share: the room's state and its helpers. */
#ifndef BUS_INSIDE_H
#define BUS_INSIDE_H

#include "bus.h"
#include "door/call.h"
#include "mapping.h"

struct bus {
    struct world *world;
    struct map mappings; /* uuid -> struct mapping */
    bool loaded;
    struct timer reload; /* after the models were dropped */
};

extern const struct fault bus_invalid_parameter, bus_not_found, bus_conflict;
extern const struct op_row bus_create_mapping, bus_put_mapping, bus_get_mapping, bus_list_mappings,
    bus_update_mapping, bus_delete_mapping, bus_commit_checkpoint, bus_causes, bus_rewound;

/* The mappings, read from the store and started when they are not. */
struct bus *bus_of(const struct call *c);

/* Starts or stops its poller as it is enabled or not. */
void bus_apply(struct bus *b, struct mapping *m);

#endif
