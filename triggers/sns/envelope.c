#include "envelope.h"
#include "base/clock.h"

/* SNS signs with a key that only AWS has; a constant stands in its place (README). */
static const char signature[] =
    "dGlkZXBvb2wgY2Fubm90IHNpZ24gd2l0aCBBV1MncyBrZXk7IHRoaXMgc3RhbmRzIGluIHRoZSBwbGFjZSBvZiBhIHNpZ25hdHVy"
    "ZS4=";

#define TEXT_MAX (4u << 20)

struct str publication_text(const struct publication *p, enum protocol protocol)
{
    if (!p->structure)
        return p->message;
    struct str own = attribute_of(p->structure, protocol_name(protocol));
    return own.p ? own : attribute_of(p->structure, "default");
}

/* The members that both texts share, with the spacing and the spelling of each. */
struct layout {
    const char *indent, *colon, *end; /* "  ", " : ", ",\n" */
    const char *cert_url, *unsubscribe_url;
};

struct attribute_layout {
    const char *indent, *colon, *between;
    bool plain_types;
};

static void member(struct buf *b, const struct layout *l, const char *name, struct str value)
{
    buf_z(b, l->indent);
    buf_json(b, str_z(name));
    buf_z(b, l->colon);
    if (value.p)
        buf_json(b, value);
    else
        buf_z(b, "null");
    buf_z(b, l->end);
}

static void shared_members(struct call *c, struct buf *b, const struct layout *l,
                           const struct subscription *s, const struct publication *p)
{
    char time[CLOCK_ISO_SIZE];
    clock_iso(p->at, time);
    struct str version = attribute_of(s->topic->attributes, "SignatureVersion");
    member(b, l, "Message", publication_text(p, s->protocol));
    member(b, l, "Timestamp", str_z(time));
    member(b, l, "SignatureVersion", version.p ? version : STR("1"));
    member(b, l, "Signature", STR(signature));
    member(b, l, l->cert_url,
           arena_printf(&c->arena,
                        "https://sns.%.*s.amazonaws.com/"
                        "SimpleNotificationService-00000000000000000000000000000000.pem",
                        STR_ARG(s->topic->region)));
    member(b, l, l->unsubscribe_url,
           arena_printf(&c->arena, "%.*s/?Action=Unsubscribe&SubscriptionArn=%.*s", STR_ARG(c->world->origin),
                        STR_ARG(s->arn)));
}

/* A function sees text or bytes: Number and String.Array arrive as String ("Message attribute data types").
 */
static struct str type_for_function(struct str type)
{
    return str_starts(type, STR("Binary")) ? type : STR("String");
}

/* "name":{"Type":"String","Value":"text"} for each; binary values stay in base64. */
static void attributes(struct buf *b, const cJSON *attrs, const struct attribute_layout *l)
{
    const cJSON *attr;
    cJSON_ArrayForEach (attr, attrs) {
        struct str text = attribute_of(attr, "StringValue"), binary = attribute_of(attr, "BinaryValue");
        struct str type = attribute_of(attr, "DataType");
        buf_z(b, l->indent);
        buf_json(b, str_z(attr->string));
        buf_printf(b, "%s{\"Type\":", l->colon);
        buf_json(b, l->plain_types ? type_for_function(type) : type);
        buf_z(b, ",\"Value\":");
        buf_json(b, text.p ? text : binary);
        buf_printf(b, "}%s", attr->next ? l->between : "");
    }
}

static struct str finish(struct call *c, struct buf *b)
{
    struct str text = arena_str(&c->arena, buf_view(b));
    buf_release(b);
    return text;
}

struct str envelope_for_queue(struct call *c, const struct subscription *s, const struct publication *p)
{
    static const struct layout layout = {"  ", " : ", ",\n", "SigningCertURL", "UnsubscribeURL"};
    struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_z(&b, "{\n");
    member(&b, &layout, "Type", STR("Notification"));
    member(&b, &layout, "MessageId", p->id);
    member(&b, &layout, "TopicArn", s->topic->arn);
    if (p->subject.p)
        member(&b, &layout, "Subject", p->subject);
    shared_members(c, &b, &layout, s, p);
    b.n -= strlen(layout.end);
    if (p->attributes && p->attributes->child) {
        buf_z(&b, ",\n  \"MessageAttributes\" : {\n");
        attributes(&b, p->attributes, &(struct attribute_layout){"    ", " : ", ",\n", false});
        buf_z(&b, "\n  }");
    }
    buf_z(&b, "\n}");
    return finish(c, &b);
}

struct str envelope_for_function(struct call *c, const struct subscription *s, const struct publication *p)
{
    static const struct layout layout = {"", ":", ",", "SigningCertUrl", "UnsubscribeUrl"};
    struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_z(&b, "{\"Records\":[{\"EventSource\":\"aws:sns\",\"EventVersion\":\"1.0\",");
    member(&b, &layout, "EventSubscriptionArn", s->arn);
    buf_z(&b, "\"Sns\":{");
    member(&b, &layout, "Type", STR("Notification"));
    member(&b, &layout, "MessageId", p->id);
    member(&b, &layout, "TopicArn", s->topic->arn);
    member(&b, &layout, "Subject", p->subject);
    shared_members(c, &b, &layout, s, p);
    buf_z(&b, "\"MessageAttributes\":{");
    attributes(&b, p->attributes, &(struct attribute_layout){"", ":", ",", true});
    buf_z(&b, "}}}]}");
    return finish(c, &b);
}
