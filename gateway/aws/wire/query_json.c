/* The Query protocol's answers as JSON, for clients that accept application/json (API Gateway does, and
 * scripts):
 *
 *     {"ReceiveMessageResponse":{"ReceiveMessageResult":{"messages":null},"ResponseMetadata":{"RequestId":".."}}}
 *
 * All members stand in the order of their names, and what an answer leaves out is null.  A flattened map is a
 * list of its entries, as it is in XML. */
#include "wire.h"

#include "base/json.h"
#include <stdlib.h>

#define MEMBERS_MAX 64

static void value_out(struct buf *out, const struct shape_row *row, const cJSON *value);

static const char *name_of(const struct shape_row *row)
{
    return row->query_json ? row->query_json : row->name;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(name_of(*(const struct shape_row *const *)a), name_of(*(const struct shape_row *const *)b));
}

static void key_out(struct buf *out, const char *name)
{
    buf_json(out, str_z(name));
    buf_char(out, ':');
}

static void members_out(struct buf *out, const struct shape_row *rows, const cJSON *object)
{
    const struct shape_row *sorted[MEMBERS_MAX];
    size_t n = 0;
    for (; rows->name && n < MEMBERS_MAX; rows++)
        sorted[n++] = rows;
    qsort(sorted, n, sizeof *sorted, by_name);
    buf_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        buf_z(out, i ? "," : "");
        key_out(out, name_of(sorted[i]));
        value_out(out, sorted[i], cJSON_GetObjectItemCaseSensitive(object, sorted[i]->name));
    }
    buf_char(out, '}');
}

static void entry_out(struct buf *out, const struct shape_row *map, const cJSON *value)
{
    buf_char(out, '{');
    key_out(out, map->key_wire);
    buf_json(out, str_z(value->string));
    buf_char(out, ',');
    key_out(out, map->value_wire);
    value_out(out, map->of, value);
    buf_char(out, '}');
}

static void elements_out(struct buf *out, const struct shape_row *row, const cJSON *value)
{
    bool object = row->type == SHAPE_MAP && !(row->flags & SHAPE_FLAT);
    buf_char(out, object ? '{' : '[');
    for (const cJSON *e = value->child; e; e = e->next) {
        buf_z(out, e->prev && e != value->child ? "," : "");
        if (object)
            key_out(out, e->string);
        if (row->type == SHAPE_MAP && !object)
            entry_out(out, row, e);
        else
            value_out(out, row->of, e);
    }
    buf_char(out, object ? '}' : ']');
}

static void value_out(struct buf *out, const struct shape_row *row, const cJSON *value)
{
    if (!value)
        buf_z(out, "null");
    else if (row && (row->type == SHAPE_LIST || row->type == SHAPE_MAP) && row->of)
        elements_out(out, row, value);
    else if (row && row->of && cJSON_IsObject(value))
        members_out(out, row->of, value);
    else
        json_print(out, value);
}

static void headers(struct wire_answer *to, struct str request_id)
{
    wire_header(to, "x-amzn-RequestId", request_id);
    wire_header(to, "Content-Type", STR("application/json"));
}

static void result_out(struct buf *out, const struct call *c, const char *name)
{
    key_out(out, name);
    if (c->op->out)
        members_out(out, c->op->out, c->out);
    else
        json_print(out, c->out);
}

static void answer(struct call *c, struct wire_answer *to)
{
    char usual[80];
    snprintf(usual, sizeof usual, "%sResult", c->op->name);
    const char *result = c->op->result ? c->op->result : usual;
    bool has = c->op->out || (c->out && c->out->child), first = strcmp(result, "ResponseMetadata") < 0;
    struct buf *out = to->body;
    to->reply.status = c->status ? c->status : 200;
    buf_printf(out, "{\"%sResponse\":{", c->op->name);
    if (has && first) {
        result_out(out, c, result);
        buf_char(out, ',');
    }
    buf_printf(out, "\"ResponseMetadata\":{\"RequestId\":\"%s\"}", c->request_id);
    if (has && !first) {
        buf_char(out, ',');
        result_out(out, c, result);
    }
    buf_z(out, "}}");
    headers(to, str_z(c->request_id));
}

static void refuse(const struct wire_fault *f, struct wire_answer *to)
{
    to->reply.status = f->row->http;
    buf_z(to->body, "{\"Error\":{\"Code\":");
    buf_json(to->body, str_z(f->row->query ? f->row->query : f->row->code));
    buf_z(to->body, ",\"Message\":");
    buf_json(to->body, wire_fault_text(to, f));
    buf_printf(to->body, ",\"Type\":\"%s\"},\"RequestId\":\"%.*s\"}",
               f->row->http < 500 ? "Sender" : "Receiver", STR_ARG(f->request_id));
    headers(to, f->request_id);
}

const struct wire_row wire_query_json = {WIRE_QUERY_JSON, wire_query_read, answer, refuse};
