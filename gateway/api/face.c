#include "face.h"

#include "api.h"
#include "door/door.h"
#include "door/handle.h"
#include "door/note.h"
#include "http/server.h"
#include "model.h"
#include <stdlib.h>

/* One API's port. */
struct listener {
    struct list link;
    struct api_face *face;
    struct http_server *http;
    char api_id[API_ID_SIZE];
    int port;
    bool gone;    /* it is leaving: no new connections */
    bool drained; /* its last connection has gone */
};

struct api_face {
    struct world *world;
    const char *host;
    int base_port;
    struct list listeners;
    struct note_listener note;
    void (*done)(void *arg);
    void *done_arg;
};

/* --- a request */

struct asking {
    struct http_exchange *exchange;
    struct handle_in in;
};

static void handled(struct call *c)
{
    struct asking *q = c->asker;
    if (c->fault)
        q->in.reply = (struct http_reply){.status = c->fault->http, .body = c->fault_text};
    http_exchange_reply(q->exchange, &q->in.reply);
    call_free(c);
}

static void asked(void *arg, struct http_exchange *x)
{
    struct listener *l = arg;
    const struct http_request *http = http_exchange_request(x);
    struct call *c = call_new(l->face->world, NULL, &execute_api_service, &api_handle);
    struct asking *q = arena_zalloc(&c->arena, sizeof *q);
    q->exchange = x;
    q->in = (struct handle_in){
        .http = http, .api_id = arena_str(&c->arena, str_z(l->api_id)), .path = http->path};
    c->typed = &q->in;
    c->from = CALL_NETWORK;
    c->asker = q;
    c->on_end = handled;
    door_submit(c);
}

/* --- ports */

static bool is_drained(const struct api_face *f)
{
    struct list *at;
    list_each (at, &f->listeners)
        if (!list_of(at, struct listener, link)->drained)
            return false;
    return true;
}

static void listener_drained(void *arg)
{
    struct listener *l = arg;
    struct api_face *f = l->face;
    l->drained = true;
    if (!f->done || !is_drained(f))
        return;
    void (*done)(void *) = f->done;
    f->done = NULL;
    done(f->done_arg);
}

static void listener_leave(struct listener *l)
{
    if (l->gone)
        return;
    l->gone = true;
    http_server_stop(l->http, listener_drained, l);
}

static void listener_free(struct listener *l)
{
    list_del(&l->link);
    http_server_free(l->http);
    free(l);
}

static bool listener_open(struct api_face *f, const struct api *api, struct buf *why)
{
    struct listener *l = xcalloc(1, sizeof *l);
    enum rc rc = RC_OK;
    l->face = f;
    l->port = f->base_port + api->port;
    str_copy(api->id, l->api_id, sizeof l->api_id);
    l->http = http_server_new(f->world->loop, f->host, l->port, NULL, asked, l, &rc);
    if (l->http) {
        list_push(&f->listeners, &l->link);
        return true;
    }
    buf_printf(why, "port %d for API %.*s: %s", l->port, STR_ARG(api->logical_id), rc_text(rc));
    free(l);
    return false;
}

static struct listener *listener_of(const struct api_face *f, const struct api *api)
{
    struct list *at;
    list_each (at, &f->listeners) {
        struct listener *l = list_of(at, struct listener, link);
        if (!l->gone && str_is(api->id, l->api_id) && l->port == f->base_port + api->port)
            return l;
    }
    return NULL;
}

/* Ports that no API wants any more; those that left before and are empty by now are forgotten. */
static void close_unwanted(struct api_face *f, struct gateway *g)
{
    struct list *at, *tmp;
    list_each_safe (at, tmp, &f->listeners) {
        struct listener *l = list_of(at, struct listener, link);
        const struct api *api = map_get(&g->apis, str_z(l->api_id));
        if (l->drained)
            listener_free(l);
        else if (!api || l->port != f->base_port + api->port)
            listener_leave(l);
    }
}

bool api_face_sync(struct api_face *f, struct buf *why)
{
    struct gateway *g = gateway_of(f->world);
    struct buf own;
    bool good = true;
    buf_init(&own, 1000);
    if (gateway_loaded(g) != RC_OK) {
        buf_z(&own, "the APIs cannot be read");
        good = false;
    } else {
        close_unwanted(f, g);
        struct map_entry *at = g->apis.first;
        struct api *api;
        while (good && (api = map_each(&at, NULL)))
            good = listener_of(f, api) || listener_open(f, api, &own);
    }
    if (!good && why)
        buf_str(why, buf_view(&own));
    else if (!good)
        log_error(f->world->log, "%s", buf_zstr(&own));
    buf_release(&own);
    return good;
}

static void apis_changed(struct note_listener *note, struct str arn)
{
    (void)arn;
    api_face_sync(list_of(note, struct api_face, note), NULL);
}

/* --- the face */

struct api_face *api_face_new(struct world *w, const char *host, int base_port, struct buf *why)
{
    struct api_face *f = xcalloc(1, sizeof *f);
    f->world = w;
    f->host = host;
    f->base_port = base_port;
    f->note.heard = apis_changed;
    list_init(&f->listeners);
    note_listen(w, &f->note, STR(APIS_ARN));
    if (api_face_sync(f, why))
        return f;
    api_face_free(f);
    return NULL;
}

void api_face_stop(struct api_face *f, void (*done)(void *arg), void *arg)
{
    struct list *at;
    f->done = done;
    f->done_arg = arg;
    note_unlisten(f->world, &f->note);
    list_each (at, &f->listeners)
        listener_leave(list_of(at, struct listener, link));
    if (list_empty(&f->listeners) && f->done) {
        f->done = NULL;
        done(arg);
    }
}

void api_face_free(struct api_face *f)
{
    if (!f)
        return;
    note_unlisten(f->world, &f->note);
    while (!list_empty(&f->listeners))
        listener_free(list_of(f->listeners.next, struct listener, link));
    free(f);
}
