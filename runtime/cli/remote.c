#include "remote.h"
#include "base/json.h"
#include "core/http_client.h"
#include "core/loop.h"
#include <stdlib.h>

struct asking {
    struct loop *loop;
    struct remote_answer *out;
};

static void answered(void *arg, const struct http_fetch_result *r)
{
    struct asking *a = arg;
    if (r->rc == RC_OK) {
        a->out->status = r->reply.status;
        buf_str(&a->out->body, r->reply.body);
        for (size_t i = 0; i < r->reply.headers.n; i++)
            http_header_add(&a->out->headers, &a->out->arena,
                            arena_str(&a->out->arena, r->reply.headers.list[i].name),
                            arena_str(&a->out->arena, r->reply.headers.list[i].value));
    }
    loop_stop(a->loop);
}

void remote_post(const struct cli *cli, const char *path, struct str body, const struct http_header *headers,
                 size_t n, struct remote_answer *out)
{
    struct asking a = {.loop = loop_new(), .out = out};
    memset(out, 0, sizeof(*out));
    arena_init(&out->arena);
    buf_init(&out->body, 64u << 20);
    char room[260];
    struct http_fetch_request r = {
        .url = arena_printf(&out->arena, "http://%.*s:%d%s",
                            STR_ARG(conf_url_host(&cli->conf, room, sizeof(room))), cli->conf.port, path),
        .method = STR("POST"),
        .body = body,
        .timeout_ms = 1000 * 1000, /* longer than a function may run */
        .body_max = 64u << 20,
    };
    for (size_t i = 0; i < n; i++)
        http_header_add(&r.headers, &out->arena, headers[i].name, headers[i].value);
    http_fetch(a.loop, &r, answered, &a);
    loop_run(a.loop);
    loop_free(a.loop);
}

void remote_release(struct remote_answer *a)
{
    buf_release(&a->body);
    arena_release(&a->arena);
}

static const char *message_of(const cJSON *answer)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItem(answer, "message"));
    return z ? z : "no reason given";
}

cJSON *remote_ask(const struct cli *cli, const char *operation, cJSON *in, int *status)
{
    char path[64];
    snprintf(path, sizeof(path), "/_tidepool/%s", operation);
    struct buf body;
    buf_init(&body, 1u << 20);
    json_print(&body, in);
    cJSON_Delete(in);
    struct http_header json = {STR("content-type"), STR("application/json")};
    struct remote_answer a;
    remote_post(cli, path, buf_view(&body), &json, 1, &a);
    buf_release(&body);

    if (status)
        *status = a.status;
    cJSON *out = a.body.n ? json_tree(buf_view(&a.body)) : NULL;
    if (a.status != 200) {
        if (a.status == 0)
            cli_error("no tidepool answers on %s:%d (tidepool start, or --port)", cli->conf.host,
                      cli->conf.port);
        else
            cli_refused(str_z(message_of(out)));
        cJSON_Delete(out);
        out = NULL;
    }
    remote_release(&a);
    return out;
}

bool remote_alive(const struct cli *cli)
{
    struct remote_answer a;
    remote_post(cli, "/_tidepool/health", STR("{}"), NULL, 0, &a);
    bool alive = a.status == 200;
    remote_release(&a);
    return alive;
}
