/* The door's inside of notes: points, pending notes, parked calls.  Only door/ includes this. */
#ifndef DOOR_NOTE_POINT_H
#define DOOR_NOTE_POINT_H

#include "base/map.h"
#include "door/call.h"
#include "door/note.h"

struct note_point {
    char *arn;
    size_t arn_len;
    struct list listeners; /* struct note_listener.link */
    struct list parked;    /* struct park.in_point */
    struct list pending;   /* in notes.pending, or alone */
};

struct notes {
    struct map points;
    struct note_point everything; /* listeners of all */
    struct list pending;          /* points noted by the running turn */
    struct note_point *spreading;
};

/* One resource that one call waits for; in the call's arena. */
struct park {
    struct list in_point, in_call;
    struct call *call;
    struct note_point *point;
};

struct notes *notes_new(void);
void notes_free(struct notes *n);
struct note_point *note_point_get(struct notes *n, struct str arn);
void note_point_drop_unused(struct notes *n, struct note_point *p);

/* Every parked call ends without running again. */
void notes_cancel_parked(struct notes *n);

/* Parked calls began that much later: their deadlines, which are timers, have moved too. */
void notes_shift_parked(struct notes *n, int64_t by_us);

/* Inside a turn: the note waits for the commit. */
void note_pend(struct world *w, struct str arn);
void note_spread_pending(struct world *w);
void note_drop_pending(struct world *w);

/* A parked call runs again in the next turn. */
void call_wake(struct call *c);

#endif
