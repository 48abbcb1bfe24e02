/* Deploy (internal): makes the world be what a template says, in one transaction.
 *
 *   for each resource in order: fill in what it refers to, make its call, remember input and answer
 *   then what the last deployment made and this one does not: stateless things are deleted, the last first;
 *   tables, queues and topics stay and are told
 *
 * A fault anywhere undoes everything.  The calls before it have changed models in memory, so these are
 * dropped and load again from the store. */
#include "deploy.h"
#include "door/door.h"

struct deploy {
    struct call *c;
    const struct template *t;
    struct map now, before; /* id -> struct record * */
    cJSON *made, *changed, *removed, *kept;
};

const struct fault template_failed = {.code = "DeploymentFailed", .http = 400};

static enum op_end fail_at(struct deploy *d, const struct resource *r, struct str why)
{
    return call_fail(d->c, &template_failed, "%s:%d: %.*s: %.*s", d->t->file, node_origin(r->at)->line,
                     STR_ARG(node_path(&d->c->arena, r->at)), STR_ARG(why));
}

/* --- values of what is deployed */

static const char *attr_member(const struct type_row *type, struct str attr)
{
    if (!attr.p)
        return type->ref;
    for (const struct attr_row *row = type->attrs; row && row->name; row++)
        if (str_is(attr, row->name))
            return row->member;
    return NULL;
}

static struct str value_of(void *arg, struct str logical, struct str attr)
{
    struct deploy *d = arg;
    const struct resource *r = resource_get(d->t, logical);
    if (!r) /* --lenient: a resource that was left out has at least a name */
        return arena_printf(&d->c->arena, TEMPLATE_STACK "-%.*s", STR_ARG(logical));
    const struct record *record = map_get(&d->now, r->id);
    const char *name = attr_member(r->type, attr);
    return record && name ? record_member(record, name) : STR_NONE;
}

/* The tree with everything filled in; NULL: *why says what is not there. */
static cJSON *fill(struct deploy *d, const struct node *n, const char **why)
{
    const struct late_values values = {value_of, d};
    struct node *settled = late_settle(&d->c->arena, n, &values, why);
    return settled ? node_json(settled) : NULL;
}

/* --- making */

static void note_id(cJSON *list, struct str id)
{
    char z[512];
    cJSON_AddItemToArray(list, cJSON_CreateString(str_copy(id, z, sizeof z)));
}

static enum op_end make_call(struct deploy *d, const struct resource *r, struct record *record)
{
    struct call *k = door_open(d->c->world, d->c, r->type->service, r->type->operation);
    if (!k)
        return fail_at(
            d, r, arena_printf(&d->c->arena, "%s %s is not there", r->type->service, r->type->operation));
    k->from = CALL_TEMPLATE;
    k->in = json_copy(record->in);
    bool fine = door_call(k);
    record->out = k->out;
    k->out = NULL;
    if (!fine)
        fail_at(d, r, arena_printf(&d->c->arena, "%s: %.*s", k->fault->code, STR_ARG(k->fault_text)));
    call_free(k);
    return fine ? OP_DONE : OP_FAULT;
}

/* A function runs from the copy of its folder. */
static void use_kept_code(const struct deploy *d, cJSON *in)
{
    struct str folder = json_member_text(in, "CodeFolder");
    for (const struct code *code = d->t->codes; folder.p && code; code = code->next)
        if (code->kept.p && str_is(folder, code->folder))
            cJSON_ReplaceItemInObjectCaseSensitive(in, "CodeFolder", json_new_text(code->kept));
}

static enum op_end make_resource(struct deploy *d, const struct resource *r, int at)
{
    const char *why = "";
    struct record *record = arena_zalloc(&d->c->arena, sizeof *record), *old = map_get(&d->before, r->id);
    *record = (struct record){r->id, old ? old->text : STR_NONE, r->type, at, fill(d, r->in, &why), NULL};
    if (!record->in)
        return fail_at(d, r, str_z(why));
    use_kept_code(d, record->in);
    map_put(&d->now, r->id, record);
    if (!r->type->service)
        return OP_DONE;
    if (make_call(d, r, record) != OP_DONE)
        return OP_FAULT;
    if (!old)
        note_id(d->made, r->id);
    else if (!json_equal(old->in, record->in))
        note_id(d->changed, r->id);
    enum rc rc = record_save(d->c->txn, &d->c->arena, record);
    return rc == RC_OK ? OP_DONE : call_broke(d->c, rc);
}

/* --- removing */

static bool same_removal(const struct record *a, const struct record *b)
{
    if (!b || a->type != b->type)
        return false;
    cJSON *x = record_removal(a), *y = record_removal(b);
    bool same = json_equal(x, y);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return same;
}

/* Is the thing itself still wanted, under its own logical id or another? */
static bool still_there(const struct deploy *d, const struct record *old)
{
    const struct record *now;
    for (struct map_entry *at = d->now.first; (now = map_each(&at, NULL));)
        if (same_removal(old, now))
            return true;
    return false;
}

static bool gone_already(const struct call *k)
{
    return k->fault->http == 404 || strstr(k->fault->code, "NotFound") || strstr(k->fault->code, "NonExist");
}

static void remove_resource(struct deploy *d, const struct record *old)
{
    struct call *k = door_open(d->c->world, d->c, old->type->service, old->type->removal->operation);
    if (!k) {
        log_warn(d->c->world->log, "%.*s stays: there is no %s %s", STR_ARG(old->id), old->type->service,
                 old->type->removal->operation);
        return;
    }
    k->from = CALL_TEMPLATE;
    k->in = record_removal(old);
    if (door_call(k))
        note_id(d->removed, old->id);
    else if (!gone_already(k))
        log_warn(d->c->world->log, "%.*s stays: %s: %.*s", STR_ARG(old->id), k->fault->code,
                 STR_ARG(k->fault_text));
    call_free(k);
}

static void keep_resource(struct deploy *d, const struct record *old)
{
    char z[512];
    struct str name = old->type->name_member ? record_member(old, old->type->name_member) : STR("");
    cJSON *kept = cJSON_CreateObject();
    cJSON_AddStringToObject(kept, "Id", str_copy(old->id, z, sizeof z));
    cJSON_AddStringToObject(kept, "Type", old->type->name);
    cJSON_AddStringToObject(kept, "Name", str_copy(name, z, sizeof z));
    cJSON_AddItemToArray(d->kept, kept);
}

static bool same_name(const struct record *a, const struct record *b)
{
    return b && a->type == b->type && a->type->name_member &&
           str_eq(record_member(a, a->type->name_member), record_member(b, b->type->name_member));
}

/* One that the last deployment made: is it still this template's? */
static enum rc leave(struct deploy *d, const struct record *old)
{
    const struct record *now = map_get(&d->now, old->id);
    if (old->type && old->type->removal && !still_there(d, old))
        remove_resource(d, old);
    else if (old->type && !old->type->removal && !same_name(old, now))
        keep_resource(d, old);
    return now ? RC_OK : record_forget(d->c->txn, old);
}

/* The last made goes first: targets before their rule, a plan's key before the plan. */
static enum op_end leave_all(struct deploy *d)
{
    for (int before = INT32_MAX;;) {
        const struct record *r, *last = NULL;
        for (struct map_entry *at = d->before.first; (r = map_each(&at, NULL));)
            if (r->at < before && (!last || r->at > last->at))
                last = r;
        if (!last)
            return OP_DONE;
        before = last->at;
        enum rc rc = leave(d, last);
        if (rc != RC_OK)
            return call_broke(d->c, rc);
    }
}

/* --- the answer */

static void add_str(cJSON *object, const char *name, struct str value)
{
    struct node n = {.kind = NODE_TEXT, .text = value.p ? value : STR("")};
    cJSON_AddItemToObject(object, name, node_json(&n));
}

static void add_routes(struct deploy *d, const struct resource *api, cJSON *list)
{
    const struct record *record = map_get(&d->now, api->id);
    const struct node *route;
    node_each (route, api->routes) {
        cJSON *out = cJSON_CreateObject();
        add_str(out, "Api", api->id);
        add_str(out, "Kind", record_member(record, "Kind"));
        cJSON_AddNumberToObject(out, "Port", api->port);
        add_str(out, "Stage", record_member(record, "Stage"));
        add_str(out, "Method", node_scalar(node_get(route, "Method")));
        add_str(out, "Path", node_scalar(node_get(route, "Path")));
        add_str(out, "Endpoint", record_member(record, "Endpoint"));
        add_str(out, "Function", node_get(route, "FunctionArn")->text);
        cJSON_AddBoolToObject(out, "ApiKeyRequired", node_truth(route, "ApiKeyRequired", false));
        cJSON_AddItemToArray(list, out);
    }
}

static void add_function(struct deploy *d, const struct resource *function, cJSON *list)
{
    cJSON *out = cJSON_CreateObject();
    add_str(out, "Id", function->id);
    add_str(out, "Name", record_member(map_get(&d->now, function->id), "FunctionName"));
    cJSON_AddItemToObject(out, "Triggers", node_json(function->triggers));
    cJSON_AddItemToArray(list, out);
}

static void add_key(struct deploy *d, const struct resource *key, cJSON *list)
{
    const struct record *record = map_get(&d->now, key->id);
    cJSON *out = cJSON_CreateObject();
    add_str(out, "Id", key->id);
    add_str(out, "Name", record_member(record, "Name"));
    add_str(out, "Value", record_member(record, "Value"));
    cJSON_AddItemToArray(list, out);
}

static void answer(struct deploy *d, cJSON *outputs)
{
    cJSON *out = call_out(d->c);
    cJSON_AddItemToObject(out, "Outputs", outputs);
    cJSON *routes = cJSON_AddArrayToObject(out, "Routes"),
          *functions = cJSON_AddArrayToObject(out, "Functions"),
          *keys = cJSON_AddArrayToObject(out, "ApiKeys");
    for (const struct resource *r = d->t->first; r; r = r->next) {
        if (r->routes)
            add_routes(d, r, routes);
        if (r->triggers)
            add_function(d, r, functions);
        if (strcmp(r->type->name, "AWS::ApiGateway::ApiKey") == 0)
            add_key(d, r, keys);
    }
    cJSON_AddItemToObject(out, "Made", json_copy(d->made));
    cJSON_AddItemToObject(out, "Changed", json_copy(d->changed));
    cJSON_AddItemToObject(out, "Removed", json_copy(d->removed));
    cJSON_AddItemToObject(out, "Kept", json_copy(d->kept));
}

static enum op_end deploy(struct deploy *d, const struct template *current)
{
    const char *why = "";
    if (d->t != current && check_code(d->c, d->t, current) != OP_DONE)
        return OP_FAULT;
    enum rc rc = records_load(d->c->txn, &d->c->arena, &d->before);
    if (rc != RC_OK)
        return call_broke(d->c, rc);
    for (int i = 0; d->t->order[i]; i++)
        if (make_resource(d, d->t->order[i], i) != OP_DONE)
            return OP_FAULT;
    if (leave_all(d) != OP_DONE)
        return OP_FAULT;
    cJSON *outputs = fill(d, d->t->outputs, &why);
    if (!outputs)
        return call_fail(d->c, &template_failed, "Outputs: %s", why);
    answer(d, outputs);
    return OP_DONE;
}

/* c->typed: the template; without it the current one again (a reset). */
static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    const struct template_state *state = world_state(c->world, c->service);
    struct deploy d = {.c = c, .t = c->typed ? c->typed : state->current};
    if (!d.t)
        return OP_DONE;
    map_init(&d.now), map_init(&d.before);
    d.made = cJSON_CreateArray(), d.changed = cJSON_CreateArray();
    d.removed = cJSON_CreateArray(), d.kept = cJSON_CreateArray();
    enum op_end end = deploy(&d, state->current);
    if (end == OP_FAULT)
        world_drop(c->world);
    cJSON_Delete(d.made), cJSON_Delete(d.changed), cJSON_Delete(d.removed), cJSON_Delete(d.kept);
    records_release(&d.now);
    records_release(&d.before);
    return end;
}

const struct op_row template_op_deploy = {"Deploy", run, .flags = OP_INTERNAL | OP_TYPED};
