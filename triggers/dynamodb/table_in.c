#include "table_in.h"

#include "base/map.h"
#include "catalog.h"

const char *const table_billing_enum[] = {"PROVISIONED", "PAY_PER_REQUEST", NULL};
const char *const table_class_enum[] = {"STANDARD", "STANDARD_INFREQUENT_ACCESS", NULL};
static const char *const type_enum[] = {"B", "N", "S", NULL};
static const char *const key_type_enum[] = {"HASH", "RANGE", NULL};
static const char *const project_enum[] = {"ALL", "INCLUDE", "KEYS_ONLY", NULL};
static const char *const view_enum[] = {"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY", NULL};

/* --- shapes */

static const struct shape_row definition_members[] = {
    OUT(SHAPE_STR, "AttributeName", .flags = SHAPE_REQ, .min = 1, .max = 255),
    OUT(SHAPE_STR, "AttributeType", .flags = SHAPE_REQ, .one_of = type_enum),
    SHAPE_END,
};
const struct shape_row table_definitions_rows[] = {OUT(SHAPE_STRUCT, "member", .of = definition_members),
                                                   SHAPE_END};

static const struct shape_row key_members[] = {
    OUT(SHAPE_STR, "AttributeName", .flags = SHAPE_REQ, .min = 1, .max = 255),
    OUT(SHAPE_STR, "KeyType", .flags = SHAPE_REQ, .one_of = key_type_enum),
    SHAPE_END,
};
const struct shape_row table_key_schema_rows[] = {OUT(SHAPE_STRUCT, "member", .of = key_members), SHAPE_END};

const struct shape_row table_throughput_rows[] = {
    OUT(SHAPE_INT, "ReadCapacityUnits", .flags = SHAPE_REQ, .min = 1, .max = INT64_MAX),
    OUT(SHAPE_INT, "WriteCapacityUnits", .flags = SHAPE_REQ, .min = 1, .max = INT64_MAX),
    SHAPE_END,
};

static const struct shape_row name_rows[] = {OUT(SHAPE_STR, "member", .min = 1, .max = 255), SHAPE_END};
static const struct shape_row projection_members[] = {
    OUT(SHAPE_STR, "ProjectionType", .one_of = project_enum),
    OUT(SHAPE_LIST, "NonKeyAttributes", .min = 1, .max = 20, .of = name_rows),
    SHAPE_END,
};
const struct shape_row table_index_rows[] = {
    OUT(SHAPE_STR, "IndexName", .flags = SHAPE_REQ, .min = 3, .max = 255, .pattern = TABLE_NAME_PATTERN,
        .match = table_name_spelled),
    OUT(SHAPE_LIST, "KeySchema", .flags = SHAPE_REQ, .min = 1, .max = 2, .of = table_key_schema_rows),
    OUT(SHAPE_STRUCT, "Projection", .flags = SHAPE_REQ, .of = projection_members),
    OUT(SHAPE_STRUCT, "ProvisionedThroughput", .of = table_throughput_rows),
    SHAPE_END,
};
const struct shape_row table_globals_rows[] = {OUT(SHAPE_STRUCT, "member", .of = table_index_rows),
                                               SHAPE_END};
const struct shape_row table_locals_rows[] = {OUT(SHAPE_STRUCT, "member", .of = table_index_rows), SHAPE_END};

const struct shape_row table_stream_rows[] = {
    OUT(SHAPE_BOOL, "StreamEnabled", .flags = SHAPE_REQ),
    OUT(SHAPE_STR, "StreamViewType", .one_of = view_enum),
    SHAPE_END,
};

static const struct shape_row tag_members[] = {
    OUT(SHAPE_STR, "Key", .flags = SHAPE_REQ, .min = 1, .max = 128),
    OUT(SHAPE_STR, "Value", .flags = SHAPE_REQ, .min = 0, .max = 256),
    SHAPE_END,
};
const struct shape_row table_tags_rows[] = {OUT(SHAPE_STRUCT, "member", .of = tag_members), SHAPE_END};

const struct shape_row table_create_rows[] = {
    IN_LIST(table_in, definitions, "AttributeDefinitions", .flags = SHAPE_REQ, .of = table_definitions_rows),
    IN_STR(table_in, table_name, "TableName", .min = 3, .max = 1024, .pattern = TABLE_NAME_PATTERN,
           .match = table_name_spelled),
    IN_LIST(table_in, key_schema, "KeySchema", .flags = SHAPE_REQ, .min = 1, .max = 2,
            .of = table_key_schema_rows),
    IN_LIST(table_in, locals, "LocalSecondaryIndexes", .of = table_locals_rows),
    IN_LIST(table_in, globals, "GlobalSecondaryIndexes", .of = table_globals_rows),
    IN_LIST(table_in, tags, "Tags", .of = table_tags_rows),
    IN_TREE(table_in, refused[0], "ResourcePolicy"),
    IN_TREE(table_in, refused[1], "GlobalTableSourceArn"),
    TABLE_IN_COMMON,
    SHAPE_END,
};

/* --- rules */

#define INVALID "One or more parameter values were invalid: "

static const char *text(const cJSON *o, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return z ? z : "";
}

static const cJSON *member(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNull(v) ? NULL : v;
}

bool table_in_on_demand(const struct table_in *in)
{
    return str_is(in->billing_mode, "PAY_PER_REQUEST");
}

static bool check_bounds(const cJSON *throughput, struct wrong *w)
{
    static const char *const names[] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    for (int i = 0; i < 2; i++) {
        double v = member(throughput, names[i])->valuedouble;
        if (v > 1e12)
            return wrong_value(w, "Given value %.0f for %s is out of bounds", v, names[i]);
    }
    return true;
}

static bool check_billing(const struct table_in *in, struct wrong *w)
{
    if (table_in_on_demand(in))
        return !in->throughput ||
               wrong_value(w, INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                                      "specified when BillingMode is PAY_PER_REQUEST");
    if (!in->throughput)
        return wrong_value(w, INVALID
                           "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode "
                           "is PROVISIONED");
    return check_bounds(in->throughput, w);
}

static bool is_defined(const cJSON *definitions, const char *name)
{
    const cJSON *at;
    cJSON_ArrayForEach (at, definitions)
        if (strcmp(text(at, "AttributeName"), name) == 0)
            return true;
    return false;
}

/* "[a, b]" */
static struct str name_list(struct arena *a, const cJSON *list)
{
    struct buf b;
    const cJSON *at;
    buf_init(&b, 1u << 20);
    buf_char(&b, '[');
    cJSON_ArrayForEach (at, list) {
        buf_z(&b, at == list->child ? "" : ", ");
        buf_z(&b, text(at, "AttributeName"));
    }
    buf_char(&b, ']');
    struct str s = arena_str(a, buf_view(&b));
    buf_release(&b);
    return s;
}

static bool check_key_schema(const cJSON *schema, const cJSON *definitions, struct wrong *w)
{
    const cJSON *hash = schema->child, *range = hash->next, *at;
    cJSON_ArrayForEach (at, schema)
        if (!is_defined(definitions, text(at, "AttributeName")))
            return wrong_value(w,
                               INVALID "Some index key attributes are not defined in AttributeDefinitions. "
                                       "Keys: %.*s, AttributeDefinitions: %.*s",
                               STR_ARG(name_list(w->arena, schema)),
                               STR_ARG(name_list(w->arena, definitions)));
    if (range && strcmp(text(hash, "AttributeName"), text(range, "AttributeName")) == 0)
        return wrong_value(w, "Invalid KeySchema: Some index key attribute have no definition");
    if (strcmp(text(hash, "KeyType"), "HASH") != 0)
        return wrong_value(w, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (range && strcmp(text(range, "KeyType"), "RANGE") != 0)
        return wrong_value(w, "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    return true;
}

static bool check_local_keys(const cJSON *index, const cJSON *key_schema, struct wrong *w)
{
    const cJSON *schema = member(index, "KeySchema");
    const char *hash = text(schema->child, "AttributeName"),
               *table_hash = text(key_schema->child, "AttributeName");
    if (!schema->child->next)
        return wrong_value(w, INVALID "Index KeySchema does not have a range key for index: %s",
                           text(index, "IndexName"));
    if (strcmp(hash, table_hash) != 0)
        return wrong_value(
            w,
            INVALID "Index KeySchema does not have the same leading hash key as table KeySchema for index: "
                    "%s. index hash key: %s, table hash key: %s",
            text(index, "IndexName"), hash, table_hash);
    return true;
}

/* `name`: of the member that tells the elements apart; NULL: they are texts. */
static bool check_distinct(const cJSON *list, const char *name, struct wrong *w)
{
    struct map seen;
    const cJSON *at;
    bool distinct = true;
    map_init(&seen);
    cJSON_ArrayForEach (at, list)
        distinct = distinct && !map_put(&seen, str_z(name ? text(at, name) : at->valuestring), &seen);
    map_release(&seen);
    return distinct || wrong_value(w, "Cannot have two attributes with the same name");
}

static bool say_unused(const cJSON *definitions, const cJSON *key_schema, bool indexes, struct wrong *w)
{
    if (!indexes)
        return wrong_value(w, INVALID "Number of attributes in KeySchema does not exactly match number of "
                                      "attributes defined in AttributeDefinitions");
    return wrong_value(
        w, INVALID "Some AttributeDefinitions are not used. AttributeDefinitions: %.*s, keys used: %.*s",
        STR_ARG(name_list(w->arena, definitions)), STR_ARG(name_list(w->arena, key_schema)));
}

/* More definitions than all keys of a table together can use are not looked for one by one. */
enum { DEFINITIONS_MAX = 2 * (1 + TABLE_GLOBALS_MAX + TABLE_LOCALS_MAX) };

bool table_in_check_definitions(const cJSON *definitions, const cJSON *key_schema, bool indexes,
                                struct wrong *w)
{
    return check_distinct(definitions, "AttributeName", w) &&
           (cJSON_GetArraySize(definitions) <= DEFINITIONS_MAX ||
            say_unused(definitions, key_schema, indexes, w));
}

static bool check_projection(const cJSON *projection, struct wrong *w)
{
    const char *type = text(projection, "ProjectionType");
    const cJSON *extra = member(projection, "NonKeyAttributes");
    if (!*type)
        return wrong_value(w, INVALID "Unknown ProjectionType: null");
    if (extra && strcmp(type, "INCLUDE") != 0)
        return wrong_value(w, INVALID "ProjectionType is %s, but NonKeyAttributes is specified", type);
    if (!extra && strcmp(type, "INCLUDE") == 0)
        return wrong_value(w, INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    return check_distinct(extra, NULL, w);
}

bool table_in_check_index(const cJSON *index, const cJSON *definitions, const cJSON *key_schema, bool global,
                          bool on_demand, struct wrong *w)
{
    const cJSON *throughput = member(index, "ProvisionedThroughput");
    if (!check_key_schema(member(index, "KeySchema"), definitions, w) ||
        (!global && !check_local_keys(index, key_schema, w)) ||
        !check_projection(member(index, "Projection"), w))
        return false;
    if (!global)
        return true;
    if (on_demand && throughput)
        return wrong_value(w,
                           INVALID
                           "ProvisionedThroughput should not be specified for index: %s when BillingMode is "
                           "PAY_PER_REQUEST",
                           text(index, "IndexName"));
    if (!on_demand && !throughput)
        return wrong_value(w, INVALID "ProvisionedThroughput must be specified for index: %s",
                           text(index, "IndexName"));
    return !throughput || check_bounds(throughput, w);
}

static bool check_indexes(const struct table_in *in, const cJSON *list, bool global, struct wrong *w)
{
    const char *name = global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes";
    int n = cJSON_GetArraySize(list);
    if (!list)
        return true;
    if (n == 0)
        return wrong_value(w, INVALID "List of %s is empty", name);
    if (!global && !in->key_schema->child->next)
        return wrong_value(w, INVALID
                           "Table KeySchema does not have a range key, which is required when specifying a "
                           "LocalSecondaryIndex");
    int most = global ? TABLE_GLOBALS_MAX : TABLE_LOCALS_MAX, seen = 0;
    for (const cJSON *at = list->child; at && seen++ <= most; at = at->next) {
        if (!table_in_check_index(at, in->definitions, in->key_schema, global, table_in_on_demand(in), w))
            return false;
        for (const cJSON *before = list->child; before != at; before = before->next)
            if (strcmp(text(at, "IndexName"), text(before, "IndexName")) == 0)
                return wrong_value(w, INVALID "Duplicate index name: %s", text(at, "IndexName"));
        for (const cJSON *local = global && in->locals ? in->locals->child : NULL; local; local = local->next)
            if (strcmp(text(at, "IndexName"), text(local, "IndexName")) == 0)
                return wrong_value(w, INVALID "Duplicate index name: %s", text(at, "IndexName"));
    }
    if (n <= most)
        return true;
    return global
               ? wrong_value(w, INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %d", most)
               : wrong_value(w, INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %d",
                             most);
}

static int projected_by(const cJSON *indexes)
{
    int n = 0;
    const cJSON *at;
    cJSON_ArrayForEach (at, indexes)
        n += cJSON_GetArraySize(member(member(at, "Projection"), "NonKeyAttributes"));
    return n;
}

bool table_in_check_projected(const cJSON *globals, const cJSON *locals, struct wrong *w)
{
    return projected_by(globals) + projected_by(locals) <= 100 ||
           wrong_value(w, INVALID "The total count of NonKeyAttributes, summed across all of the secondary "
                                  "indexes, must not exceed 100");
}

static bool uses(const cJSON *schema, const char *name)
{
    return is_defined(schema, name);
}

static bool has_indexes(const struct table_in *in)
{
    return in->globals || in->locals;
}

/* Every definition must be of a key. */
static bool check_all_used(const struct table_in *in, struct wrong *w)
{
    const cJSON *at, *index;
    cJSON_ArrayForEach (at, in->definitions) {
        const char *name = text(at, "AttributeName");
        bool used = uses(in->key_schema, name);
        cJSON_ArrayForEach (index, in->globals)
            used |= uses(member(index, "KeySchema"), name);
        cJSON_ArrayForEach (index, in->locals)
            used |= uses(member(index, "KeySchema"), name);
        if (!used)
            return say_unused(in->definitions, in->key_schema, has_indexes(in), w);
    }
    return true;
}

bool table_in_stream(const cJSON *spec, bool *enabled, enum stream_view *view, struct wrong *w)
{
    const char *type = text(spec, "StreamViewType");
    *enabled = cJSON_IsTrue(member(spec, "StreamEnabled"));
    if (*enabled && !stream_view_of(str_z(type), view))
        return wrong_value(w, INVALID "StreamViewType is required when StreamEnabled is true");
    if (!*enabled && *type)
        return wrong_value(w, INVALID "StreamViewType must not be specified when StreamEnabled is false");
    return true;
}

static bool check_refused(const struct table_in *in, struct wrong *w)
{
    static const char *const names[] = {"ResourcePolicy", "GlobalTableSourceArn"};
    for (int i = 0; i < 2; i++)
        if (in->refused[i])
            return wrong_value(w, "%s is not supported by tidepool yet", names[i]);
    return true;
}

bool table_in_check_tags(const cJSON *tags, struct wrong *w)
{
    return cJSON_GetArraySize(tags) <= TABLE_TAGS_MAX ||
           wrong_value(w, INVALID "Too many tags: at most %d", TABLE_TAGS_MAX);
}

bool table_in_check(const struct table_in *in, struct wrong *w)
{
    bool enabled;
    enum stream_view view;
    if (!in->table_name.p) /* told in other words than what else is missing */
        return wrong_value(w, "The parameter 'TableName' is required but was not present in the request");
    return check_refused(in, w) && check_billing(in, w) &&
           table_in_check_definitions(in->definitions, in->key_schema, has_indexes(in), w) &&
           check_key_schema(in->key_schema, in->definitions, w) && check_indexes(in, in->locals, false, w) &&
           check_indexes(in, in->globals, true, w) && table_in_check_projected(in->globals, in->locals, w) &&
           check_all_used(in, w) && table_in_check_tags(in->tags, w) &&
           (!in->stream || table_in_stream(in->stream, &enabled, &view, w));
}

/* --- definitions */

static void add_copy(cJSON *to, const char *name, const cJSON *from)
{
    if (from)
        cJSON_AddItemToObject(to, name, json_copy(from));
}

cJSON *table_in_define_index(struct call *c, const cJSON *index, enum rc *rc)
{
    uint64_t id = 0;
    *rc = catalog_next_id(c, &id);
    cJSON *def = cJSON_CreateObject();
    cJSON_AddNumberToObject(def, "Id", (double)id);
    add_copy(def, "IndexName", member(index, "IndexName"));
    add_copy(def, "KeySchema", member(index, "KeySchema"));
    add_copy(def, "Projection", member(index, "Projection"));
    add_copy(def, "ProvisionedThroughput", member(index, "ProvisionedThroughput"));
    return def;
}

static void define_indexes(struct call *c, cJSON *def, const char *name, const cJSON *list, enum rc *rc)
{
    const cJSON *at;
    if (!list)
        return;
    cJSON *out = cJSON_AddArrayToObject(def, name);
    cJSON_ArrayForEach (at, list)
        if (*rc == RC_OK)
            cJSON_AddItemToArray(out, table_in_define_index(c, at, rc));
}

cJSON *table_in_define(struct call *c, const struct table_in *in, enum rc *rc)
{
    uint64_t id = 0;
    *rc = catalog_next_id(c, &id);
    cJSON *def = cJSON_CreateObject();
    cJSON_AddNumberToObject(def, "Id", (double)id);
    cJSON_AddStringToObject(def, "TableId", call_uuid(c).p);
    cJSON_AddStringToObject(def, "TableName", arena_z(&c->arena, table_name_alone(in->table_name)));
    cJSON_AddNumberToObject(def, "Created", (double)c->now);
    add_copy(def, "AttributeDefinitions", in->definitions);
    add_copy(def, "KeySchema", in->key_schema);
    cJSON_AddStringToObject(def, "BillingMode", table_in_on_demand(in) ? "PAY_PER_REQUEST" : "PROVISIONED");
    if (table_in_on_demand(in))
        cJSON_AddNumberToObject(def, "Updated", (double)c->now);
    add_copy(def, "ProvisionedThroughput", in->throughput);
    define_indexes(c, def, "GlobalSecondaryIndexes", in->globals, rc);
    define_indexes(c, def, "LocalSecondaryIndexes", in->locals, rc);
    cJSON_AddBoolToObject(def, "DeletionProtectionEnabled", in->protect == 1);
    if (in->table_class.p)
        cJSON_AddStringToObject(def, "TableClass", in->table_class.p);
    add_copy(def, "Tags", in->tags);
    if (*rc == RC_OK)
        return def;
    cJSON_Delete(def);
    return NULL;
}
