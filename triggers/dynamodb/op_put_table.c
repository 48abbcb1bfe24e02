/* PutTable, internal: makes the table so, and leaves one that is already so untouched.  What cannot change in
 * a table that lives (its keys, its local indexes) is a fault. */
#include "catalog.h"
#include "ops.h"
#include "table_change.h"
#include "table_in.h"

static bool same(const cJSON *def, const char *name, const cJSON *value)
{
    const cJSON *old = cJSON_GetObjectItemCaseSensitive(def, name);
    bool none = !old || (cJSON_IsArray(old) && !old->child);
    return value && (!cJSON_IsArray(value) || value->child) ? old && cJSON_Compare(old, value, true) : none;
}

/* An index without what the service adds to it. */
static bool same_index(const cJSON *def, const cJSON *index)
{
    static const char *const names[] = {"KeySchema", "Projection"};
    for (int i = 0; i < 2; i++)
        if (!same(def, names[i], cJSON_GetObjectItemCaseSensitive(index, names[i])))
            return false;
    return true;
}

static bool same_locals(const cJSON *def, const cJSON *locals)
{
    const cJSON *old = cJSON_GetObjectItemCaseSensitive(def, "LocalSecondaryIndexes"), *at;
    if (cJSON_GetArraySize(old) != cJSON_GetArraySize(locals))
        return false;
    const cJSON *o = old ? old->child : NULL;
    cJSON_ArrayForEach (at, locals) {
        if (!same_index(o, at) || !same(o, "IndexName", cJSON_GetObjectItemCaseSensitive(at, "IndexName")))
            return false;
        o = o->next;
    }
    return true;
}

static const char *index_name(const cJSON *index)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(index, "IndexName"));
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
    cJSON_ArrayForEach (at, cJSON_GetObjectItemCaseSensitive(t->def, "GlobalSecondaryIndexes")) {
        const cJSON *wanted = index_named(req->globals, index_name(at));
        if (rc != RC_OK || (wanted && same_index(at, wanted)))
            continue;
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

static void put_member(cJSON *def, const char *name, const cJSON *value, bool *changed)
{
    if (same(def, name, value))
        return;
    change_member(def, name, value);
    *changed = true;
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
    cJSON *def = cJSON_Duplicate((*t)->def, true), *fresh = cJSON_CreateArray();
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
            rc = change_index_fill(c, *t, str_z(at->valuestring));
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
    else if (rc == RC_OK &&
             (!same(t->def, "KeySchema", req->key_schema) || !same_locals(t->def, req->locals)))
        return call_fail(
            c, &fault_validation,
            "Table %.*s exists with other keys or local indexes, which cannot change: give the table another "
            "name, or delete it (tidepool reset)",
            STR_ARG(t->name));
    else if (rc == RC_OK)
        rc = update(c, req, &t);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON_AddStringToObject(call_out(c), "TableName", t->name.p);
    cJSON_AddStringToObject(call_out(c), "TableArn", t->arn.p);
    if (t->stream)
        cJSON_AddStringToObject(call_out(c), "LatestStreamArn", t->stream->arn.p);
    return OP_DONE;
}

const struct op_row ddb_put_table = {"PutTable", run, table_create_rows, sizeof(struct table_in),
                                     .flags = OP_INTERNAL};
