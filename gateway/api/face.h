/* Where APIs listen: each on a port of its own, the first on the base port, the next on the one after it.
 *
 * Follows the model by itself: ports are opened, closed and moved as APIs come, go and move. */
#ifndef API_FACE_H
#define API_FACE_H

#include "base/buf.h"
#include "door/world.h"

struct api_face;

/* Opens the ports of all APIs.  NULL: one could not be opened; *why says which, in one line. */
struct api_face *api_face_new(struct world *w, const char *host, int base_port, struct buf *why);

/* Opens and closes ports as the model wants it now; false when one could not be opened, said in *why (may be
 * NULL).  Called by itself after each change of APIs. */
bool api_face_sync(struct api_face *f, struct buf *why);

/* Takes no new connections, lets what runs end; done is called once, when the last has gone. */
void api_face_stop(struct api_face *f, void (*done)(void *arg), void *arg);
void api_face_free(struct api_face *f);

#endif
