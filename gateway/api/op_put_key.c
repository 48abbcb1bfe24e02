/* PutApiKey, DeleteApiKey.  Internal. */
#include "api.h"
#include "rows.h"

struct put_key_in {
    struct str logical_id, name, value, description;
    int enabled;
};

static const struct shape_row put_rows[] = {
    IN_STR(put_key_in, logical_id, "LogicalId", .flags = SHAPE_REQ, .min = 1, .max = 255),
    IN_STR(put_key_in, name, "Name"),
    IN_STR(put_key_in, value, "Value", .min = 20, .max = 128),
    IN_BOOL(put_key_in, enabled, "Enabled"),
    IN_STR(put_key_in, description, "Description"),
    SHAPE_END,
};

/* Another key has this value already. */
static enum rc value_taken(struct call *c, struct str id, struct str value, bool *taken)
{
    cJSON *rows = NULL;
    const cJSON *at;
    enum rc rc = api_row_list(c->txn, ROW_KEY, STR_NONE, &rows);
    *taken = false;
    cJSON_ArrayForEach (at, rows) {
        const char *other = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "Id"));
        const char *used = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "Value"));
        *taken = *taken || (used && str_is(value, used) && !str_is(id, other));
    }
    cJSON_Delete(rows);
    return rc;
}

/* The value that the row will have: as said, as it was, or a new one. */
static enum rc value_of(struct call *c, struct str id, struct str said, struct str *out)
{
    cJSON *old = NULL;
    *out = said;
    if (said.p)
        return RC_OK;
    enum rc rc = api_row_get(c->txn, ROW_KEY, id, STR_NONE, &old);
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(old, "Value"));
    if (z) {
        *out = arena_str(&c->arena, str_z(z));
    } else {
        char *fresh = arena_alloc(&c->arena, 41);
        ident_lower(&c->world->ident, fresh, 40);
        *out = str_n(fresh, 40);
    }
    cJSON_Delete(old);
    return rc == RC_NONE ? RC_OK : rc;
}

static enum op_end run_put(struct call *c, const void *input)
{
    const struct put_key_in *in = input;
    struct str id = rows_id(c, "key", in->logical_id, 10), value;
    bool taken = false, changed;
    enum rc rc = value_of(c, id, in->value, &value);
    if (rc == RC_OK)
        rc = value_taken(c, id, value, &taken);
    if (taken)
        return call_fail(c, &api_conflict, "API Key already exists");
    cJSON *row = rows_new(c, "Id", id);
    cJSON_DeleteItemFromObjectCaseSensitive(row, "Value");
    cJSON_AddStringToObject(row, "Value", arena_z(&c->arena, value));
    if (rc == RC_OK)
        rc = rows_put(c, ROW_KEY, id, STR_NONE, row, &changed);
    else
        cJSON_Delete(row);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON *out = call_out(c);
    cJSON_AddStringToObject(out, "Id", id.p);
    cJSON_AddStringToObject(out, "Name", in->name.p ? in->name.p : "");
    cJSON_AddStringToObject(out, "Value", arena_z(&c->arena, value));
    return OP_DONE;
}

struct delete_key_in {
    struct str id;
};

static const struct shape_row delete_rows[] = {
    IN_STR(delete_key_in, id, "Id", .flags = SHAPE_REQ),
    SHAPE_END,
};

static enum op_end run_delete(struct call *c, const void *input)
{
    const struct delete_key_in *in = input;
    enum rc rc = rows_del(c, ROW_KEY, in->id, STR_NONE);
    return rc == RC_OK || rc == RC_NONE ? OP_DONE : call_broke(c, rc);
}

const struct op_row api_put_api_key = {.name = "PutApiKey",
                                       .run = run_put,
                                       .in = put_rows,
                                       .in_size = sizeof(struct put_key_in),
                                       .flags = OP_INTERNAL};
const struct op_row api_delete_api_key = {.name = "DeleteApiKey",
                                          .run = run_delete,
                                          .in = delete_rows,
                                          .in_size = sizeof(struct delete_key_in),
                                          .flags = OP_INTERNAL};
