/* Any path to an API and any bytes as a function's answer: the gateway always answers, by its own rules. */
#include "api/api.h"
#include "base/rc.h"
#include "door/door.h"
#include "door/handle.h"
#include "door/invoke.h"
#include "door/proxy.h"
#include "store/store.h"
#include <stdlib.h>

static struct str answer; /* what the function says next */

static enum op_end run_invoke(struct call *c, const void *none)
{
    (void)none;
    const struct invoke_in *in = c->typed;
    struct buf event;
    buf_init(&event, 64u << 20);
    proxy_event_json(in->proxy, &event);
    cJSON *tree = cJSON_ParseWithLength(event.p, event.n);
    if (!tree)
        BUG("the event is no JSON");
    cJSON_Delete(tree);
    buf_release(&event);
    buf_str(&c->payload_out, answer);
    c->payload_set = true;
    return OP_DONE;
}

static const struct op_row invoke = {.name = "Invoke", .run = run_invoke, .flags = OP_TYPED};
static const struct op_row *const lambda_ops[] = {&invoke, NULL};
static const struct service lambda = {.name = "lambda", .ops = lambda_ops};
static const struct service *const services[] = {&apigateway_service, &execute_api_service, &lambda, NULL};

static const char rest_api[] = "{\"LogicalId\":\"R\",\"Kind\":\"REST\",\"Stage\":\"P\","
                               "\"BinaryMediaTypes\":[\"a/*\"],\"Routes\":["
                               "{\"Method\":\"ANY\",\"Path\":\"/{proxy+}\",\"FunctionArn\":\"f\"},"
                               "{\"Method\":\"GET\",\"Path\":\"/a/{b}/c\",\"FunctionArn\":\"f\"}]}";
static const char http_api[] = "{\"LogicalId\":\"H\",\"Kind\":\"HTTP\",\"Stage\":\"$default\","
                               "\"Cors\":{\"AllowOrigins\":[\"*\"]},\"Routes\":["
                               "{\"Method\":\"ANY\",\"Path\":\"/{proxy+}\",\"FunctionArn\":\"f\","
                               "\"PayloadFormat\":\"2.0\"}]}";
static const char old_api[] = "{\"LogicalId\":\"O\",\"Kind\":\"HTTP\",\"Stage\":\"$default\",\"Routes\":["
                              "{\"Method\":\"ANY\",\"Path\":\"$default\",\"FunctionArn\":\"f\","
                              "\"PayloadFormat\":\"1.0\"}]}";
static const char *const apis[] = {rest_api, http_api, old_api};
#define APIS (sizeof apis / sizeof *apis)

static struct world *open_world(char ids[APIS][20])
{
    struct store *store;
    if (store_open(&store, NULL, 0, NULL) != RC_OK)
        BUG("no store");
    struct world *w = world_new(&(struct world_setup){.store = store, .services = services, .seed = 1});
    for (size_t i = 0; i < APIS; i++) {
        struct call *c = door_open(w, NULL, "apigateway", "PutApi");
        c->in = cJSON_Parse(apis[i]);
        door_wait(c);
        if (c->fault)
            BUG("%.*s", STR_ARG(c->fault_text));
        str_copy(str_z(cJSON_GetStringValue(cJSON_GetObjectItem(c->out, "ApiId"))), ids[i], 20);
        call_free(c);
    }
    return w;
}

/* path?query \n content type \n body \n the function's answer */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world *w;
    static char ids[APIS][20];
    if (!w)
        w = open_world(ids);
    struct arena a;
    arena_init(&a);
    struct str rest = str_n(data, size);
    struct http_request r = {
        .method = STR("GET"), .target = str_cut(&rest, '\n'), .remote = STR("127.0.0.1")};
    struct str type = rest.p ? str_cut(&rest, '\n') : STR("");
    r.body = rest.p ? str_cut(&rest, '\n') : STR("");
    answer = rest.p ? rest : STR("");
    r.query = r.target;
    r.path = str_cut(&r.query, '?');
    http_header_add(&r.headers, &a, STR("Content-Type"), type);
    http_header_add(&r.headers, &a, STR("Accept"), type);
    http_header_add(&r.headers, &a, STR("Origin"), type);
    for (size_t i = 0; i < APIS; i++) {
        struct handle_in in = {.http = &r, .api_id = str_z(ids[i]), .path = r.path};
        struct call *c = door_open(w, NULL, "execute-api", "Handle");
        c->typed = &in;
        door_wait(c);
        if (c->fault || in.reply.status < 100 || in.reply.status > 599)
            BUG("status %d", in.reply.status);
        if (in.reply.body.n && !in.reply.body.p)
            BUG("a body without bytes");
        for (size_t k = 0; k < in.reply.headers.n; k++)
            if (!in.reply.headers.list[k].name.p || !in.reply.headers.list[k].value.p)
                BUG("a header without bytes");
        call_free(c);
    }
    arena_release(&a);
    return 0;
}
