/* The door's inside of a call.  Only door/ includes this. */
#ifndef DOOR_CALL_INSIDE_H
#define DOOR_CALL_INSIDE_H

#include "door/call.h"

void call_notes_pend(struct call *c);    /* after a good run: they wait for the commit */
void call_notes_drop(struct call *c);    /* after a fault */
void call_notes_hand_up(struct call *c); /* an inner call: the parent decides */
void calls_free_spare(struct world *w);
void call_unpark(struct call *c); /* out of all waiting places, deadline disarmed */

#endif
