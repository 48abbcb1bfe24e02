/* start: a tidepool that serves until it is told to stop.
 *
 *   read, open -> deploy (one transaction) -> listen -> banner -> serve ... -> signal -> no new requests, up
 * to 2 s for what runs -> close (state is committed by then)
 */
#include "api/face.h"
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
    struct api_face *apis;
    struct template_watch *watch;
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
        api_face_stop(s->apis, server_closed, s);
    }
    if (s->aws) {
        s->open_servers++;
        aws_server_stop(s->aws, server_closed, s);
    }
}

/* A helper that could inherit sockets or the store would be no helper, so none is made anew. */
static void nursery_lost(void *arg)
{
    cli_error("the process that starts workers was ended; state is safe, start again");
    give_up(arg, 1);
}

/* --- starting */

static bool listen_all(struct start *s)
{
    const struct conf *conf = &s->house.cli->conf;
    enum rc rc;
    s->aws = aws_server_new(s->house.world, conf->host, conf->port, &rc);
    if (!s->aws) {
        if (rc == RC_BUSY)
            cli_error("port %d is in use (--port another)", conf->port);
        else
            cli_error("cannot listen on %s port %d: is it an address of this machine? (--host)", conf->host,
                      conf->port);
        return false;
    }
    struct buf why;
    buf_init(&why, 1024);
    s->apis = api_face_new(s->house.world, conf->host, conf->api_port, &why);
    if (!s->apis)
        cli_error("%s (--api-port another)", buf_zstr(&why));
    buf_release(&why);
    return s->apis != NULL;
}

static void on_changed(void *arg, const cJSON *answer)
{
    (void)arg;
    if (answer)
        banner_print_change(answer, stdout);
    else
        say(stdout, "as it was again: nothing to deploy\n");
}

static void on_refused(void *arg, struct problems *problems, struct str fault)
{
    (void)arg;
    problems_print(problems, stderr);
    if (fault.n)
        cli_refused(fault);
    cli_error("the version before goes on serving");
}

/* Nothing here asks for a password. */
static void warn_beyond_loopback(const struct start *s)
{
    const struct conf *conf = &s->house.cli->conf;
    if (!conf_on_loopback(conf))
        log_warn(&s->house.log,
                 "listening on %s, beyond this machine: whoever reaches it may use port %d (every AWS "
                 "service, all "
                 "data, /_tidepool/ with reset and clock) and the APIs on port %d and up, without a password",
                 conf->host, conf->port, conf->api_port);
}

static void on_deployed(void *arg, struct call *c)
{
    static const struct template_watch_events watch_events = {on_changed, on_refused};
    struct start *s = arg;
    struct world *w = s->house.world;
    if (c && c->fault) {
        cli_refused(c->fault_text);
        give_up(s, 2);
    } else if (!listen_all(s)) {
        give_up(s, 2);
    } else {
        warn_beyond_loopback(s);
        banner_print(&s->house, c ? c->out : NULL, clock_mono_us() - s->began_us, stdout);
        if (s->house.cli->conf.log_level >= LOG_INFO)
            terminal_attach(&s->terminal, w, stdout);
        if (c)
            s->watch = template_watch_new(w, w->conf, &watch_events, s);
    }
    if (c)
        call_free(c);
}

static void flush_output(void *to)
{
    fflush(to);
}

static int run(struct cli *cli)
{
    struct start s = {.began_us = clock_mono_us()};
    struct loop *loop;
    if (cli->arg_count > 1)
        return cli_error("start takes one template");
    if (!house_open(&s.house, cli, cli->arg_count ? cli->args[0] : cli->conf.template)) {
        house_close(&s.house);
        return 2;
    }
    loop = s.house.loop;
    if (s.house.nursery)
        nursery_on_lost(s.house.nursery, nursery_lost, &s);
    loop_on_signal(loop, SIGINT, on_signal, &s);
    loop_on_signal(loop, SIGTERM, on_signal, &s);
    loop_flush(loop, flush_output, stdout); /* log lines are collected, and printed before each sleep */
    house_deploy(&s.house, on_deployed, &s);
    loop_run(loop);
    fflush(stdout);

    template_watch_free(s.watch);
    world_stop(s.house.world);
    terminal_detach(&s.terminal, s.house.world);
    if (s.apis)
        api_face_free(s.apis);
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
    "template or of a handler takes effect as it is saved.  Ctrl-C stops: what runs gets up to 2 s.\n"
    "Limits of AWS that only slow tests down (60 s between two PurgeQueue of a queue, and before a deleted "
    "queue's\nname is free) hold with --strict-limits alone.  tidepool help lists the options.\n"};
