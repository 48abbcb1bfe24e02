/* DescribeTimeToLive, DescribeLimits and DescribeEndpoints: three small looks at what hardly changes. */
#include "catalog.h"
#include "ops.h"

struct describe_time_to_live_in {
    struct str table_name;
};

static const struct shape_row ttl_in[] = {
    IN_STR(describe_time_to_live_in, table_name, "TableName", .flags = SHAPE_REQ, .min = 3, .max = 1024,
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled),
    SHAPE_END,
};

static enum op_end describe_time_to_live(struct call *c, const void *input)
{
    const struct describe_time_to_live_in *req = input;
    struct table *t;
    enum op_end end;
    if (catalog_missing(c, req->table_name, true, &t, &end))
        return end;
    cJSON *ttl = cJSON_AddObjectToObject(call_out(c), "TimeToLiveDescription");
    cJSON_AddStringToObject(ttl, "TimeToLiveStatus", "DISABLED");
    return OP_DONE;
}

const struct op_row ddb_describe_time_to_live = {"DescribeTimeToLive", describe_time_to_live, ttl_in,
                                                 sizeof(struct describe_time_to_live_in), .flags = 0};

/* The service's defaults; nothing is limited here. */
static enum op_end describe_limits(struct call *c, const void *input)
{
    (void)input;
    cJSON_AddNumberToObject(call_out(c), "AccountMaxReadCapacityUnits", 80000);
    cJSON_AddNumberToObject(call_out(c), "AccountMaxWriteCapacityUnits", 80000);
    cJSON_AddNumberToObject(call_out(c), "TableMaxReadCapacityUnits", 40000);
    cJSON_AddNumberToObject(call_out(c), "TableMaxWriteCapacityUnits", 40000);
    return OP_DONE;
}

const struct op_row ddb_describe_limits = {"DescribeLimits", describe_limits, NULL, 0, .flags = 0};

/* Clients that look for their endpoint find the one they asked. */
static enum op_end describe_endpoints(struct call *c, const void *input)
{
    (void)input;
    struct str origin = c->world->origin, host = c->host;
    if (!host.p) {
        ptrdiff_t at = str_search(origin, STR("://"));
        host = at < 0 ? origin : str_sub(origin, (size_t)at + 3, origin.n);
    }
    cJSON *list = cJSON_AddArrayToObject(call_out(c), "Endpoints"), *endpoint = cJSON_CreateObject();
    cJSON_AddStringToObject(endpoint, "Address", arena_z(&c->arena, host));
    cJSON_AddNumberToObject(endpoint, "CachePeriodInMinutes", 1440);
    cJSON_AddItemToArray(list, endpoint);
    return OP_DONE;
}

const struct op_row ddb_describe_endpoints = {"DescribeEndpoints", describe_endpoints, NULL, 0, .flags = 0};
