/* Values from a request's tree: checked, and brought into their canonical form. */
#include "attr_inside.h"

#include "base/codec.h"

bool attr_say_number(struct str text, enum number_problem p, struct wrong *w)
{
    switch (p) {
    case NUMBER_OVERFLOW:
        return wrong_value(
            w, "Number overflow. Attempting to store a number with magnitude larger than supported range");
    case NUMBER_UNDERFLOW:
        return wrong_value(
            w, "Number underflow. Attempting to store a number with magnitude smaller than supported range");
    case NUMBER_PRECISION:
        return wrong_value(w, "Attempting to store more than 38 significant digits in a Number");
    default:
        return text.n == 0 ? wrong_value(w, "The parameter cannot be converted to a numeric value")
                           : wrong_value(w, "The parameter cannot be converted to a numeric value: %.*s",
                                         STR_ARG(text));
    }
}

bool attr_unbase64(struct arena *a, struct str in, struct str *out)
{
    struct buf b;
    buf_init(&b, in.n);
    bool ok = codec_unbase64(&b, in);
    *out = arena_str(a, buf_view(&b));
    buf_release(&b);
    return ok;
}

/* Most numbers are short integers and already as they should be. */
static bool plain_integer(struct str s)
{
    size_t i = s.n && s.p[0] == '-';
    if (s.n - i == 0 || s.n - i > 18 || s.p[i] < '1' || s.p[i] > '9')
        return false;
    for (; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static bool canonical_number(struct str in, struct str *out, struct wrong *w)
{
    struct number n;
    if (plain_integer(in)) {
        *out = in;
        return true;
    }
    enum number_problem p = number_read(in, &n);
    if (p != NUMBER_OK)
        return attr_say_number(in, p, w);
    *out = attr_number_text(w->arena, &n);
    return true;
}

static const char *json_token(const cJSON *v)
{
    return cJSON_IsTrue(v)                                              ? "TRUE_VALUE"
           : cJSON_IsFalse(v)                                           ? "FALSE_VALUE"
           : cJSON_IsNumber(v) && v->valuedouble == (double)v->valueint ? "NUMBER_VALUE"
                                                                        : "DECIMAL_VALUE";
}

static bool check_utf8(struct str s, struct wrong *w)
{
    return codec_utf8_valid(s) || wrong_say(w, &fault_serialization, "Text is not valid UTF-8");
}

/* A scalar's text from a JSON string. */
static bool text_from_tree(enum attr_type t, const cJSON *v, struct str *out, struct wrong *w)
{
    if (cJSON_IsObject(v))
        return wrong_say(w, &fault_serialization, "Start of structure or map found where not expected");
    if (cJSON_IsArray(v))
        return wrong_say(w, &fault_serialization, "Unrecognized collection type class java.lang.String");
    if (!cJSON_IsString(v))
        return wrong_say(w, &fault_serialization, "%s cannot be converted to String", json_token(v));
    struct str s = json_text(v);
    if (t == ATTR_N)
        return canonical_number(s, out, w);
    if (t == ATTR_B)
        return attr_unbase64(w->arena, s, out) ||
               wrong_say(w, &fault_serialization, "only base-64-encoded strings are convertible to bytes");
    *out = s;
    return check_utf8(s, w);
}

static bool say_duplicates(enum attr_type t, const cJSON *v, struct wrong *w)
{
    struct buf b;
    if (t == ATTR_NS)
        return wrong_value(w, "Input collection contains duplicates");
    buf_init(&b, 16u << 20); /* a request is no longer */
    for (const cJSON *at = v->child; at; at = at->next) {
        buf_z(&b, at == v->child ? "" : ", ");
        buf_str(&b, json_text(at));
    }
    wrong_value(w, "One or more parameter values were invalid: Input collection [%s]%scontains duplicates.",
                buf_zstr(&b), t == ATTR_BS ? "of type BS " : " ");
    buf_release(&b);
    return false;
}

static bool say_null_member(enum attr_type t, struct wrong *w)
{
    static const char *const kinds[] = {"string", "number", "binary"};
    const char *kind = kinds[t - ATTR_SS];
    return wrong_value(w,
                       "One or more parameter values were invalid: An %s set may not have a null %s as a "
                       "member",
                       kind, kind);
}

static bool set_from_tree(struct attr *out, const cJSON *v, struct wrong *w)
{
    static const char *const empty[] = {"An string set  may not be empty", "An number set  may not be empty",
                                        "Binary sets should not be empty"};
    if (!cJSON_IsArray(v))
        return wrong_say(w, &fault_serialization, "Unexpected field type");
    size_t n = (size_t)cJSON_GetArraySize(v), i = 0;
    if (n == 0)
        return wrong_value(w, "One or more parameter values were invalid: %s", empty[out->type - ATTR_SS]);
    struct str *set = arena_alloc(w->arena, n * sizeof *set);
    const cJSON *at;
    cJSON_ArrayForEach (at, v)
        if (cJSON_IsNull(at) ? !say_null_member(out->type, w)
                             : !text_from_tree(attr_element_type(out->type), at, &set[i++], w))
            return false;
    attr_sort_set(w->arena, out->type, set, n);
    for (i = 1; i < n; i++)
        if (str_eq(set[i - 1], set[i]))
            return say_duplicates(out->type, v, w);
    out->set = set;
    out->count = (uint32_t)n;
    return true;
}

static const struct attr *value_from_tree(const cJSON *tree, int depth, struct wrong *w);

static bool list_from_tree(struct attr *out, const cJSON *v, int depth, struct wrong *w)
{
    if (!cJSON_IsArray(v))
        return wrong_say(w, &fault_serialization, "Unexpected field type");
    size_t n = (size_t)cJSON_GetArraySize(v), i = 0;
    const struct attr **list = arena_alloc(w->arena, n * sizeof *list);
    const cJSON *at;
    cJSON_ArrayForEach (at, v)
        if (!(list[i++] = value_from_tree(at, depth + 1, w)))
            return false;
    out->list = list;
    out->count = (uint32_t)n;
    return true;
}

static bool map_from_tree(struct attr *out, const cJSON *v, int depth, struct wrong *w)
{
    if (!cJSON_IsObject(v))
        return wrong_say(w, &fault_serialization, "Unexpected field type");
    size_t n = (size_t)cJSON_GetArraySize(v), i = 0;
    struct attr_member *map = arena_alloc(w->arena, n * sizeof *map);
    const cJSON *at;
    cJSON_ArrayForEach (at, v) {
        map[i].name = json_name(w->arena, at);
        if (map[i].name.n == 0)
            return wrong_value(w, "Empty attribute name");
        if (map[i].name.n > ATTR_NAME_MAX)
            return wrong_value(w, "Attribute name is too large, must be less than 65536 bytes");
        if (!check_utf8(map[i].name, w))
            return false;
        if (!(map[i++].value = value_from_tree(at, depth + 1, w)))
            return false;
    }
    attr_sort_members(map, n);
    size_t kept = 0; /* of two members with one name the later one counts */
    for (i = 0; i < n; i++) {
        if (kept && str_eq(map[kept - 1].name, map[i].name))
            kept--;
        map[kept++] = map[i];
    }
    out->map = map;
    out->count = (uint32_t)kept;
    return true;
}

static bool flag_from_tree(struct attr *out, const cJSON *v, struct wrong *w)
{
    if (!cJSON_IsBool(v))
        return wrong_say(w, &fault_serialization,
                         cJSON_IsString(v) ? "Unexpected token received from parser"
                                           : "%s cannot be converted to Boolean",
                         json_token(v));
    out->flag = cJSON_IsTrue(v);
    if (out->type == ATTR_NULL && !out->flag)
        return wrong_value(w, "One or more parameter values were invalid: Null attribute value types must "
                              "have the value of true");
    return true;
}

/* The one member that names a type; what no type is called is passed over, as the service does. */
static const cJSON *typed_member(const cJSON *tree, enum attr_type *type, struct wrong *w)
{
    const cJSON *found = NULL;
    if (cJSON_IsArray(tree)) {
        wrong_say(w, &fault_serialization,
                  "Unrecognized collection type class "
                  "com.amazonaws.dynamodb.v20120810.AttributeValue");
        return NULL;
    }
    if (!cJSON_IsObject(tree)) {
        wrong_say(w, &fault_serialization, "Unexpected value type in payload");
        return NULL;
    }
    for (const cJSON *at = tree->child; at; at = at->next) {
        enum attr_type t;
        if (cJSON_IsNull(at) || !attr_type_of(str_z(at->string), &t))
            continue;
        if (found) {
            wrong_value(w,
                        "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                        "of the supported datatypes");
            return NULL;
        }
        found = at;
        *type = t;
    }
    if (!found)
        wrong_value(w,
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    return found;
}

static bool say_too_deep(struct wrong *w)
{
    return wrong_value(w, "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
                          "levels beyond supported limit");
}

static const struct attr *value_from_tree(const cJSON *tree, int depth, struct wrong *w)
{
    enum attr_type type = ATTR_S;
    const cJSON *v = typed_member(tree, &type, w);
    if (!v)
        return NULL;
    if (depth > ATTR_DEPTH_MAX) {
        say_too_deep(w);
        return NULL;
    }
    struct attr *out = arena_zalloc(w->arena, sizeof *out);
    out->type = type;
    bool ok = false;
    switch (type) {
    case ATTR_S:
    case ATTR_N:
    case ATTR_B:
        ok = text_from_tree(type, v, &out->text, w);
        break;
    case ATTR_BOOL:
    case ATTR_NULL:
        ok = flag_from_tree(out, v, w);
        break;
    case ATTR_L:
        ok = list_from_tree(out, v, depth, w);
        break;
    case ATTR_M:
        ok = map_from_tree(out, v, depth, w);
        break;
    default:
        ok = set_from_tree(out, v, w);
    }
    return ok ? out : NULL;
}

const struct attr *attr_from_tree(const cJSON *tree, struct wrong *w)
{
    return value_from_tree(tree, 1, w);
}

const struct attr *attr_map_from_tree(const cJSON *tree, struct wrong *w)
{
    struct attr *out = arena_zalloc(w->arena, sizeof *out);
    out->type = ATTR_M;
    return map_from_tree(out, tree, 0, w) ? out : NULL;
}

static bool within_depth(const struct attr *v, int depth)
{
    if (depth > ATTR_DEPTH_MAX)
        return false;
    for (uint32_t i = 0; i < v->count && v->type >= ATTR_L; i++)
        if (!within_depth(v->type == ATTR_L ? v->list[i] : v->map[i].value, depth + 1))
            return false;
    return true;
}

bool attr_check_depth(const struct attr *map, struct wrong *w)
{
    return within_depth(map, 0) || say_too_deep(w);
}
