/* ListFunctions: a page of the account's functions, by name.  A page has at most 50, as AWS's. */
#include "model.h"

#define PAGE 50

struct list_functions_in {
    struct str master_region, version, marker;
    int64_t max_items;
};

static const char *const versions[] = {"ALL", NULL};

static const struct shape_row in[] = {
    /* Lambda@Edge's replicas: there are none here, so every value lists the same functions. */
    IN_STR(list_functions_in, master_region, "MasterRegion", .flags = SHAPE_IN_QUERY | SHAPE_IGNORED),
    IN_STR(list_functions_in, version, "FunctionVersion", .flags = SHAPE_IN_QUERY, .one_of = versions),
    IN_STR(list_functions_in, marker, "Marker", .flags = SHAPE_IN_QUERY),
    IN_INT(list_functions_in, max_items, "MaxItems", .flags = SHAPE_IN_QUERY, .min = 1, .max = 10000),
    SHAPE_END,
};

static cJSON *list_row(const struct function *f, bool version)
{
    cJSON *o = function_configuration(f);
    cJSON_DeleteItemFromObjectCaseSensitive(o, "State"); /* AWS shows them with GetFunction only */
    cJSON_DeleteItemFromObjectCaseSensitive(o, "LastUpdateStatus");
    if (!version)
        return o;
    struct buf arn;
    buf_init(&arn, 512);
    buf_printf(&arn, "%.*s:$LATEST", STR_ARG(f->arn));
    cJSON_ReplaceItemInObjectCaseSensitive(o, "FunctionArn", cJSON_CreateString(buf_zstr(&arn)));
    buf_release(&arn);
    return o;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct list_functions_in *req = input;
    size_t n, i = 0;
    struct function **list = functions_sorted(c, &n);
    size_t page = req->max_items != SHAPE_NO_INT && req->max_items < PAGE ? (size_t)req->max_items : PAGE;
    cJSON *rows = cJSON_AddArrayToObject(call_out(c), "Functions");
    while (i < n && req->marker.n && str_cmp(list[i]->name, req->marker) <= 0)
        i++;
    for (size_t left = page; i < n && left > 0; i++, left--)
        cJSON_AddItemToArray(rows, list_row(list[i], req->version.p));
    if (i < n)
        cJSON_AddStringToObject(c->out, "NextMarker", list[i - 1]->name.p);
    return OP_DONE;
}

const struct op_row lambda_list_functions = {
    .name = "ListFunctions",
    .run = run,
    .in = in,
    .in_size = sizeof(struct list_functions_in),
    .http = "GET /2015-03-31/functions",
};
