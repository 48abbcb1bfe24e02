#include "model.h"
#include "address.h"
#include "attr.h"
#include "core/conf.h"
#include "door/arn.h"
#include "door/note.h"
#include "fault.h"
#include "sqs.h"
#include <stdlib.h>

/* --- one queue */

static struct str room_str(struct str s)
{
    char *p = xmalloc(s.n + 1);
    memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return str_n(p, s.n);
}

static void wake(struct timer *t)
{
    struct queue *q = list_of(t, struct queue, wake);
    note_spread(q->sqs->world, q->arn);
}

static int64_t number_of(const cJSON *attributes, const char *name)
{
    int64_t n = 0;
    str_to_i64(queue_attr_value(attributes, queue_attr_find(str_z(name))), &n);
    return n;
}

static void read_redrive(struct queue *q)
{
    free((char *)q->dead_letter_arn.p);
    q->dead_letter_arn = STR_NONE;
    struct str policy = json_text(cJSON_GetObjectItemCaseSensitive(q->attributes, "RedrivePolicy"));
    struct arena a;
    arena_init(&a);
    struct str arn;
    if (policy.p && redrive_parse(&a, policy, &arn, &q->max_receives))
        q->dead_letter_arn = room_str(arn);
    arena_release(&a);
}

void queue_set_attributes(struct queue *q, cJSON *attributes)
{
    if (q->attributes != attributes)
        cJSON_Delete(q->attributes);
    q->attributes = attributes;
    q->visibility = number_of(attributes, "VisibilityTimeout");
    q->delay = number_of(attributes, "DelaySeconds");
    q->wait = number_of(attributes, "ReceiveMessageWaitTimeSeconds");
    q->retention = number_of(attributes, "MessageRetentionPeriod");
    q->max_size = number_of(attributes, "MaximumMessageSize");
    read_redrive(q);
}

void queue_set_tags(struct queue *q, cJSON *tags)
{
    cJSON_Delete(q->tags);
    q->tags = tags;
}

struct queue *queue_add(struct sqs *m, const struct queue_row *row, cJSON *attributes, cJSON *tags)
{
    struct arena a;
    arena_init(&a);
    struct queue *q = xcalloc(1, sizeof(*q));
    q->sqs = m;
    q->id = row->id, q->handle = row->handle;
    q->account = room_str(row->account);
    q->region = room_str(row->region);
    q->name = room_str(row->name);
    q->arn = room_str(queue_arn(&a, row->region, row->account, row->name));
    q->created = row->created, q->modified = row->modified, q->purged = row->purged;
    queue_set_attributes(q, attributes ? attributes : cJSON_CreateObject());
    queue_set_tags(q, tags ? tags : cJSON_CreateObject());
    q->wake.fire = wake;
    map_put(&m->queues, q->arn, q);
    if (row->id > m->last_id)
        m->last_id = row->id;
    arena_release(&a);
    return q;
}

static void queue_free(struct queue *q)
{
    timer_stop(q->sqs->world->timers, &q->wake);
    free((char *)q->arn.p);
    free((char *)q->account.p);
    free((char *)q->region.p);
    free((char *)q->name.p);
    free((char *)q->dead_letter_arn.p);
    cJSON_Delete(q->attributes);
    cJSON_Delete(q->tags);
    free(q);
}

void queue_remove(struct queue *q)
{
    map_del(&q->sqs->queues, q->arn);
    queue_free(q);
}

struct queue_row queue_row_of(const struct queue *q)
{
    return (struct queue_row){.account = q->account,
                              .region = q->region,
                              .name = q->name,
                              .id = q->id,
                              .handle = q->handle,
                              .created = q->created,
                              .modified = q->modified,
                              .purged = q->purged,
                              .attributes = q->attributes,
                              .tags = q->tags};
}

enum rc queue_next_id(struct call *c, struct sqs *m, uint64_t *id)
{
    enum rc rc = queue_id_write(c->txn, m->last_id + 1);
    if (rc == RC_OK)
        *id = ++m->last_id;
    return rc;
}

/* --- all queues */

bool limits_are_strict(const struct call *c)
{
    return c->world->conf && c->world->conf->strict_limits;
}

bool within_a_minute(const struct call *c, int64_t at)
{
    return at && c->now >= at && c->now - at < 60000;
}

static void load_one(void *arg, const struct queue_row *row, cJSON *attributes, cJSON *tags)
{
    queue_add(arg, row, attributes, tags);
}

struct sqs *sqs_of(struct call *c)
{
    struct sqs *m = world_state(c->world, &sqs_service);
    if (m->loaded)
        return m;
    uint64_t last = 0;
    enum rc rc = queue_each(c->txn, load_one, m);
    if (rc == RC_OK)
        rc = queue_id_read(c->txn, &last);
    if (rc != RC_OK) {
        sqs_forget(m);
        call_broke(c, rc);
        return NULL;
    }
    if (m->last_id < last)
        m->last_id = last;
    m->loaded = true;
    return m;
}

void sqs_forget(struct sqs *m)
{
    struct map_entry *at = m->queues.first;
    struct queue *q;
    while ((q = map_each(&at, NULL)))
        queue_free(q);
    map_release(&m->queues);
    map_init(&m->queues);
    m->loaded = false;
    m->last_id = 0;
}

/* --- finding one */

struct str queue_arn(struct arena *a, struct str region, struct str account, struct str name)
{
    return arn_make(a, "sqs", region, account, name);
}

struct str queue_url(struct call *c, const struct queue *q)
{
    if (c->host.p)
        return arena_printf(&c->arena, "http://%.*s/%.*s/%.*s", STR_ARG(c->host), STR_ARG(q->account),
                            STR_ARG(q->name));
    return arena_printf(&c->arena, "%.*s/%.*s/%.*s", STR_ARG(c->world->origin), STR_ARG(q->account),
                        STR_ARG(q->name));
}

struct queue *queue_by_arn(struct call *c, struct str arn)
{
    struct sqs *m = sqs_of(c);
    return m ? map_get(&m->queues, arn) : NULL;
}

/* `region` absent: the caller's. */
static struct queue *find(struct call *c, struct str region, struct str account, struct str name)
{
    struct str arn = queue_arn(&c->arena, region.p ? region : c->region, account, name);
    struct queue *q = queue_by_arn(c, arn);
    if (!q && !c->fault)
        call_fail(c, &sqs_queue_does_not_exist, NULL);
    return q;
}

struct queue *queue_by_name(struct call *c, struct str account, struct str name)
{
    return find(c, STR_NONE, account, name);
}

struct queue *queue_by_url(struct call *c, struct str url)
{
    struct queue_address a;
    if (queue_address_read(url, &a))
        return find(c, a.region, a.account.p ? a.account : c->account, a.name);
    call_fail(c, &sqs_invalid_address, "The address %.*s is not valid for this endpoint.", STR_ARG(url));
    return NULL;
}

/* --- counting and waking */

#define ROW_WORK 20 /* of a walk, in the steps of call_works */

/* One walk over the due rows; `seq` of those that were received tells where the fresh ones begin, because
 * fresh messages are received in the order of their numbers. */
struct walk {
    struct queue *q;
    struct queue_counts counts;
    int64_t now, rows, first;
    uint64_t received;
};

static void walk_one(void *arg, const struct due *d)
{
    struct walk *w = arg;
    if (w->rows++ == 0)
        w->first = d->visible_at;
    if (d->seq < SEQ_PLACED && d->seq > w->received)
        w->received = d->seq;
    if (d->visible_at <= w->now)
        w->counts.visible++;
    else if (d->receives)
        w->counts.in_flight++;
    else
        w->counts.delayed++;
}

static enum rc walk(struct call *c, struct queue *q, struct walk *w)
{
    *w = (struct walk){.q = q, .now = c->now, .first = INT64_MAX};
    return due_each(c->txn, q->id, INT64_MIN, walk_one, w);
}

/* The same over the rows whose time is still to come. */
static enum rc walk_ahead(struct call *c, struct queue *q, struct walk *w)
{
    *w = (struct walk){.q = q, .now = c->now, .first = INT64_MAX};
    enum rc rc = due_each(c->txn, q->id, c->now, walk_one, w);
    call_works(c, w->rows * ROW_WORK);
    return rc;
}

/* The first fresh message lies behind the last that was received; those between were deleted since. */
static enum rc find_head(struct call *c, struct queue *q, uint64_t received)
{
    struct message first;
    int n;
    enum rc rc = message_fresh(c->txn, &c->arena, q->id, received + 1, 1, &first, &n);
    q->head = n ? first.seq : q->last_fresh + 1;
    return rc;
}

enum rc queue_learn(struct call *c, struct queue *q)
{
    if (q->learned)
        return RC_OK;
    struct walk w;
    uint64_t last = 0;
    enum rc rc = walk(c, q, &w);
    if (rc == RC_OK)
        rc = message_last_seq(c->txn, q->id, SEQ_PLACED, &q->last_fresh);
    if (rc == RC_OK)
        rc = message_last_seq(c->txn, q->id, UINT64_MAX, &last);
    if (rc != RC_OK)
        return rc;
    q->last_placed = last >= SEQ_PLACED ? last : SEQ_PLACED;
    if (q->last_fresh < w.received)
        q->last_fresh = w.received;
    rc = find_head(c, q, w.received);
    if (rc != RC_OK)
        return rc;
    q->due_rows = w.rows, q->next_due = w.first, q->in_flight = w.counts.in_flight;
    q->counted_until = 0;
    q->learned = true;
    return RC_OK;
}

void queue_due_written(struct queue *q, int64_t visible_at)
{
    if (visible_at < q->next_due)
        q->next_due = visible_at;
    if (visible_at < q->counted_until)
        q->counted_until = visible_at;
}

void queue_count(struct queue *q, int64_t due_rows, int64_t in_flight)
{
    q->due_rows += due_rows;
    q->in_flight += in_flight;
    if (q->in_flight < 0)
        q->in_flight = 0;
}

enum rc queue_counts_now(struct call *c, struct queue *q, struct queue_counts *out)
{
    struct walk w;
    enum rc rc = queue_learn(c, q);
    if (rc == RC_OK)
        rc = walk_ahead(c, q, &w);
    if (rc != RC_OK)
        return rc;
    q->in_flight = w.counts.in_flight;
    q->counted_until = w.first;
    *out = w.counts;
    out->visible = q->due_rows - w.rows + (int64_t)(q->last_fresh + 1 - q->head);
    return RC_OK;
}

enum rc queue_full(struct call *c, struct queue *q, bool *full)
{
    struct queue_counts counts;
    enum rc rc = queue_learn(c, q);
    if (rc == RC_OK && q->in_flight >= MAX_IN_FLIGHT && c->now >= q->counted_until)
        rc = queue_counts_now(c, q, &counts);
    *full = q->in_flight >= MAX_IN_FLIGHT;
    return rc;
}

void queue_wake_at(struct queue *q, int64_t at)
{
    struct timers *timers = q->sqs->world->timers;
    q->wake_at = at;
    if (at == INT64_MAX)
        timer_stop(timers, &q->wake);
    else
        timer_set(timers, &q->wake, at);
}

enum rc queue_wake_moved(struct call *c, struct queue *q, int64_t visible_at)
{
    if (!timer_armed(&q->wake) || q->wake_at != visible_at)
        return RC_OK;
    struct due first;
    int n;
    int64_t next;
    enum rc rc = due_first(c->txn, q->id, c->now, 1, &first, &n, &next);
    if (rc == RC_OK && n == 0)
        queue_wake_at(q, next);
    return rc;
}
