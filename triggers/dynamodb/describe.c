#include "describe.h"

static const cJSON *member(const cJSON *o, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(o, name);
}

static void add_copy(cJSON *to, const char *name, const cJSON *from)
{
    if (from)
        cJSON_AddItemToObject(to, name, json_copy(from));
}

static void add_seconds(cJSON *to, const char *name, const cJSON *ms)
{
    cJSON_AddNumberToObject(to, name, ms ? ms->valuedouble / 1000 : 0);
}

static double units_of(const cJSON *throughput, const char *name)
{
    const cJSON *v = member(throughput, name);
    return v ? v->valuedouble : 0;
}

static void add_throughput(cJSON *to, const cJSON *throughput)
{
    cJSON *out = cJSON_AddObjectToObject(to, "ProvisionedThroughput");
    cJSON_AddNumberToObject(out, "NumberOfDecreasesToday", 0);
    cJSON_AddNumberToObject(out, "ReadCapacityUnits", units_of(throughput, "ReadCapacityUnits"));
    cJSON_AddNumberToObject(out, "WriteCapacityUnits", units_of(throughput, "WriteCapacityUnits"));
}

static void add_indexes(struct call *c, cJSON *to, const char *name, const struct table *t, bool global,
                        const char *status)
{
    const cJSON *at, *list = member(t->def, name);
    if (!list || !list->child)
        return;
    cJSON *out = cJSON_AddArrayToObject(to, name);
    cJSON_ArrayForEach (at, list) {
        const char *index = cJSON_GetStringValue(member(at, "IndexName"));
        const struct index *x = table_index(t, str_z(index));
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "IndexName", index);
        add_copy(o, "KeySchema", member(at, "KeySchema"));
        add_copy(o, "Projection", member(at, "Projection"));
        if (global) {
            cJSON_AddStringToObject(o, "IndexStatus", x->filling ? "CREATING" : status);
            if (x->filling)
                cJSON_AddBoolToObject(o, "Backfilling", true);
            add_throughput(o, member(at, "ProvisionedThroughput"));
        }
        cJSON_AddNumberToObject(o, "IndexSizeBytes", (double)x->tally.bytes);
        cJSON_AddNumberToObject(o, "ItemCount", (double)x->tally.items);
        cJSON_AddStringToObject(o, "IndexArn",
                                arena_printf(&c->arena, "%.*s/index/%s", STR_ARG(t->arn), index).p);
        cJSON_AddItemToArray(out, o);
    }
}

static void add_stream(cJSON *to, const struct stream *s)
{
    cJSON *spec = cJSON_AddObjectToObject(to, "StreamSpecification");
    cJSON_AddBoolToObject(spec, "StreamEnabled", true);
    cJSON_AddStringToObject(spec, "StreamViewType", stream_view_name(s->view));
    cJSON_AddStringToObject(to, "LatestStreamLabel", s->label.p);
    cJSON_AddStringToObject(to, "LatestStreamArn", s->arn.p);
}

static void add_billing(cJSON *to, const cJSON *def)
{
    const char *mode = cJSON_GetStringValue(member(def, "BillingMode"));
    if (strcmp(mode, "PAY_PER_REQUEST") != 0 && !member(def, "Updated"))
        return;
    cJSON *out = cJSON_AddObjectToObject(to, "BillingModeSummary");
    cJSON_AddStringToObject(out, "BillingMode", mode);
    if (member(def, "Updated"))
        add_seconds(out, "LastUpdateToPayPerRequestDateTime", member(def, "Updated"));
}

cJSON *table_describe(struct call *c, const struct table *t, const char *status, const char *index_status)
{
    cJSON *o = cJSON_CreateObject();
    add_copy(o, "AttributeDefinitions", member(t->def, "AttributeDefinitions"));
    cJSON_AddStringToObject(o, "TableName", t->name.p);
    add_copy(o, "KeySchema", member(t->def, "KeySchema"));
    cJSON_AddStringToObject(o, "TableStatus", status);
    add_seconds(o, "CreationDateTime", member(t->def, "Created"));
    add_throughput(o, member(t->def, "ProvisionedThroughput"));
    cJSON_AddNumberToObject(o, "TableSizeBytes", (double)t->tally.bytes);
    cJSON_AddNumberToObject(o, "ItemCount", (double)t->tally.items);
    cJSON_AddStringToObject(o, "TableArn", t->arn.p);
    add_copy(o, "TableId", member(t->def, "TableId"));
    add_billing(o, t->def);
    add_indexes(c, o, "LocalSecondaryIndexes", t, false, NULL);
    add_indexes(c, o, "GlobalSecondaryIndexes", t, true, index_status);
    if (t->stream)
        add_stream(o, t->stream);
    if (member(t->def, "TableClass")) {
        cJSON *class = cJSON_AddObjectToObject(o, "TableClassSummary");
        add_copy(class, "TableClass", member(t->def, "TableClass"));
    }
    add_copy(o, "DeletionProtectionEnabled", member(t->def, "DeletionProtectionEnabled"));
    return o;
}

void describe_new_index(cJSON *description, struct str index)
{
    cJSON *at;
    cJSON_ArrayForEach (at, member(description, "GlobalSecondaryIndexes")) {
        if (!str_eq(index, json_member_text(at, "IndexName")))
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(at, "IndexStatus");
        cJSON_DeleteItemFromObjectCaseSensitive(at, "Backfilling");
        cJSON_AddStringToObject(at, "IndexStatus", "CREATING");
        cJSON_AddBoolToObject(at, "Backfilling", false);
    }
}
