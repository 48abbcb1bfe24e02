/* Sources: EventBridge User Guide, "Comparison operators for use in event patterns"; SNS Developer Guide,
 * "Subscription filter policies"; the reasons read like those of AWS's own matcher. */
#include "base/pattern.h"

#include "base/str.h"
#include <arpa/inet.h>

/* One operator: is its operand well formed (NULL, or why not), and does a leaf match?  A leaf is a JSON value
 * that is neither object nor array; NULL when the event has none in this place. */
struct matcher {
    const char *name;
    const char *(*trouble)(const cJSON *operand);
    bool (*match)(const cJSON *operand, const cJSON *leaf);
};

static const struct matcher *matcher_of(const cJSON *alternative);

static struct str text(const cJSON *leaf)
{
    return str_z(cJSON_IsString(leaf) ? leaf->valuestring : NULL);
}

static bool same(const cJSON *want, const cJSON *leaf)
{
    if (!leaf)
        return false;
    if (cJSON_IsString(want))
        return cJSON_IsString(leaf) && str_eq(text(want), text(leaf));
    if (cJSON_IsNumber(want))
        return cJSON_IsNumber(leaf) && want->valuedouble == leaf->valuedouble;
    return (want->type & 0xff) == (leaf->type & 0xff); /* true, false, null */
}

/* --- prefix, suffix: a string or {"equals-ignore-case": string} */

static const char *ends_trouble(const cJSON *operand)
{
    if (cJSON_IsObject(operand) && operand->child && !operand->child->next &&
        str_is(str_z(operand->child->string), "equals-ignore-case"))
        operand = operand->child;
    if (!cJSON_IsString(operand))
        return "prefix and suffix match patterns must be strings";
    return NULL;
}

static bool part_is(const cJSON *operand, struct str part)
{
    return cJSON_IsObject(operand) ? str_ieq(text(operand->child), part) : str_eq(text(operand), part);
}

static size_t end_length(const cJSON *operand)
{
    return text(cJSON_IsObject(operand) ? operand->child : operand).n;
}

static bool prefix_match(const cJSON *operand, const cJSON *leaf)
{
    return cJSON_IsString(leaf) && part_is(operand, str_sub(text(leaf), 0, end_length(operand)));
}

static bool suffix_match(const cJSON *operand, const cJSON *leaf)
{
    struct str s = text(leaf);
    size_t n = end_length(operand);
    return cJSON_IsString(leaf) && s.n >= n && part_is(operand, str_sub(s, s.n - n, n));
}

/* --- equals-ignore-case */

static const char *ignore_case_trouble(const cJSON *operand)
{
    return cJSON_IsString(operand) ? NULL : "equals-ignore-case match pattern must be a string";
}

static bool ignore_case_match(const cJSON *operand, const cJSON *leaf)
{
    return cJSON_IsString(leaf) && str_ieq(text(operand), text(leaf));
}

/* --- wildcard: '*' stands for any run; \* and \\ for themselves */

static const char *wildcard_trouble(const cJSON *operand)
{
    struct str s = text(operand);
    if (!s.p)
        return "wildcard match pattern must be a string";
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\') {
            if (++i == s.n || (s.p[i] != '*' && s.p[i] != '\\'))
                return "Invalid escape character in wildcard";
        } else if (s.p[i] == '*' && i + 1 < s.n && s.p[i + 1] == '*') {
            return "Consecutive wildcard characters are not allowed";
        }
    }
    return NULL;
}

/* Steps back to the last star and lets it take one more byte whenever the rest does not fit. */
static bool glob(struct str want, struct str s)
{
    size_t w = 0, i = 0, star = SIZE_MAX, from = 0;
    while (i < s.n) {
        bool escaped = w + 1 < want.n && want.p[w] == '\\';
        if (w < want.n && want.p[w] == '*') {
            star = w++, from = i;
        } else if (w < want.n && want.p[w + escaped] == s.p[i]) {
            w += 1 + escaped, i++;
        } else if (star != SIZE_MAX) {
            w = star + 1, i = ++from;
        } else {
            return false;
        }
    }
    while (w < want.n && want.p[w] == '*')
        w++;
    return w == want.n;
}

static bool wildcard_match(const cJSON *operand, const cJSON *leaf)
{
    return cJSON_IsString(leaf) && glob(text(operand), text(leaf));
}

/* --- anything-but: a value, a list of values of one kind, or another operator on one string or a list of
 * them */

static const char *values_trouble(const cJSON *list)
{
    const cJSON *v;
    if (!list->child)
        return "Empty arrays are not allowed";
    cJSON_ArrayForEach (v, list) {
        if (!cJSON_IsString(v) && !cJSON_IsNumber(v))
            return "Inside anything but list, only strings and numbers are supported";
        if (v->type != list->child->type)
            return "Inside anything but list, either all values are number or string, mixed type is not "
                   "supported";
    }
    return NULL;
}

static const char *anything_but_trouble(const cJSON *operand)
{
    if (cJSON_IsArray(operand))
        return values_trouble(operand);
    if (!cJSON_IsObject(operand))
        return cJSON_IsString(operand) || cJSON_IsNumber(operand)
                   ? NULL
                   : "Value of anything-but must be an array or single string/number value.";
    static const char *const allowed[] = {"prefix", "suffix", "wildcard", "equals-ignore-case"};
    const struct matcher *inner = matcher_of(operand);
    bool known = false;
    for (size_t i = 0; inner && i < sizeof allowed / sizeof *allowed; i++)
        known |= str_is(str_z(inner->name), allowed[i]);
    if (!known)
        return "Unsupported anything-but pattern";
    const cJSON *v = operand->child;
    if (!cJSON_IsArray(v))
        return inner->trouble(v);
    const char *why = values_trouble(v);
    const cJSON *one;
    cJSON_ArrayForEach (one, v) {
        if (!why)
            why = inner->trouble(one);
    }
    return why;
}

static bool one_matches(const struct matcher *op, const cJSON *operands, const cJSON *leaf)
{
    const cJSON *one;
    if (!cJSON_IsArray(operands))
        return op ? op->match(operands, leaf) : same(operands, leaf);
    cJSON_ArrayForEach (one, operands) {
        if (op ? op->match(one, leaf) : same(one, leaf))
            return true;
    }
    return false;
}

static bool anything_but_match(const cJSON *operand, const cJSON *leaf)
{
    if (!leaf)
        return false;
    if (cJSON_IsObject(operand))
        return !one_matches(matcher_of(operand), operand->child, leaf);
    return !one_matches(NULL, operand, leaf);
}

/* --- numeric: ["=", 1] or one or two ends of a range */

/* -1 a lower end, 1 an upper end, 0 equality; 2 for no operator at all. */
static int numeric_side(const cJSON *op)
{
    struct str s = text(op);
    if (str_is(s, "="))
        return 0;
    if (str_is(s, ">") || str_is(s, ">="))
        return -1;
    return str_is(s, "<") || str_is(s, "<=") ? 1 : 2;
}

static const char *numeric_trouble(const cJSON *operand)
{
    int n = cJSON_GetArraySize(operand);
    if (!cJSON_IsArray(operand))
        return "Value of numeric must be an array.";
    if (n != 2 && n != 4)
        return "Numeric expression must hold one or two comparisons";
    const cJSON *op = operand->child, *second = n == 4 ? op->next->next : NULL;
    for (const cJSON *at = op; at; at = at->next->next) {
        if (numeric_side(at) == 2)
            return "Unrecognized numeric range operator";
        if (!cJSON_IsNumber(at->next))
            return "Value of a numeric comparison must be numeric";
    }
    if (!second)
        return NULL;
    if (numeric_side(op) != -1 || numeric_side(second) != 1)
        return "A numeric range must be a lower end followed by an upper end";
    return op->next->valuedouble < second->next->valuedouble ? NULL : "Bottom must be less than top";
}

static bool compare(struct str op, double v, double with)
{
    if (v == with)
        return op.p[op.n - 1] == '='; /* = <= >= */
    return v < with ? op.p[0] == '<' : op.p[0] == '>';
}

static bool numeric_match(const cJSON *operand, const cJSON *leaf)
{
    if (!cJSON_IsNumber(leaf))
        return false;
    for (const cJSON *op = operand->child; op; op = op->next->next)
        if (!compare(text(op), leaf->valuedouble, op->next->valuedouble))
            return false;
    return true;
}

/* --- exists */

static const char *exists_trouble(const cJSON *operand)
{
    return cJSON_IsBool(operand) ? NULL : "exists match pattern must be either true or false.";
}

static bool exists_match(const cJSON *operand, const cJSON *leaf)
{
    return cJSON_IsTrue(operand) == (leaf != NULL);
}

/* --- cidr */

struct address {
    unsigned char bytes[16];
    int bits; /* 32 or 128 */
};

static bool read_address(struct str s, struct address *out)
{
    char z[INET6_ADDRSTRLEN];
    if (!s.p || s.n >= sizeof z)
        return false;
    str_copy(s, z, sizeof z);
    out->bits = str_find(s, ':') >= 0 ? 128 : 32;
    return inet_pton(out->bits == 128 ? AF_INET6 : AF_INET, z, out->bytes) == 1;
}

static bool read_cidr(const cJSON *operand, struct address *net, int64_t *fixed)
{
    struct str rest = text(operand), head = str_cut(&rest, '/');
    if (!read_address(head, net))
        return false;
    *fixed = net->bits;
    return !rest.p || (str_to_i64(rest, fixed) && *fixed >= 0 && *fixed <= net->bits);
}

static const char *cidr_trouble(const cJSON *operand)
{
    struct address net;
    int64_t fixed;
    return read_cidr(operand, &net, &fixed) ? NULL : "Malformed CIDR";
}

static bool cidr_match(const cJSON *operand, const cJSON *leaf)
{
    struct address net, a;
    int64_t fixed;
    if (!read_cidr(operand, &net, &fixed) || !read_address(text(leaf), &a) || a.bits != net.bits)
        return false;
    for (int64_t bit = 0; bit < fixed; bit++)
        if ((a.bytes[bit / 8] ^ net.bytes[bit / 8]) & (0x80 >> bit % 8))
            return false;
    return true;
}

/* --- all operators */

static const struct matcher matchers[] = {
    {"prefix", ends_trouble, prefix_match},
    {"suffix", ends_trouble, suffix_match},
    {"equals-ignore-case", ignore_case_trouble, ignore_case_match},
    {"wildcard", wildcard_trouble, wildcard_match},
    {"anything-but", anything_but_trouble, anything_but_match},
    {"numeric", numeric_trouble, numeric_match},
    {"exists", exists_trouble, exists_match},
    {"cidr", cidr_trouble, cidr_match},
};

/* The operator of {"name": operand}, or NULL. */
static const struct matcher *matcher_of(const cJSON *alternative)
{
    struct str name = str_z(alternative->child ? alternative->child->string : NULL);
    for (size_t i = 0; i < sizeof matchers / sizeof *matchers; i++)
        if (str_is(name, matchers[i].name))
            return &matchers[i];
    return NULL;
}

/* --- whether a pattern is well formed */

static const char *alternative_trouble(const cJSON *alternative)
{
    if (cJSON_IsArray(alternative))
        return "Match value must be String, number, true, false, or null";
    if (!cJSON_IsObject(alternative))
        return NULL;
    if (!alternative->child || alternative->child->next)
        return "Only one key allowed in match expression";
    const struct matcher *op = matcher_of(alternative);
    return op ? op->trouble(alternative->child) : "Unrecognized match type";
}

static const char *object_trouble(const cJSON *pattern);

static const char *leaf_list_trouble(const cJSON *list)
{
    const cJSON *alternative;
    if (!list->child)
        return "Empty arrays are not allowed";
    cJSON_ArrayForEach (alternative, list) {
        const char *why = alternative_trouble(alternative);
        if (why)
            return why;
    }
    return NULL;
}

/* "$or" with a list of two or more objects is the operator; anything else under that name is a key. */
static bool is_or(const cJSON *member)
{
    const cJSON *branch;
    if (!str_is(str_z(member->string), "$or") || !cJSON_IsArray(member) || cJSON_GetArraySize(member) < 2)
        return false;
    cJSON_ArrayForEach (branch, member) {
        if (!cJSON_IsObject(branch))
            return false;
    }
    return true;
}

static const char *member_trouble(const cJSON *member)
{
    const cJSON *branch;
    if (cJSON_IsObject(member))
        return object_trouble(member);
    if (!cJSON_IsArray(member))
        return "Match values must be in an object or an array";
    if (!is_or(member))
        return leaf_list_trouble(member);
    cJSON_ArrayForEach (branch, member) {
        const char *why = object_trouble(branch);
        if (why)
            return why;
    }
    return NULL;
}

static const char *object_trouble(const cJSON *pattern)
{
    const cJSON *member;
    if (!pattern->child)
        return "Empty objects are not allowed";
    cJSON_ArrayForEach (member, pattern) {
        const char *why = member_trouble(member);
        if (why)
            return why;
    }
    return NULL;
}

bool pattern_valid(const cJSON *pattern, const char **why)
{
    *why = cJSON_IsObject(pattern) ? object_trouble(pattern) : "Filter is not an object";
    return *why == NULL;
}

/* --- whether an event matches */

static bool alternative_matches(const cJSON *alternative, const cJSON *leaf)
{
    if (!cJSON_IsObject(alternative))
        return same(alternative, leaf);
    return matcher_of(alternative)->match(alternative->child, leaf);
}

static bool list_matches_leaf(const cJSON *list, const cJSON *leaf)
{
    const cJSON *alternative;
    cJSON_ArrayForEach (alternative, list) {
        if (alternative_matches(alternative, leaf))
            return true;
    }
    return false;
}

static bool has_leaf(const cJSON *value)
{
    const cJSON *element;
    if (!cJSON_IsArray(value))
        return value && !cJSON_IsObject(value);
    cJSON_ArrayForEach (element, value) {
        if (has_leaf(element))
            return true;
    }
    return false;
}

/* Some leaf of the value: the value itself, or an element of an array at any depth. */
static bool some_leaf_matches(const cJSON *list, const cJSON *value)
{
    const cJSON *element;
    if (!cJSON_IsArray(value))
        return !cJSON_IsObject(value) && list_matches_leaf(list, value);
    cJSON_ArrayForEach (element, value) {
        if (some_leaf_matches(list, element))
            return true;
    }
    return false;
}

static bool object_matches(const cJSON *pattern, const cJSON *event);

static bool or_matches(const cJSON *branches, const cJSON *event)
{
    const cJSON *branch;
    cJSON_ArrayForEach (branch, branches) {
        if (object_matches(branch, event))
            return true;
    }
    return false;
}

static bool member_matches(const cJSON *member, const cJSON *event)
{
    if (is_or(member))
        return or_matches(member, event);
    const cJSON *value =
        cJSON_IsObject(event) ? cJSON_GetObjectItemCaseSensitive(event, member->string) : NULL;
    if (cJSON_IsObject(member))
        return object_matches(member, value);
    if (!has_leaf(value)) /* only {"exists": false} matches what is not there */
        return list_matches_leaf(member, NULL);
    return some_leaf_matches(member, value);
}

/* `event` may be NULL (nothing there) or an array, of which one element must match the whole pattern. */
static bool object_matches(const cJSON *pattern, const cJSON *event)
{
    const cJSON *member;
    if (cJSON_IsArray(event) && event->child) {
        const cJSON *element;
        cJSON_ArrayForEach (element, event) {
            if (object_matches(pattern, element))
                return true;
        }
        return false;
    }
    cJSON_ArrayForEach (member, pattern) {
        if (!member_matches(member, event))
            return false;
    }
    return true;
}

bool pattern_match(const cJSON *pattern, const cJSON *event)
{
    return object_matches(pattern, event);
}
