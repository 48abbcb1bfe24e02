#include "store.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/order.h"
#include "door/sweep.h"
#include "store/key.h"
#include <stdlib.h>

#define QUEUE "sqs.queue"
#define GONE "sqs.gone"
#define ID "sqs.id"
#define MESSAGE "sqs.message"
#define DUE "sqs.due"
#define MOVED "sqs.moved"

#define MESSAGE_MAX (4u << 20) /* 1 MiB of text and all that goes with it */

/* --- queues */

static void name_key(struct key *k, const char *space, struct str account, struct str region)
{
    key_init(k, space);
    key_str(k, account);
    key_str(k, region);
}

static void queue_key(struct key *k, const char *space, const struct queue_row *q)
{
    name_key(k, space, q->account, q->region);
    key_str(k, q->name);
}

enum rc queue_write(struct store *s, const struct queue_row *q)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "id", (double)q->id);
    cJSON_AddNumberToObject(row, "handle", (double)q->handle);
    cJSON_AddNumberToObject(row, "created", (double)q->created);
    cJSON_AddNumberToObject(row, "modified", (double)q->modified);
    cJSON_AddNumberToObject(row, "purged", (double)q->purged);
    cJSON_AddItemReferenceToObject(row, "attributes", (cJSON *)q->attributes);
    cJSON_AddItemReferenceToObject(row, "tags", (cJSON *)q->tags);
    char *text = json_printed(row);
    struct key k;
    queue_key(&k, QUEUE, q);
    enum rc rc = store_put(s, key_view(&k), str_z(text));
    key_release(&k);
    free(text);
    cJSON_Delete(row);
    return rc;
}

static enum rc put_number(struct store *s, const struct key *k, int64_t n)
{
    n = order_i64(n);
    return store_put(s, key_view(k), str_n(&n, sizeof(n)));
}

static bool take_number(struct str value, int64_t *n)
{
    if (value.n != sizeof(*n))
        return false;
    memcpy(n, value.p, sizeof(*n));
    *n = order_i64(*n);
    return true;
}

enum rc queue_id_read(struct store *s, uint64_t *id)
{
    int64_t last = 0;
    struct key k;
    struct str value;
    key_init(&k, ID);
    enum rc rc = store_get(s, key_view(&k), &value);
    key_release(&k);
    if (rc == RC_OK && !take_number(value, &last))
        return RC_BAD;
    *id = (uint64_t)last;
    return rc == RC_NONE ? RC_OK : rc;
}

enum rc queue_id_write(struct store *s, uint64_t id)
{
    struct key k;
    key_init(&k, ID);
    enum rc rc = put_number(s, &k, (int64_t)id);
    key_release(&k);
    return rc;
}

enum rc queue_erase(struct store *s, const struct queue_row *q)
{
    struct key k;
    queue_key(&k, QUEUE, q);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

enum rc queue_gone_write(struct store *s, const struct queue_row *q, int64_t now)
{
    struct key k;
    queue_key(&k, GONE, q);
    enum rc rc = put_number(s, &k, now);
    key_release(&k);
    return rc;
}

enum rc queue_gone_at(struct store *s, const struct queue_row *q, int64_t *at)
{
    *at = 0;
    struct key k;
    struct str value;
    queue_key(&k, GONE, q);
    enum rc rc = store_get(s, key_view(&k), &value);
    key_release(&k);
    if (rc == RC_OK && !take_number(value, at))
        return RC_BAD;
    return rc == RC_NONE ? RC_OK : rc;
}

static int64_t number(const cJSON *row, const char *name)
{
    return (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(row, name));
}

/* One stored queue to the visitor; `parts` is scratch. */
static bool visit_queue(struct str key, struct str value, struct buf parts[3],
                        void (*visit)(void *, const struct queue_row *, cJSON *, cJSON *), void *arg)
{
    struct key_reader r;
    bool fits = key_read(&r, key, QUEUE);
    for (int i = 0; fits && i < 3; i++) {
        buf_clear(&parts[i]);
        fits = key_read_str(&r, &parts[i]);
    }
    cJSON *row = fits ? json_tree(value) : NULL;
    if (!row)
        return false;
    struct queue_row q = {.account = buf_view(&parts[0]),
                          .region = buf_view(&parts[1]),
                          .name = buf_view(&parts[2]),
                          .id = (uint64_t)number(row, "id"),
                          .handle = (uint64_t)number(row, "handle"),
                          .created = number(row, "created"),
                          .modified = number(row, "modified"),
                          .purged = number(row, "purged")};
    if (!cJSON_HasObjectItem(row, "handle")) /* an older row: it was never purged */
        q.handle = q.id;
    visit(arg, &q, cJSON_DetachItemFromObjectCaseSensitive(row, "attributes"),
          cJSON_DetachItemFromObjectCaseSensitive(row, "tags"));
    cJSON_Delete(row);
    return true;
}

/* Opens a scan over all keys that begin with `prefix`, from `from` on (absent: from the prefix itself). */
static enum rc scan(struct store *s, struct store_cursor **at, struct str prefix, struct str from)
{
    struct key end;
    key_after(&end, prefix);
    enum rc rc = store_seek(s, at, from.p ? from : prefix, key_view(&end), false);
    key_release(&end);
    return rc;
}

enum rc queue_each(struct store *s,
                   void (*visit)(void *arg, const struct queue_row *q, cJSON *attributes, cJSON *tags),
                   void *arg)
{
    struct key all;
    key_init(&all, QUEUE);
    struct store_cursor *at;
    enum rc rc = scan(s, &at, key_view(&all), STR_NONE);
    key_release(&all);
    if (rc != RC_OK)
        return rc;
    struct buf parts[3];
    for (int i = 0; i < 3; i++)
        buf_init(&parts[i], 4096);
    struct str key, value;
    while ((rc = store_next(at, &key, &value)) == RC_OK)
        if (!visit_queue(key, value, parts, visit, arg)) {
            rc = RC_BAD;
            break;
        }
    store_cursor_close(at);
    for (int i = 0; i < 3; i++)
        buf_release(&parts[i]);
    return rc == RC_END ? RC_OK : rc;
}

/* The name in a queue's key, in the arena. */
static struct str name_in_key(struct arena *a, struct str key)
{
    struct key_reader r;
    struct buf part;
    buf_init(&part, 4096);
    bool fits = key_read(&r, key, QUEUE);
    for (int i = 0; fits && i < 3; i++) {
        buf_clear(&part);
        fits = key_read_str(&r, &part);
    }
    struct str name = fits ? arena_str(a, buf_view(&part)) : STR_NONE;
    buf_release(&part);
    return name;
}

enum rc queue_names(struct store *s, struct arena *a, struct str account, struct str region,
                    struct str prefix, struct str after, int max, struct str *names, int *n)
{
    *n = 0;
    struct key mine, from;
    name_key(&mine, QUEUE, account, region);
    name_key(&from, QUEUE, account, region);
    /* A text's key sorts behind all keys of texts that it continues, so the shorter start is found first. */
    if (after.p || prefix.n)
        key_str(&from, after.p ? after : prefix);
    struct store_cursor *at;
    enum rc rc = scan(s, &at, key_view(&mine), key_view(&from));
    key_release(&mine);
    key_release(&from);
    if (rc != RC_OK)
        return rc;
    struct str key, value;
    while (*n < max && (rc = store_next(at, &key, &value)) == RC_OK) {
        struct str name = name_in_key(a, key);
        if (after.p && str_cmp(name, after) <= 0)
            continue;
        if (!str_starts(name, prefix)) {
            rc = RC_END;
            break;
        }
        names[(*n)++] = name;
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

/* --- messages */

static void seq_key(struct key *k, const char *space, uint64_t queue, uint64_t seq)
{
    key_init(k, space);
    key_u64(k, queue);
    key_u64(k, seq);
}

static void add_str(struct buf *b, struct str s)
{
    uint32_t n = order_u32((uint32_t)s.n);
    buf_add(b, &n, sizeof(n));
    buf_add(b, s.p, s.n);
}

static bool take(struct str *rest, void *to, size_t n)
{
    if (rest->n < n)
        return false;
    memcpy(to, rest->p, n);
    *rest = str_n(rest->p + n, rest->n - n);
    return true;
}

static bool take_str(struct str *rest, struct str *out)
{
    uint32_t n;
    if (!take(rest, &n, sizeof(n)))
        return false;
    n = order_u32(n);
    if (rest->n < n)
        return false;
    *out = str_n(rest->p, n);
    *rest = str_n(rest->p + n, rest->n - n);
    return true;
}

enum rc message_write(struct store *s, uint64_t queue, const struct message *m)
{
    const struct str *parts[] = {&m->id,
                                 &m->sender,
                                 &m->body,
                                 &m->attributes,
                                 &m->trace_header,
                                 &m->group,
                                 &m->dead_letter_source,
                                 &m->causes,
                                 &m->trace_id};
    size_t n = sizeof(m->sent_at) + sizeof(m->md5);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        n += sizeof(uint32_t) + parts[i]->n;
    struct buf b;
    buf_init(&b, MESSAGE_MAX);
    buf_room(&b, n); /* once, instead of growing */
    int64_t sent_at = order_i64(m->sent_at);
    buf_add(&b, &sent_at, sizeof(sent_at));
    buf_add(&b, m->md5, sizeof(m->md5));
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        add_str(&b, *parts[i]);
    struct key k;
    seq_key(&k, MESSAGE, queue, m->seq);
    enum rc rc = b.full ? RC_FULL : store_add(s, key_view(&k), buf_view(&b));
    key_release(&k);
    buf_release(&b);
    return rc;
}

/* The value is copied into the arena as a whole; the message's texts are views into it. */
static enum rc message_take(struct arena *a, struct str value, uint64_t seq, struct message *out)
{
    *out = (struct message){.seq = seq};
    struct str *parts[] = {&out->id,
                           &out->sender,
                           &out->body,
                           &out->attributes,
                           &out->trace_header,
                           &out->group,
                           &out->dead_letter_source,
                           &out->causes,
                           &out->trace_id};
    struct str rest = arena_str(a, value);
    bool fits = take(&rest, &out->sent_at, sizeof(out->sent_at)) && take(&rest, out->md5, sizeof(out->md5));
    out->sent_at = order_i64(out->sent_at);
    for (size_t i = 0; fits && i < sizeof(parts) / sizeof(*parts); i++)
        fits = take_str(&rest, parts[i]);
    return fits ? RC_OK : RC_BAD;
}

enum rc message_read(struct store *s, struct arena *a, uint64_t queue, uint64_t seq, struct message *out)
{
    struct key k;
    struct str value;
    seq_key(&k, MESSAGE, queue, seq);
    enum rc rc = store_get(s, key_view(&k), &value);
    key_release(&k);
    return rc == RC_OK ? message_take(a, value, seq, out) : rc;
}

static bool message_seq(struct str key, uint64_t *seq)
{
    struct key_reader r;
    uint64_t queue;
    return key_read(&r, key, MESSAGE) && key_read_u64(&r, &queue) && key_read_u64(&r, seq);
}

enum rc message_fresh(struct store *s, struct arena *a, uint64_t queue, uint64_t head, int max,
                      struct message *out, int *n)
{
    *n = 0;
    struct key from, end;
    seq_key(&from, MESSAGE, queue, head);
    seq_key(&end, MESSAGE, queue, SEQ_PLACED);
    struct store_cursor *at;
    enum rc rc = store_seek(s, &at, key_view(&from), key_view(&end), false);
    key_release(&from);
    key_release(&end);
    if (rc != RC_OK)
        return rc;
    struct str key, value;
    while (*n < max && (rc = store_next(at, &key, &value)) == RC_OK) {
        uint64_t seq;
        rc = message_seq(key, &seq) ? message_take(a, value, seq, &out[*n]) : RC_BAD;
        if (rc != RC_OK)
            break;
        ++*n;
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

enum rc message_erase(struct store *s, uint64_t queue, uint64_t seq)
{
    struct key k;
    seq_key(&k, MESSAGE, queue, seq);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

enum rc message_last_seq(struct store *s, uint64_t queue, uint64_t below, uint64_t *seq)
{
    *seq = 0;
    struct key from, end;
    seq_key(&from, MESSAGE, queue, 0);
    seq_key(&end, MESSAGE, queue, below);
    struct store_cursor *at;
    enum rc rc = store_seek(s, &at, key_view(&from), key_view(&end), true);
    key_release(&from);
    key_release(&end);
    if (rc != RC_OK)
        return rc;
    struct str key, value;
    rc = store_next(at, &key, &value);
    if (rc == RC_OK && !message_seq(key, seq))
        rc = RC_BAD;
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

enum rc messages_sweep(struct call *c, uint64_t queue)
{
    static const char *const spaces[] = {MESSAGE, DUE, MOVED};
    enum rc rc = RC_OK;
    for (int i = 0; rc == RC_OK && i < 3; i++) {
        struct key k;
        key_init(&k, spaces[i]);
        key_u64(&k, queue);
        rc = sweep_put(c, key_view(&k));
        key_release(&k);
    }
    return rc;
}

/* --- due rows */

/* The value of a due row: fixed fields, each in the order of base/order.h. */
struct due_value {
    int64_t sent_at, first_received_at, received_at;
    uint32_t receives, tag;
    uint64_t moved;
};

static void due_key(struct key *k, uint64_t queue, int64_t visible_at, uint64_t seq)
{
    key_init(k, DUE);
    key_u64(k, queue);
    key_i64(k, visible_at);
    key_u64(k, seq);
}

enum rc due_write(struct store *s, uint64_t queue, const struct due *d)
{
    struct due_value v = {order_i64(d->sent_at),     order_i64(d->first_received_at),
                          order_i64(d->received_at), order_u32(d->receives),
                          order_u32(d->tag),         (uint64_t)order_i64(d->moved)};
    struct key k;
    due_key(&k, queue, d->visible_at, d->seq);
    enum rc rc = store_add(s, key_view(&k), str_n(&v, sizeof(v)));
    key_release(&k);
    return rc;
}

static bool due_take(struct str value, struct due *d)
{
    struct due_value v;
    if (value.n != sizeof(v))
        return false;
    memcpy(&v, value.p, sizeof(v));
    d->sent_at = order_i64(v.sent_at);
    d->first_received_at = order_i64(v.first_received_at), d->received_at = order_i64(v.received_at);
    d->receives = order_u32(v.receives), d->tag = order_u32(v.tag), d->moved = v.moved != 0;
    return true;
}

enum rc due_read(struct store *s, uint64_t queue, int64_t visible_at, uint64_t seq, struct due *out)
{
    struct key k;
    struct str value;
    due_key(&k, queue, visible_at, seq);
    enum rc rc = store_get(s, key_view(&k), &value);
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    out->visible_at = visible_at, out->seq = seq;
    return due_take(value, out) ? RC_OK : RC_BAD;
}

enum rc due_lift(struct store *s, uint64_t queue, const struct due *d)
{
    struct key k;
    due_key(&k, queue, d->visible_at, d->seq);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

enum rc due_erase(struct store *s, uint64_t queue, const struct due *d)
{
    enum rc rc = due_lift(s, queue, d);
    if (rc != RC_OK || !d->moved)
        return rc;
    struct key k;
    seq_key(&k, MOVED, queue, d->seq);
    rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

static bool due_parse(struct str key, struct str value, struct due *d)
{
    struct key_reader r;
    uint64_t id;
    return key_read(&r, key, DUE) && key_read_u64(&r, &id) && key_read_i64(&r, &d->visible_at) &&
           key_read_u64(&r, &d->seq) && due_take(value, d);
}

/* All due rows of a queue. */
static enum rc due_scan(struct store *s, uint64_t queue, struct store_cursor **at)
{
    struct key all;
    key_init(&all, DUE);
    key_u64(&all, queue);
    enum rc rc = scan(s, at, key_view(&all), STR_NONE);
    key_release(&all);
    return rc;
}

/* Those whose time is later than `after`. */
static enum rc due_scan_after(struct store *s, uint64_t queue, int64_t after, struct store_cursor **at)
{
    struct key all, from, end;
    key_init(&all, DUE);
    key_u64(&all, queue);
    key_after(&end, key_view(&all));
    due_key(&from, queue, after, UINT64_MAX);
    enum rc rc = store_seek(s, at, key_view(&from), key_view(&end), false);
    key_release(&all);
    key_release(&from);
    key_release(&end);
    return rc;
}

enum rc due_first(struct store *s, uint64_t queue, int64_t now, int max, struct due *rows, int *n,
                  int64_t *next)
{
    *n = 0, *next = INT64_MAX;
    struct store_cursor *at;
    enum rc rc = due_scan(s, queue, &at);
    if (rc != RC_OK)
        return rc;
    struct str key, value;
    while (*n < max && (rc = store_next(at, &key, &value)) == RC_OK) {
        struct due d;
        if (!due_parse(key, value, &d)) {
            rc = RC_BAD;
            break;
        }
        if (d.visible_at > now) {
            *next = d.visible_at;
            break;
        }
        rows[(*n)++] = d;
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

enum rc due_ahead(struct store *s, uint64_t queue, int64_t now, int64_t most, int64_t *n, int64_t *first)
{
    *n = 0, *first = INT64_MAX;
    struct store_cursor *at;
    enum rc rc = due_scan_after(s, queue, now, &at);
    if (rc != RC_OK)
        return rc;
    struct str key, value;
    while (*n < most && (rc = store_next(at, &key, &value)) == RC_OK) {
        struct due d;
        if (!due_parse(key, value, &d)) {
            rc = RC_BAD;
            break;
        }
        *first = *n == 0 ? d.visible_at : *first;
        ++*n;
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

enum rc due_each(struct store *s, uint64_t queue, int64_t after,
                 void (*visit)(void *arg, const struct due *d), void *arg)
{
    struct store_cursor *at;
    enum rc rc = due_scan_after(s, queue, after, &at);
    if (rc != RC_OK)
        return rc;
    struct str key, value;
    while ((rc = store_next(at, &key, &value)) == RC_OK) {
        struct due d;
        if (!due_parse(key, value, &d)) {
            rc = RC_BAD;
            break;
        }
        visit(arg, &d);
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

enum rc moved_write(struct store *s, uint64_t queue, uint64_t seq, int64_t visible_at)
{
    struct key k;
    seq_key(&k, MOVED, queue, seq);
    enum rc rc = put_number(s, &k, visible_at);
    key_release(&k);
    return rc;
}

enum rc moved_read(struct store *s, uint64_t queue, uint64_t seq, int64_t *visible_at)
{
    struct key k;
    struct str value;
    seq_key(&k, MOVED, queue, seq);
    enum rc rc = store_get(s, key_view(&k), &value);
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    return take_number(value, visible_at) ? RC_OK : RC_BAD;
}
