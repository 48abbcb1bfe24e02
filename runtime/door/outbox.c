#include "door/outbox.h"
#include "base/json.h"
#include "store/key.h"

#define SPACE "outbox"
#define ROW_MAX (32u << 20)

static void item_key(struct key *k, int64_t due, uint64_t id)
{
    key_init(k, SPACE);
    key_i64(k, due);
    key_u64(k, id);
}

/* A number that no row of this world had, rising with time. */
static uint64_t next_id(struct world *w)
{
    uint64_t now = (uint64_t)clock_now_us(&w->clock);
    w->last_id = w->last_id >= now ? w->last_id + 1 : now;
    return w->last_id;
}

static struct str get_text(const cJSON *o, const char *name, struct arena *a)
{
    struct str text = json_member_text(o, name);
    return text.p ? arena_str(a, text) : STR_NONE;
}

static enum rc write_row(struct store *s, int64_t due, uint64_t id, cJSON *row)
{
    struct key k;
    item_key(&k, due, id);
    struct buf text;
    buf_init(&text, ROW_MAX);
    json_print(&text, row);
    enum rc rc = text.full ? RC_FULL : store_add(s, key_view(&k), buf_view(&text));
    buf_release(&text);
    key_release(&k);
    return rc;
}

enum rc outbox_put(struct call *c, const struct outbox_row *r)
{
    struct arena *a = &c->arena;
    cJSON *row = cJSON_CreateObject();
    json_add_text(row, "service", r->service);
    json_add_text(row, "operation", r->operation);
    json_add_text(row, "payload", r->payload);
    json_add_text(row, "source", r->source);
    json_add_text(row, "policy", r->policy);
    json_add_text(row, "deadLetterArn", r->dead_letter_arn);
    json_add_text(row, "causes", call_causes(c, a));
    json_add_text(row, "traceId", str_z(c->trace_id));
    json_add_text(row, "account", c->account);
    json_add_text(row, "region", c->region);
    cJSON_AddItemToObject(row, "attempts", cJSON_CreateNumber(0));
    if (r->in)
        cJSON_AddItemReferenceToObject(row, "in", (cJSON *)r->in);
    enum rc rc = write_row(c->txn, r->due ? r->due : c->now, next_id(c->world), row);
    cJSON_Delete(row);
    if (rc == RC_OK)
        call_note(c, STR(OUTBOX_ARN));
    return rc;
}

static enum rc read_row(struct arena *a, struct str value, struct outbox_item *item)
{
    cJSON *row = json_tree(value);
    if (!row)
        return RC_BAD;
    item->row.service = get_text(row, "service", a);
    item->row.operation = get_text(row, "operation", a);
    item->row.payload = get_text(row, "payload", a);
    item->row.source = get_text(row, "source", a);
    item->row.policy = get_text(row, "policy", a);
    item->row.dead_letter_arn = get_text(row, "deadLetterArn", a);
    item->causes = get_text(row, "causes", a);
    item->trace_id = get_text(row, "traceId", a);
    item->account = get_text(row, "account", a);
    item->region = get_text(row, "region", a);
    item->bytes = value.n;
    item->attempts = (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(row, "attempts"));
    item->in = cJSON_DetachItemFromObjectCaseSensitive(row, "in");
    item->row.in = item->in;
    cJSON_Delete(row);
    return RC_OK;
}

enum rc outbox_next(struct store *s, struct arena *a, int64_t now, const struct outbox_item *after,
                    struct outbox_item *item, int64_t *next_due)
{
    struct key from, all, end;
    key_init(&all, SPACE);
    key_after(&end, key_view(&all));
    if (after)
        item_key(&from, after->row.due, after->id + 1);
    else
        key_init(&from, SPACE);

    *next_due = INT64_MAX;
    struct store_cursor *at;
    struct str key, value;
    enum rc rc = store_seek(s, &at, key_view(&from), key_view(&end), false);
    if (rc == RC_OK) {
        rc = store_next(at, &key, &value);
        struct key_reader r;
        *item = (struct outbox_item){0};
        if (rc == RC_OK &&
            !(key_read(&r, key, SPACE) && key_read_i64(&r, &item->row.due) && key_read_u64(&r, &item->id)))
            rc = RC_BAD;
        if (rc == RC_OK && item->row.due > now)
            *next_due = item->row.due, rc = RC_NONE;
        if (rc == RC_OK)
            rc = read_row(a, value, item);
        store_cursor_close(at);
    }
    key_release(&from);
    key_release(&all);
    key_release(&end);
    return rc == RC_END ? RC_NONE : rc;
}

enum rc outbox_ahead(struct store *s, int64_t now, int64_t most, int64_t *n, int64_t *first)
{
    *n = 0, *first = INT64_MAX;
    struct key from, all, end;
    key_init(&all, SPACE);
    key_after(&end, key_view(&all));
    item_key(&from, now, UINT64_MAX);
    struct store_cursor *at;
    struct str key;
    enum rc rc = store_seek(s, &at, key_view(&from), key_view(&end), false);
    if (rc == RC_OK) {
        while (*n < most && (rc = store_next(at, &key, NULL)) == RC_OK) {
            struct key_reader r;
            if (*n == 0 && !(key_read(&r, key, SPACE) && key_read_i64(&r, first))) {
                rc = RC_BAD;
                break;
            }
            ++*n;
        }
        store_cursor_close(at);
    }
    key_release(&from);
    key_release(&all);
    key_release(&end);
    return rc == RC_END ? RC_OK : rc;
}

enum rc outbox_done(struct store *s, const struct outbox_item *item)
{
    struct key k;
    item_key(&k, item->row.due, item->id);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

/* The stored row with one attempt more, under its new time. */
enum rc outbox_later(struct store *s, const struct outbox_item *item, int64_t due)
{
    struct key k;
    item_key(&k, item->row.due, item->id);
    struct str value;
    enum rc rc = store_get(s, key_view(&k), &value);
    cJSON *row = rc == RC_OK ? json_tree(value) : NULL;
    if (row) {
        cJSON_ReplaceItemInObjectCaseSensitive(row, "attempts", cJSON_CreateNumber(item->attempts + 1));
        rc = store_del(s, key_view(&k));
        if (rc == RC_OK)
            rc = write_row(s, due, item->id, row);
        cJSON_Delete(row);
    } else if (rc == RC_OK) {
        rc = RC_BAD;
    }
    key_release(&k);
    return rc;
}
