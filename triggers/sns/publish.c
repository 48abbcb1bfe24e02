#include "publish.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/pattern.h"
#include "door/arn.h"
#include "door/outbox.h"
#include "door/trace.h"
#include "fault.h"
#include "filter.h"
#include "op.h"
#include <ctype.h>

/* What a subscription costs beside its filter, and a delivery beside its bytes, in the steps of call_works.
 */
#define LOOK_WORK 20
#define ROW_WORK 3000

static const struct shape_row value_members[] = {
    OUT(SHAPE_STR, "DataType", .flags = SHAPE_REQ),
    OUT(SHAPE_STR, "StringValue"),
    OUT(SHAPE_BLOB, "BinaryValue"),
    SHAPE_END,
};
const struct shape_row publish_attribute_row[] = {OUT(SHAPE_STRUCT, "Value", .of = value_members), SHAPE_END};

/* --- message attributes */

static bool wrong(struct call *c, struct str text)
{
    call_fail(c, &sns_parameter_value_invalid, "%.*s", STR_ARG(text));
    return false;
}

static bool check_name(struct call *c, struct str name)
{
    if (name.n > 256)
        return wrong(c, STR("Length of message attribute name must be less than 256 bytes."));
    for (size_t i = 0; i < name.n; i++)
        if (!isalnum((unsigned char)name.p[i]) && str_find(STR("-_."), name.p[i]) < 0)
            return wrong(c, arena_printf(&c->arena,
                                         "Invalid non-alphanumeric character '#x%X' was found in the message "
                                         "attribute name. Can only include alphanumeric characters, hyphens, "
                                         "underscores, or dots.",
                                         (unsigned)(unsigned char)name.p[i]));
    if (str_starts(name, STR(".")))
        return wrong(c, STR("Invalid message attribute name starting with character '.' was found."));
    if (str_ends(name, STR(".")))
        return wrong(c, STR("Invalid message attribute name ending with character '.' was found."));
    if (str_search(name, STR("..")) >= 0)
        return wrong(c, STR("Message attribute name can not have successive '.' character."));
    return true;
}

/* "String" or "String.anything" for `kind` "String". */
static bool is_kind(struct str type, const char *kind)
{
    struct str k = str_z(kind);
    return str_starts(type, k) && (type.n == k.n || (type.p[k.n] == '.' && type.n > k.n + 1));
}

static bool check_value(struct call *c, const cJSON *attr)
{
    struct str type = attribute_of(attr, "DataType");
    struct str text = attribute_of(attr, "StringValue"), binary = attribute_of(attr, "BinaryValue");
    bool is_binary = is_kind(type, "Binary");
    if (!is_binary && !is_kind(type, "String") && !is_kind(type, "Number"))
        return wrong(c, arena_printf(&c->arena,
                                     "The message attribute '%s' has an invalid message attribute type, the "
                                     "set of supported type prefixes is Binary, Number, and String.",
                                     attr->string));
    if (is_binary ? text.n && !binary.n : binary.n && !text.n)
        return wrong(c, arena_printf(&c->arena,
                                     "The message attribute '%s' with type '%.*s' must use field "
                                     "'%s'.",
                                     attr->string, STR_ARG(type), is_binary ? "Binary" : "String"));
    if (text.n && binary.n)
        return wrong(
            c, arena_printf(&c->arena, "The message attribute '%s' has multiple values.", attr->string));
    if (!(is_binary ? binary.n : text.n))
        return wrong(c, arena_printf(&c->arena,
                                     "The message attribute '%s' must contain non-empty message attribute "
                                     "value for message attribute type '%.*s'.",
                                     attr->string, STR_ARG(type)));
    if (is_kind(type, "Number") && !str_is_decimal(text))
        return wrong(c, arena_printf(&c->arena, "Could not cast message attribute '%s' value to number.",
                                     attr->string));
    return true;
}

static bool check_attributes(struct call *c, const cJSON *attributes)
{
    const cJSON *attr;
    cJSON_ArrayForEach (attr, attributes)
        if (!check_name(c, str_z(attr->string)) || !check_value(c, attr))
            return false;
    return true;
}

/* --- the message */

static bool subject_fits(struct str s)
{
    if (s.n == 0 || codec_utf16_len(s) > 100 || s.p[0] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool structure_fits(struct call *c, const struct publish *p)
{
    if (!p->structure.p)
        return true;
    if (!str_is(p->structure, "json")) {
        fail_parameter(c, "MessageStructure");
        return false;
    }
    cJSON *tree = json_tree_foreign(p->message);
    bool has_default = attribute_of(tree, "default").p;
    bool parsed = tree != NULL;
    cJSON_Delete(tree);
    if (!parsed)
        fail_parameter(c, "Message Structure - JSON message body failed to parse");
    else if (!has_default)
        fail_parameter(c, "Message Structure - No default entry in JSON message body");
    return parsed && has_default;
}

size_t publish_size(const struct publish *p)
{
    size_t n = p->message.n;
    const cJSON *attr;
    cJSON_ArrayForEach (attr, p->attributes)
        n += strlen(attr->string) + attribute_of(attr, "DataType").n + attribute_of(attr, "StringValue").n +
             codec_unbase64_size(attribute_of(attr, "BinaryValue"));
    return n;
}

bool publish_check(struct call *c, const struct publish *p)
{
    if (p->message.n == 0)
        fail_parameter(c, "Empty message");
    else if (publish_size(p) > MAX_MESSAGE_BYTES)
        fail_parameter(c, "Message too long");
    else if (p->subject.p && !subject_fits(p->subject))
        fail_parameter(c, "Subject");
    else if (p->deduplication.p)
        fail_parameter(c, "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                          "parameter that is not valid for this topic type");
    else
        return structure_fits(c, p) && check_attributes(c, p->attributes);
    return false;
}

/* --- fan-out */

/* The message as JSON, read once for all subscriptions of a protocol. */
static const cJSON *body_of(struct publication *p, enum protocol protocol)
{
    if (!p->body_read[protocol])
        p->body[protocol] = json_tree_foreign(publication_text(p, protocol));
    p->body_read[protocol] = true;
    return p->body[protocol];
}

/* A match that costs too much is given up: then the message passes, so that none is lost. */
static bool passes(struct call *c, const struct subscription *s, struct publication *p)
{
    int64_t work = PATTERN_WORK;
    if (!s->filtered || !s->filter)
        return !s->filtered;
    const cJSON *view = s->filter_body ? body_of(p, s->protocol) : p->attributes_view;
    bool yes = cJSON_IsObject(view) && (pattern_match(s->filter, view, &work) || work < 0);
    call_works(c, PATTERN_WORK - work);
    return yes;
}

static void add_text(struct call *c, cJSON *o, const char *name, struct str s)
{
    cJSON_AddStringToObject(o, name, arena_z(&c->arena, s));
}

static enum rc put(struct call *c, const struct subscription *s, struct outbox_row row, cJSON *in)
{
    row.in = in;
    row.source = s->arn;
    row.policy = STR("sns");
    row.dead_letter_arn = s->dead_letter_arn;
    call_works(c, ROW_WORK + (int64_t)(json_text(cJSON_GetObjectItemCaseSensitive(in, "MessageBody")).n +
                                       row.payload.n));
    enum rc rc = outbox_put(c, &row);
    cJSON_Delete(in);
    return rc;
}

/* The trace that the publisher is in goes along; it counts for no limit. */
static void add_trace_header(struct call *c, cJSON *in)
{
    cJSON *system = cJSON_AddObjectToObject(in, "MessageSystemAttributes");
    cJSON *header = cJSON_AddObjectToObject(system, "AWSTraceHeader");
    cJSON_AddStringToObject(header, "DataType", "String");
    add_text(c, header, "StringValue", c->trace_header);
}

static enum rc to_queue(struct call *c, const struct subscription *s, const struct publication *p)
{
    struct arn arn;
    arn_parse(s->endpoint, &arn);
    cJSON *in = cJSON_CreateObject();
    add_text(c, in, "QueueUrl",
             arena_printf(&c->arena, "%.*s/%.*s/%.*s", STR_ARG(c->world->origin), STR_ARG(arn.account),
                          STR_ARG(arn.resource)));
    add_text(c, in, "MessageBody", s->raw ? publication_text(p, s->protocol) : envelope_for_queue(c, s, p));
    if (s->raw && p->attributes && p->attributes->child)
        cJSON_AddItemReferenceToObject(in, "MessageAttributes", (cJSON *)p->attributes);
    if (p->group.p)
        add_text(c, in, "MessageGroupId", p->group);
    if (c->trace_header.p)
        add_trace_header(c, in);
    return put(c, s, (struct outbox_row){.service = STR("sqs"), .operation = STR("SendMessage")}, in);
}

/* A dead-letter queue gets the notification itself, not the function's event, so it goes along as the body
 * that the pusher would send there. */
static enum rc to_function(struct call *c, const struct subscription *s, const struct publication *p)
{
    cJSON *in = cJSON_CreateObject();
    add_text(c, in, "FunctionName", s->endpoint);
    cJSON_AddStringToObject(in, "InvocationType", "Event");
    if (s->dead_letter_arn.p)
        add_text(c, in, "MessageBody", envelope_for_queue(c, s, p));
    struct outbox_row row = {
        .service = STR("lambda"), .operation = STR("Invoke"), .payload = envelope_for_function(c, s, p)};
    return put(c, s, row, in);
}

/* --- what one turn hands out, and what is left */

/* Where a fan-out begins: behind the subscription of this place and id. */
struct place {
    int64_t number;
    struct str id;
};

/* The rest, as a row of the outbox: it is promised like the deliveries, and by nobody else. */
static enum rc leave_rest(struct call *c, const struct topic *t, const struct publish *in,
                          const struct publication *p, const struct place *after)
{
    cJSON *o = cJSON_CreateObject();
    json_add_text(o, "TopicArn", t->arn);
    cJSON_AddNumberToObject(o, "TopicNumber", (double)t->number);
    json_add_text(o, "MessageId", p->id);
    cJSON_AddNumberToObject(o, "PublishedAt", (double)p->at);
    json_add_text(o, "Message", in->message);
    json_add_text(o, "Subject", in->subject);
    json_add_text(o, "MessageStructure", in->structure);
    json_add_text(o, "MessageGroupId", in->group);
    json_add_text(o, "TraceHeader", c->trace_header);
    if (in->attributes)
        cJSON_AddItemReferenceToObject(o, "MessageAttributes", (cJSON *)in->attributes);
    cJSON_AddNumberToObject(o, "AfterPlace", (double)after->number);
    json_add_text(o, "AfterId", after->id);
    struct outbox_row row = {
        .service = STR("sns"), .operation = STR("FanOut"), .in = o, .source = t->arn, .policy = STR("sns")};
    enum rc rc = outbox_put(c, &row);
    cJSON_Delete(o);
    return rc;
}

static enum rc fan_out(struct call *c, const struct topic *t, const struct publish *in, struct publication *p,
                       struct place after, bool more)
{
    struct list *at;
    list_each (at, &t->subscriptions) {
        const struct subscription *s = list_of(at, struct subscription, link);
        if (subscription_cmp(s, after.number, after.id) <= 0)
            continue;
        if (!more)
            return leave_rest(c, t, in, p, &after);
        enum rc rc = RC_OK;
        if (passes(c, s, p))
            rc = s->protocol == PROTOCOL_SQS ? to_queue(c, s, p) : to_function(c, s, p);
        if (rc != RC_OK)
            return rc;
        after = (struct place){s->place, s->id};
        more = call_works(c, LOOK_WORK);
    }
    return RC_OK;
}

/* `more`: at least one subscription is looked at, whatever the turn has done. */
static enum rc hand_out(struct call *c, const struct topic *t, const struct publish *in, struct str id,
                        int64_t at, struct place after, bool more)
{
    cJSON *structure = in->structure.p ? json_tree_foreign(in->message) : NULL;
    struct publication p = {.id = id,
                            .at = at,
                            .subject = in->subject,
                            .message = in->message,
                            .structure = structure,
                            .attributes = in->attributes,
                            .group = in->group,
                            .attributes_view = filter_view_of_attributes(in->attributes)};
    enum rc rc = fan_out(c, t, in, &p, after, more);
    cJSON_Delete(p.attributes_view);
    for (int i = 0; i < PROTOCOLS; i++)
        cJSON_Delete(p.body[i]);
    cJSON_Delete(structure);
    return rc;
}

enum rc publish_out(struct call *c, const struct topic *t, const struct publish *in, struct str *id)
{
    *id = call_uuid(c);
    trace_also(c, *id);
    return hand_out(c, t, in, *id, c->now, (struct place){0, STR("")}, call_works(c, 0));
}

/* --- FanOut: the pusher's */

struct fan_out_in {
    struct str topic, id, trace_header;
    int64_t number, at;
    struct publish message;
    struct place after;
};

static const struct shape_row fan_out_rows[] = {
    IN_STR(fan_out_in, topic, "TopicArn", .flags = SHAPE_REQ),
    IN_INT(fan_out_in, number, "TopicNumber", .flags = SHAPE_REQ),
    IN_STR(fan_out_in, id, "MessageId", .flags = SHAPE_REQ),
    IN_INT(fan_out_in, at, "PublishedAt", .flags = SHAPE_REQ),
    IN_STR(fan_out_in, message.message, "Message", .flags = SHAPE_REQ),
    IN_STR(fan_out_in, message.subject, "Subject"),
    IN_STR(fan_out_in, message.structure, "MessageStructure"),
    IN_MAP(fan_out_in, message.attributes, "MessageAttributes", .of = publish_attribute_row),
    IN_STR(fan_out_in, message.group, "MessageGroupId"),
    IN_STR(fan_out_in, trace_header, "TraceHeader"),
    IN_INT(fan_out_in, after.number, "AfterPlace", .flags = SHAPE_REQ),
    IN_STR(fan_out_in, after.id, "AfterId", .flags = SHAPE_REQ),
    SHAPE_END,
};

/* It goes on for the Publish that left it: what it hands out names that one as its cause, not this call. */
static void stand_in(struct call *c, struct str trace_header)
{
    struct str rest = c->causes;
    str_copy(str_cut(&rest, ' '), c->request_id, sizeof(c->request_id));
    c->causes = rest.p ? rest : STR("");
    c->trace_header = trace_header;
}

static enum op_end run_fan_out(struct call *c, const void *input)
{
    const struct fan_out_in *req = input;
    const struct topic *t = topic_find(c, req->topic);
    if (!t || t->number != req->number) /* deleted meanwhile: who waited gets nothing, as on AWS */
        return c->fault ? OP_FAULT : OP_DONE;
    stand_in(c, req->trace_header);
    enum rc rc = hand_out(c, t, &req->message, req->id, req->at, req->after, true);
    return rc == RC_OK ? OP_DONE : call_broke(c, rc);
}

const struct op_row sns_fan_out = {.name = "FanOut",
                                   .run = run_fan_out,
                                   .in = fan_out_rows,
                                   .in_size = sizeof(struct fan_out_in),
                                   .flags = OP_INTERNAL | OP_QUIET | OP_DELIVERS};
