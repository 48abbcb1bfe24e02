#include "catalog_inside.h"

#include "backfill.h"
#include "base/json.h"
#include "door/arn.h"
#include "door/stored.h"
#include "door/sweep.h"
#include "dynamodb.h"
#include "store.h"
#include <stdlib.h>

/* --- state */

static const char *const key_types[] = {"HASH", "RANGE", NULL};
static const char *const attribute_types[] = {"S", "N", "B", NULL};
static const char *const views[] = {"KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", NULL};

static const struct shape_row part_form[] = {STORED_TEXT("AttributeName", .min = 1, .max = 255),
                                             STORED_TEXT("KeyType", .one_of = key_types), SHAPE_END};
static const struct shape_row parts_form[] = {OUT(SHAPE_STRUCT, "member", .of = part_form), SHAPE_END};
static const struct shape_row attribute_form[] = {STORED_TEXT("AttributeName", .min = 1, .max = 255),
                                                  STORED_TEXT("AttributeType", .one_of = attribute_types),
                                                  SHAPE_END};
static const struct shape_row attributes_form[] = {OUT(SHAPE_STRUCT, "member", .of = attribute_form),
                                                   SHAPE_END};
static const struct shape_row throughput_form[] = {OUT(SHAPE_REAL, "ReadCapacityUnits", .flags = SHAPE_REQ),
                                                   OUT(SHAPE_REAL, "WriteCapacityUnits", .flags = SHAPE_REQ),
                                                   SHAPE_END};
static const struct shape_row projection_form[] = {
    STORED_TEXT("ProjectionType"), OUT(SHAPE_LIST, "NonKeyAttributes", .max = 100, .of = stored_text),
    SHAPE_END};
static const struct shape_row index_form[] = {
    STORED_NUMBER("Id", 1, STORED_MOST),
    STORED_TEXT("IndexName"),
    OUT(SHAPE_LIST, "KeySchema", .flags = SHAPE_REQ, .min = 1, .max = 2, .of = parts_form),
    OUT(SHAPE_STRUCT, "Projection", .flags = SHAPE_REQ, .of = projection_form),
    OUT(SHAPE_STRUCT, "ProvisionedThroughput", .of = throughput_form),
    OUT(SHAPE_BOOL, "Backfilling"),
    SHAPE_END,
};
static const struct shape_row indexes_form[] = {OUT(SHAPE_STRUCT, "member", .of = index_form), SHAPE_END};
static const struct shape_row tag_form[] = {STORED_TEXT("Key"), STORED_TEXT("Value"), SHAPE_END};
static const struct shape_row tags_form[] = {OUT(SHAPE_STRUCT, "member", .of = tag_form), SHAPE_END};
static const struct shape_row table_form[] = {
    STORED_NUMBER("Id", 1, STORED_MOST),
    STORED_TEXT("TableId"),
    STORED_TEXT("TableName", .min = 3, .max = 255),
    STORED_COUNT("Created"),
    OUT(SHAPE_INT, "Updated", .min = 0, .max = STORED_MOST),
    OUT(SHAPE_LIST, "AttributeDefinitions", .flags = SHAPE_REQ, .min = 1, .of = attributes_form),
    OUT(SHAPE_LIST, "KeySchema", .flags = SHAPE_REQ, .min = 1, .max = 2, .of = parts_form),
    STORED_TEXT("BillingMode"),
    OUT(SHAPE_STRUCT, "ProvisionedThroughput", .of = throughput_form),
    OUT(SHAPE_LIST, "GlobalSecondaryIndexes", .max = 20, .of = indexes_form),
    OUT(SHAPE_LIST, "LocalSecondaryIndexes", .max = 5, .of = indexes_form),
    OUT(SHAPE_BOOL, "DeletionProtectionEnabled"),
    OUT(SHAPE_STR, "TableClass"),
    OUT(SHAPE_LIST, "Tags", .of = tags_form),
    OUT(SHAPE_STR, "StreamLabel"),
    SHAPE_END,
};
static const struct shape_row stream_form[] = {
    STORED_NUMBER("Id", 1, STORED_MOST),
    STORED_TEXT("View", .one_of = views),
    STORED_COUNT("Created"),
    STORED_COUNT("Disabled"),
    STORED_COUNT("Floor"),
    OUT(SHAPE_LIST, "Keys", .flags = SHAPE_REQ, .min = 1, .max = 2, .of = attributes_form),
    SHAPE_END,
};
static const struct stored_form forms[] = {{.space = "ddb.table", .texts = 3, .rows = table_form},
                                           {.space = "ddb.stream", .texts = 4, .rows = stream_form},
                                           {0}};

enum rc catalog_open(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct catalog *k = xcalloc(1, sizeof *k);
    k->world = w;
    map_init(&k->tables);
    map_init(&k->streams);
    *state = k;
    return RC_OK;
}

static void forget_all(struct catalog *k)
{
    struct map_entry *at = k->tables.first;
    void *v;
    while ((v = map_each(&at, NULL)))
        table_free(v);
    at = k->streams.first;
    while ((v = map_each(&at, NULL)))
        catalog_stream_free(v);
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
    backfill_dropped(k);
}

void catalog_close(struct world *w, void *state)
{
    struct catalog *k = state;
    timer_stop(w->timers, &k->backfill);
    forget_all(k);
    free(k);
}

struct catalog *catalog_of(const struct call *c)
{
    return world_state(c->world, &dynamodb_service);
}

/* --- names */

enum { NAME_LENGTH_MAX = 255 };

static bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool name_characters(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!name_character(s.p[i]))
            return false;
    return s.n > 0;
}

static bool plain_name(struct str s)
{
    return s.n >= 3 && s.n <= NAME_LENGTH_MAX && name_characters(s);
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
    if (!arn_of_service(text, "dynamodb", &arn) || !str_starts(arn.resource, table))
        return false;
    *out = (struct place){arn.account, arn.region, str_sub(arn.resource, table.n, arn.resource.n)};
    return plain_name(out->name);
}

bool table_name_valid(struct str name)
{
    struct place p;
    return place_read(name, &p);
}

bool table_name_spelled(struct str name)
{
    return name_characters(name) || table_name_valid(name);
}

struct str table_name_alone(struct str name)
{
    struct place p;
    return place_read(name, &p) ? p.name : name;
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
    if (rc == RC_OK)
        rc = backfill_attach(c, t);
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
    cJSON *def = json_tree(value);
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

bool catalog_name_long(struct call *c, struct str name, enum op_end *end)
{
    if (name.n <= NAME_LENGTH_MAX || table_name_valid(name))
        return false;
    *end = call_fail(c, &fault_validation,
                     "1 validation error detected: Value '%.*s' at 'tableName' failed to satisfy constraint: "
                     "Member must have length less than or equal to %d",
                     STR_ARG(name), NAME_LENGTH_MAX);
    return true;
}

bool catalog_elsewhere(const struct call *c, struct str name)
{
    struct place p = place_of(c, name);
    return !str_eq(p.account, c->account) || !str_eq(p.region, c->region);
}

bool catalog_missing(struct call *c, struct str name, bool control, struct table **out, enum op_end *end)
{
    if (catalog_name_long(c, name, end))
        return true;
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

enum rc catalog_put_json(struct store *txn, const struct key *k, const cJSON *tree)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    json_print(&b, tree);
    enum rc rc = b.full ? RC_FULL : store_put(txn, key_view(k), buf_view(&b));
    buf_release(&b);
    return rc;
}

static void carry(const struct tally *from, struct tally *to)
{
    to->whole = from->whole;
    to->items = from->whole ? from->items : 0;
    to->bytes = from->whole ? from->bytes : 0;
}

/* What is counted stays so when a definition changes; a new table, or index, is empty. */
static void carry_tallies(const struct table *from, struct table *to)
{
    static const struct tally empty = {.whole = true};
    carry(from ? &from->tally : &empty, &to->tally);
    for (size_t i = 0; i < to->index_count; i++) {
        const struct tally *old = &empty;
        for (size_t j = 0; from && j < from->index_count; j++)
            if (to->indexes[i].id == from->indexes[j].id)
                old = &from->indexes[j].tally;
        carry(old, &to->indexes[i].tally);
    }
}

enum rc catalog_save(struct call *c, cJSON *def, struct table **out)
{
    const struct table *old = *out;
    struct str name = json_text(cJSON_GetObjectItemCaseSensitive(def, "TableName"));
    struct place p = old ? (struct place){old->account, old->region, name} : place_of(c, name);
    struct key k;
    table_row_key(&k, &p);
    enum rc rc = catalog_put_json(c->txn, &k, def);
    key_release(&k);
    *out = table_new(p.account, p.region, def);
    carry_tallies(old, *out);
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
    enum rc rc = sweep_put(c, key_view(&k));
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

enum op_end catalog_broke(struct call *c, enum rc rc)
{
    catalog_drop(c->world, catalog_of(c));
    return call_broke(c, rc);
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
enum rc catalog_seek_mine(struct call *c, const char *space, struct str after, struct store_cursor **at)
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
struct str catalog_key_text(struct call *c, struct str key, const char *space, int nth)
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
    enum rc rc = catalog_seek_mine(c, "ddb.table", after, &at);
    *more = false;
    if (rc != RC_OK)
        return rc;
    while ((rc = store_next(at, &key, &value)) == RC_OK) {
        if (limit-- == 0) {
            *more = true;
            break;
        }
        cJSON_AddItemToArray(names, cJSON_CreateString(catalog_key_text(c, key, "ddb.table", 2).p));
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}
