/* Parameters: their types, defaults and rules, and what --parameter gives. */
#include "base/buf.h"
#include "scope.h"
#include <math.h>
#include <regex.h>
#include <stdlib.h>

struct parameter {
    struct scope *scope;
    const struct node *at; /* the declaration */
    struct str type, value;
};

static const char *const known[] = {
    "Type",     "Default",  "AllowedValues",         "AllowedPattern", "MinLength", "MaxLength",
    "MinValue", "MaxValue", "ConstraintDescription", "Description",    "NoEcho",    NULL};

static bool listed(struct str name, const char *const *names)
{
    for (; *names; names++)
        if (str_is(name, *names))
            return true;
    return false;
}

/* --- AllowedPattern: a Java regular expression, brought to what regcomp understands */

/* Words for \d \w \s within brackets and without; false for what POSIX has no word for. */
static bool class_of(char c, bool bracket, struct buf *out)
{
    static const struct {
        char letter;
        const char *inside;
    } classes[] = {{'d', "0-9"}, {'w', "A-Za-z0-9_"}, {'s', " \t\r\n"}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (c != classes[i].letter)
            continue;
        buf_printf(out, bracket ? "%s" : "[%s]", classes[i].inside);
        return true;
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return false;
    buf_printf(out, bracket ? "%c" : "\\%c", c);
    return true;
}

static bool posix_pattern(struct str in, struct buf *out)
{
    bool bracket = false, fine = true, dash = false;
    buf_z(out, "^(");
    for (size_t i = 0; i < in.n && fine; i++) {
        char c = in.p[i], next = i + 1 < in.n ? in.p[i + 1] : 0;
        if (c == '\\' && bracket && next == '-')
            dash = true, i++; /* POSIX takes a dash at the end of the brackets only */
        else if (c == '\\')
            fine = next && class_of(next, bracket, out), i++;
        else if (c == '(' && next == '?')
            fine = i + 2 < in.n && in.p[i + 2] == ':', buf_char(out, '('), i += 2;
        else if ((c == '*' || c == '+' || c == '?' || c == '}') && !bracket && (next == '?' || next == '+'))
            fine = false;
        else {
            if (c == ']' && bracket && dash)
                buf_char(out, '-'), dash = false;
            bracket = c == '[' || (bracket && c != ']');
            buf_char(out, c);
        }
    }
    buf_z(out, ")$");
    return fine;
}

static void check_pattern(struct parameter *p, const struct node *pattern)
{
    struct problems *problems = p->scope->problems;
    struct buf posix;
    regex_t regex;
    buf_init(&posix, 4096);
    if (!posix_pattern(node_scalar(pattern), &posix) ||
        regcomp(&regex, buf_zstr(&posix), REG_EXTENDED | REG_NOSUB) != 0) {
        problem_soft(problems, pattern, "this pattern uses what tidepool cannot check yet");
    } else {
        char *z = arena_z(p->scope->arena, p->value);
        if (regexec(&regex, z, 0, NULL, 0) != 0)
            problem_hard(problems, p->at, "parameter %.*s must match pattern %.*s", STR_ARG(p->at->key),
                         STR_ARG(node_scalar(pattern)));
        regfree(&regex);
    }
    buf_release(&posix);
}

/* --- the rules */

static bool to_number(struct str s, double *out)
{
    char z[64], *end;
    if (!s.n || s.n >= sizeof z)
        return false;
    *out = strtod(str_copy(s, z, sizeof z), &end);
    return *end == 0 && isfinite(*out);
}

static void check_limit(struct parameter *p, const char *name, bool lowest, double value, const char *what)
{
    const struct node *n = node_get(p->at, name);
    double limit;
    if (!n)
        return;
    if (!to_number(node_scalar(n), &limit))
        problem_hard(p->scope->problems, n, "must be a number");
    else if (lowest ? value < limit : value > limit)
        problem_hard(p->scope->problems, p->at, "parameter %.*s must be %s %.*s%s", STR_ARG(p->at->key),
                     lowest ? "at least" : "at most", STR_ARG(node_scalar(n)), what);
}

static void check_allowed(struct parameter *p, struct str value)
{
    const struct node *allowed = node_get(p->at, "AllowedValues"), *one;
    if (!allowed)
        return;
    node_each (one, allowed)
        if (node_scalar(one).p && str_eq(node_scalar(one), value))
            return;
    problem_hard(p->scope->problems, p->at, "parameter %.*s must be one of AllowedValues, not \"%.*s\"",
                 STR_ARG(p->at->key), STR_ARG(value));
}

static bool check_value(struct parameter *p, struct str value, bool number)
{
    double v = 0;
    if (number && !to_number(value, &v)) {
        problem_hard(p->scope->problems, p->at, "parameter %.*s must be a number, not \"%.*s\"",
                     STR_ARG(p->at->key), STR_ARG(value));
        return false;
    }
    if (number) {
        check_limit(p, "MinValue", true, v, "");
        check_limit(p, "MaxValue", false, v, "");
    } else {
        check_limit(p, "MinLength", true, (double)value.n, " characters");
        check_limit(p, "MaxLength", false, (double)value.n, " characters");
    }
    check_allowed(p, value);
    return true;
}

static struct node *list_value(struct parameter *p, bool number)
{
    struct node *list = node_new(p->scope->arena, NODE_LIST, p->at);
    for (struct str rest = p->value; rest.n || rest.p == p->value.p;) {
        struct str one = str_trim(str_cut(&rest, ','));
        if (check_value(p, one, number))
            node_add(list, node_text(p->scope->arena, one, p->at));
        if (!rest.p)
            break;
    }
    return list;
}

static struct node *value_node(struct parameter *p)
{
    const struct node *pattern = node_get(p->at, "AllowedPattern");
    if (str_is(p->type, "CommaDelimitedList") || str_is(p->type, "List<Number>") ||
        str_is(p->type, "List<String>"))
        return list_value(p, str_is(p->type, "List<Number>"));
    bool number = str_is(p->type, "Number");
    if (!check_value(p, p->value, number))
        return NULL;
    if (pattern && !number)
        check_pattern(p, pattern);
    struct node *n = node_text(p->scope->arena, p->value, p->at);
    n->kind = number ? NODE_NUMBER : NODE_TEXT;
    return n;
}

static bool type_known(struct str type)
{
    static const char *const types[] = {"String",       "Number",       "CommaDelimitedList",
                                        "List<Number>", "List<String>", NULL};
    return type.p && listed(type, types);
}

static struct node *read_parameter(struct scope *s, const struct node *at, const struct map *given)
{
    const struct node *member, *type = node_get(at, "Type"), *otherwise = node_get(at, "Default");
    if (at->kind != NODE_MAP || !type) {
        problem_hard(s->problems, at, "a parameter needs a Type");
        return NULL;
    }
    node_each (member, at)
        if (!listed(member->key, known))
            problem_hard(s->problems, member, "is not a member of a parameter");
    if (!type_known(node_scalar(type))) {
        problem_soft(s->problems, type, "the parameter type %.*s is not supported by tidepool yet",
                     STR_ARG(node_scalar(type)));
        return otherwise ? node_copy(s->arena, otherwise) : NULL;
    }
    const char *override = map_get(given, at->key);
    struct str value = override ? str_z(override) : node_scalar(otherwise);
    if (!value.p) {
        problem_hard(s->problems, at, "has no Default: give it with --parameter %.*s=...", STR_ARG(at->key));
        return NULL;
    }
    struct parameter p = {s, at, node_scalar(type), value};
    return value_node(&p);
}

void scope_read_parameters(struct scope *s, const struct node *section, const struct map *given)
{
    const struct node *at;
    if (section)
        node_each (at, section) {
            struct node *value = read_parameter(s, at, given);
            /* a broken one stays known, without a value, so that its Refs are not called broken too */
            map_put(&s->parameters, at->key, value ? value : node_new(s->arena, NODE_NULL, at));
        }
    struct str name;
    for (struct map_entry *entry = given->first; map_each(&entry, &name);)
        if (!map_get(&s->parameters, name))
            problem_line(s->problems, section ? section->line : 1,
                         "--parameter %.*s: the template has no such parameter", STR_ARG(name));
}
