/* Notes: "this resource changed", a hint and never data, spread after the commit.
 *
 * Parked calls and listeners wait by the resource's ARN.  A listener is embedded in who listens. */
#ifndef DOOR_NOTE_H
#define DOOR_NOTE_H

#include "base/list.h"
#include "base/str.h"

struct world;

struct note_listener {
    struct list link;
    void (*heard)(struct note_listener *l,
                  struct str arn); /* after the commit, outside any call; may submit calls */
};

/* From now until note_unlisten.  arn is copied.  `STR("")`: hears all. */
void note_listen(struct world *w, struct note_listener *l, struct str arn);
void note_unlisten(struct world *w, struct note_listener *l);

/* Outside a call (a timer found that messages became visible): spreads at once. */
void note_spread(struct world *w, struct str arn);

#endif
