/* Topics and subscriptions in memory: a cache of what the store has, loaded whole on first touch, forgotten
 * by drop.  Messages pass through and are never kept: what must be delivered lies in the outbox. */
#ifndef SNS_MODEL_H
#define SNS_MODEL_H

#include "base/list.h"
#include "base/map.h"
#include "door/call.h"
#include "store.h"

struct pattern;

#define PAGE 100 /* topics or subscriptions in one answer */
#define MAX_TAGS 50

struct sns {
    struct map topics;        /* by ARN */
    struct map subscriptions; /* by ARN */
    bool loaded;
};

struct topic { /* room */
    struct sns *sns;
    struct str arn, account, region, name;
    int64_t created, number, deleted_subscriptions;
    cJSON *attributes, *tags;
    struct list subscriptions; /* in the order in which they were made */
    int count;
};

enum protocol { PROTOCOL_SQS, PROTOCOL_LAMBDA, PROTOCOLS };

struct subscription { /* room */
    struct topic *topic;
    struct list link; /* in topic->subscriptions */
    struct str arn, id, endpoint, owner;
    int64_t place;
    enum protocol protocol;
    cJSON *attributes;

    /* read from the attributes once */
    bool raw, filter_body;
    bool filtered; /* else every message passes */
    struct pattern *filter;
    struct str dead_letter_arn; /* absent: none */
};

const char *protocol_name(enum protocol p);
enum protocol protocol_of(struct str name);

/* NULL: the store failed, the call has its fault. */
struct sns *sns_of(struct call *c);

/* The topic of this ARN; NULL with the call's fault set, which names the parameter when the ARN is none. */
struct topic *topic_by_arn(struct call *c, struct str arn, const char *parameter);
struct topic *topic_find(struct call *c, struct str arn); /* NULL without a fault: there is none */
struct subscription *subscription_by_arn(struct call *c, struct str arn);
struct subscription *subscription_find(struct call *c, struct str arn);

/* False: the call has its fault. */
bool arn_check(struct call *c, struct str arn, const char *parameter);
bool topic_arn_check(struct call *c, struct str arn, const char *parameter); /* and of the caller's region */

struct str topic_arn(struct arena *a, struct str region, struct str account, struct str name);

struct topic_row topic_row_of(const struct topic *t);
struct subscription_row subscription_row_of(const struct subscription *s);

/* Into the model, after the store has it.  The trees are moved. */
struct topic *topic_add(struct sns *m, const struct topic_row *row, cJSON *attributes, cJSON *tags);
void topic_set_attributes(struct topic *t, cJSON *attributes);
void topic_set_tags(struct topic *t, cJSON *tags);
void topic_remove(struct topic *t); /* freed with its subscriptions */

/* The place of the topic's next subscription. */
int64_t topic_next_place(const struct topic *t);

/* In the order of their places, and of their ids where those are equal: <0, 0, >0. */
int subscription_cmp(const struct subscription *s, int64_t place, struct str id);

struct subscription *subscription_add(struct topic *t, const struct subscription_row *row, cJSON *attributes);
void subscription_set_attributes(struct subscription *s, cJSON *attributes);
void subscription_remove(struct subscription *s); /* freed */

/* `old` (may be NULL) overlaid with `given`; an empty text takes an attribute away.  The caller owns it. */
cJSON *attributes_merge(const cJSON *old, const cJSON *given);
struct str attribute_of(const cJSON *attributes, const char *name); /* absent: not set */

void sns_forget(struct sns *m);

#endif
