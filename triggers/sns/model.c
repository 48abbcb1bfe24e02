#include "model.h"
#include "base/json.h"
#include "door/arn.h"
#include "fault.h"
#include "filter.h"
#include "sns.h"
#include <stdlib.h>

static struct str room_str(struct str s)
{
    char *p = xmalloc(s.n + 1);
    memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return str_n(p, s.n);
}

static void room_free(struct str s)
{
    free((char *)s.p);
}

const char *protocol_name(enum protocol p)
{
    return p == PROTOCOL_SQS ? "sqs" : "lambda";
}

enum protocol protocol_of(struct str name)
{
    return str_is(name, "sqs") ? PROTOCOL_SQS : PROTOCOL_LAMBDA;
}

struct str topic_arn(struct arena *a, struct str region, struct str account, struct str name)
{
    return arn_make(a, "sns", region, account, name);
}

/* --- attributes */

struct str attribute_of(const cJSON *attributes, const char *name)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(attributes, name));
}

cJSON *attributes_merge(const cJSON *old, const cJSON *given)
{
    cJSON *merged = old ? json_copy(old) : cJSON_CreateObject();
    const cJSON *v;
    cJSON_ArrayForEach (v, given) {
        cJSON_DeleteItemFromObjectCaseSensitive(merged, v->string);
        if (json_text(v).n)
            json_add_text(merged, v->string, json_text(v));
    }
    return merged;
}

/* --- topics */

struct topic *topic_add(struct sns *m, const struct topic_row *row, cJSON *attributes, cJSON *tags)
{
    struct arena a;
    arena_init(&a);
    struct topic *t = xcalloc(1, sizeof(*t));
    t->sns = m;
    t->account = room_str(row->account);
    t->region = room_str(row->region);
    t->name = room_str(row->name);
    t->arn = room_str(topic_arn(&a, row->region, row->account, row->name));
    t->created = row->created, t->number = row->number;
    t->deleted_subscriptions = row->deleted_subscriptions;
    t->attributes = attributes ? attributes : cJSON_CreateObject();
    t->tags = tags ? tags : cJSON_CreateObject();
    list_init(&t->subscriptions);
    map_put(&m->topics, t->arn, t);
    arena_release(&a);
    return t;
}

void topic_set_attributes(struct topic *t, cJSON *attributes)
{
    cJSON_Delete(t->attributes);
    t->attributes = attributes;
}

void topic_set_tags(struct topic *t, cJSON *tags)
{
    cJSON_Delete(t->tags);
    t->tags = tags;
}

void topic_remove(struct topic *t)
{
    while (!list_empty(&t->subscriptions))
        subscription_remove(list_of(t->subscriptions.next, struct subscription, link));
    map_del(&t->sns->topics, t->arn);
    room_free(t->arn);
    room_free(t->account);
    room_free(t->region);
    room_free(t->name);
    cJSON_Delete(t->attributes);
    cJSON_Delete(t->tags);
    free(t);
}

struct topic_row topic_row_of(const struct topic *t)
{
    return (struct topic_row){.account = t->account,
                              .region = t->region,
                              .name = t->name,
                              .created = t->created,
                              .number = t->number,
                              .deleted_subscriptions = t->deleted_subscriptions,
                              .attributes = t->attributes,
                              .tags = t->tags};
}

/* --- subscriptions */

static void read_dead_letter(struct subscription *s)
{
    room_free(s->dead_letter_arn);
    s->dead_letter_arn = STR_NONE;
    struct str policy = attribute_of(s->attributes, "RedrivePolicy");
    cJSON *tree = json_tree(policy);
    struct str arn = attribute_of(tree, "deadLetterTargetArn");
    if (arn.p)
        s->dead_letter_arn = room_str(arn);
    cJSON_Delete(tree);
}

void subscription_set_attributes(struct subscription *s, cJSON *attributes)
{
    cJSON_Delete(s->attributes);
    s->attributes = attributes;
    s->raw = str_ieq(attribute_of(attributes, "RawMessageDelivery"), STR("true"));
    s->filter_body = str_is(attribute_of(attributes, "FilterPolicyScope"), "MessageBody");
    pattern_free(s->filter);
    s->filter = filter_pattern(attribute_of(attributes, "FilterPolicy"), &s->filtered);
    read_dead_letter(s);
}

int64_t topic_next_place(const struct topic *t)
{
    return list_empty(&t->subscriptions)
               ? 1
               : list_of(t->subscriptions.prev, struct subscription, link)->place + 1;
}

int subscription_cmp(const struct subscription *s, int64_t place, struct str id)
{
    return s->place != place ? (s->place < place ? -1 : 1) : str_cmp(s->id, id);
}

struct subscription *subscription_add(struct topic *t, const struct subscription_row *row, cJSON *attributes)
{
    struct arena a;
    arena_init(&a);
    struct subscription *s = xcalloc(1, sizeof(*s));
    s->topic = t;
    s->id = room_str(row->id);
    s->arn = room_str(arena_printf(&a, "%.*s:%.*s", STR_ARG(t->arn), STR_ARG(row->id)));
    s->endpoint = room_str(row->endpoint);
    s->owner = room_str(row->owner);
    s->place = row->place;
    s->protocol = protocol_of(row->protocol);
    subscription_set_attributes(s, attributes ? attributes : cJSON_CreateObject());
    list_push(&t->subscriptions, &s->link);
    t->count++;
    map_put(&t->sns->subscriptions, s->arn, s);
    arena_release(&a);
    return s;
}

void subscription_remove(struct subscription *s)
{
    map_del(&s->topic->sns->subscriptions, s->arn);
    list_del(&s->link);
    s->topic->count--;
    room_free(s->arn);
    room_free(s->id);
    room_free(s->endpoint);
    room_free(s->owner);
    room_free(s->dead_letter_arn);
    cJSON_Delete(s->attributes);
    pattern_free(s->filter);
    free(s);
}

struct subscription_row subscription_row_of(const struct subscription *s)
{
    return (struct subscription_row){.account = s->topic->account,
                                     .region = s->topic->region,
                                     .topic = s->topic->name,
                                     .id = s->id,
                                     .place = s->place,
                                     .number = s->topic->number,
                                     .protocol = str_z(protocol_name(s->protocol)),
                                     .endpoint = s->endpoint,
                                     .owner = s->owner,
                                     .attributes = s->attributes};
}

/* --- all */

struct loading {
    struct sns *sns;
    const struct log *log;
};

static void load_topic(void *arg, const struct topic_row *t, cJSON *attributes, cJSON *tags)
{
    struct loading *l = arg;
    topic_add(l->sns, t, attributes, tags);
}

static void load_subscription(void *arg, const struct subscription_row *r, cJSON *attributes)
{
    struct loading *l = arg;
    struct sns *m = l->sns;
    struct arena a;
    arena_init(&a);
    struct topic *t = map_get(&m->topics, topic_arn(&a, r->region, r->account, r->topic));
    arena_release(&a);
    if (t && t->number == r->number) {
        const struct subscription *s = subscription_add(t, r, attributes);
        if (s->filtered && !s->filter) /* kept by a version that refused less */
            log_warn(l->log, "%.*s gets nothing: its FilterPolicy is none any more, set it anew",
                     STR_ARG(s->arn));
        return;
    }
    if (!r->number) /* others wait to be swept */
        log_error(l->log, "the state is damaged: a subscription without its topic %.*s is left out",
                  STR_ARG(r->topic));
    cJSON_Delete(attributes);
}

static int by_place(const void *a, const void *b)
{
    const struct subscription *right = *(struct subscription *const *)b;
    return subscription_cmp(*(struct subscription *const *)a, right->place, right->id);
}

/* The store has them in the order of their ids. */
static void put_in_order(struct topic *t)
{
    struct subscription **all = xmalloc(sizeof(*all) * (size_t)t->count);
    struct list *at;
    size_t n = 0;
    while ((at = list_shift(&t->subscriptions)))
        all[n++] = list_of(at, struct subscription, link);
    qsort(all, n, sizeof(*all), by_place);
    for (size_t i = 0; i < n; i++)
        list_push(&t->subscriptions, &all[i]->link);
    free(all);
}

struct sns *sns_of(struct call *c)
{
    struct sns *m = world_state(c->world, &sns_service);
    if (m->loaded)
        return m;
    struct loading l = {m, c->world->log};
    enum rc rc = sns_each(c->txn, &(struct sns_visitor){load_topic, load_subscription, &l});
    if (rc != RC_OK) {
        sns_forget(m);
        call_broke(c, rc);
        return NULL;
    }
    struct map_entry *at = m->topics.first;
    struct topic *t;
    while ((t = map_each(&at, NULL)))
        put_in_order(t);
    m->loaded = true;
    return m;
}

void sns_forget(struct sns *m)
{
    struct map_entry *at = m->topics.first;
    struct topic *t;
    while ((t = map_each(&at, NULL)))
        topic_remove(t);
    m->loaded = false;
}

/* --- finding */

bool arn_check(struct call *c, struct str arn, const char *parameter)
{
    struct str rest = arn;
    int parts = 0;
    while (rest.p) {
        str_cut(&rest, ':');
        parts++;
    }
    if (parts >= 6)
        return true;
    fail_parameter(c, "%s Reason: An ARN must have at least 6 elements, not %d", parameter, parts);
    return false;
}

/* SNS knows no topics of other regions. */
bool topic_arn_check(struct call *c, struct str arn, const char *parameter)
{
    struct arn parts;
    if (!arn_check(c, arn, parameter))
        return false;
    if (arn_of_service(arn, "sns", &parts) && str_eq(parts.region, c->region))
        return true;
    fail_parameter(c, "%s", parameter);
    return false;
}

struct topic *topic_find(struct call *c, struct str arn)
{
    struct sns *m = sns_of(c);
    return m ? map_get(&m->topics, arn) : NULL;
}

struct topic *topic_by_arn(struct call *c, struct str arn, const char *parameter)
{
    if (!topic_arn_check(c, arn, parameter))
        return NULL;
    struct topic *t = topic_find(c, arn);
    if (!t && !c->fault)
        call_fail(c, &sns_not_found, "Topic does not exist");
    return t;
}

struct subscription *subscription_find(struct call *c, struct str arn)
{
    struct sns *m = sns_of(c);
    return m ? map_get(&m->subscriptions, arn) : NULL;
}

struct subscription *subscription_by_arn(struct call *c, struct str arn)
{
    if (!arn_check(c, arn, "SubscriptionArn"))
        return NULL;
    struct subscription *s = subscription_find(c, arn);
    if (!s && !c->fault)
        call_fail(c, &sns_not_found, "Subscription does not exist");
    return s;
}
