/* PutApi, DeleteApi: an API as the template wants it, whole.  Internal. */
#include "api.h"
#include "rows.h"

#include <ctype.h>

struct put_api_in {
    struct str logical_id, name, kind, stage;
    int64_t port;
    const cJSON *variables, *binary_types, *throttle, *cors, *routes;
};

static const char *const kinds[] = {"REST", "HTTP", NULL};
static const char *const formats[] = {"1.0", "2.0", NULL};

static const struct shape_row text_row = {.name = "member", .type = SHAPE_STR};
static const struct shape_row throttle_rows[] = {
    OUT(SHAPE_REAL, "RateLimit"),
    OUT(SHAPE_INT, "BurstLimit"),
    SHAPE_END,
};
static const struct shape_row route_rows[] = {
    OUT(SHAPE_STR, "Method", .flags = SHAPE_REQ, .min = 1, .max = 32),
    OUT(SHAPE_STR, "Path", .flags = SHAPE_REQ, .min = 1, .max = 1024),
    OUT(SHAPE_STR, "FunctionArn", .flags = SHAPE_REQ, .min = 1),
    OUT(SHAPE_STR, "PayloadFormat", .one_of = formats),
    OUT(SHAPE_BOOL, "ApiKeyRequired"),
    OUT(SHAPE_INT, "TimeoutMs", .min = 50, .max = 900000),
    SHAPE_END,
};
static const struct shape_row route_row = {.name = "member", .type = SHAPE_STRUCT, .of = route_rows};

static const struct shape_row put_rows[] = {
    IN_STR(put_api_in, logical_id, "LogicalId", .flags = SHAPE_REQ, .min = 1, .max = 255),
    IN_STR(put_api_in, name, "Name"),
    IN_STR(put_api_in, kind, "Kind", .flags = SHAPE_REQ, .one_of = kinds),
    IN_STR(put_api_in, stage, "Stage", .flags = SHAPE_REQ, .min = 1, .max = 128),
    IN_MAP(put_api_in, variables, "StageVariables", .of = &text_row),
    IN_INT(put_api_in, port, "Port", .max = 1000),
    IN_LIST(put_api_in, binary_types, "BinaryMediaTypes", .of = &text_row),
    IN_STRUCT(put_api_in, throttle, "Throttle", .of = throttle_rows),
    IN_TREE(put_api_in, cors, "Cors"),
    IN_LIST(put_api_in, routes, "Routes", .flags = SHAPE_REQ, .of = &route_row),
    SHAPE_END,
};

/* Letters, digits and _ - only; $default for HTTP APIs. */
static bool stage_fits(const struct put_api_in *in)
{
    if (str_is(in->stage, "$default"))
        return str_is(in->kind, "HTTP");
    for (size_t i = 0; i < in->stage.n; i++)
        if (!isalnum((unsigned char)in->stage.p[i]) && in->stage.p[i] != '-' && in->stage.p[i] != '_')
            return false;
    return true;
}

/* Every route must find its place; NULL, or what is wrong. */
static struct str route_problem(struct call *c, const struct put_api_in *in)
{
    struct route_place root = {.segment = STR_NONE};
    const cJSON *at;
    cJSON_ArrayForEach (at, in->routes) {
        struct route *r = arena_zalloc(&c->arena, sizeof *r);
        r->method = json_text(cJSON_GetObjectItemCaseSensitive(at, "Method"));
        r->path = json_text(cJSON_GetObjectItemCaseSensitive(at, "Path"));
        if (str_is(r->path, "$default") && str_is(in->kind, "HTTP"))
            continue;
        const char *why = route_add(&root, &c->arena, r);
        if (why)
            return arena_printf(&c->arena, "route %.*s %.*s: %s", STR_ARG(r->method), STR_ARG(r->path), why);
    }
    return STR_NONE;
}

static enum op_end run_put(struct call *c, const void *input)
{
    const struct put_api_in *in = input;
    struct str id = rows_id(c, "api", in->logical_id, 10), problem = route_problem(c, in);
    bool changed;
    if (!stage_fits(in))
        return call_fail(c, &api_bad_request,
                         "Stage name only allows a-zA-Z0-9-_, and $default on HTTP APIs");
    if (problem.p)
        return call_fail(c, &api_bad_request, "%.*s", STR_ARG(problem));
    enum rc rc = rows_put(c, ROW_API, id, STR_NONE, rows_new(c, "ApiId", id), &changed);
    if (rc != RC_OK)
        return call_broke(c, rc);
    if (changed)
        call_note(c, STR(APIS_ARN));
    cJSON *out = call_out(c);
    int port = in->port == SHAPE_NO_INT ? 0 : (int)in->port;
    cJSON_AddStringToObject(out, "ApiId", id.p);
    cJSON_AddStringToObject(out, "Endpoint", api_endpoint(c->world, port, &c->arena).p);
    return OP_DONE;
}

struct delete_api_in {
    struct str id;
};

static const struct shape_row delete_rows[] = {
    IN_STR(delete_api_in, id, "ApiId", .flags = SHAPE_REQ),
    SHAPE_END,
};

static enum op_end run_delete(struct call *c, const void *input)
{
    const struct delete_api_in *in = input;
    enum rc rc = rows_del(c, ROW_API, in->id, STR_NONE);
    if (rc == RC_OK)
        call_note(c, STR(APIS_ARN));
    return rc == RC_OK || rc == RC_NONE ? OP_DONE : call_broke(c, rc);
}

const struct op_row api_put_api = {.name = "PutApi",
                                   .run = run_put,
                                   .in = put_rows,
                                   .in_size = sizeof(struct put_api_in),
                                   .flags = OP_INTERNAL};
const struct op_row api_delete_api = {.name = "DeleteApi",
                                      .run = run_delete,
                                      .in = delete_rows,
                                      .in_size = sizeof(struct delete_api_in),
                                      .flags = OP_INTERNAL};
