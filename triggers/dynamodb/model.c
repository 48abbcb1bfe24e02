#include "model.h"

#include "base/codec.h"
#include "door/arn.h"
#include <stdlib.h>

enum { STORE_KEY_ROOM = 64 << 10 }; /* for the longest key of an item or entry */

/* --- reading a definition */

static const char *text(const cJSON *o, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

static enum attr_type defined_type(const cJSON *definitions, struct str name)
{
    enum attr_type t = ATTR_S;
    const cJSON *at;
    cJSON_ArrayForEach (at, definitions)
        if (str_is(name, text(at, "AttributeName")))
            attr_type_of(str_z(text(at, "AttributeType")), &t);
    return t;
}

bool key_schema_read(const cJSON *schema, const cJSON *definitions, struct key_schema *out)
{
    const cJSON *at;
    out->n = 0;
    cJSON_ArrayForEach (at, schema) {
        const char *name = text(at, "AttributeName");
        if (!name || out->n == 2)
            return false;
        out->part[out->n++] = (struct key_part){str_z(name), defined_type(definitions, str_z(name))};
    }
    return out->n > 0;
}

static bool is_projected(const struct index *x, struct str name)
{
    for (size_t i = 0; i < x->projected_count; i++)
        if (str_eq(x->projected[i].steps[0].name, name))
            return true;
    return false;
}

static void add_projected(struct table *t, struct index *x, struct str name)
{
    if (is_projected(x, name))
        return;
    struct path_step *s = arena_zalloc(&t->arena, sizeof *s);
    s->name = name;
    x->projected[x->projected_count++] = (struct path){s, 1};
}

static void find_places(struct table *t, struct index *x)
{
    size_t meets;
    struct path **paths = arena_alloc(&t->arena, x->projected_count * sizeof *paths);
    for (size_t i = 0; i < x->projected_count; i++)
        paths[i] = &x->projected[i];
    path_tree_make(&t->arena, paths, x->projected_count, &x->places, &meets);
}

static void read_projection(struct table *t, struct index *x, const cJSON *projection)
{
    const char *type = text(projection, "ProjectionType");
    const cJSON *extra = cJSON_GetObjectItemCaseSensitive(projection, "NonKeyAttributes"), *at;
    struct str name = str_z(type ? type : "ALL");
    x->projected = arena_alloc(&t->arena, (4 + (size_t)cJSON_GetArraySize(extra)) * sizeof *x->projected);
    for (int i = 0; i < t->keys.n; i++)
        add_projected(t, x, t->keys.part[i].name);
    for (int i = 0; i < x->keys.n; i++)
        add_projected(t, x, x->keys.part[i].name);
    cJSON_ArrayForEach (at, extra)
        add_projected(t, x, json_text(at));
    find_places(t, x);
    x->project = str_is(name, "KEYS_ONLY") ? PROJECT_KEYS_ONLY
                 : str_is(name, "INCLUDE") ? PROJECT_INCLUDE
                                           : PROJECT_ALL;
}

static void read_indexes(struct table *t, const char *list, bool global, const cJSON *definitions)
{
    const cJSON *at;
    cJSON_ArrayForEach (at, cJSON_GetObjectItemCaseSensitive(t->def, list)) {
        struct index *x = &t->indexes[t->index_count++];
        x->id = (uint64_t)cJSON_GetObjectItemCaseSensitive(at, "Id")->valuedouble;
        x->name = str_z(text(at, "IndexName"));
        x->global = global;
        x->filling = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(at, "Backfilling"));
        buf_init(&x->tally.upto, STORE_KEY_ROOM);
        buf_init(&x->filled, STORE_KEY_ROOM);
        t->has_local |= !global;
        key_schema_read(cJSON_GetObjectItemCaseSensitive(at, "KeySchema"), definitions, &x->keys);
        read_projection(t, x, cJSON_GetObjectItemCaseSensitive(at, "Projection"));
    }
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct index *)a)->name, ((const struct index *)b)->name);
}

struct table *table_new(struct str account, struct str region, cJSON *def)
{
    const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(def, "AttributeDefinitions");
    struct table *t = xcalloc(1, sizeof *t);
    arena_init(&t->arena);
    buf_init(&t->tally.upto, STORE_KEY_ROOM);
    t->def = def;
    t->id = (uint64_t)cJSON_GetObjectItemCaseSensitive(def, "Id")->valuedouble;
    t->account = arena_str(&t->arena, account);
    t->region = arena_str(&t->arena, region);
    t->name = str_z(text(def, "TableName"));
    t->arn = arn_make(&t->arena, "dynamodb", region, account,
                      arena_printf(&t->arena, "table/%.*s", STR_ARG(t->name)));
    key_schema_read(cJSON_GetObjectItemCaseSensitive(def, "KeySchema"), definitions, &t->keys);
    int n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(def, "GlobalSecondaryIndexes")) +
            cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(def, "LocalSecondaryIndexes"));
    t->indexes = arena_zalloc(&t->arena, (size_t)n * sizeof *t->indexes);
    read_indexes(t, "GlobalSecondaryIndexes", true, definitions);
    read_indexes(t, "LocalSecondaryIndexes", false, definitions);
    qsort(t->indexes, t->index_count, sizeof *t->indexes, by_name); /* a fault names the first one */
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->index_count; i++) {
        buf_release(&t->indexes[i].filled);
        buf_release(&t->indexes[i].tally.upto);
    }
    buf_release(&t->tally.upto);
    cJSON_Delete(t->def);
    arena_release(&t->arena);
    free(t);
}

struct index *table_index(const struct table *t, struct str name)
{
    for (size_t i = 0; i < t->index_count; i++)
        if (str_eq(t->indexes[i].name, name))
            return &t->indexes[i];
    return NULL;
}

/* --- projections */

bool key_schema_has(const struct key_schema *k, struct str name)
{
    for (int i = 0; i < k->n; i++)
        if (str_eq(k->part[i].name, name))
            return true;
    return false;
}

bool index_projects(const struct index *x, struct str name)
{
    return x->project == PROJECT_ALL || is_projected(x, name);
}

const struct attr *index_project(struct arena *a, const struct index *x, const struct attr *item)
{
    return x->project == PROJECT_ALL ? item : expr_project(a, &x->places, item);
}

static bool key_fits(const struct key_part *k, bool hash, const struct attr *v)
{
    return v && v->type == k->type &&
           (v->type == ATTR_N || (v->text.n > 0 && v->text.n <= (hash ? HASH_KEY_MAX : RANGE_KEY_MAX)));
}

bool index_covers(const struct index *x, const struct attr *item)
{
    for (int i = 0; i < x->keys.n; i++)
        if (!key_fits(&x->keys.part[i], i == 0, attr_get(item, x->keys.part[i].name)))
            return false;
    return true;
}

/* --- keys */

static bool is_empty_text(const struct attr *v)
{
    return v->type != ATTR_N && v->text.n == 0;
}

static const char *empty_kind(const struct attr *v)
{
    return v->type == ATTR_S ? "string" : "binary";
}

bool key_value_fits(const struct attr *v, bool hash, struct wrong *w)
{
    if (v->type == ATTR_N || v->text.n <= (hash ? HASH_KEY_MAX : RANGE_KEY_MAX))
        return true;
    if (hash)
        return wrong_value(w, "One or more parameter values were invalid: Size of hashkey has exceeded the "
                              "maximum size limit of2048 bytes");
    return wrong_value(w, "One or more parameter values were invalid: Aggregated size of all range keys has "
                          "exceeded the size limit of 1024 bytes");
}

static bool say_empty(const struct key_part *k, const struct attr *v, struct wrong *w)
{
    return wrong_value(w,
                       "One or more parameter values are not valid. The AttributeValue for a key attribute "
                       "cannot contain an empty %s value. Key: %.*s",
                       empty_kind(v), STR_ARG(k->name));
}

static bool check_item_key(const struct key_part *k, bool hash, const struct attr *item, struct wrong *w)
{
    const struct attr *v = attr_get(item, k->name);
    if (!v)
        return wrong_value(w, "One or more parameter values were invalid: Missing the key %.*s in the item",
                           STR_ARG(k->name));
    if (v->type != k->type)
        return wrong_value(
            w,
            "One or more parameter values were invalid: Type mismatch for key %.*s expected: %s actual: %s",
            STR_ARG(k->name), attr_type_name(k->type), attr_type_name(v->type));
    return is_empty_text(v) ? say_empty(k, v, w) : key_value_fits(v, hash, w);
}

static bool check_index_key(const struct index *x, int part, const struct attr *item, bool update,
                            struct wrong *w)
{
    const struct key_part *k = &x->keys.part[part];
    const struct attr *v = attr_get(item, k->name);
    if (!v)
        return true;
    if (v->type != k->type)
        return wrong_value(w,
                           "One or more parameter values were invalid: Type mismatch for Index Key %.*s "
                           "Expected: %s Actual: %s IndexName: %.*s",
                           STR_ARG(k->name), attr_type_name(k->type), attr_type_name(v->type),
                           STR_ARG(x->name));
    if (!is_empty_text(v))
        return key_value_fits(v, part == 0, w);
    return wrong_value(w,
                       "One or more parameter values are not valid. %s is not supported. The AttributeValue "
                       "for a key attribute "
                       "cannot contain an empty %s value. IndexName: %.*s, IndexKey: %.*s",
                       update
                           ? "The update expression attempted to update a secondary index key to a value that"
                           : "A value specified for a secondary index key",
                       empty_kind(v), STR_ARG(x->name), STR_ARG(k->name));
}

static bool is_kept(const struct attr *old, const struct attr *item, struct str name)
{
    const struct attr *was = old ? attr_get(old, name) : NULL, *is = attr_get(item, name);
    return was && is && attr_equal(was, is);
}

static bool check_index_keys(const struct table *t, const struct attr *old, const struct attr *item,
                             bool update, struct wrong *w)
{
    for (size_t i = 0; i < t->index_count; i++)
        for (int k = 0; k < t->indexes[i].keys.n; k++) {
            struct str name = t->indexes[i].keys.part[k].name;
            if (!key_schema_has(&t->keys, name) && !is_kept(old, item, name) &&
                !check_index_key(&t->indexes[i], k, item, update, w))
                return false;
        }
    return true;
}

bool item_check_update(const struct table *t, const struct attr *old, const struct attr *item,
                       struct wrong *w)
{
    return check_index_keys(t, old, item, true, w);
}

bool item_check(const struct table *t, const struct attr *item, struct wrong *w)
{
    for (int i = 0; i < t->keys.n; i++)
        if (!check_item_key(&t->keys.part[i], i == 0, item, w))
            return false;
    return check_index_keys(t, NULL, item, false, w);
}

bool key_check(const struct key_schema *keys, const struct attr *key, struct wrong *w)
{
    bool fits = key->count == (uint32_t)keys->n;
    for (int i = 0; i < keys->n && fits; i++) {
        const struct attr *v = attr_get(key, keys->part[i].name);
        fits = v && v->type == keys->part[i].type;
    }
    if (!fits)
        return wrong_value(w, "The provided key element does not match the schema");
    for (int i = 0; i < keys->n; i++) {
        const struct attr *v = attr_get(key, keys->part[i].name);
        if (is_empty_text(v))
            return say_empty(&keys->part[i], v, w);
        if (!key_value_fits(v, i == 0, w))
            return false;
    }
    return true;
}

const struct attr *key_of_item(struct arena *a, const struct key_schema *keys, const struct attr *item)
{
    if (item->count == (uint32_t)keys->n)
        return item;
    struct attr_member *m = arena_alloc(a, 2 * sizeof *m);
    for (int i = 0; i < keys->n; i++)
        m[i] = (struct attr_member){keys->part[i].name, attr_get(item, keys->part[i].name)};
    return attr_map_make(a, m, (size_t)keys->n);
}

void item_name(struct buf *b, struct str table, const struct key_schema *keys, const struct attr *item)
{
    buf_str(b, table);
    for (int i = 0; i < keys->n; i++) {
        const struct attr *v = attr_get(item, keys->part[i].name);
        buf_char(b, '/');
        if (v->type == ATTR_B)
            codec_base64(b, v->text);
        else
            codec_percent(b, v->text, "!#$&'()*+,/:;=?@[]");
    }
}

bool path_check_keys(const struct table *t, const struct path *p, struct wrong *w)
{
    static const char refused[] = "Key attributes must be scalars; list random access '[]' and map lookup "
                                  "'.' are not allowed: %s: %.*s";
    if (p->n == 1)
        return true;
    if (key_schema_has(&t->keys, p->steps[0].name))
        return wrong_value(w, refused, "Key", STR_ARG(p->steps[0].name));
    for (size_t i = 0; i < t->index_count; i++)
        if (key_schema_has(&t->indexes[i].keys, p->steps[0].name))
            return wrong_value(w, refused, "IndexKey", STR_ARG(p->steps[0].name));
    return true;
}

/* --- streams */

static const char *const view_names[] = {"KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"};

const char *stream_view_name(enum stream_view v)
{
    return view_names[v];
}

bool stream_view_of(struct str name, enum stream_view *out)
{
    for (int i = 0; i < 4; i++)
        if (str_is(name, view_names[i])) {
            *out = (enum stream_view)i;
            return true;
        }
    return false;
}
