/* REST with JSON bodies: the operation is in the method and path, the input in labels, query, headers and
 * body, each where the shape row says. */
#include "wire.h"

#include "../form.h"
#include "base/json.h"
#include "rest.h"

static bool in_body(const struct shape_row *row)
{
    return !(row->flags &
             (SHAPE_IN_URI | SHAPE_IN_QUERY | SHAPE_IN_HEADER | SHAPE_IN_STATUS | SHAPE_PAYLOAD));
}

static bool has_payload(const struct shape_row *rows)
{
    for (; rows && rows->name; rows++)
        if (rows->flags & SHAPE_PAYLOAD)
            return true;
    return false;
}

/* A list in the query repeats its name. */
static cJSON *query_value(const struct shape_row *row, const struct form *form)
{
    if (row->type != SHAPE_LIST) {
        struct str text = form_get(form, str_z(wire_name(row)));
        return text.p ? wire_scalar(row, text) : NULL;
    }
    cJSON *list = NULL;
    for (size_t i = 0; i < form->n; i++) {
        if (!str_is(form->list[i].name, wire_name(row)))
            continue;
        if (!list)
            list = cJSON_CreateArray();
        cJSON_AddItemToArray(list, wire_scalar(row->of, form->list[i].value));
    }
    return list;
}

static cJSON *outside_value(struct call *c, const struct http_request *http, const struct form *form,
                            const struct shape_row *row)
{
    struct str text = STR_NONE;
    if (row->flags & SHAPE_IN_URI)
        text = rest_label(c->op, http, wire_name(row), &c->arena);
    else if (row->flags & SHAPE_IN_HEADER)
        text = http_header_get(&http->headers, wire_name(row));
    else if (row->flags & SHAPE_IN_QUERY)
        return query_value(row, form);
    return text.p ? wire_scalar(row, text) : NULL;
}

static bool read(struct call *c, const struct http_request *http, struct wire_fault *why)
{
    struct form form;
    form_read(&form, &c->arena, http->query);
    if (!wire_form_fits(&form, why))
        return false;
    if (has_payload(c->op->in)) {
        c->payload = http->body;
        c->in = cJSON_CreateObject();
    } else if (!(c->in = wire_object(c, http->body, why))) {
        return false;
    }
    c->http_in = &http->headers;
    for (const struct shape_row *row = c->op->in; row && row->name; row++) {
        cJSON *value = in_body(row) ? NULL : outside_value(c, http, &form, row);
        if (!value)
            continue;
        c->zeros |= json_has_zeros(value);
        cJSON_DeleteItemFromObjectCaseSensitive(c->in, row->name);
        cJSON_AddItemToObject(c->in, row->name, value);
    }
    return true;
}

/* Moves what the rows put into headers and status out of the tree; what is left is the body. */
static void outside_members(struct call *c, struct wire_answer *to)
{
    for (const struct shape_row *row = c->op->out; row && row->name; row++) {
        if (in_body(row) || (row->flags & SHAPE_PAYLOAD))
            continue;
        cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(c->out, row->name);
        if (value && !cJSON_IsNull(value) && (row->flags & SHAPE_IN_STATUS)) {
            to->reply.status = value->valueint;
        } else if (value && !cJSON_IsNull(value)) {
            struct buf text;
            buf_init(&text, 64u << 10);
            wire_text(&text, row, value);
            wire_header(to, wire_name(row), arena_str(to->arena, buf_view(&text)));
            buf_release(&text);
        }
        cJSON_Delete(value);
    }
}

static void answer(struct call *c, struct wire_answer *to)
{
    to->reply.status = c->op->status ? c->op->status : 200;
    wire_header(to, "x-amzn-RequestId", str_z(c->request_id));
    outside_members(c, to);
    if (c->status)
        to->reply.status = c->status;
    if (c->payload_set)
        to->reply.body = buf_view(&c->payload_out);
    else if (to->reply.status != 204 && !has_payload(c->op->out))
        c->out ? json_print(to->body, c->out) : buf_z(to->body, "{}");
    if (to->reply.body.n || to->body->n)
        wire_header(to, "Content-Type", STR("application/json"));
}

static void refuse(const struct wire_fault *f, struct wire_answer *to)
{
    to->reply.status = f->row->http;
    wire_header(to, "x-amzn-RequestId", f->request_id);
    wire_header(to, "x-amzn-ErrorType", str_z(f->row->code));
    wire_header(to, "Content-Type", STR("application/json"));
    buf_char(to->body, '{');
    if (!cJSON_GetObjectItem(f->extra, "message")) { /* in any case: some name it Message */
        buf_z(to->body, "\"message\":");
        buf_json(to->body, wire_fault_text(to, f));
    }
    for (const cJSON *m = f->extra ? f->extra->child : NULL; m; m = m->next) {
        if (to->body->n > 1)
            buf_char(to->body, ',');
        buf_json(to->body, str_z(m->string));
        buf_char(to->body, ':');
        json_print(to->body, m);
    }
    buf_char(to->body, '}');
}

const struct wire_row wire_rest_json = {WIRE_REST_JSON, read, answer, refuse};
