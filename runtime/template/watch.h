/* While tidepool runs, an edit of the template or of a Lua file under a CodeUri takes effect by itself,
 * within 50 ms of the save.  A broken edit keeps the old version serving.
 *
 *   file changed -> 5 ms of quiet -> load -> same digest? done : deploy -> deployed / refused */
#ifndef TEMPLATE_WATCH_H
#define TEMPLATE_WATCH_H

#include "template.h"

struct template_watch;

/* Thread: main.  All that is handed over is lent until the callback returns. */
struct template_watch_events {
    /* An edit serves now; the answer of template:Deploy.  NULL: a broken edit was put back as it was. */
    void (*deployed)(void *arg, const cJSON *answer);
    /* A broken edit: what is wrong with the template, or (no problems) the deployment's fault. */
    void (*refused)(void *arg, struct problems *problems, struct str fault);
};

/* Begins to watch what template_current names; the world needs a loop.  conf and `on` are lent for its life.
 */
struct template_watch *template_watch_new(struct world *w, const struct conf *conf,
                                          const struct template_watch_events *on, void *arg);
void template_watch_free(struct template_watch *t); /* before the world; NULL is fine */

#endif
