/* UpdateTable: billing mode and throughput, the stream, one global index more or less.  In force at once, but
 * for a new index of a table with many items (backfill.h); the answer says UPDATING, as the service's does.
 */
#include "backfill.h"
#include "catalog.h"
#include "describe.h"
#include "dynamodb.h"
#include "ops.h"
#include "table_change.h"
#include "table_in.h"
#include "tally.h"

#define INDEX_NAME                                                                                           \
    OUT(SHAPE_STR, "IndexName", .flags = SHAPE_REQ, .min = 3, .max = 255, .pattern = TABLE_NAME_PATTERN,     \
        .match = table_name_spelled)

static const struct shape_row index_update_rows[] = {
    INDEX_NAME,
    OUT(SHAPE_STRUCT, "ProvisionedThroughput", .of = table_throughput_rows),
    SHAPE_END,
};
static const struct shape_row index_delete_rows[] = {INDEX_NAME, SHAPE_END};
static const struct shape_row update_members[] = {
    OUT(SHAPE_STRUCT, "Update", .of = index_update_rows),
    OUT(SHAPE_STRUCT, "Create", .of = table_index_rows),
    OUT(SHAPE_STRUCT, "Delete", .of = index_delete_rows),
    SHAPE_END,
};
static const struct shape_row updates_rows[] = {OUT(SHAPE_STRUCT, "member", .of = update_members), SHAPE_END};

static const struct shape_row rows[] = {
    IN_LIST(table_in, definitions, "AttributeDefinitions", .of = table_definitions_rows),
    IN_STR(table_in, table_name, "TableName", .flags = SHAPE_REQ, .min = 3, .max = 1024,
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled),
    IN_LIST(table_in, index_updates, "GlobalSecondaryIndexUpdates", .of = updates_rows),
    IN_TREE(table_in, refused[0], "ReplicaUpdates"),
    IN_TREE(table_in, refused[1], "MultiRegionConsistency"),
    IN_TREE(table_in, refused[2], "GlobalTableWitnessUpdates"),
    TABLE_IN_COMMON,
    SHAPE_END,
};

#define INVALID "One or more parameter values were invalid: "

static const cJSON *member(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNull(v) ? NULL : v;
}

/* The change at work: the table, its definition to be, and what went wrong. */
struct table_update {
    struct call *call;
    const struct table_in *in;
    struct table *table;
    cJSON *def; /* a copy, moved into force at the end */
    struct str fill;
    struct wrong wrong;
    enum rc rc;
};

static bool check_params(const struct table_in *in, struct wrong *w)
{
    static const char *const names[] = {"ReplicaUpdates", "MultiRegionConsistency",
                                        "GlobalTableWitnessUpdates"};
    for (int i = 0; i < 3; i++)
        if (in->refused[i])
            return wrong_value(w, "%s is not supported by tidepool yet", names[i]);
    if (!in->throughput && !in->billing_mode.p && !in->stream && !in->table_class.p && in->protect < 0 &&
        !in->refused[3] && cJSON_GetArraySize(in->index_updates) == 0)
        return wrong_value(w,
                           "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
                           "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
    if (str_is(in->billing_mode, "PROVISIONED") && !in->throughput)
        return wrong_value(w,
                           INVALID "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
    return true;
}

static bool on_demand(const struct table_update *j)
{
    return strcmp(cJSON_GetStringValue(member(j->def, "BillingMode")), "PAY_PER_REQUEST") == 0;
}

static bool same_throughput(const struct table_update *j)
{
    static const char *const names[] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    const cJSON *old = member(j->table->def, "ProvisionedThroughput");
    double now[2], wanted[2];
    for (int i = 0; i < 2; i++) {
        now[i] = member(old, names[i]) ? member(old, names[i])->valuedouble : 0;
        wanted[i] = member(j->in->throughput, names[i])->valuedouble;
    }
    return now[0] == wanted[0] && now[1] == wanted[1];
}

static bool change_billing(struct table_update *j)
{
    if (j->in->billing_mode.p) {
        bool was = on_demand(j);
        cJSON_DeleteItemFromObjectCaseSensitive(j->def, "BillingMode");
        cJSON_AddStringToObject(j->def, "BillingMode", j->in->billing_mode.p);
        if (on_demand(j) && !was) {
            change_member(j->def, "ProvisionedThroughput", NULL);
            change_member(j->def, "Updated", NULL);
            cJSON_AddNumberToObject(j->def, "Updated", (double)j->call->now);
        }
    }
    if (!j->in->throughput)
        return true;
    if (on_demand(j))
        return wrong_value(&j->wrong,
                           INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                                   "BillingMode is PAY_PER_REQUEST");
    if (same_throughput(j)) {
        double r = member(j->in->throughput, "ReadCapacityUnits")->valuedouble;
        double w = member(j->in->throughput, "WriteCapacityUnits")->valuedouble;
        return wrong_value(
            &j->wrong,
            "The provisioned throughput for the table will not change. The requested value equals the "
            "current value. Current ReadCapacityUnits provisioned for the table: %.0f. Requested "
            "ReadCapacityUnits: %.0f. Current WriteCapacityUnits provisioned for the table: %.0f. Requested "
            "WriteCapacityUnits: %.0f. Refer to the Amazon DynamoDB Developer Guide for current limits and "
            "how to request higher limits.",
            r, r, w, w);
    }
    change_member(j->def, "ProvisionedThroughput", j->in->throughput);
    return true;
}

static bool change_stream(struct table_update *j)
{
    bool wanted;
    enum stream_view view = VIEW_BOTH;
    if (!j->in->stream)
        return true;
    if (!table_in_stream(j->in->stream, &wanted, &view, &j->wrong))
        return false;
    if (wanted && j->table->stream)
        return wrong_say(&j->wrong, &ddb_in_use, "Table already has an enabled stream: TableName: %.*s",
                         STR_ARG(j->table->name));
    if (!wanted && !j->table->stream)
        return wrong_value(&j->wrong, "Table has no stream to disable: TableName: %.*s",
                           STR_ARG(j->table->name));
    j->rc = wanted ? change_stream_on(j->call, j->table, view, j->def)
                   : change_stream_off(j->call, j->table, j->def);
    return j->rc == RC_OK;
}

/* Definitions that are new are added; a known one must keep its type. */
static bool merge_definitions(struct table_update *j)
{
    const cJSON *at;
    cJSON *known = cJSON_GetObjectItemCaseSensitive(j->def, "AttributeDefinitions");
    if (!table_in_check_definitions(j->in->definitions, member(j->def, "KeySchema"), true, &j->wrong))
        return false;
    cJSON_ArrayForEach (at, j->in->definitions) {
        const cJSON *old;
        bool there = false;
        cJSON_ArrayForEach (old, known)
            if (json_equal(member(old, "AttributeName"), member(at, "AttributeName"))) {
                there = true;
                if (!json_equal(old, at))
                    return wrong_value(
                        &j->wrong, INVALID
                        "invalid attribute, SchemaElement redefined should be of same type as previously "
                        "defined");
            }
        if (!there)
            cJSON_AddItemToArray(known, json_copy(at));
    }
    return true;
}

static bool create_index(struct table_update *j, const cJSON *index)
{
    if (!merge_definitions(j) ||
        !table_in_check_index(index, member(j->def, "AttributeDefinitions"), member(j->def, "KeySchema"),
                              true, on_demand(j), &j->wrong))
        return false;
    struct str name = json_text(member(index, "IndexName"));
    if (table_index(j->table, name))
        return wrong_value(&j->wrong, "Attempting to create an index which already exists");
    if (cJSON_GetArraySize(member(j->def, "GlobalSecondaryIndexes")) >= TABLE_GLOBALS_MAX)
        return wrong_value(&j->wrong, INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %d",
                           TABLE_GLOBALS_MAX);
    j->rc = change_index_add(j->call, index, j->def);
    j->fill = arena_str(&j->call->arena, name);
    return j->rc == RC_OK && table_in_check_projected(member(j->def, "GlobalSecondaryIndexes"),
                                                      member(j->def, "LocalSecondaryIndexes"), &j->wrong);
}

/* The global index that an update names. */
static bool find_global(struct table_update *j, const cJSON *update, struct str *name)
{
    *name = json_text(member(update, "IndexName"));
    const struct index *x = name->p ? table_index(j->table, *name) : NULL;
    return (x && x->global) || wrong_say(&j->wrong, &ddb_not_found, "Requested resource not found");
}

/* Definitions that no key uses any more go with their index. */
static void drop_unused_definitions(cJSON *def)
{
    static const char *const lists[] = {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"};
    cJSON *definitions = cJSON_GetObjectItemCaseSensitive(def, "AttributeDefinitions");
    for (cJSON *at = definitions->child, *next; at; at = next) {
        const cJSON *name = member(at, "AttributeName"), *part, *index;
        bool used = false;
        next = at->next;
        cJSON_ArrayForEach (part, member(def, "KeySchema"))
            used |= json_equal(member(part, "AttributeName"), name);
        for (int i = 0; i < 2; i++)
            cJSON_ArrayForEach (index, member(def, lists[i]))
                cJSON_ArrayForEach (part, member(index, "KeySchema"))
                    used |= json_equal(member(part, "AttributeName"), name);
        if (!used)
            cJSON_Delete(cJSON_DetachItemViaPointer(definitions, at));
    }
}

static bool delete_index(struct table_update *j, const cJSON *update)
{
    struct str name;
    if (!find_global(j, update, &name))
        return false;
    j->rc = change_index_drop(j->call, j->table, name, j->def);
    drop_unused_definitions(j->def);
    return j->rc == RC_OK;
}

static bool update_index(struct table_update *j, const cJSON *update)
{
    struct str name;
    const cJSON *throughput = member(update, "ProvisionedThroughput");
    if (!find_global(j, update, &name))
        return false;
    if (!throughput)
        return wrong_value(&j->wrong, INVALID "ProvisionedThroughput must be specified for index: %.*s",
                           STR_ARG(name));
    change_member(change_index_def(j->def, name), "ProvisionedThroughput", throughput);
    return true;
}

/* Is an index filled, other than the one that is to go? */
static bool others_fill(const struct table_update *j, const cJSON *drop)
{
    struct str going = json_member_text(drop, "IndexName");
    for (size_t i = 0; i < j->table->index_count; i++)
        if (j->table->indexes[i].filling && !str_eq(j->table->indexes[i].name, going))
            return true;
    return false;
}

static bool change_indexes(struct table_update *j)
{
    const cJSON *at;
    int made = 0;
    cJSON_ArrayForEach (at, j->in->index_updates) {
        const cJSON *create = member(at, "Create"), *update = member(at, "Update"),
                    *drop = member(at, "Delete");
        if (!create + !update + !drop != 2)
            return wrong_value(&j->wrong, INVALID
                               "One of GlobalSecondaryIndexUpdate.Update, "
                               "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must "
                               "not be null");
        if ((create || drop) && (made++ || others_fill(j, drop)))
            return wrong_say(&j->wrong, &ddb_limit,
                             "Subscriber limit exceeded: Only 1 online index can be created or "
                             "deleted simultaneously per table");
        if (create ? !create_index(j, create) : drop ? !delete_index(j, drop) : !update_index(j, update))
            return false;
    }
    return true;
}

static void change_settings(struct table_update *j)
{
    if (j->in->protect >= 0) {
        change_member(j->def, "DeletionProtectionEnabled", NULL);
        cJSON_AddBoolToObject(j->def, "DeletionProtectionEnabled", j->in->protect == 1);
    }
    if (j->in->table_class.p) {
        change_member(j->def, "TableClass", NULL);
        cJSON_AddStringToObject(j->def, "TableClass", j->in->table_class.p);
    }
}

static enum op_end finish(struct table_update *j)
{
    struct call *c = j->call;
    j->rc = catalog_save(c, j->def, &j->table);
    if (j->rc == RC_OK && j->fill.p)
        j->rc = backfill_begin(c, &j->table, j->fill);
    if (j->rc != RC_OK)
        return catalog_broke(c, j->rc);
    cJSON *answer = table_describe(c, j->table, "UPDATING", "ACTIVE");
    if (j->fill.p)
        describe_new_index(answer, j->fill);
    cJSON_AddItemToObject(call_out(c), "TableDescription", answer);
    return OP_DONE;
}

static enum op_end run(struct call *c, const void *input)
{
    struct table_update j = {.call = c, .in = input, .wrong = wrong_none(&c->arena)};
    enum op_end end;
    if (!check_params(j.in, &j.wrong))
        return wrong_end(c, &j.wrong);
    if (catalog_missing(c, j.in->table_name, true, &j.table, &end))
        return end;
    if (tally_waits(c, j.table, &end))
        return end;
    j.def = json_copy(j.table->def);
    change_settings(&j);
    if (change_billing(&j) && change_indexes(&j) && change_stream(&j))
        return finish(&j);
    cJSON_Delete(j.def);
    return j.wrong.fault ? wrong_end(c, &j.wrong) : catalog_broke(c, j.rc);
}

const struct op_row ddb_update_table = {"UpdateTable", run, rows, sizeof(struct table_in), .flags = 0};
