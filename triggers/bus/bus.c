#include "bus_inside.h"
#include "door/arn.h"
#include "door/stored.h"
#include "poller.h"
#include <stdlib.h>

const struct fault bus_invalid_parameter = {.code = "InvalidParameterValueException", .http = 400};
const struct fault bus_not_found = {
    .code = "ResourceNotFoundException", .http = 404, .text = "The resource you requested does not exist."};
const struct fault bus_conflict = {.code = "ResourceConflictException", .http = 409};

void bus_apply(struct bus *b, struct mapping *m)
{
    if (m->enabled)
        poller_start(b->world, m);
    else
        poller_stop(m);
}

static void load_one(void *arg, cJSON *config)
{
    struct bus *b = arg;
    struct mapping *m = mapping_new(config);
    if (m->filter_broken) /* kept by a version that refused less */
        log_warn(b->world->log,
                 "the event source mapping %s has a filter pattern that is none any more: "
                 "nothing passes it, set it anew",
                 m->uuid);
    map_put(&b->mappings, str_z(m->uuid), m);
}

/* All are read before the first begins: a poller's calls may come back to this room. */
static void load(struct bus *b)
{
    if (b->loaded)
        return;
    b->loaded = true;
    enum rc rc = mapping_store_each(b->world->store, load_one, b);
    if (rc != RC_OK)
        log_error(b->world->log, "event source mappings cannot be read: %s", rc_text(rc));
    struct map_entry *at = b->mappings.first;
    struct mapping *m;
    while ((m = map_each(&at, NULL)))
        bus_apply(b, m);
}

static void reload(struct timer *t)
{
    load(list_of(t, struct bus, reload));
}

static bool is_source(struct str s)
{
    return source_kind_of(s) != NULL;
}

static const struct shape_row filter_form[] = {OUT(SHAPE_STR, "Pattern"), SHAPE_END};
static const struct shape_row filters_form[] = {OUT(SHAPE_STRUCT, "member", .of = filter_form), SHAPE_END};
static const struct shape_row criteria_form[] = {OUT(SHAPE_LIST, "Filters", .of = filters_form), SHAPE_END};
static const struct shape_row scaling_form[] = {OUT(SHAPE_INT, "MaximumConcurrency", .min = 1, .max = 1000),
                                                SHAPE_END};
static const struct shape_row failure_form[] = {OUT(SHAPE_STR, "Destination"), SHAPE_END};
static const struct shape_row destination_form[] = {OUT(SHAPE_STRUCT, "OnFailure", .of = failure_form),
                                                    SHAPE_END};
static const struct shape_row mapping_form[] = {
    STORED_TEXT("UUID", .min = 36, .max = 36),
    STORED_TEXT("EventSourceArn", .match = is_source),
    STORED_TEXT("FunctionArn", .match = stored_is_arn),
    STORED_TEXT("State"),
    STORED_TEXT("StateTransitionReason"),
    STORED_TEXT("LastProcessingResult"),
    OUT(SHAPE_STR, "StartingPosition"),
    OUT(SHAPE_INT, "BatchSize", .min = 1, .max = 10000),
    OUT(SHAPE_INT, "MaximumBatchingWindowInSeconds", .min = 0, .max = 300),
    OUT(SHAPE_INT, "MaximumRetryAttempts", .min = -1, .max = 10000),
    OUT(SHAPE_INT, "MaximumRecordAgeInSeconds", .min = -1, .max = 604800),
    OUT(SHAPE_BOOL, "BisectBatchOnFunctionError"),
    OUT(SHAPE_LIST, "FunctionResponseTypes", .of = stored_text),
    OUT(SHAPE_STRUCT, "FilterCriteria", .of = criteria_form),
    OUT(SHAPE_STRUCT, "ScalingConfig", .of = scaling_form),
    OUT(SHAPE_STRUCT, "DestinationConfig", .of = destination_form),
    OUT(SHAPE_REAL, "LastModified", .flags = SHAPE_REQ, .min = 0, .max = STORED_MOST),
    SHAPE_END,
};

/* The first version kept a source as it was spelled, and looked neither at a queue's region nor at any
 * partition. */
static enum stored_mend mend_mapping(struct arena *a, cJSON *row)
{
    struct arn function;
    arn_parse(json_member_text(row, "FunctionArn"), &function);
    return stored_mend_arn(a, row, "EventSourceArn", function.region);
}

static const struct stored_form forms[] = {{.space = "bus.mapping",
                                            .texts = 1,
                                            .rows = mapping_form,
                                            .mend = mend_mapping,
                                            .one_members = {"EventSourceArn", "FunctionArn"}},
                                           {0}};

static enum rc bus_open(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct bus *b = xcalloc(1, sizeof(*b));
    b->world = w;
    map_init(&b->mappings);
    b->reload.fire = reload;
    b->reload.idle = true;
    *state = b;
    return RC_OK;
}

static void bus_start(struct world *w, void *state)
{
    (void)w;
    load(state);
}

static void forget(struct bus *b)
{
    struct map_entry *at = b->mappings.first;
    struct mapping *m;
    while ((m = map_each(&at, NULL))) {
        poller_stop(m);
        mapping_free(m);
    }
    map_release(&b->mappings);
    map_init(&b->mappings);
    b->loaded = false;
}

static void bus_drop(struct world *w, void *state)
{
    struct bus *b = state;
    forget(b);
    timer_set(w->timers, &b->reload, clock_now(&w->clock));
}

static void bus_close(struct world *w, void *state)
{
    struct bus *b = state;
    timer_stop(w->timers, &b->reload);
    forget(b);
    free(b);
}

struct bus *bus_of(const struct call *c)
{
    struct bus *b = world_state(c->world, &bus_mapping_service);
    load(b);
    return b;
}

static const struct op_row *const ops[] = {
    &bus_create_mapping, &bus_put_mapping,    &bus_get_mapping,       &bus_list_mappings,
    &bus_update_mapping, &bus_delete_mapping, &bus_commit_checkpoint, NULL,
};

const struct service bus_mapping_service = {
    .name = "lambda",
    .version = "2015-03-31",
    .wires = WIRE_REST_JSON,
    .ops = ops,
    .open = bus_open,
    .start = bus_start,
    .drop = bus_drop,
    .close = bus_close,
};
