#include "house.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool read_template(struct house *h, const char *path)
{
    char found[4096];
    if (!path && !template_find(NULL, found, sizeof(found)))
        return true;
    struct problems problems;
    problems_init(&problems);
    h->template = template_load(path ? path : found, &h->cli->conf, &problems);
    problems_print(&problems, stderr);
    bool ok = h->template && !problems_stop(&problems);
    problems_release(&problems);
    if (ok) {
        snprintf(h->app, sizeof(h->app), "%s", template_folder(h->template));
        h->cli->conf.app = h->app;
    }
    return ok;
}

/* --data, or .tidepool beside the template, or here. */
static void choose_data(struct house *h)
{
    const struct conf *conf = &h->cli->conf;
    if (conf->ephemeral)
        h->data[0] = 0;
    else if (conf->data)
        snprintf(h->data, sizeof(h->data), "%s", conf->data);
    else
        snprintf(h->data, sizeof(h->data), "%s/.tidepool", conf->app ? conf->app : ".");
}

static struct store *open_store(struct house *h)
{
    struct store *store = NULL;
    enum rc rc =
        store_open(&store, h->data[0] ? h->data : NULL, h->cli->conf.durable ? STORE_DURABLE : 0, &h->log);
    if (rc == RC_BUSY)
        cli_error("the state in %s is in use by another tidepool (--data another folder, or --ephemeral)",
                  h->data);
    return rc == RC_OK ? store : NULL;
}

static void start_nursery(struct house *h)
{
    h->nursery = nursery_start(h->cli->worker);
    if (!h->nursery)
        cli_error(
            "no process can be started for workers (%s): handlers run inside this one, as with --inline",
            strerror(errno));
}

bool house_open(struct house *h, struct cli *cli, const char *path)
{
    memset(h, 0, sizeof(*h));
    h->cli = cli;
    h->log = (struct log){.to = stderr, .level = cli->conf.log_level};
    if (!cli->conf.run_inline)
        start_nursery(h); /* first of all: workers inherit nothing */
    if (!read_template(h, path))
        return false;
    choose_data(h);
    struct store *store = open_store(h);
    if (!store)
        return false;
    h->loop = loop_new();
    if (h->nursery)
        nursery_attach(h->nursery, h->loop);
    char room[260];
    snprintf(h->origin, sizeof(h->origin), "http://%.*s:%d",
             STR_ARG(conf_url_host(&cli->conf, room, sizeof(room))), cli->conf.port);
    h->world = world_new(&(struct world_setup){
        .loop = h->loop,
        .nursery = h->nursery,
        .log = &h->log,
        .conf = &cli->conf,
        .store = store,
        .services = cli->services,
        .seed = cli->conf.seed,
        .account = cli->conf.account,
        .region = cli->conf.region,
        .origin = h->origin,
    });
    return h->world != NULL;
}

void house_close(struct house *h)
{
    if (h->world) {
        if (!h->world->stopping) /* what still waits for its turn has it: no call outlives its world */
            world_stop(h->world);
        world_free(h->world);
    }
    if (h->nursery)
        nursery_stop(h->nursery);
    if (h->loop)
        loop_free(h->loop);
    if (h->template)
        template_free(h->template);
}

static void on_deployed(struct call *c)
{
    struct house *h = c->asker;
    h->deployed(h->deployed_arg, c);
}

void house_deploy(struct house *h, void (*on_end)(void *arg, struct call *c), void *arg)
{
    if (!h->template) {
        on_end(arg, NULL);
        return;
    }
    h->deployed = on_end;
    h->deployed_arg = arg;
    template_deploy(h->world, h->template, on_deployed, h);
    h->template = NULL; /* the world's now */
}
