#include "write.h"

#include "answer.h"
#include "catalog.h"
#include "dynamodb.h"
#include "request.h"

/* Values in the order in which the service lists them. */
const char *const return_values_enum[] = {"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW", NULL};
const char *const return_capacity_enum[] = {"INDEXES", "TOTAL", "NONE", NULL};
const char *const return_metrics_enum[] = {"SIZE", "NONE", NULL};
const char *const return_on_failure_enum[] = {"ALL_OLD", "NONE", NULL};

/* --- the request */

static bool check_params(const struct write_in *in, enum rmw_kind kind, struct wrong *w)
{
    const struct param update[] = {{"UpdateExpression", in->update.p != NULL},
                                   {"ConditionExpression", in->condition.p != NULL},
                                   {NULL, false}};
    const struct param legacy[] = {{"AttributeUpdates", in->attribute_updates != NULL},
                                   {"Expected", in->expected != NULL},
                                   {"ConditionalOperator", in->conditional_operator != NULL},
                                   {NULL, false}};
    if (!request_check(kind == RMW_UPDATE ? update : update + 1, legacy, in->names, in->values, w))
        return false;
    if (kind != RMW_UPDATE && in->return_values.p && !str_is(in->return_values, "ALL_OLD") &&
        !str_is(in->return_values, "NONE"))
        return wrong_value(w, "ReturnValues can only be ALL_OLD or NONE");
    return true;
}

static bool read_expressions(const struct write_in *in, struct rmw *r, struct wrong *w)
{
    struct expr_set set;
    if (!in->condition.p && !in->update.p)
        return true;
    if (!expr_set_init(&set, in->names, in->values, w))
        return false;
    if (in->update.p && !(r->update = expr_update(&set, in->update)))
        return false;
    if (in->condition.p && !(r->condition = expr_condition(&set, "ConditionExpression", in->condition)))
        return false;
    return expr_set_all_used(&set);
}

struct key_paths {
    const struct table *table;
    struct wrong *wrong;
};

static void check_condition_path(void *arg, const struct path *p)
{
    struct key_paths *k = arg;
    path_check_keys(k->table, p, k->wrong);
}

/* A key attribute can neither be updated nor looked into. */
static bool check_update_paths(const struct table *t, const struct update *u, struct wrong *w)
{
    for (int i = 0; i < t->keys.n; i++)
        for (size_t j = 0; j < u->n; j++)
            if (str_eq(u->actions[j].path.steps[0].name, t->keys.part[i].name))
                return wrong_value(
                    w,
                    "One or more parameter values were invalid: Cannot update attribute %.*s. This "
                    "attribute is part of the key",
                    STR_ARG(t->keys.part[i].name));
    for (size_t j = 0; j < u->n; j++) {
        struct key_paths k = {t, w};
        if (!path_check_keys(t, &u->actions[j].path, w))
            return false;
        if (u->actions[j].operand)
            expr_each_path(u->actions[j].operand, check_condition_path, &k);
    }
    return !w->fault;
}

static bool check_against_table(const struct rmw *r, struct wrong *w)
{
    struct key_paths k = {r->table, w};
    if (r->kind == RMW_PUT ? !item_check(r->table, r->key, w) : !key_check(&r->table->keys, r->key, w))
        return false;
    if (r->update && !check_update_paths(r->table, r->update, w))
        return false;
    if (r->condition)
        expr_each_path(r->condition, check_condition_path, &k);
    return !w->fault;
}

/* --- the answer */

/* What the update touched, of one version of the item. */
static void write_part(struct call *c, struct buf *b, const struct rmw *r, const struct attr *item)
{
    if (!item || !r->update)
        return;
    const struct attr *part = expr_project(&c->arena, &r->update->places, item);
    if (part->count)
        answer_attr_member(b, "Attributes", part);
}

static void write_attributes(struct call *c, struct buf *b, const struct write_in *in, struct rmw *r)
{
    struct str v = in->return_values;
    if (str_is(v, "ALL_OLD") && r->old_text.p)
        answer_raw_member(b, "Attributes", r->old_text);
    else if (str_is(v, "ALL_NEW") && r->new_text.p)
        answer_raw_member(b, "Attributes", r->new_text);
    else if (str_is(v, "UPDATED_OLD"))
        write_part(c, b, r, rmw_old(c, r));
    else if (str_is(v, "UPDATED_NEW"))
        write_part(c, b, r, r->new);
}

void metrics_write(struct buf *b, const struct rmw *r)
{
    struct str hash = r->table->keys.part[0].name;
    buf_z(b, "{\"ItemCollectionKey\":{");
    buf_json(b, hash);
    buf_char(b, ':');
    attr_write(attr_get(r->key, hash), b);
    buf_z(b, "},\"SizeEstimateRangeGB\":[0.0,1.0]}");
}

static enum op_end answer(struct call *c, const struct write_in *in, struct rmw *r)
{
    struct buf *b = answer_begin(c);
    write_attributes(c, b, in, r);
    if (report_of(in->capacity) != REPORT_NONE) {
        answer_member(b, "ConsumedCapacity");
        units_write_answer(b, report_of(in->capacity), in->table_name, r->table, &r->units);
    }
    if (str_is(in->metrics, "SIZE") && r->table->has_local) {
        answer_member(b, "ItemCollectionMetrics");
        metrics_write(b, r);
    }
    return answer_end(c);
}

static enum op_end condition_failed(struct call *c, const struct write_in *in, const struct rmw *r)
{
    if (str_is(in->on_failure, "ALL_OLD") && r->old_text.p) {
        c->fault_extra = cJSON_CreateObject();
        cJSON_AddItemToObject(c->fault_extra, "Item", json_tree(r->old_text));
    }
    return call_fail(c, &ddb_condition, NULL);
}

enum op_end write_run(struct call *c, const struct write_in *in, struct rmw *r)
{
    struct wrong w = wrong_none(&c->arena);
    enum op_end end;
    enum rc rc = RC_OK;
    if (!check_params(in, r->kind, &w) || !(r->key = attr_map_from_tree(in->item, &w)) ||
        !read_expressions(in, r, &w))
        return wrong_end(c, &w);
    if (r->kind == RMW_PUT && attr_item_size(r->key) > ITEM_SIZE_MAX)
        return call_fail(c, &fault_validation, "Item size has exceeded the maximum allowed size");
    if (catalog_missing(c, in->table_name, false, &r->table, &end))
        return end;
    if (!check_against_table(r, &w))
        return wrong_end(c, &w);
    if (!rmw_decide(c, r, &w, &rc))
        return rc == RC_OK ? wrong_end(c, &w) : call_broke(c, rc);
    if (!r->held)
        return condition_failed(c, in, r);
    rc = rmw_apply(c, r);
    return rc == RC_OK ? answer(c, in, r) : call_broke(c, rc);
}
