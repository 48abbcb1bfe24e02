/* ExpressionAttributeNames and ExpressionAttributeValues. */
#include "expr.h"

enum { SUBSTITUTES_MAX = 2 << 20 }; /* bytes of all names and values */

static bool valid_key(struct str key, char first)
{
    if (key.n < 2 || key.p[0] != first)
        return false;
    for (size_t i = 1; i < key.n; i++) {
        char c = key.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'))
            return false;
    }
    return true;
}

static bool read_names(struct expr_set *s, const cJSON *names)
{
    size_t n = (size_t)cJSON_GetArraySize(names);
    if (n == 0)
        return wrong_value(s->wrong, "ExpressionAttributeNames must not be empty");
    s->names = arena_zalloc(s->wrong->arena, n * sizeof *s->names);
    const cJSON *at;
    cJSON_ArrayForEach (at, names) {
        if (!cJSON_IsString(at))
            return wrong_say(s->wrong, &fault_serialization, "Unexpected value type in payload");
        struct expr_name *e = &s->names[s->name_count++];
        *e = (struct expr_name){str_z(at->string), str_z(at->valuestring), false};
        if (!valid_key(e->key, '#'))
            return wrong_value(s->wrong,
                               "ExpressionAttributeNames contains invalid key: Syntax error; key: \"%.*s\"",
                               STR_ARG(e->key));
        if (e->text.n == 0)
            return wrong_value(
                s->wrong,
                "ExpressionAttributeNames contains invalid value: Empty attribute name for key "
                "%.*s",
                STR_ARG(e->key));
        if (e->text.n > ATTR_NAME_MAX)
            return wrong_value(s->wrong,
                               "ExpressionAttributeNames contains invalid value: Attribute name is too "
                               "large, must be less than 65536 bytes for key %.*s",
                               STR_ARG(e->key));
    }
    return true;
}

static bool read_values(struct expr_set *s, const cJSON *values)
{
    size_t n = (size_t)cJSON_GetArraySize(values);
    if (n == 0)
        return wrong_value(s->wrong, "ExpressionAttributeValues must not be empty");
    s->values = arena_zalloc(s->wrong->arena, n * sizeof *s->values);
    const cJSON *at;
    cJSON_ArrayForEach (at, values)
        if (!valid_key(str_z(at->string), ':'))
            return wrong_value(s->wrong,
                               "ExpressionAttributeValues contains invalid key: Syntax error; key: \"%s\"",
                               at->string);
    cJSON_ArrayForEach (at, values) {
        struct expr_value *e = &s->values[s->value_count++];
        struct wrong inner = wrong_none(s->wrong->arena);
        *e = (struct expr_value){str_z(at->string), attr_from_tree(at, &inner), false};
        if (inner.fault == &fault_validation)
            return wrong_value(s->wrong,
                               "ExpressionAttributeValues contains invalid value: %.*s for key %.*s",
                               STR_ARG(inner.text), STR_ARG(e->key));
        if (inner.fault)
            return wrong_say(s->wrong, inner.fault, "%.*s", STR_ARG(inner.text));
    }
    return true;
}

static bool check_sizes(const struct expr_set *s)
{
    size_t names = 0, values = 0;
    for (size_t i = 0; i < s->name_count; i++)
        names += s->names[i].key.n + s->names[i].text.n;
    for (size_t i = 0; i < s->value_count; i++)
        values += s->values[i].key.n + attr_size(s->values[i].value);
    const char *what = names > SUBSTITUTES_MAX    ? "ExpressionAttributeNames"
                       : values > SUBSTITUTES_MAX ? "ExpressionAttributeValues"
                       : names + values > SUBSTITUTES_MAX
                           ? "Combined size of ExpressionAttributeNames and ExpressionAttributeValues"
                           : NULL;
    return !what || wrong_value(s->wrong, "%s exceeds max size", what);
}

bool expr_set_init(struct expr_set *s, const cJSON *names, const cJSON *values, struct wrong *w)
{
    *s = (struct expr_set){.wrong = w};
    return (!names || read_names(s, names)) && (!values || read_values(s, values)) && check_sizes(s);
}

static bool say_unused(const struct expr_set *s, const char *what, struct str *keys, size_t n)
{
    struct buf b;
    buf_init(&b, 2 * SUBSTITUTES_MAX);
    for (size_t i = 0; i < n; i++) {
        buf_z(&b, i ? ", " : "");
        buf_str(&b, keys[i]);
    }
    wrong_value(s->wrong, "Value provided in %s unused in expressions: keys: {%s}", what, buf_zstr(&b));
    buf_release(&b);
    return false;
}

bool expr_set_all_used(const struct expr_set *s)
{
    size_t most = s->name_count > s->value_count ? s->name_count : s->value_count, n = 0;
    if (most == 0)
        return true;
    struct str *keys = arena_alloc(s->wrong->arena, most * sizeof *keys);
    for (size_t i = 0; i < s->name_count; i++)
        if (!s->names[i].used)
            keys[n++] = s->names[i].key;
    if (n)
        return say_unused(s, "ExpressionAttributeNames", keys, n);
    for (size_t i = 0; i < s->value_count; i++)
        if (!s->values[i].used)
            keys[n++] = s->values[i].key;
    return n == 0 || say_unused(s, "ExpressionAttributeValues", keys, n);
}
