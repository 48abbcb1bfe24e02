#include "face.h"

#include "aim.h"
#include "apis.h"
#include "door/door.h"
#include "form.h"
#include "guard.h"
#include <ctype.h>
#include <stdlib.h>

#define ANSWER_MAX (64u << 20)
#define LARGE_BODY (1u << 20) /* of a request: what its tree took goes back to the system */

struct aws_face {
    struct world *world;
    struct buf body;      /* of the answer being written */
    struct arena refusal; /* of an answer that needs no call */
};

/* One request while its call runs; lives in the call's arena. */
struct asking {
    struct aws_face *face;
    const struct http_request *http;
    aws_answered *answered;
    void *asker;
    const struct wire_row *wire;
    enum wire protocol;
    struct str allow; /* a 405's header */
};

struct aws_face *aws_face_new(struct world *w)
{
    struct aws_face *f = xcalloc(1, sizeof *f);
    f->world = w;
    buf_init(&f->body, ANSWER_MAX);
    arena_init(&f->refusal);
    return f;
}

void aws_face_free(struct aws_face *f)
{
    buf_release(&f->body);
    arena_release(&f->refusal);
    free(f);
}

/* --- answers */

static struct wire_answer answer_begin(struct aws_face *f, const struct http_request *http, struct arena *a)
{
    buf_clear(&f->body);
    return (struct wire_answer){.http = http, .arena = a, .body = &f->body};
}

static void answer_send(const struct asking *q, struct wire_answer *to)
{
    if (!to->reply.body.p)
        to->reply.body = buf_view(to->body);
    to->reply.head_only = str_is(q->http->method, "HEAD");
    if (q->allow.p)
        wire_header(to, "Allow", q->allow);
    guard_headers(q->face->world->conf, q->http, &to->reply, to->arena);
    q->answered(q->asker, &to->reply);
}

static void call_ended(struct call *c)
{
    struct asking *q = c->asker;
    struct wire_answer to = answer_begin(q->face, q->http, &c->arena);
    if (c->service->wire_out)
        c->service->wire_out(c, q->protocol);
    if (!c->fault)
        q->wire->answer(c, &to);
    if (c->fault || to.body->full) {
        struct wire_fault why = {
            .row = c->fault ? c->fault : &fault_internal,
            .text = c->fault ? c->fault_text : STR_NONE,
            .extra = c->fault_extra,
            .service = c->service,
            .request_id = str_z(c->request_id),
        };
        to = answer_begin(q->face, q->http, &c->arena);
        q->wire->refuse(&why, &to);
    }
    size_t size = q->http->body.n;
    answer_send(q, &to);
    call_free(c);
    if (size > LARGE_BODY)
        xtrim();
}

static struct call *refuse(const struct asking *q, struct wire_fault *why)
{
    char id[IDENT_UUID_SIZE];
    ident_uuid(&q->face->world->ident, id);
    if (!why->request_id.p)
        why->request_id = str_z(id);
    struct wire_answer to = answer_begin(q->face, q->http, &q->face->refusal);
    q->wire->refuse(why, &to);
    answer_send(q, &to);
    arena_clear(&q->face->refusal);
    return NULL;
}

/* --- calls */

/* True for what may stand as a region in ARNs and keys. */
static bool region_fits(struct str region)
{
    if (!region.n || region.n > 32)
        return false;
    for (size_t i = 0; i < region.n; i++)
        if (!isalnum((unsigned char)region.p[i]) && region.p[i] != '-')
            return false;
    return true;
}

static void take_signer(struct call *c, const struct sigv4 *signer)
{
    struct str account = sigv4_account(signer);
    if (account.p && !str_eq(account, c->account))
        c->account = arena_str(&c->arena, account);
    if (region_fits(signer->region) && !str_eq(signer->region, c->region))
        c->region = arena_str(&c->arena, signer->region);
}

static struct call *call_begin(const struct asking *q, const struct service *s, const struct op_row *op)
{
    struct call *c = call_new(q->face->world, NULL, s, op);
    struct asking *kept = arena_alloc(&c->arena, sizeof *kept);
    *kept = *q;
    c->from = CALL_NETWORK;
    c->host = http_header_get(&q->http->headers, "host");
    c->asker = kept;
    c->on_end = call_ended;
    call_trace(c, http_header_get(&q->http->headers, "x-amzn-trace-id"));
    return c;
}

static struct call *call_dropped(struct call *c, const struct asking *q, struct wire_fault *why)
{
    why->service = c->service;
    why->request_id = str_z(c->request_id);
    refuse(q, why);
    call_free(c);
    return NULL;
}

static struct call *ask_service(struct asking *q)
{
    struct aim aim = {.op = NULL};
    struct wire_fault why = {.text = STR_NONE};
    struct sigv4 signer = sigv4_read(q->http, &q->face->refusal);
    bool found = aim_find(q->face->world, q->http, &signer, &q->face->refusal, &aim, &why);
    q->wire = aim.wire, q->protocol = aim.protocol;
    if (!found)
        return refuse(q, &why);
    struct call *c = call_begin(q, aim.service, aim.op);
    take_signer(c, &signer);
    if (!q->wire->read(c, q->http, &why))
        return call_dropped(c, q, &why);
    door_submit(c);
    return c;
}

/* --- tidepool's own: /_tidepool/clock -> tidepool Clock, query and JSON body together are the input */

#define OWN_PREFIX "/_tidepool/"

static const struct fault no_such_room = {.code = "NotFound", .http = 404};

static const struct shape_row *row_named(const struct shape_row *rows, struct str name)
{
    for (; rows && rows->name; rows++)
        if (str_is(name, rows->name))
            return rows;
    return NULL;
}

static bool read_own(struct call *c, const struct http_request *http, struct wire_fault *why)
{
    c->in = wire_object(c, http->body, why);
    if (!c->in)
        return false;
    struct form form;
    form_read(&form, &c->arena, http->query);
    if (!wire_form_fits(&form, why))
        return false;
    for (size_t i = 0; i < form.n; i++) {
        cJSON *value = wire_scalar(row_named(c->op->in, form.list[i].name), form.list[i].value);
        struct str name = form.list[i].name;
        if (str_find(name, 0) < 0)
            cJSON_DeleteItemFromObjectCaseSensitive(c->in, arena_z(&c->arena, name));
        json_add_named(c->in, name, value);
    }
    c->zeros |= form.zeros;
    return true;
}

/* "clock" -> the operation Clock. */
static const struct op_row *own_operation(const struct service *s, struct str segment)
{
    char name[32];
    if (!s || !segment.n || segment.n >= sizeof name)
        return NULL;
    str_copy(segment, name, sizeof name);
    name[0] = (char)toupper((unsigned char)name[0]);
    return op_find(s, str_z(name));
}

static struct call *ask_own(struct asking *q)
{
    const struct service *s = world_service(q->face->world, STR("tidepool"));
    struct str segment = str_sub(q->http->path, sizeof OWN_PREFIX - 1, q->http->path.n);
    const struct op_row *op = own_operation(s, segment);
    struct wire_fault why = {.text = STR_NONE};
    q->wire = wire_row(q->protocol = WIRE_REST_JSON);
    if (!op) {
        why.row = &no_such_room;
        why.text = arena_printf(&q->face->refusal, "There is nothing at %.*s.", STR_ARG(q->http->path));
        return refuse(q, &why);
    }
    struct call *c = call_begin(q, s, op);
    if (!read_own(c, q->http, &why))
        return call_dropped(c, q, &why);
    why.row = guard_refuses_method(op, c->in, q->http, &q->allow);
    if (why.row) {
        why.text = str_z(why.row->text);
        return call_dropped(c, q, &why);
    }
    door_submit(c);
    return c;
}

/* --- APIs by host name or path */

static void handle_ended(struct call *c)
{
    struct asking *q = c->asker;
    struct handle_in *in = c->typed;
    if (c->fault)
        in->reply = (struct http_reply){.status = c->fault->http, .body = c->fault_text};
    q->answered(q->asker, &in->reply);
    call_free(c);
}

static struct call *ask_api(struct asking *q, const struct handle_in *address)
{
    struct call *c = door_open(q->face->world, NULL, "execute-api", "Handle");
    if (!c) {
        struct wire_fault why = {.row = &no_such_room, .text = STR("There are no APIs here.")};
        q->wire = wire_row(q->protocol = WIRE_REST_JSON);
        return refuse(q, &why);
    }
    struct handle_in *in = arena_alloc(&c->arena, sizeof *in);
    *in = *address;
    in->http = q->http;
    struct asking *kept = arena_alloc(&c->arena, sizeof *kept);
    *kept = *q;
    c->typed = in;
    c->from = CALL_NETWORK;
    c->host = http_header_get(&q->http->headers, "host");
    c->asker = kept;
    c->on_end = handle_ended;
    door_submit(c);
    return c;
}

/* --- the face */

static struct call *answer_preflight(struct asking *q)
{
    struct wire_answer to = answer_begin(q->face, q->http, &q->face->refusal);
    to.reply.status = 204;
    answer_send(q, &to);
    arena_clear(&q->face->refusal);
    return NULL;
}

struct call *aws_face_ask(struct aws_face *f, const struct http_request *r, aws_answered *answered,
                          void *asker)
{
    struct asking q = {.face = f, .http = r, .answered = answered, .asker = asker};
    struct handle_in address = {.http = r};
    arena_clear(&f->refusal);
    if (apis_address(r, &address))
        return ask_api(&q, &address);
    struct wire_fault why = {.row = guard_refuses(f->world->conf, r), .text = STR_NONE};
    if (why.row) {
        q.wire = wire_row(q.protocol = WIRE_REST_JSON);
        return refuse(&q, &why);
    }
    if (guard_preflight(r))
        return answer_preflight(&q);
    if (str_starts(r->path, STR(OWN_PREFIX)))
        return ask_own(&q);
    return ask_service(&q);
}
