/* Topics and subscriptions <-> keys.  No rules here.
 *
 *   sns.topic          account region name       -> JSON: created, attributes, tags, deleted
 *   sns.subscription   account region name id    -> JSON: protocol, endpoint, owner, attributes, place
 *   sns.id                                       -> the last number given to a topic, as text
 *
 * `name` in a subscription's key is the topic's name, '#' and its number: what a topic of the same name left
 * behind, and is not swept yet, belongs to nobody.  Topics of before have no number, and the name alone. */
#ifndef SNS_STORE_H
#define SNS_STORE_H

#include "base/arena.h"
#include "base/json.h"
#include "door/call.h"
#include "store/store.h"

struct topic_row {
    struct str account, region, name;
    int64_t created;                /* ms */
    int64_t number;                 /* no topic had it before; 0: of a version before there were numbers */
    int64_t deleted_subscriptions;  /* how many were ended */
    const cJSON *attributes, *tags; /* name -> text; what was set */
};

struct subscription_row {
    struct str account, region, topic, id;
    int64_t number; /* its topic's */
    int64_t place;  /* among the topic's subscriptions, rising; 0: of a version before there were places */
    struct str protocol, endpoint, owner;
    const cJSON *attributes; /* name -> text; what was set */
};

enum rc topic_write(struct store *s, const struct topic_row *t);
/* With its subscriptions, which are swept in portions (door/sweep.h). */
enum rc topic_erase(struct call *c, const struct topic_row *t);

/* A number for a new topic. */
enum rc topic_number(struct store *s, int64_t *number);
enum rc subscription_write(struct store *s, const struct subscription_row *r);
enum rc subscription_erase(struct store *s, const struct subscription_row *r);

/* Walks over all topics, then over all subscriptions, in the order of their keys.  The trees are moved to the
 * visitor. */
struct sns_visitor {
    void (*topic)(void *arg, const struct topic_row *t, cJSON *attributes, cJSON *tags);
    void (*subscription)(void *arg, const struct subscription_row *r, cJSON *attributes);
    void *arg;
};
enum rc sns_each(struct store *s, const struct sns_visitor *v);

#endif
