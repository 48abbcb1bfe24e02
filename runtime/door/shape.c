/* Reading an input by its rows.  One walk finds every problem, top members first, as AWS lists them. */
#include "door/shape.h"
#include "base/clock.h"
#include "base/codec.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

enum { ECHO_MAX = 65536 }; /* bytes of a value that a fault repeats */

struct reading {
    struct arena *a;
    struct shape_error *errors;
    int n, max;
};

/* Where the walk is: a chain on the C stack, turned into text only when something is wrong. */
struct place {
    const struct place *up;
    const char *name; /* member, or NULL: element `index` of a list, or value of `key` in a map */
    int index;        /* from 0 */
    const char *key;
};

static struct str lower_first(struct arena *a, const char *name)
{
    struct str s = arena_str(a, str_z(name));
    if (s.n > 1 && isupper((unsigned char)s.p[0]) && isupper((unsigned char)s.p[1]))
        return s; /* "KMSMasterKeyId" stays */
    if (s.n)
        ((char *)s.p)[0] = (char)tolower((unsigned char)s.p[0]);
    return s;
}

/* "keySchema.1.member.attributeName", as Coral writes it. */
static struct str coral_path(struct arena *a, const struct place *p)
{
    if (!p)
        return STR("");
    struct str up = coral_path(a, p->up);
    const char *dot = up.n ? "." : "";
    if (p->name)
        return arena_printf(a, "%.*s%s%.*s", STR_ARG(up), dot, STR_ARG(lower_first(a, p->name)));
    if (p->key)
        return arena_printf(a, "%.*s%s%s.member", STR_ARG(up), dot, p->key);
    return arena_printf(a, "%.*s%s%d.member", STR_ARG(up), dot, p->index + 1);
}

static struct str json_path(struct arena *a, const struct place *p)
{
    if (!p)
        return STR("");
    struct str up = json_path(a, p->up);
    if (p->name)
        return arena_printf(a, "%.*s%s%s", STR_ARG(up), up.n ? "." : "", p->name);
    if (p->key)
        return arena_printf(a, "%.*s.%s", STR_ARG(up), p->key);
    return arena_printf(a, "%.*s[%d]", STR_ARG(up), p->index);
}

/* A fault repeats the value, but not megabytes of it. */
static struct str shortened(struct arena *a, struct str s)
{
    size_t n = ECHO_MAX;
    if (s.n <= n)
        return s;
    while (n && ((unsigned char)s.p[n] & 0xC0) == 0x80) /* inside a character */
        n--;
    return arena_printf(a, "%.*s...", (int)n, s.p);
}

static struct str value_text(struct arena *a, const cJSON *v)
{
    if (!v || cJSON_IsNull(v))
        return STR_NONE;
    if (cJSON_IsString(v))
        return shortened(a, json_text(v));
    char *text = json_printed(v);
    struct str s = arena_str(a, shortened(a, str_z(text)));
    free(text);
    return s;
}

static void wrong(struct reading *r, enum shape_problem problem, const struct shape_row *row, const cJSON *v,
                  const struct place *p)
{
    if (r->n == r->max)
        return;
    r->errors[r->n++] = (struct shape_error){
        .problem = problem,
        .row = row,
        .path = coral_path(r->a, p),
        .json_path = json_path(r->a, p),
        .value = value_text(r->a, v),
        .got = v,
    };
}

static bool in_list(const char *const *list, struct str s)
{
    for (; *list; list++)
        if (str_is(s, *list))
            return true;
    return false;
}

static void check_length(struct reading *r, const struct shape_row *row, int64_t n, const cJSON *v,
                         const struct place *p)
{
    if (!row->min && !row->max)
        return;
    if (n < row->min)
        wrong(r, SHAPE_TOO_SHORT, row, v, p);
    else if (row->max && n > row->max)
        wrong(r, SHAPE_TOO_LONG, row, v, p);
}

/* AWS counts characters, as UTF-16 has them.  There are at most as many as bytes and at least a third, so
 * most texts need no counting. */
static int64_t characters(const struct shape_row *row, struct str s)
{
    bool fits = s.n / 3 >= (size_t)row->min && (!row->max || s.n <= (size_t)row->max);
    long n = fits ? (long)s.n : codec_utf16_len(s);
    return n < 0 ? (int64_t)s.n : n;
}

static void check_text(struct reading *r, const struct shape_row *row, const cJSON *v, const struct place *p)
{
    struct str s = json_text(v);
    if (row->one_of && !in_list(row->one_of, s))
        wrong(r, SHAPE_NOT_ONE_OF, row, v, p);
    if (row->match && !row->match(s))
        wrong(r, SHAPE_NO_MATCH, row, v, p);
    if (row->min || row->max)
        check_length(r, row, characters(row, s), v, p);
}

static void check_range(struct reading *r, const struct shape_row *row, double n, const cJSON *v,
                        const struct place *p)
{
    if (!row->min && !row->max)
        return;
    if (n < (double)row->min)
        wrong(r, SHAPE_TOO_SMALL, row, v, p);
    else if (n > (double)row->max)
        wrong(r, SHAPE_TOO_LARGE, row, v, p);
}

static bool type_fits(enum shape_type type, const cJSON *v)
{
    switch (type) {
    case SHAPE_STR:
    case SHAPE_BLOB:
        return cJSON_IsString(v);
    case SHAPE_INT:
    case SHAPE_REAL:
        return cJSON_IsNumber(v);
    case SHAPE_TIME:
        return cJSON_IsNumber(v) || cJSON_IsString(v);
    case SHAPE_BOOL:
        return cJSON_IsBool(v);
    case SHAPE_LIST:
        return cJSON_IsArray(v);
    case SHAPE_MAP:
    case SHAPE_STRUCT:
        return cJSON_IsObject(v);
    case SHAPE_TREE:
        return true;
    }
    return false;
}

static void check(struct reading *r, const struct shape_row *row, const cJSON *v, const struct place *p);

static void check_members(struct reading *r, const struct shape_row *rows, const cJSON *object,
                          const struct place *up)
{
    for (; rows->name; rows++) {
        struct place p = {.up = up, .name = rows->name};
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, rows->name);
        if (v && !cJSON_IsNull(v))
            check(r, rows, v, &p);
        else if (rows->flags & SHAPE_REQ)
            wrong(r, SHAPE_MISSING, rows, NULL, &p);
    }
}

static void check_elements(struct reading *r, const struct shape_row *of, const cJSON *v,
                           const struct place *up)
{
    const cJSON *e;
    int index = 0;
    cJSON_ArrayForEach (e, v) {
        struct place p = {.up = up, .index = index++, .key = cJSON_IsObject(v) ? e->string : NULL};
        check(r, of, e, &p);
    }
}

static void check(struct reading *r, const struct shape_row *row, const cJSON *v, const struct place *p)
{
    if (!type_fits(row->type, v)) {
        wrong(r, SHAPE_TYPE, row, v, p);
        return;
    }
    switch (row->type) {
    case SHAPE_STR:
        check_text(r, row, v, p);
        break;
    case SHAPE_INT:
    case SHAPE_REAL:
        check_range(r, row, v->valuedouble, v, p);
        break;
    case SHAPE_LIST:
    case SHAPE_MAP:
        check_length(r, row, cJSON_GetArraySize(v), v, p);
        if (row->of)
            check_elements(r, row->of, v, p);
        break;
    case SHAPE_STRUCT:
        if (row->of)
            check_members(r, row->of, v, p);
        break;
    case SHAPE_TREE:
        if (row->of && cJSON_IsObject(v))
            check_members(r, row->of, v, p);
        break;
    case SHAPE_BLOB: /* its length is that of the decoded bytes: read_blob */
    case SHAPE_BOOL:
    case SHAPE_TIME:
        break;
    }
}

static struct str read_blob(struct reading *r, const struct shape_row *row, const cJSON *v,
                            const struct place *p)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    struct str out = STR_NONE;
    if (codec_unbase64(&b, json_text(v))) {
        out = arena_str(r->a, buf_view(&b));
        check_length(r, row, (int64_t)out.n, v, p);
    } else {
        wrong(r, SHAPE_TYPE, row, v, p);
    }
    buf_release(&b);
    return out;
}

static int64_t read_time(const cJSON *v)
{
    int64_t ms;
    if (cJSON_IsString(v))
        return clock_parse(json_text(v), &ms) ? ms : SHAPE_NO_INT;
    return (int64_t)(v->valuedouble * 1000.0);
}

static void set_absent(const struct shape_row *row, char *at)
{
    switch (row->type) {
    case SHAPE_INT:
    case SHAPE_TIME:
        *(int64_t *)(void *)at = SHAPE_NO_INT;
        break;
    case SHAPE_BOOL:
        *(int *)(void *)at = -1;
        break;
    case SHAPE_REAL:
        *(double *)(void *)at = NAN;
        break;
    default: /* zeroed: absent text, NULL tree */
        break;
    }
}

static void set(struct reading *r, const struct shape_row *row, const cJSON *v, char *at,
                const struct place *p)
{
    switch (row->type) {
    case SHAPE_STR:
        *(struct str *)(void *)at = json_text(v);
        break;
    case SHAPE_BLOB:
        *(struct str *)(void *)at = read_blob(r, row, v, p);
        break;
    case SHAPE_INT:
        *(int64_t *)(void *)at = (int64_t)v->valuedouble;
        break;
    case SHAPE_TIME:
        *(int64_t *)(void *)at = read_time(v);
        break;
    case SHAPE_REAL:
        *(double *)(void *)at = v->valuedouble;
        break;
    case SHAPE_BOOL:
        *(int *)(void *)at = cJSON_IsTrue(v);
        break;
    case SHAPE_TREE:
    case SHAPE_LIST:
    case SHAPE_MAP:
    case SHAPE_STRUCT:
        *(const cJSON **)(void *)at = v;
        break;
    }
}

int shape_read(struct arena *a, const struct shape_row *rows, const cJSON *tree, void *input,
               struct shape_error *errors, int max)
{
    struct reading r = {.a = a, .errors = errors, .max = max};
    for (const struct shape_row *row = rows; row->name; row++) {
        struct place p = {.name = row->name};
        char *at = (char *)input + row->offset;
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(tree, row->name);
        if (!v || cJSON_IsNull(v)) {
            set_absent(row, at);
            if (row->flags & SHAPE_REQ)
                wrong(&r, SHAPE_MISSING, row, NULL, &p);
            continue;
        }
        int before = r.n;
        check(&r, row, v, &p);
        if (r.n == before)
            set(&r, row, v, at, &p);
        else
            set_absent(row, at);
    }
    return r.n;
}

/* --- U+0000 */

static bool holds_zeros(const struct shape_row *row, const cJSON *v);

static bool member_holds_zeros(const struct shape_row *rows, const cJSON *object)
{
    for (; rows->name; rows++)
        if (holds_zeros(rows, cJSON_GetObjectItemCaseSensitive(object, rows->name)))
            return true;
    return false;
}

/* Looks as deep as the rows say what is there, and below them at everything. */
static bool holds_zeros(const struct shape_row *row, const cJSON *v)
{
    if (row->flags & SHAPE_ZEROS)
        return false;
    if ((row->type == SHAPE_STRUCT || row->type == SHAPE_TREE) && row->of && cJSON_IsObject(v))
        return member_holds_zeros(row->of, v);
    if (row->type != SHAPE_LIST || !row->of)
        return json_has_zeros(v);
    for (const cJSON *e = v ? v->child : NULL; e; e = e->next)
        if (holds_zeros(row->of, e))
            return true;
    return false;
}

bool shape_zeros(struct arena *a, const struct shape_row *rows, const cJSON *tree, struct shape_error *error)
{
    struct reading r = {.a = a, .errors = error, .max = 1};
    for (; rows->name && r.n == 0; rows++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(tree, rows->name);
        if (v && holds_zeros(rows, v))
            wrong(&r, SHAPE_HAS_ZEROS, rows, v, &(struct place){.name = rows->name});
    }
    return r.n > 0;
}

/* --- words */

static const char *java_type(enum shape_type type)
{
    switch (type) {
    case SHAPE_INT:
        return "Integer";
    case SHAPE_BOOL:
        return "Boolean";
    case SHAPE_REAL:
        return "Double";
    case SHAPE_TIME:
        return "Date";
    default:
        return "String";
    }
}

struct str shape_type_text(struct arena *a, const struct shape_error *e)
{
    const cJSON *v = e->got;
    enum shape_type want = e->row->type;
    if (want == SHAPE_BLOB && cJSON_IsString(v))
        return STR("Invalid Base64 data");
    if (cJSON_IsArray(v))
        return STR("Start of list found where not expected");
    if (cJSON_IsObject(v))
        return STR("Start of structure or map found where not expected.");
    if (want == SHAPE_LIST || want == SHAPE_MAP || want == SHAPE_STRUCT)
        return STR("Unexpected field type");
    const char *got = cJSON_IsString(v)                                              ? "STRING_VALUE"
                      : cJSON_IsTrue(v)                                              ? "TRUE_VALUE"
                      : cJSON_IsFalse(v)                                             ? "FALSE_VALUE"
                      : cJSON_IsNumber(v) && v->valuedouble != floor(v->valuedouble) ? "DECIMAL_VALUE"
                                                                                     : "NUMBER_VALUE";
    return arena_printf(a, "%s cannot be converted to %s", got, java_type(want));
}

static void add_constraint(struct buf *b, const struct shape_error *e)
{
    const struct shape_row *row = e->row;
    switch (e->problem) {
    case SHAPE_MISSING:
        buf_z(b, "Member must not be null");
        break;
    case SHAPE_TOO_SMALL:
        buf_printf(b, "Member must have value greater than or equal to %lld", (long long)row->min);
        break;
    case SHAPE_TOO_LARGE:
        buf_printf(b, "Member must have value less than or equal to %lld", (long long)row->max);
        break;
    case SHAPE_TOO_SHORT:
        buf_printf(b, "Member must have length greater than or equal to %lld", (long long)row->min);
        break;
    case SHAPE_TOO_LONG:
        buf_printf(b, "Member must have length less than or equal to %lld", (long long)row->max);
        break;
    case SHAPE_NOT_ONE_OF:
        buf_z(b, "Member must satisfy enum value set: [");
        for (const char *const *v = row->one_of; *v; v++)
            buf_printf(b, "%s%s", v == row->one_of ? "" : ", ", *v);
        buf_char(b, ']');
        break;
    case SHAPE_NO_MATCH:
        buf_printf(b, "Member must satisfy regular expression pattern: %s", row->pattern ? row->pattern : "");
        break;
    case SHAPE_HAS_ZEROS:
        buf_z(b, "Member must not hold the character U+0000");
        break;
    case SHAPE_TYPE:
        break;
    }
}

struct str shape_coral_text(struct arena *a, const struct shape_error *errors, int n)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_printf(&b, "%d validation error%s detected: ", n, n == 1 ? "" : "s");
    for (int i = 0; i < n; i++) {
        const struct shape_error *e = &errors[i];
        if (e->value.p)
            buf_printf(&b, "%sValue '%.*s' at '", i ? "; " : "", STR_ARG(e->value));
        else
            buf_printf(&b, "%sValue null at '", i ? "; " : "");
        buf_str(&b, e->path);
        buf_z(&b, "' failed to satisfy constraint: ");
        add_constraint(&b, e);
    }
    struct str text = arena_str(a, buf_view(&b));
    buf_release(&b);
    return text;
}
