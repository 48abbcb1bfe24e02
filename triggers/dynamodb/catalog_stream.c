/* Streams in the catalog. */
#include "catalog_inside.h"

#include "door/arn.h"
#include "door/sweep.h"
#include "store.h"
#include <stdlib.h>

void catalog_stream_free(struct stream *s)
{
    arena_release(&s->arena);
    free(s);
}

static void stream_row_key(struct key *k, struct str account, struct str region, struct str table,
                           struct str label)
{
    key_init(k, "ddb.stream");
    key_str(k, account);
    key_str(k, region);
    key_str(k, table);
    key_str(k, label);
}

static cJSON *keys_tree(const struct key_schema *keys)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < keys->n; i++) {
        cJSON *part = cJSON_CreateObject();
        cJSON_AddItemToObject(part, "AttributeName", cJSON_CreateString(keys->part[i].name.p));
        cJSON_AddStringToObject(part, "AttributeType", attr_type_name(keys->part[i].type));
        cJSON_AddItemToArray(list, part);
    }
    return list;
}

enum rc catalog_stream_save(struct call *c, const struct stream *s)
{
    struct key k;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "Id", (double)s->id);
    cJSON_AddStringToObject(row, "View", stream_view_name(s->view));
    cJSON_AddNumberToObject(row, "Created", (double)s->created);
    cJSON_AddNumberToObject(row, "Disabled", (double)s->disabled);
    cJSON_AddNumberToObject(row, "Floor", (double)s->floor);
    cJSON_AddItemToObject(row, "Keys", keys_tree(&s->keys));
    stream_row_key(&k, s->account, s->region, s->table, s->label);
    enum rc rc = catalog_put_json(c->txn, &k, row);
    key_release(&k);
    cJSON_Delete(row);
    return rc;
}

static double number(const cJSON *row, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, name);
    return v ? v->valuedouble : 0;
}

/* The number behind the last record, and the age of the first. */
static enum rc find_records(struct call *c, struct stream *s)
{
    struct key from, to;
    struct store_cursor *at;
    struct str key, value;
    records_key(&from, s);
    key_after(&to, key_view(&from));
    enum rc rc = store_seek(c->txn, &at, key_view(&from), key_view(&to), true);
    key_release(&from);
    key_release(&to);
    if (rc != RC_OK)
        return rc;
    rc = store_next(at, &key, &value);
    s->next = rc == RC_OK ? record_number(key) + 1 : s->floor;
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

static struct stream *stream_alloc(struct str account, struct str region, struct str table, struct str label)
{
    struct stream *s = xcalloc(1, sizeof *s);
    arena_init(&s->arena);
    s->account = arena_str(&s->arena, account);
    s->region = arena_str(&s->arena, region);
    s->table = arena_str(&s->arena, table);
    s->label = arena_str(&s->arena, label);
    s->arn = arn_make(&s->arena, "dynamodb", region, account,
                      arena_printf(&s->arena, "table/%.*s/stream/%.*s", STR_ARG(table), STR_ARG(label)));
    return s;
}

static void stream_fill(struct stream *s, const cJSON *row)
{
    const cJSON *part;
    s->id = (uint64_t)number(row, "Id");
    s->created = (int64_t)number(row, "Created");
    s->disabled = (int64_t)number(row, "Disabled");
    s->floor = (uint64_t)number(row, "Floor");
    stream_view_of(json_text(cJSON_GetObjectItemCaseSensitive(row, "View")), &s->view);
    cJSON_ArrayForEach (part, cJSON_GetObjectItemCaseSensitive(row, "Keys")) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(part, "AttributeName"));
        const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(part, "AttributeType"));
        struct key_part *k = &s->keys.part[s->keys.n++];
        k->name = arena_str(&s->arena, str_z(name));
        attr_type_of(str_z(type), &k->type);
    }
}

static enum rc load_stream(struct call *c, struct str account, struct str region, struct str table,
                           struct str label, struct stream **out)
{
    struct key k;
    struct str value;
    stream_row_key(&k, account, region, table, label);
    enum rc rc = store_get(c->txn, key_view(&k), &value);
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    cJSON *row = json_tree(value);
    if (!row)
        return RC_BAD;
    struct stream *s = *out = stream_alloc(account, region, table, label);
    stream_fill(s, row);
    cJSON_Delete(row);
    rc = find_records(c, s);
    if (rc != RC_OK) {
        catalog_stream_free(s);
        return rc;
    }
    map_put(&catalog_of(c)->streams, s->arn, s);
    return RC_OK;
}

/* table/NAME/stream/LABEL of an ARN. */
static bool stream_arn_read(struct str text, struct arn *arn, struct str *name, struct str *label)
{
    static const struct str table = STR_INIT("table/");
    if (!arn_of_service(text, "dynamodb", arn) || !str_starts(arn->resource, table))
        return false;
    *label = str_sub(arn->resource, table.n, arn->resource.n);
    *name = str_cut(label, '/');
    return name->n && label->p && str_is(str_cut(label, '/'), "stream") && label->n;
}

bool catalog_stream_arn_valid(struct str text)
{
    struct arn arn;
    struct str name, label;
    return stream_arn_read(text, &arn, &name, &label);
}

enum rc catalog_stream(struct call *c, struct str text, struct stream **out)
{
    struct arn arn;
    struct str name, label;
    *out = map_get(&catalog_of(c)->streams, text);
    if (*out)
        return RC_OK;
    if (!stream_arn_read(text, &arn, &name, &label))
        return RC_NONE;
    return load_stream(c, arn.account, arn.region, name, label, out);
}

/* "2026-11-22T09:30:00.123", and a millisecond more when the table had a stream of that label before. */
static enum rc free_label(struct call *c, const struct table *t, char label[CLOCK_ISO_SIZE])
{
    for (int64_t at = c->now;; at++) {
        struct key k;
        clock_iso(at, label);
        label[CLOCK_ISO_SIZE - 2] = 0; /* without the Z */
        stream_row_key(&k, t->account, t->region, t->name, str_z(label));
        enum rc rc = store_get(c->txn, key_view(&k), NULL);
        key_release(&k);
        if (rc != RC_OK)
            return rc == RC_NONE ? RC_OK : rc;
    }
}

enum rc catalog_stream_new(struct call *c, const struct table *t, enum stream_view view, struct stream **out)
{
    char label[CLOCK_ISO_SIZE];
    uint64_t id;
    enum rc rc = free_label(c, t, label);
    if (rc == RC_OK)
        rc = catalog_next_id(c, &id);
    if (rc != RC_OK)
        return rc;
    struct stream *s = *out = stream_alloc(t->account, t->region, t->name, str_z(label));
    s->id = id;
    s->view = view;
    s->created = s->oldest = c->now;
    s->floor = s->next = 1;
    s->keys = t->keys;
    for (int i = 0; i < s->keys.n; i++)
        s->keys.part[i].name = arena_str(&s->arena, s->keys.part[i].name);
    rc = catalog_stream_save(c, s);
    if (rc != RC_OK) {
        catalog_stream_free(s);
        return rc;
    }
    map_put(&catalog_of(c)->streams, s->arn, s);
    return RC_OK;
}

enum rc catalog_stream_remove(struct call *c, struct stream *s)
{
    struct key k;
    records_key(&k, s);
    enum rc rc = sweep_put(c, key_view(&k));
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    stream_row_key(&k, s->account, s->region, s->table, s->label);
    rc = store_del(c->txn, key_view(&k));
    key_release(&k);
    if (rc == RC_OK)
        catalog_stream_free(map_del(&catalog_of(c)->streams, s->arn));
    return rc;
}

static enum rc seek_all(struct call *c, const char *space, struct store_cursor **at)
{
    struct key all, end;
    key_init(&all, space);
    key_after(&end, key_view(&all));
    enum rc rc = store_seek(c->txn, at, key_view(&all), key_view(&end), false);
    key_release(&all);
    key_release(&end);
    return rc;
}

static struct str arn_of_row(struct call *c, struct str key)
{
    struct str part[4];
    for (int i = 0; i < 4; i++)
        part[i] = catalog_key_text(c, key, "ddb.stream", i);
    return arn_make(&c->arena, "dynamodb", part[1], part[0],
                    arena_printf(&c->arena, "table/%.*s/stream/%.*s", STR_ARG(part[2]), STR_ARG(part[3])));
}

enum rc catalog_stream_arns(struct call *c, bool all, struct str **arns, size_t *n)
{
    struct store_cursor *at;
    struct str key, value;
    size_t cap = 0;
    *arns = NULL, *n = 0;
    enum rc rc = all ? seek_all(c, "ddb.stream", &at) : catalog_seek_mine(c, "ddb.stream", STR_NONE, &at);
    if (rc != RC_OK)
        return rc;
    while ((rc = store_next(at, &key, &value)) == RC_OK) {
        if (*n == cap) {
            struct str *more = arena_alloc(&c->arena, (cap = cap ? cap * 2 : 16) * sizeof *more);
            if (*n)
                memcpy(more, *arns, *n * sizeof *more);
            *arns = more;
        }
        (*arns)[(*n)++] = arn_of_row(c, key);
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

/* The rows are listed first, since looking at a stream reads the store, too. */
enum rc catalog_each_stream(struct call *c, bool (*seen)(void *arg, struct stream *s), void *arg)
{
    struct str *arns;
    size_t n;
    enum rc rc = catalog_stream_arns(c, false, &arns, &n);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct stream *s;
        rc = catalog_stream(c, arns[i], &s);
        if (rc == RC_OK && !seen(arg, s))
            break;
    }
    return rc;
}
