/* AWS JSON 1.0 and 1.1: the operation is in X-Amz-Target, the input is the body. */
#include "wire.h"

#include "base/digest.h"
#include "base/json.h"

static bool read(struct call *c, const struct http_request *http, struct wire_fault *why)
{
    c->in = wire_object(c, http->body, why);
    return c->in != NULL;
}

/* The answer has the request's own type; what does not say gets 1.0. */
static struct str content_type(const struct http_request *http)
{
    struct str type = http_header_get(&http->headers, "content-type");
    return str_starts(type, STR("application/x-amz-json-1.1")) ? STR("application/x-amz-json-1.1")
                                                               : STR("application/x-amz-json-1.0");
}

static void headers(struct wire_answer *to, const struct service *service, struct str request_id)
{
    wire_header(to, "x-amzn-RequestId", request_id);
    wire_header(to, "Content-Type", content_type(to->http));
    if (!service || !str_starts(str_z(service->name), STR("dynamodb")))
        return;
    struct str body = to->reply.body.p ? to->reply.body : buf_view(to->body);
    char room[20];
    wire_header(to, "x-amz-crc32", arena_str(to->arena, str_u64(digest_crc32(body), room)));
}

static void answer(struct call *c, struct wire_answer *to)
{
    to->reply.status = c->status ? c->status : c->op->status ? c->op->status : 200;
    if (c->payload_set)
        to->reply.body = buf_view(&c->payload_out);
    else if (c->out)
        json_print(to->body, c->out);
    else if (!(c->op->flags & OP_SILENT))
        buf_z(to->body, "{}");
    headers(to, c->service, str_z(c->request_id));
}

static bool has_message(const cJSON *extra)
{
    return cJSON_GetObjectItem(extra, "message") != NULL; /* in any case */
}

static void refuse(const struct wire_fault *f, struct wire_answer *to)
{
    const char *ns = f->row->ns ? f->row->ns : f->service ? f->service->fault_ns : NULL;
    struct str text = wire_fault_text(to, f);
    to->reply.status = f->row->http;
    buf_z(to->body, "{\"__type\":\"");
    if (ns)
        buf_printf(to->body, "%s#", ns);
    buf_printf(to->body, "%s\"", f->row->code);
    if (text.n && !has_message(f->extra)) {
        buf_z(to->body, ",\"message\":");
        buf_json(to->body, text);
    }
    for (const cJSON *m = f->extra ? f->extra->child : NULL; m; m = m->next) {
        buf_char(to->body, ',');
        buf_json(to->body, str_z(m->string));
        buf_char(to->body, ':');
        json_print(to->body, m);
    }
    buf_char(to->body, '}');
    headers(to, f->service, f->request_id);

    /* Clients that still know a service's Query codes are told them: SQS. */
    if (f->service && (f->service->wires & WIRE_QUERY))
        wire_header(to, "x-amzn-query-error",
                    arena_printf(to->arena, "%s;%s", f->row->query ? f->row->query : f->row->code,
                                 f->row->http < 500 ? "Sender" : "Receiver"));
}

const struct wire_row wire_json = {WIRE_JSON10 | WIRE_JSON11, read, answer, refuse};
