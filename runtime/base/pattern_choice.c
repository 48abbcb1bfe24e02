/* One alternative of a pattern's list: how it is read, and which leaf passes.
 *
 * Sources: EventBridge User Guide, "Comparison operators for use in event patterns"; SNS Developer Guide,
 * "Subscription filter policies".  The reasons are those of AWS's own matcher, without the position that it
 * appends. */
#include "pattern_inside.h"
#include <arpa/inet.h>
#include <stdlib.h>

struct matcher {
    const char *name;
    bool (*read)(struct reader *r, const cJSON *operand, struct test *t);
    const char *in_but; /* may stand in anything-but: what is said of an operand that is no text */
};

static const struct matcher *matcher_of(struct str name);

static struct str text(const cJSON *leaf)
{
    return json_text(leaf);
}

/* --- a plain value */

static bool equals_match(const struct test *t, const cJSON *leaf)
{
    if (cJSON_IsString(t->operand))
        return cJSON_IsString(leaf) && str_eq(text(t->operand), text(leaf));
    if (cJSON_IsNumber(t->operand))
        return cJSON_IsNumber(leaf) && t->operand->valuedouble == leaf->valuedouble;
    return (t->operand->type & 0xff) == (leaf->type & 0xff); /* true, false, null */
}

/* --- prefix, suffix: a string or {"equals-ignore-case": string} */

static bool part_is(const cJSON *operand, struct str part)
{
    return cJSON_IsObject(operand) ? str_ieq(text(operand->child), part) : str_eq(text(operand), part);
}

static size_t end_length(const cJSON *operand)
{
    return text(cJSON_IsObject(operand) ? operand->child : operand).n;
}

static bool prefix_match(const struct test *t, const cJSON *leaf)
{
    return cJSON_IsString(leaf) && part_is(t->operand, str_sub(text(leaf), 0, end_length(t->operand)));
}

static bool suffix_match(const struct test *t, const cJSON *leaf)
{
    struct str s = text(leaf);
    size_t n = end_length(t->operand);
    return cJSON_IsString(leaf) && s.n >= n && part_is(t->operand, str_sub(s, s.n - n, n));
}

static bool ends_read(struct reader *r, const cJSON *operand, const char *name, const char *title)
{
    if (!cJSON_IsObject(operand))
        return cJSON_IsString(operand) || refuse(r, "%s match pattern must be a string", name);
    const cJSON *inner = operand->child;
    if (!inner)
        return refuse(r, "%s expression name not found", title);
    if (!str_is(str_z(inner->string), "equals-ignore-case"))
        return refuse(r, "Unsupported %s pattern: %s", name, inner->string);
    if (!cJSON_IsString(inner))
        return refuse(r, "equals-ignore-case match pattern must be a string");
    return !inner->next || refuse(r, "Only one key allowed in match expression");
}

static bool prefix_read(struct reader *r, const cJSON *operand, struct test *t)
{
    t->match = prefix_match;
    return ends_read(r, operand, "prefix", "Prefix");
}

static bool suffix_read(struct reader *r, const cJSON *operand, struct test *t)
{
    t->match = suffix_match;
    return ends_read(r, operand, "suffix", "Suffix");
}

/* --- equals-ignore-case, wildcard */

static bool ignore_case_match(const struct test *t, const cJSON *leaf)
{
    return cJSON_IsString(leaf) && str_ieq(text(t->operand), text(leaf));
}

static bool ignore_case_read(struct reader *r, const cJSON *operand, struct test *t)
{
    t->match = ignore_case_match;
    return cJSON_IsString(operand) || refuse(r, "equals-ignore-case match pattern must be a string");
}

static bool wildcard_operand_read(struct reader *r, const cJSON *operand, struct test *t)
{
    t->match = wildcard_match;
    return cJSON_IsString(operand) ? wildcard_read(r, text(operand), t)
                                   : refuse(r, "wildcard match pattern must be a string");
}

/* --- numeric: ["=", 1] or one or two ends of a range */

static bool compare(struct str op, double v, double with)
{
    if (v == with)
        return op.p[op.n - 1] == '='; /* = <= >= */
    return v < with ? op.p[0] == '<' : op.p[0] == '>';
}

static bool numeric_match(const struct test *t, const cJSON *leaf)
{
    if (!cJSON_IsNumber(leaf))
        return false;
    for (const cJSON *op = t->operand->child; op; op = op->next->next)
        if (!compare(text(op), leaf->valuedouble, op->next->valuedouble))
            return false;
    return true;
}

static bool is_lower_end(struct str op)
{
    return str_is(op, ">") || str_is(op, ">=");
}

static bool is_upper_end(struct str op)
{
    return str_is(op, "<") || str_is(op, "<=");
}

/* A member of the list as AWS repeats it. */
static struct str member_text(struct reader *r, const cJSON *v)
{
    if (!v)
        return STR("]");
    if (cJSON_IsString(v))
        return text(v);
    char *json = json_printed(v);
    struct str out = arena_str(r->arena, str_z(cJSON_IsArray(v) ? "[" : cJSON_IsObject(v) ? "{" : json));
    free(json);
    return out;
}

static bool value_read(struct reader *r, const cJSON *op)
{
    return cJSON_IsNumber(op->next) ||
           refuse(r, "Value of %s must be numeric", str_is(text(op), "=") ? "equals" : op->valuestring);
}

static bool upper_end_read(struct reader *r, const cJSON *lower, const cJSON *op)
{
    if (!cJSON_IsString(op))
        return refuse(r, "Bad value in numeric range: %.*s", STR_ARG(member_text(r, op)));
    if (!is_upper_end(text(op)))
        return refuse(r, "Bad numeric range operator: %s", op->valuestring);
    if (!value_read(r, op))
        return false;
    if (op->next->next)
        return refuse(r, "Too many terms in numeric range expression");
    return lower->next->valuedouble < op->next->valuedouble || refuse(r, "Bottom must be less than top");
}

static bool numeric_read(struct reader *r, const cJSON *operand, struct test *t)
{
    const cJSON *op = operand->child;
    t->match = numeric_match;
    if (!cJSON_IsArray(operand))
        return refuse(r, "Value of numeric must be an array.");
    if (!cJSON_IsString(op))
        return refuse(r, "Invalid member in numeric match: %.*s", STR_ARG(member_text(r, op)));
    struct str name = text(op);
    if (!str_is(name, "=") && !is_lower_end(name) && !is_upper_end(name))
        return refuse(r, "Unrecognized numeric range operator: %s", op->valuestring);
    if (!value_read(r, op))
        return false;
    const cJSON *more = op->next->next;
    if (more && is_lower_end(name))
        return upper_end_read(r, op, more);
    return !more || refuse(r, "Too many elements in numeric expression");
}

/* --- cidr */

static bool read_address(struct str s, struct address *out)
{
    char z[INET6_ADDRSTRLEN];
    if (!s.p || s.n >= sizeof z)
        return false;
    str_copy(s, z, sizeof z);
    out->bits = str_find(s, ':') >= 0 ? 128 : 32;
    return inet_pton(out->bits == 128 ? AF_INET6 : AF_INET, z, out->bytes) == 1;
}

static bool cidr_match(const struct test *t, const cJSON *leaf)
{
    struct address a;
    if (!read_address(text(leaf), &a) || a.bits != t->net.bits)
        return false;
    for (int64_t bit = 0; bit < t->fixed; bit++)
        if ((a.bytes[bit / 8] ^ t->net.bytes[bit / 8]) & (0x80 >> bit % 8))
            return false;
    return true;
}

static bool cidr_read(struct reader *r, const cJSON *operand, struct test *t)
{
    t->match = cidr_match;
    if (!cJSON_IsString(operand))
        return refuse(r, "prefix match pattern must be a string"); /* AWS's words for this one too */
    struct str rest = text(operand), head = str_cut(&rest, '/');
    if (!rest.n || str_find(rest, '/') >= 0)
        return refuse(r, "Malformed CIDR, one '/' required");
    if (!str_to_i64(rest, &t->fixed))
        return refuse(r, "Malformed CIDR, mask bits must be an integer");
    if (t->fixed < 0)
        return refuse(r, "Malformed CIDR, mask bits must not be negative");
    if (!read_address(head, &t->net))
        return refuse(r, "Nonstandard IP address: %.*s", STR_ARG(head));
    return t->fixed < t->net.bits ||
           refuse(r, "IPv%d mask bits must be < %d", t->net.bits == 32 ? 4 : 6, t->net.bits);
}

/* --- all of them */

#define NO_TEXT_END "prefix/suffix match pattern must be a string"

static const struct matcher matchers[] = {
    {"prefix", prefix_read, NO_TEXT_END},
    {"suffix", suffix_read, NO_TEXT_END},
    {"equals-ignore-case", ignore_case_read,
     "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."},
    {"wildcard", wildcard_operand_read, "wildcard match pattern must be a string"},
    {"numeric", numeric_read, NULL},
    {"cidr", cidr_read, NULL},
};

static const struct matcher *matcher_of(struct str name)
{
    for (size_t i = 0; i < sizeof matchers / sizeof *matchers; i++)
        if (str_is(name, matchers[i].name))
            return &matchers[i];
    return NULL;
}

bool choice_name_reserved(struct str name)
{
    static const char *const more[] = {
        "exactly", "anything-but", "exists", "=", "<", "<=", ">", ">=", "regex", NULL};
    bool found = matcher_of(name) != NULL;
    for (const char *const *m = more; *m && !found; m++)
        found = str_is(name, *m);
    return found;
}

/* --- anything-but: a value, a list of values of one kind, or another operator on one string or a list of
 * them */

static struct test *tests_of(struct reader *r, const cJSON *operand, struct choice *out)
{
    out->count = cJSON_IsArray(operand) ? (size_t)cJSON_GetArraySize(operand) : 1;
    out->tests = arena_zalloc(&r->pattern->arena, (out->count + 1) * sizeof *out->tests);
    const cJSON *one = cJSON_IsArray(operand) ? operand->child : operand;
    for (size_t i = 0; i < out->count; i++, one = one->next)
        out->tests[i].operand = one;
    return out->tests;
}

static bool but_values_read(struct reader *r, const cJSON *operand, struct choice *out)
{
    struct test *tests = tests_of(r, operand, out);
    bool strings = false, numbers = false;
    for (size_t i = 0; i < out->count; i++) {
        tests[i].match = equals_match;
        strings |= cJSON_IsString(tests[i].operand);
        numbers |= cJSON_IsNumber(tests[i].operand);
        if (!cJSON_IsString(tests[i].operand) && !cJSON_IsNumber(tests[i].operand))
            return refuse(r, "Inside anything but list, start|null|boolean is not supported.");
    }
    return strings != numbers ||
           refuse(r, "Inside anything but list, either all values are number or string, mixed "
                     "type is not supported");
}

static bool but_operator_read(struct reader *r, const cJSON *inner, struct choice *out)
{
    const struct matcher *op = matcher_of(str_z(inner->string));
    struct test *tests = tests_of(r, inner, out);
    for (size_t i = 0; i < out->count; i++) {
        if (!cJSON_IsString(tests[i].operand))
            return refuse(r, "%s", op->in_but);
        if (!text(tests[i].operand).n && (op->read == prefix_read || op->read == suffix_read))
            return refuse(r, "Null prefix/suffix not allowed");
        if (!op->read(r, tests[i].operand, &tests[i]))
            return false;
    }
    return !inner->next || refuse(r, "Only one key allowed in match expression");
}

static bool but_read(struct reader *r, const cJSON *operand, struct choice *out)
{
    const cJSON *inner = cJSON_IsObject(operand) ? operand->child : NULL;
    out->but = true;
    if (cJSON_IsObject(operand)) {
        if (!inner)
            return refuse(r, "Anything-But expression name not found");
        const struct matcher *op = matcher_of(str_z(inner->string));
        if (!op || !op->in_but)
            return refuse(r, "Unsupported anything-but pattern: %s", inner->string);
        operand = inner;
    }
    if (!cJSON_IsArray(operand) && !cJSON_IsString(operand) && !cJSON_IsNumber(operand))
        return refuse(r, "Value of anything-but must be an array or single string/number value.");
    return inner ? but_operator_read(r, inner, out) : but_values_read(r, operand, out);
}

/* --- one alternative */

static bool exists_match(const struct test *t, const cJSON *leaf)
{
    (void)t, (void)leaf;
    return true;
}

static bool operator_read(struct reader *r, const cJSON *named, struct choice *out, int *exists)
{
    struct str name = str_z(named->string);
    const struct matcher *op = matcher_of(name);
    if (str_is(name, "anything-but"))
        return but_read(r, named, out);
    struct test *t = tests_of(r, named, out);
    out->count = 1; /* an array is one operand here */
    t->operand = named;
    if (op)
        return op->read(r, named, t);
    if (!str_is(name, "exists"))
        return refuse(r, "Unrecognized match type %s", named->string);
    if (!cJSON_IsBool(named))
        return refuse(r, "exists match pattern must be either true or false.");
    *exists = cJSON_IsTrue(named);
    t->match = exists_match;
    return true;
}

bool choice_read(struct reader *r, const cJSON *alternative, struct choice *out, int *exists)
{
    *exists = -1;
    if (cJSON_IsArray(alternative))
        return refuse(r, "Match value must be String, number, true, false, or null");
    if (!cJSON_IsObject(alternative)) {
        tests_of(r, alternative, out)->match = equals_match;
        return true;
    }
    if (!alternative->child)
        return refuse(r, "Match expression name not found");
    if (!operator_read(r, alternative->child, out, exists))
        return false;
    return !alternative->child->next || refuse(r, "Only one key allowed in match expression");
}

bool choice_matches(const struct choice *c, const cJSON *leaf, int64_t *work)
{
    bool found = false;
    for (size_t i = 0; i < c->count && !found; i++) {
        const struct test *t = &c->tests[i];
        *work -= 1 + (t->part_count ? (int64_t)text(leaf).n / 64 : 0); /* a wildcard walks the text */
        found = t->match(t, leaf);
    }
    return found != c->but;
}
