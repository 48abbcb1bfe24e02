/* invoke: one invocation, by the tidepool that runs, or by one that lives just for it. */
#include "base/codec.h"
#include "door/door.h"
#include "house.h"
#include "remote.h"
#include "terminal.h"
#include <errno.h>
#include <string.h>

/* The event: of a file, of standard input with "-", or an empty object. */
static bool read_event(const struct cli *cli, struct buf *out)
{
    if (!cli->event) {
        buf_z(out, "{}");
        return true;
    }
    FILE *f = strcmp(cli->event, "-") == 0 ? stdin : fopen(cli->event, "rb");
    if (!f)
        return false;
    char part[65536];
    size_t n;
    while ((n = fread(part, 1, sizeof(part), f)) > 0)
        buf_add(out, part, n);
    if (f != stdin)
        fclose(f);
    return !out->full;
}

static int print_result(struct str payload, bool failed)
{
    say_text(stdout, payload);
    say(stdout, "\n");
    return failed ? 1 : 0;
}

static int refused(const char *message)
{
    bool unknown = strncmp(message, "Function not found", 18) == 0;
    return cli_error("%s%s", message,
                     unknown ? " (a function that the template gives no FunctionName is called tidepool-ID)"
                             : "");
}

static void print_log(struct str base64)
{
    struct buf log;
    buf_init(&log, 1u << 20);
    if (codec_unbase64(&log, base64))
        say_text(stderr, buf_view(&log));
    buf_release(&log);
}

static int invoke_there(const struct cli *cli, struct str event)
{
    char path[512];
    snprintf(path, sizeof(path), "/2015-03-31/functions/%s/invocations", cli->args[0]);
    const struct http_header headers[] = {
        {STR("X-Amz-Log-Type"), STR("Tail")},
        {STR("Authorization"), STR("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, "
                                   "SignedHeaders=host, Signature=0")},
    };
    struct remote_answer a;
    remote_post(cli, path, event, headers, 2, &a);
    int status;
    if (a.status == 200) {
        print_log(http_header_get(&a.headers, "x-amz-log-result"));
        status =
            print_result(buf_view(&a.body), http_header_get(&a.headers, "x-amz-function-error").p != NULL);
    } else if (a.status == 0) {
        status =
            cli_error("the tidepool on %s:%d went away before it answered", cli->conf.host, cli->conf.port);
    } else {
        cJSON *out = a.body.n ? json_tree(buf_view(&a.body)) : NULL;
        const char *message = cJSON_GetStringValue(cJSON_GetObjectItem(out, "Message"));
        if (!message)
            message = cJSON_GetStringValue(cJSON_GetObjectItem(out, "message"));
        status = refused(message ? message : "no reason given");
        cJSON_Delete(out);
    }
    remote_release(&a);
    return status;
}

/* --- a tidepool for one invocation */

struct once {
    struct house house;
    struct terminal terminal;
    struct cli *cli;
    struct str event;
    int status;
};

static void on_invoked(struct call *c)
{
    struct once *o = c->asker;
    if (c->fault) {
        o->status = refused(arena_z(&c->arena, c->fault_text));
    } else {
        bool failed = cJSON_HasObjectItem(c->out, "FunctionError");
        o->status = print_result(buf_view(&c->payload_out), failed);
    }
    call_free(c);
    loop_stop(o->house.loop);
}

static void on_deployed(void *arg, struct call *c)
{
    struct once *o = arg;
    if (!c || c->fault) {
        o->status = c ? cli_refused(c->fault_text) : cli_error("no template here, and no tidepool runs");
        loop_stop(o->house.loop);
    } else {
        struct call *k = door_open(o->house.world, NULL, "lambda", "Invoke");
        k->from = CALL_CLI;
        k->in = cJSON_CreateObject();
        cJSON_AddStringToObject(k->in, "FunctionName", o->cli->args[0]);
        k->payload = o->event;
        k->asker = o;
        k->on_end = on_invoked;
        door_submit(k);
    }
    if (c)
        call_free(c);
}

static int invoke_here(struct cli *cli, struct str event)
{
    struct once o = {.cli = cli, .event = event};
    if (!house_open(&o.house, cli, cli->conf.template)) {
        house_close(&o.house);
        return 2;
    }
    terminal_attach(&o.terminal, o.house.world, stderr);
    house_deploy(&o.house, on_deployed, &o);
    loop_run(o.house.loop);
    terminal_detach(&o.terminal, o.house.world);
    house_close(&o.house);
    return o.status;
}

static int run(struct cli *cli)
{
    if (cli->arg_count != 1)
        return cli_error("invoke needs the name of one function");
    struct buf event;
    buf_init(&event, 6u << 20);
    int status;
    if (!read_event(cli, &event))
        status = cli_error("the event in %s cannot be read: %s", cli->event,
                           event.full ? "larger than 6 MB" : strerror(errno));
    else if (remote_alive(cli))
        status = invoke_there(cli, buf_view(&event));
    else
        status = invoke_here(cli, buf_view(&event));
    buf_release(&event);
    return status;
}

const struct verb verb_invoke = {"invoke", "FUNCTION [--event FILE|-]", "runs a function once", run,
                                 "Invokes the function with the event of a file, of standard input (-), or "
                                 "an empty object: by the tidepool that\n"
                                 "runs on --port, or else by one that reads the template and lives just for "
                                 "this.  The result goes to standard\n"
                                 "output, the log to standard error.  Exit status 1: the function failed.\n"};
