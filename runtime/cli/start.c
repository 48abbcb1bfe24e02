/* start: a tidepool that serves until it is told to stop.
 *
 *   read, open -> deploy (one transaction) -> listen -> banner -> serve ... -> signal -> no new requests, up
 * to 2 s for what runs -> close (state is committed by then)
 */
#include "api/serve.h"
#include "aws/serve.h"
#include "banner.h"
#include "core/turn.h"
#include "template/watch.h"
#include "terminal.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define STOP_MS 2000

struct start {
    struct house house;
    struct terminal terminal;
    struct aws_server *aws;
    struct api_servers *apis;
    struct watch *watch;
    int64_t began_us;
    int status;
    /* stopping */
    bool stopping;
    int open_servers;
    struct loop_timer *stop_timer;
    int64_t stop_by_us;
};

static void give_up(struct start *s, int status)
{
    s->status = status;
    loop_stop(s->house.loop);
}

/* --- stopping */

static void server_closed(void *arg)
{
    struct start *s = arg;
    s->open_servers--;
}

static void look_whether_done(void *arg)
{
    struct start *s = arg;
    const struct world *w = s->house.world;
    bool done = s->open_servers == 0 && w->busy == 0 && turn_idle(w->turn);
    if (done || clock_mono_us() >= s->stop_by_us)
        loop_stop(s->house.loop);
}

static void on_signal(void *arg, int signum)
{
    struct start *s = arg;
    (void)signum;
    if (s->stopping) { /* asked twice: at once */
        loop_stop(s->house.loop);
        return;
    }
    s->stopping = true;
    s->stop_by_us = clock_mono_us() + STOP_MS * 1000;
    s->stop_timer = loop_timer_new(s->house.loop, look_whether_done, s);
    loop_timer_set(s->stop_timer, 1, 5);
    if (s->apis) {
        s->open_servers++;
        api_servers_stop(s->apis, server_closed, s);
    }
    if (s->aws) {
        s->open_servers++;
        aws_server_stop(s->aws, server_closed, s);
    }
}

/* --- starting */

static bool listen_all(struct start *s)
{
    const struct conf *conf = &s->house.cli->conf;
    enum rc rc;
    s->aws = aws_server_new(s->house.world, conf->host, conf->port, &rc);
    if (!s->aws) {
        cli_error(rc == RC_BUSY ? "port %d is in use (--port another)" : "cannot listen on port %d",
                  conf->port);
        return false;
    }
    int port = conf->api_port;
    s->apis = api_servers_new(s->house.world, conf->host, conf->api_port);
    rc = api_servers_sync(s->apis, &port);
    if (rc != RC_OK)
        cli_error(rc == RC_BUSY ? "port %d is in use (--api-port another)" : "cannot listen on port %d",
                  port);
    return rc == RC_OK;
}

static void on_changed(void *arg, const cJSON *deployed, int64_t took_us)
{
    struct start *s = arg;
    int port = 0;
    banner_print_change(deployed, took_us, stdout);
    if (api_servers_sync(s->apis, &port) != RC_OK)
        cli_error("port %d is in use; the API that wants it does not answer", port);
}

static void on_refused(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%sthe version before goes on serving\n", text);
}

static void on_deployed(struct call *c)
{
    struct start *s = c->asker;
    if (c->fault) {
        cli_error("%.*s", STR_ARG(c->fault_text));
        give_up(s, 2);
    } else if (!listen_all(s)) {
        give_up(s, 2);
    } else {
        banner_print(&s->house, c->out, clock_mono_us() - s->began_us, stdout);
        terminal_attach(&s->terminal, s->house.world, stdout);
        if (s->house.template)
            s->watch = watch_new(s->house.world, &s->house.template,
                                 &(struct watch_events){on_changed, on_refused}, s);
    }
    call_free(c);
}

static int run(struct cli *cli)
{
    struct start s = {.began_us = clock_mono_us()};
    struct loop *loop;
    if (!house_open(&s.house, cli, cli->arg_count ? cli->args[0] : cli->conf.template)) {
        house_close(&s.house);
        return 2;
    }
    loop = s.house.loop;
    loop_on_signal(loop, SIGINT, on_signal, &s);
    loop_on_signal(loop, SIGTERM, on_signal, &s);
    house_deploy(&s.house, on_deployed, &s);
    loop_run(loop);

    if (s.watch)
        watch_free(s.watch);
    terminal_detach(&s.terminal, s.house.world);
    if (s.apis)
        api_servers_free(s.apis);
    if (s.aws)
        aws_server_free(s.aws);
    if (s.stop_timer)
        loop_timer_free(s.stop_timer);
    house_close(&s.house);
    return s.status;
}

const struct verb verb_start = {
    "start", "[TEMPLATE]", "serves the app of a template", run,
    "Reads template.json (or .yaml), deploys it and serves: each API on a port of its own from --api-port "
    "on, all\n"
    "AWS services on --port.  State lies in .tidepool beside the template and survives restarts.  An edit of "
    "the\n"
    "template or of a handler takes effect as it is saved.  Ctrl-C stops: what runs gets up to 2 s.\n"};
