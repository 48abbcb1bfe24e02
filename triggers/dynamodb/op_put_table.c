/* PutTable, internal: makes the table so, and leaves one that is already so untouched.  What cannot change in
 * a table that lives (its keys, its local indexes) is a fault. */
#include "backfill.h"
#include "catalog.h"
#include "ops.h"
#include "table_change.h"
#include "table_in.h"

static bool same(const cJSON *def, const char *name, const cJSON *value)
{
    const cJSON *old = cJSON_GetObjectItemCaseSensitive(def, name);
    bool none = !old || (cJSON_IsArray(old) && !old->child);
    return value && (!cJSON_IsArray(value) || value->child) ? old && json_equal(old, value) : none;
}

static const cJSON *member(const cJSON *o, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(o, name);
}

/* The same attributes of the same types. */
static bool same_keys(const struct key_schema *now, const cJSON *schema, const cJSON *definitions)
{
    struct key_schema wanted;
    if (!key_schema_read(schema, definitions, &wanted) || wanted.n != now->n)
        return false;
    for (int i = 0; i < now->n; i++)
        if (!str_eq(now->part[i].name, wanted.part[i].name) || now->part[i].type != wanted.part[i].type)
            return false;
    return true;
}

/* `def` is what the table has, `index` what is wanted. */
static bool same_index(const struct table *t, const cJSON *def, const cJSON *index, const cJSON *definitions)
{
    const struct index *x = table_index(t, json_text(member(def, "IndexName")));
    return same(def, "IndexName", member(index, "IndexName")) &&
           same(def, "Projection", member(index, "Projection")) &&
           same_keys(&x->keys, member(index, "KeySchema"), definitions);
}

static bool same_locals(const struct table *t, const struct table_in *req)
{
    const cJSON *old = member(t->def, "LocalSecondaryIndexes"), *at;
    if (cJSON_GetArraySize(old) != cJSON_GetArraySize(req->locals))
        return false;
    const cJSON *o = old ? old->child : NULL;
    cJSON_ArrayForEach (at, req->locals) {
        if (!same_index(t, o, at, req->definitions))
            return false;
        o = o->next;
    }
    return true;
}

static void put_member(cJSON *def, const char *name, const cJSON *value, bool *changed)
{
    if (same(def, name, value))
        return;
    change_member(def, name, value);
    *changed = true;
}

static const char *index_name(const cJSON *index)
{
    return cJSON_GetStringValue(member(index, "IndexName"));
}

static const cJSON *index_named(const cJSON *list, const char *name)
{
    const cJSON *at;
    cJSON_ArrayForEach (at, list)
        if (strcmp(index_name(at), name) == 0)
            return at;
    return NULL;
}

/* Indexes that are gone or different go; those that are new or different come.  *fresh: names to fill. */
static enum rc put_indexes(struct call *c, struct table *t, const struct table_in *req, cJSON *def,
                           bool *changed, cJSON *fresh)
{
    enum rc rc = RC_OK;
    const cJSON *at;
    cJSON_ArrayForEach (at, member(t->def, "GlobalSecondaryIndexes")) {
        const cJSON *wanted = index_named(req->globals, index_name(at));
        if (rc != RC_OK)
            break;
        if (wanted && same_index(t, at, wanted, req->definitions)) {
            put_member(change_index_def(def, str_z(index_name(at))), "ProvisionedThroughput",
                       member(wanted, "ProvisionedThroughput"), changed);
            continue;
        }
        rc = change_index_drop(c, t, str_z(index_name(at)), def);
        *changed = true;
    }
    cJSON_ArrayForEach (at, req->globals) {
        if (rc != RC_OK || change_index_def(def, str_z(index_name(at))))
            continue;
        rc = change_index_add(c, at, def);
        cJSON_AddItemToArray(fresh, cJSON_CreateString(index_name(at)));
        *changed = true;
    }
    return rc;
}

static enum rc put_stream(struct call *c, struct table *t, const struct table_in *req, cJSON *def,
                          bool *changed)
{
    struct wrong w = wrong_none(&c->arena);
    bool wanted = false;
    enum stream_view view = VIEW_BOTH;
    enum rc rc = RC_OK;
    if (req->stream)
        table_in_stream(req->stream, &wanted, &view, &w);
    if (t->stream ? wanted && t->stream->view == view : !wanted)
        return RC_OK;
    *changed = true;
    if (t->stream)
        rc = change_stream_off(c, t, def);
    return wanted && rc == RC_OK ? change_stream_on(c, t, view, def) : rc;
}

static void put_settings(struct call *c, const struct table_in *req, cJSON *def, bool *changed)
{
    cJSON *mode = cJSON_CreateString(table_in_on_demand(req) ? "PAY_PER_REQUEST" : "PROVISIONED");
    cJSON *protect = cJSON_CreateBool(req->protect == 1);
    bool switched = false;
    put_member(def, "BillingMode", mode, &switched);
    if (switched && table_in_on_demand(req)) {
        cJSON_DeleteItemFromObjectCaseSensitive(def, "Updated");
        cJSON_AddNumberToObject(def, "Updated", (double)c->now);
    }
    *changed |= switched;
    put_member(def, "DeletionProtectionEnabled", protect, changed);
    put_member(def, "ProvisionedThroughput", req->throughput, changed);
    put_member(def, "AttributeDefinitions", req->definitions, changed);
    put_member(def, "Tags", req->tags, changed);
    cJSON_Delete(mode);
    cJSON_Delete(protect);
}

static enum rc update(struct call *c, const struct table_in *req, struct table **t)
{
    bool changed = false;
    cJSON *def = json_copy((*t)->def), *fresh = cJSON_CreateArray();
    const cJSON *at;
    enum rc rc = put_indexes(c, *t, req, def, &changed, fresh);
    if (rc == RC_OK)
        rc = put_stream(c, *t, req, def, &changed);
    put_settings(c, req, def, &changed);
    if (rc == RC_OK && changed)
        rc = catalog_save(c, def, t);
    else
        cJSON_Delete(def);
    cJSON_ArrayForEach (at, fresh)
        if (rc == RC_OK)
            rc = backfill_begin(c, t, json_text(at));
    cJSON_Delete(fresh);
    return rc;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct table_in *req = input;
    struct wrong w = wrong_none(&c->arena);
    struct table *t;
    if (!table_in_check(req, &w))
        return wrong_end(c, &w);
    enum rc rc = catalog_table(c, req->table_name, &t);
    if (rc == RC_NONE)
        rc = change_create(c, req, &t);
    else if (rc == RC_OK && (!same_keys(&t->keys, req->key_schema, req->definitions) || !same_locals(t, req)))
        return call_fail(
            c, &fault_validation,
            "Table %.*s exists with other keys or local indexes, which cannot change: give the table another "
            "name, or delete it (tidepool reset)",
            STR_ARG(t->name));
    else if (rc == RC_OK)
        rc = update(c, req, &t);
    if (rc != RC_OK)
        return catalog_broke(c, rc);
    cJSON_AddStringToObject(call_out(c), "TableName", t->name.p);
    cJSON_AddStringToObject(call_out(c), "TableArn", t->arn.p);
    if (t->stream)
        cJSON_AddStringToObject(call_out(c), "LatestStreamArn", t->stream->arn.p);
    return OP_DONE;
}

const struct op_row ddb_put_table = {"PutTable", run, table_create_rows, sizeof(struct table_in),
                                     .flags = OP_INTERNAL};
