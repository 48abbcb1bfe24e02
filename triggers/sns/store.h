/* Topics and subscriptions <-> keys.  No rules here.
 *
 *   sns.topic          account region name       -> JSON: created, attributes, tags, deleted
 *   sns.subscription   account region name id    -> JSON: protocol, endpoint, owner, attributes
 */
#ifndef SNS_STORE_H
#define SNS_STORE_H

#include "base/arena.h"
#include "base/json.h"
#include "store/store.h"

struct topic_row {
    struct str account, region, name;
    int64_t created;                /* ms */
    int64_t deleted_subscriptions;  /* how many were ended */
    const cJSON *attributes, *tags; /* name -> text; what was set */
};

struct subscription_row {
    struct str account, region, topic, id;
    struct str protocol, endpoint, owner;
    const cJSON *attributes; /* name -> text; what was set */
};

enum rc topic_write(struct store *s, const struct topic_row *t);
enum rc topic_erase(struct store *s, const struct topic_row *t); /* with its subscriptions */
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
