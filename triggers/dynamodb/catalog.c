#include "catalog.h"

#include "base/json.h"
#include "door/arn.h"
#include "dynamodb.h"
#include "store.h"
#include <stdlib.h>

/* --- state */

enum rc catalog_open(struct world *w, void **state)
{
    struct catalog *k = xcalloc(1, sizeof *k);
    (void)w;
    map_init(&k->tables);
    map_init(&k->streams);
    *state = k;
    return RC_OK;
}

static void stream_free(struct stream *s)
{
    arena_release(&s->arena);
    free(s);
}

static void forget_all(struct catalog *k)
{
    struct map_entry *at = k->tables.first;
    void *v;
    while ((v = map_each(&at, NULL)))
        table_free(v);
    at = k->streams.first;
    while ((v = map_each(&at, NULL)))
        stream_free(v);
    map_release(&k->tables);
    map_release(&k->streams);
}

void catalog_drop(struct world *w, void *state)
{
    struct catalog *k = state;
    (void)w;
    forget_all(k);
    map_init(&k->tables);
    map_init(&k->streams);
}

void catalog_close(struct world *w, void *state)
{
    (void)w;
    forget_all(state);
    free(state);
}

static struct catalog *catalog_of(const struct call *c)
{
    return world_state(c->world, &dynamodb_service);
}

/* --- names */

static bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool plain_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!name_character(s.p[i]))
            return false;
    return s.n >= 3 && s.n <= 255;
}

/* A table's name on its own, or inside an ARN that also says whose it is. */
struct place {
    struct str account, region, name;
};

static bool place_read(struct str text, struct place *out)
{
    static const struct str table = STR_INIT("table/");
    struct arn arn;
    out->name = text;
    if (plain_name(text))
        return true;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "dynamodb") || !str_starts(arn.resource, table))
        return false;
    *out = (struct place){arn.account, arn.region, str_sub(arn.resource, table.n, arn.resource.n)};
    return plain_name(out->name);
}

bool table_name_valid(struct str name)
{
    struct place p;
    return place_read(name, &p);
}

static struct place place_of(const struct call *c, struct str name)
{
    struct place p = {c->account, c->region, name};
    place_read(name, &p);
    return p;
}

/* --- tables */

static void table_row_key(struct key *k, const struct place *p)
{
    key_init(k, "ddb.table");
    key_str(k, p->account);
    key_str(k, p->region);
    if (p->name.p)
        key_str(k, p->name);
}

static struct str model_name(char *room, size_t size, const struct place *p)
{
    size_t n = 0;
    struct str parts[] = {p->account, p->region, p->name};
    for (int i = 0; i < 3; i++) {
        if (n + parts[i].n + 1 > size)
            return str_n(room, n);
        memcpy(room + n, parts[i].p, parts[i].n);
        n += parts[i].n;
        room[n++] = '/';
    }
    return str_n(room, n);
}

static enum rc attach_stream(struct call *c, struct table *t)
{
    const char *label = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(t->def, "StreamLabel"));
    if (!label)
        return RC_OK;
    struct str arn = arena_printf(&c->arena, "%.*s/stream/%s", STR_ARG(t->arn), label);
    return catalog_stream(c, arn, &t->stream);
}

/* Takes the place of the model that was there. */
static enum rc install(struct call *c, const struct place *p, struct table *t)
{
    char room[512];
    struct str name = model_name(room, sizeof room, p);
    enum rc rc = attach_stream(c, t);
    if (rc != RC_OK) {
        table_free(t);
        return rc;
    }
    table_free(map_put(&catalog_of(c)->tables, name, t));
    return RC_OK;
}

static enum rc load_table(struct call *c, const struct place *p, struct table **out)
{
    struct key k;
    struct str value;
    table_row_key(&k, p);
    enum rc rc = store_get(c->txn, key_view(&k), &value);
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    cJSON *def = cJSON_ParseWithLength(value.p, value.n);
    if (!def)
        return RC_BAD;
    *out = table_new(p->account, p->region, def);
    return install(c, p, *out);
}

enum rc catalog_table(struct call *c, struct str name, struct table **out)
{
    char room[512];
    struct place p = place_of(c, name);
    *out = map_get(&catalog_of(c)->tables, model_name(room, sizeof room, &p));
    return *out ? RC_OK : load_table(c, &p, out);
}

bool catalog_missing(struct call *c, struct str name, bool control, struct table **out, enum op_end *end)
{
    enum rc rc = catalog_table(c, name, out);
    if (rc == RC_OK)
        return false;
    if (rc != RC_NONE)
        *end = call_broke(c, rc);
    else if (control)
        *end = call_fail(c, &ddb_not_found, "Requested resource not found: Table: %.*s not found",
                         STR_ARG(place_of(c, name).name));
    else
        *end = call_fail(c, &ddb_not_found, NULL);
    return true;
}

static enum rc put_json(struct store *txn, const struct key *k, const cJSON *tree)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    json_print(&b, tree);
    enum rc rc = b.full ? RC_FULL : store_put(txn, key_view(k), buf_view(&b));
    buf_release(&b);
    return rc;
}

enum rc catalog_save(struct call *c, cJSON *def, struct table **out)
{
    struct place p =
        place_of(c, str_z(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(def, "TableName"))));
    struct key k;
    table_row_key(&k, &p);
    enum rc rc = put_json(c->txn, &k, def);
    key_release(&k);
    *out = table_new(p.account, p.region, def);
    if (rc != RC_OK) {
        table_free(*out);
        return rc;
    }
    return install(c, &p, *out);
}

static enum rc wipe_all(struct call *c, const struct table *t, const struct index *x)
{
    struct key k;
    whole_key(&k, t, x);
    enum rc rc = store_wipe(c->txn, key_view(&k));
    key_release(&k);
    return rc;
}

enum rc catalog_remove(struct call *c, struct table *t)
{
    char room[512];
    struct place p = {t->account, t->region, t->name};
    struct key k;
    enum rc rc = wipe_all(c, t, NULL);
    for (size_t i = 0; i < t->index_count && rc == RC_OK; i++)
        rc = wipe_all(c, t, &t->indexes[i]);
    if (rc != RC_OK)
        return rc;
    table_row_key(&k, &p);
    rc = store_del(c->txn, key_view(&k));
    key_release(&k);
    if (rc == RC_OK)
        table_free(map_del(&catalog_of(c)->tables, model_name(room, sizeof room, &p)));
    return rc;
}

enum rc catalog_next_id(struct call *c, uint64_t *out)
{
    struct key k;
    struct str value;
    int64_t last = 0;
    key_init(&k, "ddb.id");
    enum rc rc = store_get(c->txn, key_view(&k), &value);
    if (rc == RC_OK && !str_to_i64(value, &last))
        rc = RC_BAD;
    if (rc == RC_OK || rc == RC_NONE) {
        struct str next = arena_printf(&c->arena, "%lld", (long long)last + 1);
        rc = store_put(c->txn, key_view(&k), next);
    }
    key_release(&k);
    *out = (uint64_t)last + 1;
    return rc;
}

/* The range of all rows of the caller's account and region in a space; `after`: those behind this name. */
static enum rc seek_mine(struct call *c, const char *space, struct str after, struct store_cursor **at)
{
    struct key from, mine, end;
    key_init(&mine, space);
    key_str(&mine, c->account);
    key_str(&mine, c->region);
    key_after(&end, key_view(&mine));
    if (after.p) {
        struct key name;
        key_init(&name, space);
        key_str(&name, c->account);
        key_str(&name, c->region);
        key_str(&name, after);
        key_after(&from, key_view(&name));
        key_release(&name);
    }
    enum rc rc = store_seek(c->txn, at, key_view(after.p ? &from : &mine), key_view(&end), false);
    if (after.p)
        key_release(&from);
    key_release(&mine);
    key_release(&end);
    return rc;
}

/* The nth part (from 0) of a key of texts. */
static struct str key_text(struct call *c, struct str key, const char *space, int nth)
{
    struct key_reader r;
    struct buf b;
    buf_init(&b, 1024);
    bool ok = key_read(&r, key, space);
    for (int i = 0; i <= nth && ok; i++) {
        buf_clear(&b);
        ok = key_read_str(&r, &b);
    }
    struct str s = arena_str(&c->arena, buf_view(&b));
    buf_release(&b);
    return s;
}

enum rc catalog_names(struct call *c, struct str after, int limit, cJSON *names, bool *more)
{
    struct store_cursor *at;
    struct str key, value;
    enum rc rc = seek_mine(c, "ddb.table", after, &at);
    *more = false;
    if (rc != RC_OK)
        return rc;
    while ((rc = store_next(at, &key, &value)) == RC_OK) {
        if (limit-- == 0) {
            *more = true;
            break;
        }
        cJSON_AddItemToArray(names, cJSON_CreateString(key_text(c, key, "ddb.table", 2).p));
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

/* --- streams */

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
    enum rc rc = put_json(c->txn, &k, row);
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
    stream_view_of(str_z(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "View"))), &s->view);
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
    cJSON *row = cJSON_ParseWithLength(value.p, value.n);
    if (!row)
        return RC_BAD;
    struct stream *s = *out = stream_alloc(account, region, table, label);
    stream_fill(s, row);
    cJSON_Delete(row);
    rc = find_records(c, s);
    if (rc != RC_OK) {
        stream_free(s);
        return rc;
    }
    map_put(&catalog_of(c)->streams, s->arn, s);
    return RC_OK;
}

enum rc catalog_stream(struct call *c, struct str text, struct stream **out)
{
    static const struct str table = STR_INIT("table/");
    struct arn arn;
    *out = map_get(&catalog_of(c)->streams, text);
    if (*out)
        return RC_OK;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "dynamodb") || !str_starts(arn.resource, table))
        return RC_NONE;
    struct str rest = str_sub(arn.resource, table.n, arn.resource.n), name = str_cut(&rest, '/');
    if (!str_is(str_cut(&rest, '/'), "stream") || !rest.p || !rest.n)
        return RC_NONE;
    return load_stream(c, arn.account, arn.region, name, rest, out);
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
        stream_free(s);
        return rc;
    }
    map_put(&catalog_of(c)->streams, s->arn, s);
    return RC_OK;
}

enum rc catalog_stream_remove(struct call *c, struct stream *s)
{
    struct key k;
    records_key(&k, s);
    enum rc rc = store_wipe(c->txn, key_view(&k));
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    stream_row_key(&k, s->account, s->region, s->table, s->label);
    rc = store_del(c->txn, key_view(&k));
    key_release(&k);
    if (rc == RC_OK)
        stream_free(map_del(&catalog_of(c)->streams, s->arn));
    return rc;
}

/* The rows are listed first, since looking at a stream reads the store, too. */
enum rc catalog_each_stream(struct call *c, bool (*seen)(void *arg, struct stream *s), void *arg)
{
    struct store_cursor *at;
    struct str key, value, *arns = NULL;
    size_t n = 0, cap = 0;
    enum rc rc = seek_mine(c, "ddb.stream", STR_NONE, &at);
    if (rc != RC_OK)
        return rc;
    while ((rc = store_next(at, &key, &value)) == RC_OK) {
        if (n == cap) {
            struct str *more = arena_alloc(&c->arena, (cap = cap ? cap * 2 : 16) * sizeof *more);
            if (n)
                memcpy(more, arns, n * sizeof *more);
            arns = more;
        }
        struct str table = key_text(c, key, "ddb.stream", 2), label = key_text(c, key, "ddb.stream", 3);
        arns[n++] =
            arn_make(&c->arena, "dynamodb", c->region, c->account,
                     arena_printf(&c->arena, "table/%.*s/stream/%.*s", STR_ARG(table), STR_ARG(label)));
    }
    store_cursor_close(at);
    if (rc != RC_END)
        return rc;
    for (size_t i = 0; i < n; i++) {
        struct stream *s;
        rc = catalog_stream(c, arns[i], &s);
        if (rc != RC_OK)
            return rc;
        if (!seen(arg, s))
            break;
    }
    return RC_OK;
}
