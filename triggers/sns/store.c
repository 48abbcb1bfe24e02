#include "store.h"
#include "base/buf.h"
#include "base/json.h"
#include "door/sweep.h"
#include "store/key.h"
#include <stdlib.h>

#define TOPIC "sns.topic"
#define SUBSCRIPTION "sns.subscription"

static void topic_key(struct key *k, const char *space, struct str account, struct str region,
                      struct str name)
{
    key_init(k, space);
    key_str(k, account);
    key_str(k, region);
    key_str(k, name);
}

/* The prefix of all subscriptions of a topic. */
static void subscriptions_key(struct key *k, struct str account, struct str region, struct str name,
                              int64_t number)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_str(&b, name);
    if (number)
        buf_printf(&b, "#%lld", (long long)number);
    topic_key(k, SUBSCRIPTION, account, region, buf_view(&b));
    buf_release(&b);
}

static void subscription_key(struct key *k, const struct subscription_row *r)
{
    subscriptions_key(k, r->account, r->region, r->topic, r->number);
    key_str(k, r->id);
}

static void add_text(cJSON *row, const char *name, struct str s)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_str(&b, s);
    cJSON_AddStringToObject(row, name, buf_zstr(&b));
    buf_release(&b);
}

/* Puts the tree under the key, and deletes it. */
static enum rc put(struct store *s, struct key *k, cJSON *row)
{
    char *text = json_printed(row);
    enum rc rc = store_put(s, key_view(k), str_z(text));
    free(text);
    cJSON_Delete(row);
    return rc;
}

enum rc topic_write(struct store *s, const struct topic_row *t)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "created", (double)t->created);
    if (t->number)
        cJSON_AddNumberToObject(row, "number", (double)t->number);
    cJSON_AddNumberToObject(row, "deleted", (double)t->deleted_subscriptions);
    cJSON_AddItemReferenceToObject(row, "attributes", (cJSON *)t->attributes);
    cJSON_AddItemReferenceToObject(row, "tags", (cJSON *)t->tags);
    struct key k;
    topic_key(&k, TOPIC, t->account, t->region, t->name);
    enum rc rc = put(s, &k, row);
    key_release(&k);
    return rc;
}

enum rc topic_erase(struct call *c, const struct topic_row *t)
{
    struct key k;
    topic_key(&k, TOPIC, t->account, t->region, t->name);
    enum rc rc = store_del(c->txn, key_view(&k));
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    subscriptions_key(&k, t->account, t->region, t->name, t->number);
    rc = t->number ? sweep_put(c, key_view(&k)) : store_wipe(c->txn, key_view(&k));
    key_release(&k);
    return rc;
}

enum rc topic_number(struct store *s, int64_t *number)
{
    struct key k;
    struct str value;
    char text[24];
    *number = 0;
    key_init(&k, "sns.id");
    enum rc rc = store_get(s, key_view(&k), &value);
    if (rc == RC_OK && !str_to_i64(value, number))
        rc = RC_BAD;
    if (rc == RC_OK || rc == RC_NONE) {
        snprintf(text, sizeof(text), "%lld", (long long)++*number);
        rc = store_put(s, key_view(&k), str_z(text));
    }
    key_release(&k);
    return rc;
}

enum rc subscription_write(struct store *s, const struct subscription_row *r)
{
    cJSON *row = cJSON_CreateObject();
    add_text(row, "protocol", r->protocol);
    add_text(row, "endpoint", r->endpoint);
    add_text(row, "owner", r->owner);
    if (r->place)
        cJSON_AddNumberToObject(row, "place", (double)r->place);
    cJSON_AddItemReferenceToObject(row, "attributes", (cJSON *)r->attributes);
    struct key k;
    subscription_key(&k, r);
    enum rc rc = put(s, &k, row);
    key_release(&k);
    return rc;
}

enum rc subscription_erase(struct store *s, const struct subscription_row *r)
{
    struct key k;
    subscription_key(&k, r);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

/* --- walking */

static struct str text_of(const cJSON *row, const char *name)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(row, name));
}

static int64_t number_of(const cJSON *row, const char *name)
{
    return (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(row, name));
}

static void visit_topic(const struct sns_visitor *v, struct buf parts[4], cJSON *row)
{
    struct topic_row t = {.account = buf_view(&parts[0]),
                          .region = buf_view(&parts[1]),
                          .name = buf_view(&parts[2]),
                          .created = number_of(row, "created"),
                          .number = cJSON_HasObjectItem(row, "number") ? number_of(row, "number") : 0,
                          .deleted_subscriptions = number_of(row, "deleted")};
    v->topic(v->arg, &t, cJSON_DetachItemFromObjectCaseSensitive(row, "attributes"),
             cJSON_DetachItemFromObjectCaseSensitive(row, "tags"));
}

static void visit_subscription(const struct sns_visitor *v, struct buf parts[4], cJSON *row)
{
    struct str number = buf_view(&parts[2]), topic = str_cut(&number, '#');
    struct subscription_row r = {.account = buf_view(&parts[0]),
                                 .region = buf_view(&parts[1]),
                                 .topic = topic,
                                 .id = buf_view(&parts[3]),
                                 .place = cJSON_HasObjectItem(row, "place") ? number_of(row, "place") : 0,
                                 .protocol = text_of(row, "protocol"),
                                 .endpoint = text_of(row, "endpoint"),
                                 .owner = text_of(row, "owner")};
    if (number.p && !str_to_i64(number, &r.number))
        r.number = -1; /* no topic's */
    v->subscription(v->arg, &r, cJSON_DetachItemFromObjectCaseSensitive(row, "attributes"));
}

static bool read_key(struct str key, const char *space, int n, struct buf parts[4])
{
    struct key_reader r;
    if (!key_read(&r, key, space))
        return false;
    for (int i = 0; i < n; i++) {
        buf_clear(&parts[i]);
        if (!key_read_str(&r, &parts[i]))
            return false;
    }
    return true;
}

static enum rc each(struct store *s, const char *space, int n, struct buf parts[4],
                    void (*visit)(const struct sns_visitor *, struct buf[4], cJSON *),
                    const struct sns_visitor *v)
{
    struct key all, end;
    key_init(&all, space);
    key_after(&end, key_view(&all));
    struct store_cursor *at;
    enum rc rc = store_seek(s, &at, key_view(&all), key_view(&end), false);
    struct str key, value;
    if (rc == RC_OK) {
        while ((rc = store_next(at, &key, &value)) == RC_OK) {
            cJSON *row = json_tree(value);
            bool fits = row && read_key(key, space, n, parts);
            if (fits)
                visit(v, parts, row);
            cJSON_Delete(row);
            if (!fits) {
                rc = RC_BAD;
                break;
            }
        }
        store_cursor_close(at);
    }
    key_release(&all);
    key_release(&end);
    return rc == RC_END ? RC_OK : rc;
}

enum rc sns_each(struct store *s, const struct sns_visitor *v)
{
    struct buf parts[4];
    for (int i = 0; i < 4; i++)
        buf_init(&parts[i], 4096);
    enum rc rc = each(s, TOPIC, 3, parts, visit_topic, v);
    if (rc == RC_OK)
        rc = each(s, SUBSCRIPTION, 4, parts, visit_subscription, v);
    for (int i = 0; i < 4; i++)
        buf_release(&parts[i]);
    return rc;
}
