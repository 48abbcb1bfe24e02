#include "model.h"
#include "base/codec.h"
#include "base/digest.h"
#include "door/arn.h"
#include "names.h"
#include "store.h"
#include <stdlib.h>

struct str tree_str(const cJSON *o, const char *name)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(o, name));
}

int64_t tree_int(const cJSON *o, const char *name, int64_t otherwise)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNumber(n) ? (int64_t)n->valuedouble : otherwise;
}

/* --- names */

static struct str arn_of(struct call *c, const struct function_name *r)
{
    struct str resource = arena_printf(&c->arena, "function:%.*s", STR_ARG(r->name));
    return arn_make(&c->arena, "lambda", r->region.p ? r->region : c->region,
                    r->account.p ? r->account : c->account, resource);
}

static struct function *not_found(struct call *c, struct str arn, struct str qualifier)
{
    lambda_fail(c, &lambda_not_found, "Function not found: %.*s%s%.*s", STR_ARG(arn), qualifier.n ? ":" : "",
                STR_ARG(qualifier));
    return NULL;
}

struct function *function_find(struct call *c, struct str text, struct str qualifier)
{
    struct lambda *l = lambda_of(c->world);
    struct function *f = function_at(l, text);
    if (f && !qualifier.n)
        return f;
    struct function_name r;
    if (!names_read(text, &r) || (r.partition.p && !str_is(r.partition, "aws")))
        return not_found(c, text, STR_NONE);
    if (r.qualifier.n && qualifier.n && !str_eq(r.qualifier, qualifier)) {
        lambda_fail(c, &lambda_invalid,
                    "The derived qualifier from the function name does not match the specified qualifier.");
        return NULL;
    }
    if (!qualifier.n)
        qualifier = r.qualifier;
    struct str arn = arn_of(c, &r);
    f = function_at(l, arn);
    if (!f || (qualifier.n && !str_is(qualifier, "$LATEST")))
        return not_found(c, arn, qualifier);
    return f;
}

/* --- the models */

/* What an environment was started with: a change means new environments. */
static void stamp_code(struct function *f, const cJSON *put)
{
    cJSON *known = cJSON_CreateObject();
    static const char *const names[] = {"Version", "Handler",    "CodeFolder",  "InlineCode",
                                        "Timeout", "MemorySize", "Environment", "Runtime"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        cJSON *value = cJSON_GetObjectItemCaseSensitive(put, names[i]);
        if (value)
            cJSON_AddItemReferenceToObject(known, names[i], value);
    }
    char *text = json_printed(known);
    digest_md5_hex(str_z(text), f->code);
    free(text);
    cJSON_Delete(known);
}

static struct function *function_new(cJSON *row)
{
    struct function *f = xcalloc(1, sizeof(*f));
    const cJSON *put = cJSON_GetObjectItemCaseSensitive(row, "Put");
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(row, "EventInvoke");
    const cJSON *environment = cJSON_GetObjectItemCaseSensitive(put, "Environment");
    f->row = row;
    f->arn = tree_str(row, "Arn");
    f->account = tree_str(row, "Account");
    f->region = tree_str(row, "Region");
    f->name = tree_str(put, "FunctionName");
    f->runtime = tree_str(put, "Runtime");
    f->handler = tree_str(put, "Handler");
    f->folder = tree_str(put, "CodeFolder");
    f->inline_code = tree_str(put, "InlineCode");
    f->timeout_ms = tree_int(put, "Timeout", 3) * 1000;
    f->memory_mb = tree_int(put, "MemorySize", 128);
    f->reserved = tree_int(row, "Reserved", -1);
    f->max_retries = tree_int(events, "MaximumRetryAttempts", 2);
    f->max_age_ms = tree_int(events, "MaximumEventAgeInSeconds", 21600) * 1000;
    f->variables = cJSON_GetObjectItemCaseSensitive(environment, "Variables");
    stamp_code(f, put);
    return f;
}

static void function_free(struct function *f)
{
    if (!f)
        return;
    cJSON_Delete(f->row);
    free(f);
}

static void take_row(void *arg, cJSON *row)
{
    struct lambda *l = arg;
    struct function *f = function_new(row);
    function_free(map_put(&l->functions, f->arn, f));
}

static void load(struct lambda *l)
{
    enum rc rc = store_functions(l->world->store, take_row, l);
    if (rc != RC_OK)
        log_error(l->world->log, "lambda: the functions cannot be read: %s", rc_text(rc));
    l->loaded = true;
}

void functions_forget(struct lambda *l)
{
    struct map_entry *at = l->functions.first;
    struct str key;
    struct function *f;
    while ((f = map_each(&at, &key))) {
        map_del(&l->functions, key);
        function_free(f);
    }
    l->loaded = false;
}

struct function *function_at(struct lambda *l, struct str arn)
{
    if (!l->loaded)
        load(l);
    return map_get(&l->functions, arn);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp((*(struct function *const *)a)->name, (*(struct function *const *)b)->name);
}

struct function **functions_sorted(struct call *c, size_t *n)
{
    struct lambda *l = lambda_of(c->world);
    if (!l->loaded)
        load(l);
    struct function **list = arena_alloc(&c->arena, (l->functions.count + 1) * sizeof(struct function *));
    struct map_entry *at = l->functions.first;
    struct function *f;
    *n = 0;
    while ((f = map_each(&at, NULL)))
        if (str_eq(f->account, c->account) && str_eq(f->region, c->region))
            list[(*n)++] = f;
    qsort(list, *n, sizeof(*list), by_name);
    return list;
}

int64_t functions_reserved(struct lambda *l, const struct function *but)
{
    if (!l->loaded)
        load(l);
    struct map_entry *at = l->functions.first;
    struct function *f;
    int64_t sum = 0;
    while ((f = map_each(&at, NULL)))
        if (f != but && f->reserved > 0)
            sum += f->reserved;
    return sum;
}

bool function_may_reserve(struct call *c, const struct function *f, int64_t reserved)
{
    int64_t others = functions_reserved(lambda_of(c->world), f);
    if (reserved <= 0 || reserved <= LAMBDA_ACCOUNT_CONCURRENCY - LAMBDA_UNRESERVED_LEAST - others)
        return true;
    lambda_fail(c, &lambda_invalid,
                "Specified ReservedConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of [%d].",
                LAMBDA_UNRESERVED_LEAST);
    return false;
}

/* --- changes */

cJSON *function_edit(const struct function *f)
{
    return json_copy(f->row);
}

static void set(cJSON *row, const char *name, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(row, name);
    cJSON_AddItemToObject(row, name, value);
}

struct function *function_save(struct call *c, cJSON *row)
{
    struct lambda *l = lambda_of(c->world);
    char revision[IDENT_UUID_SIZE];
    ident_uuid(&c->world->ident, revision);
    set(row, "Modified", cJSON_CreateNumber((double)c->now));
    set(row, "Revision", cJSON_CreateString(revision));
    struct function *f = function_new(row);
    enum rc rc = store_function_put(c->txn, f->account, f->region, f->name, row);
    if (rc != RC_OK) {
        function_free(f);
        call_broke(c, rc);
        return NULL;
    }
    function_free(map_put(&l->functions, f->arn, f));
    return f;
}

bool function_remove(struct call *c, struct function *f)
{
    struct lambda *l = lambda_of(c->world);
    enum rc rc = store_function_del(c->txn, f->account, f->region, f->name);
    if (rc != RC_OK) {
        call_broke(c, rc);
        return false;
    }
    map_del(&l->functions, f->arn);
    function_free(f);
    return true;
}

/* --- answers */

struct str function_revision(const struct function *f)
{
    return tree_str(f->row, "Revision");
}

static void add_str(cJSON *o, const char *name, struct str s)
{
    cJSON_AddStringToObject(o, name, s.p ? s.p : "");
}

/* 2026-11-22T09:30:00.123+0000, as Lambda writes it. */
static void add_modified(cJSON *o, const struct function *f)
{
    char iso[CLOCK_ISO_SIZE], text[CLOCK_ISO_SIZE + 8];
    clock_iso(tree_int(f->row, "Modified", 0), iso);
    size_t n = strlen(iso) - 1;
    memcpy(text, iso, n);
    memcpy(text + n, "+0000", 6);
    cJSON_AddStringToObject(o, "LastModified", text);
}

static void add_code(cJSON *o, const struct function *f, const cJSON *put)
{
    unsigned char digest[32];
    struct str version = tree_str(put, "Version");
    digest_sha256(version.n ? version : f->inline_code, digest);
    struct buf text;
    buf_init(&text, 64);
    codec_base64(&text, str_n(digest, sizeof(digest)));
    cJSON_AddStringToObject(o, "CodeSha256", buf_zstr(&text));
    buf_release(&text);
    cJSON_AddNumberToObject(o, "CodeSize", (double)tree_int(put, "CodeSize", (int64_t)f->inline_code.n));
}

static cJSON *add_one(cJSON *o, const char *name, const char *member, const char *value)
{
    cJSON *inner = cJSON_AddObjectToObject(o, name);
    cJSON_AddStringToObject(inner, member, value);
    return inner;
}

cJSON *function_configuration(const struct function *f)
{
    const cJSON *put = cJSON_GetObjectItemCaseSensitive(f->row, "Put");
    cJSON *o = cJSON_CreateObject();
    add_str(o, "FunctionName", f->name);
    add_str(o, "FunctionArn", f->arn);
    add_str(o, "Runtime", f->runtime);
    add_str(o, "Role", tree_str(put, "Role"));
    add_str(o, "Handler", f->handler);
    add_code(o, f, put);
    add_str(o, "Description", tree_str(put, "Description"));
    cJSON_AddNumberToObject(o, "Timeout", (double)(f->timeout_ms / 1000));
    cJSON_AddNumberToObject(o, "MemorySize", (double)f->memory_mb);
    add_modified(o, f);
    cJSON_AddStringToObject(o, "Version", "$LATEST");
    if (cJSON_GetArraySize(f->variables) > 0)
        cJSON_AddItemToObject(cJSON_AddObjectToObject(o, "Environment"), "Variables",
                              json_copy(f->variables));
    add_one(o, "TracingConfig", "Mode", "PassThrough");
    add_str(o, "RevisionId", function_revision(f));
    cJSON_AddStringToObject(o, "State", "Active");
    cJSON_AddStringToObject(o, "LastUpdateStatus", "Successful");
    cJSON_AddStringToObject(o, "PackageType", "Zip");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "Architectures"), cJSON_CreateString("x86_64"));
    cJSON_AddNumberToObject(cJSON_AddObjectToObject(o, "EphemeralStorage"), "Size", 512);
    add_one(o, "SnapStart", "ApplyOn", "None");
    cJSON_AddStringToObject(cJSON_GetObjectItem(o, "SnapStart"), "OptimizationStatus", "Off");
    cJSON *logging = add_one(o, "LoggingConfig", "LogFormat", "Text");
    struct buf group;
    buf_init(&group, 256);
    buf_printf(&group, "/aws/lambda/%.*s", STR_ARG(f->name));
    cJSON_AddStringToObject(logging, "LogGroup", buf_zstr(&group));
    buf_release(&group);
    return o;
}
