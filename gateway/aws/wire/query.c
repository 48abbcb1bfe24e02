/* The Query protocol: Action=Name and dotted form fields in, XML out.
 *
 *     Attribute.1.Name=DelaySeconds&Attribute.1.Value=5        a flattened map
 *     TopicArn=...&Attributes.entry.1.key=..                   a map
 *     Entries.member.1.Id=a                                    a list of structures
 *
 * The dotted names become a tree of fields once; the shape rows then say what each field is. */
#include "wire.h"

#include "../form.h"
#include "base/json.h"
#include <stdlib.h>

#define DEPTH_MAX 32 /* steps in a name */

struct field {
    struct str name, value; /* value absent: only children */
    struct field *next, *child, *last;
};

static struct field *child_of(const struct field *f, struct str name)
{
    for (struct field *at = f->child; at; at = at->next)
        if (str_eq(at->name, name))
            return at;
    return NULL;
}

/* The last child, or a new one: the fields come sorted. */
static struct field *child_made(struct arena *a, struct field *f, struct str name)
{
    if (f->last && str_eq(f->last->name, name))
        return f->last;
    struct field *made = arena_zalloc(a, sizeof *made);
    made->name = name;
    *(f->last ? &f->last->next : &f->child) = made;
    f->last = made;
    return made;
}

/* Step by step, so that all fields of one element stand together; of one name, as they came. */
static int by_steps(const void *x, const void *y)
{
    const struct form_pair *one = x, *two = y;
    struct str left = one->name, right = two->name;
    while (left.p && right.p) {
        int order = str_cmp(str_cut(&left, '.'), str_cut(&right, '.'));
        if (order)
            return order;
    }
    return left.p || right.p ? (left.p ? 1 : -1) : one->place < two->place ? -1 : 1;
}

/* The form's list is sorted: no field is looked for among the others. */
static struct field *field_tree(struct arena *a, struct form *form)
{
    struct field *root = arena_zalloc(a, sizeof *root);
    qsort(form->list, form->n, sizeof *form->list, by_steps);
    for (size_t i = 0; i < form->n; i++) {
        struct str path = form->list[i].name;
        struct field *at = root;
        while (path.p)
            at = child_made(a, at, str_cut(&path, '.'));
        at->value = form->list[i].value;
    }
    return root;
}

/* So deep lies no member of any service: whoever writes it made a mistake, and each step would cost us. */
static bool is_too_deep(struct str name)
{
    int steps = 0;
    for (; name.p; steps++)
        str_cut(&name, '.');
    return steps > DEPTH_MAX;
}

static bool fields_fit(const struct form *form, struct wire_fault *why)
{
    if (!wire_form_fits(form, why))
        return false;
    why->text = STR("The request has a field whose name has too many parts.");
    for (size_t i = 0; i < form->n; i++)
        if (is_too_deep(form->list[i].name))
            return false;
    return true;
}

/* --- fields to tree */

static cJSON *value_of(struct arena *a, const struct shape_row *row, const struct field *f);

static void read_members(struct arena *a, const struct shape_row *rows, const struct field *f, cJSON *into)
{
    for (; rows->name; rows++) {
        const struct field *child = child_of(f, str_z(wire_name(rows)));
        cJSON *value = child ? value_of(a, rows, child) : NULL;
        if (value)
            cJSON_AddItemToObject(into, rows->name, value);
    }
}

/* A numbered child of a list or map. */
struct numbered {
    int64_t number;
    const struct field *field;
};

static int by_number(const void *x, const void *y)
{
    const struct numbered *one = x, *two = y;
    return one->number != two->number ? (one->number < two->number ? -1 : 1)
                                      : str_cmp(one->field->name, two->field->name);
}

/* In the order of their numbers. */
static size_t numbered(struct arena *a, const struct field *f, struct numbered **out)
{
    size_t n = 0, count = 0;
    for (const struct field *at = f->child; at; at = at->next)
        n++;
    struct numbered *list = arena_alloc(a, sizeof *list * (n + 1));
    for (const struct field *at = f->child; at; at = at->next)
        if (str_to_i64(at->name, &list[count].number))
            list[count++].field = at;
    qsort(list, count, sizeof *list, by_number);
    *out = list;
    return count;
}

/* What a list or map that is not flattened wraps its elements in: "member" or "entry". */
static const struct field *unwrapped(const struct shape_row *row, const struct field *f, const char *wrapper)
{
    return row->flags & SHAPE_FLAT ? f : child_of(f, str_z(wrapper));
}

static const char *element_name(const struct shape_row *row)
{
    return row->of && row->of->wire ? row->of->wire : "member";
}

static cJSON *list_of_fields(struct arena *a, const struct shape_row *row, const struct field *f)
{
    const struct field *in = unwrapped(row, f, element_name(row));
    struct numbered *elements;
    cJSON *list = cJSON_CreateArray();
    size_t n = in ? numbered(a, in, &elements) : 0;
    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(list, value_of(a, row->of, elements[i].field));
    return list;
}

static cJSON *map_of_fields(struct arena *a, const struct shape_row *row, const struct field *f)
{
    const struct field *in = unwrapped(row, f, "entry");
    struct numbered *entries;
    cJSON *map = cJSON_CreateObject();
    size_t n = in ? numbered(a, in, &entries) : 0;
    for (size_t i = 0; i < n; i++) {
        const struct field *e = entries[i].field;
        const struct field *key = child_of(e, str_z(row->key_wire ? row->key_wire : "key"));
        const struct field *value = child_of(e, str_z(row->value_wire ? row->value_wire : "value"));
        if (key && value)
            json_add_named(map, key->value, value_of(a, row->of, value));
    }
    return map;
}

static cJSON *value_of(struct arena *a, const struct shape_row *row, const struct field *f)
{
    enum shape_type type = row ? row->type : SHAPE_STR;
    if (type == SHAPE_LIST)
        return list_of_fields(a, row, f);
    if (type == SHAPE_MAP)
        return map_of_fields(a, row, f);
    if ((type == SHAPE_STRUCT || type == SHAPE_TREE) && row->of) {
        cJSON *object = cJSON_CreateObject();
        read_members(a, row->of, f, object);
        return object;
    }
    return wire_scalar(row, f->value.p ? f->value : STR(""));
}

/* A queue's URL is the address that the request itself went to, where no field says it. */
static void add_queue_url(struct call *c, const struct http_request *http)
{
    if (http->path.n < 2 || cJSON_GetObjectItemCaseSensitive(c->in, "QueueUrl"))
        return;
    struct str host = c->host.p ? c->host : STR("localhost");
    struct str url = arena_printf(&c->arena, "http://%.*s%.*s", STR_ARG(host), STR_ARG(http->path));
    for (const struct shape_row *row = c->op->in; row && row->name; row++)
        if (strcmp(row->name, "QueueUrl") == 0)
            cJSON_AddStringToObject(c->in, "QueueUrl", url.p);
}

bool wire_query_read(struct call *c, const struct http_request *http, struct wire_fault *why)
{
    struct form form;
    if (http->body.n > wire_bytes_max(c->service, 3)) { /* each byte as %XX */
        why->row = &fault_too_large;
        return false;
    }
    form_read(&form, &c->arena, http->body.n ? http->body : http->query);
    if (!fields_fit(&form, why))
        return false;
    c->zeros = form.zeros;
    c->in = cJSON_CreateObject();
    if (c->op->in)
        read_members(&c->arena, c->op->in, field_tree(&c->arena, &form), c->in);
    add_queue_url(c, http);
    return true;
}

/* --- tree to XML */

static void xml_value(struct wire_answer *to, const struct shape_row *row, const cJSON *value);

static void tag(struct buf *out, const char *name, bool closing)
{
    buf_z(out, closing ? "</" : "<");
    buf_z(out, name);
    buf_char(out, '>');
}

static void xml_element(struct wire_answer *to, const char *name, const struct shape_row *row,
                        const cJSON *value)
{
    tag(to->body, name, false);
    xml_value(to, row, value);
    tag(to->body, name, true);
}

static void xml_entry(struct wire_answer *to, const char *name, const struct shape_row *row,
                      const cJSON *value)
{
    const char *key = row && row->key_wire ? row->key_wire : "key";
    tag(to->body, name, false);
    tag(to->body, key, false);
    buf_xml(to->body, str_z(value->string));
    tag(to->body, key, true);
    xml_element(to, row && row->value_wire ? row->value_wire : "value", row ? row->of : NULL, value);
    tag(to->body, name, true);
}

/* The elements of a list or the entries of a map, each under `name`. */
static void xml_each(struct wire_answer *to, const char *name, const struct shape_row *row,
                     const cJSON *value)
{
    const cJSON *e;
    cJSON_ArrayForEach (e, value) {
        if (row->type == SHAPE_MAP)
            xml_entry(to, name, row, e);
        else
            xml_element(to, name, row->of, e);
    }
}

static void xml_members(struct wire_answer *to, const struct shape_row *rows, const cJSON *object)
{
    for (; rows->name; rows++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, rows->name);
        if (!value || cJSON_IsNull(value))
            continue;
        if ((rows->type == SHAPE_LIST || rows->type == SHAPE_MAP) && (rows->flags & SHAPE_FLAT))
            xml_each(to, wire_name(rows), rows, value);
        else
            xml_element(to, wire_name(rows), rows, value);
    }
}

/* Without rows: as the tree is. */
static void xml_tree(struct wire_answer *to, const cJSON *value)
{
    const cJSON *e;
    cJSON_ArrayForEach (e, value)
        xml_element(to, cJSON_IsArray(value) ? "member" : e->string, NULL, e);
}

static void xml_value(struct wire_answer *to, const struct shape_row *row, const cJSON *value)
{
    bool listed = row && (row->type == SHAPE_LIST || row->type == SHAPE_MAP);
    if (listed) {
        xml_each(to, row->type == SHAPE_MAP ? "entry" : element_name(row), row, value);
    } else if (cJSON_IsObject(value) && row && row->of) {
        xml_members(to, row->of, value);
    } else if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        xml_tree(to, value);
    } else {
        struct buf text;
        buf_init(&text, 16u << 20);
        wire_text(&text, row, value);
        buf_xml(to->body, buf_view(&text));
        buf_release(&text);
    }
}

static void begin(struct wire_answer *to, const struct service *service, const char *root, const char *suffix,
                  struct str request_id)
{
    wire_header(to, "x-amzn-RequestId", request_id);
    wire_header(to, "Content-Type", STR("text/xml"));
    buf_printf(to->body, "<?xml version=\"1.0\"?><%s%s", root, suffix);
    if (service && service->xmlns)
        buf_printf(to->body, " xmlns=\"%s\"", service->xmlns);
    buf_char(to->body, '>');
}

static void answer(struct call *c, struct wire_answer *to)
{
    const char *name = c->op->name;
    char result[80];
    snprintf(result, sizeof result, "%sResult", name);
    to->reply.status = c->status ? c->status : 200;
    begin(to, c->service, name, "Response", str_z(c->request_id));
    if (c->op->out && !(c->out && c->out->child)) {
        buf_printf(to->body, "<%s/>", c->op->result ? c->op->result : result);
    } else if (c->op->out || (c->out && c->out->child)) {
        tag(to->body, c->op->result ? c->op->result : result, false);
        if (c->op->out)
            xml_members(to, c->op->out, c->out);
        else
            xml_tree(to, c->out);
        tag(to->body, c->op->result ? c->op->result : result, true);
    }
    buf_printf(to->body, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
               c->request_id, name);
}

static void refuse(const struct wire_fault *f, struct wire_answer *to)
{
    if (f->row == &fault_no_operation) { /* of no service yet, so in nobody's form */
        to->reply.status = f->row->http;
        wire_header(to, "x-amzn-RequestId", f->request_id);
        wire_header(to, "Content-Type", STR("text/xml"));
        buf_z(to->body, "<UnknownOperationException/>");
        return;
    }
    to->reply.status = f->row->http;
    begin(to, f->service, "ErrorResponse", "", f->request_id);
    buf_printf(to->body, "<Error><Type>%s</Type><Code>%s</Code><Message>",
               f->row->http < 500 ? "Sender" : "Receiver", f->row->query ? f->row->query : f->row->code);
    buf_xml(to->body, wire_fault_text(to, f));
    buf_printf(to->body, "</Message>%s</Error><RequestId>%.*s</RequestId></ErrorResponse>",
               f->service && f->service->fault_detail ? "<Detail/>" : "", STR_ARG(f->request_id));
}

const struct wire_row wire_query = {WIRE_QUERY, wire_query_read, answer, refuse};
