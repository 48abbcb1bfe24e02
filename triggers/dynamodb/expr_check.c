/* From syntax to meaning: what names and values stand for, and what may stand where.
 *
 * The order of the checks is the service's: redundant parentheses first; then words that cannot be used, from
 * left to right; then names, values and operands of each condition in turn. */
#include "base/codec.h"
#include "expr.h"
#include "expr_parse.h"

struct check {
    struct expr_set *set;
    const char *what;
    bool update;
};

#define INVALID(k, fmt, ...) wrong_value((k)->set->wrong, "Invalid %s: " fmt, (k)->what, __VA_ARGS__)

/* Words first: reserved names and misplaced functions, in the order in which they stand. */
static bool check_path_words(struct check *k, const struct path *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct str name = p->steps[i].name;
        if (name.p && name.p[0] != '#' && expr_reserved(name))
            return INVALID(k, "Attribute name is a reserved keyword; reserved keyword: %.*s", STR_ARG(name));
    }
    return true;
}

/* `operand`: the call stands where a value is wanted, not a condition. */
static bool check_function_place(struct check *k, const struct expr *e, bool operand)
{
    bool of_update = e->function == FN_IF_NOT_EXISTS || e->function == FN_LIST_APPEND;
    if (e->function == FN_UNKNOWN)
        return INVALID(k, "Invalid function name; function: %.*s", STR_ARG(e->text));
    if (of_update != k->update)
        return INVALID(k, "The function is not allowed in %s expression; function: %.*s",
                       k->update ? "an update" : "a condition", STR_ARG(e->text));
    if (!k->update && operand != (e->function == FN_SIZE))
        return INVALID(k, "The function is not allowed to be used this way in an expression; function: %.*s",
                       STR_ARG(e->text));
    return true;
}

static bool is_list_append(const struct expr *e)
{
    return e->kind == EXPR_CALL && e->function == FN_LIST_APPEND;
}

/* A list that grows grows by one call. */
static bool check_nesting(struct check *k, const struct expr *outer, const struct expr *inner)
{
    if (!is_list_append(outer) || !is_list_append(inner))
        return true;
    return INVALID(k, "The function is not allowed to be used this way in an expression; function: %.*s",
                   STR_ARG(inner->text));
}

static bool check_words(struct check *k, const struct expr *e, bool operand)
{
    if (e->kind == EXPR_PATH)
        return check_path_words(k, &e->path);
    if (e->kind == EXPR_CALL && !check_function_place(k, e, operand))
        return false;
    bool inner = e->kind > EXPR_NOT;
    for (size_t i = 0; i < e->n; i++)
        if (!check_nesting(k, e, e->args[i]) || !check_words(k, e->args[i], inner))
            return false;
    return !k->set->wrong->fault;
}

/* Names and values. */
static bool resolve_path(struct check *k, struct path *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct str *name = &p->steps[i].name;
        if (!name->p || name->p[0] != '#')
            continue;
        const struct stand_in *found = expr_set_use(&k->set->names, *name);
        if (!found)
            return INVALID(k,
                           "An expression attribute name used in the document path is not defined; attribute "
                           "name: %.*s",
                           STR_ARG(*name));
        *name = found->name;
    }
    if (p->n > ATTR_DEPTH_MAX)
        return INVALID(k, "The document path has too many nesting levels; nesting levels: %zu", p->n);
    return true;
}

static bool resolve_value(struct check *k, struct expr *e)
{
    const struct stand_in *found = expr_set_use(&k->set->values, e->text);
    if (!found)
        return INVALID(k,
                       "An expression attribute value used in expression is not defined; attribute value: "
                       "%.*s",
                       STR_ARG(e->text));
    e->value = found->value;
    return true;
}

static bool resolve(struct check *k, struct expr *e)
{
    if (e->kind == EXPR_PATH)
        return resolve_path(k, &e->path);
    if (e->kind == EXPR_VALUE)
        return resolve_value(k, e);
    for (size_t i = 0; i < e->n; i++)
        if (!resolve(k, e->args[i]))
            return false;
    return true;
}

/* --- operands */

static const char *operator_name(const struct expr *e)
{
    static const char *const names[] = {
        "AND", "OR", "NOT", "=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN", "", "+", "-"};
    return names[e->kind];
}

static struct str operator_text(const struct expr *e)
{
    return e->kind == EXPR_CALL ? e->text : str_z(operator_name(e));
}

/* The type that an operand surely has: of a value, or a number for size(). */
static bool known_type(const struct expr *e, enum attr_type *t)
{
    if (e->kind == EXPR_VALUE) {
        *t = e->value->type;
        return true;
    }
    *t = ATTR_N;
    return e->kind == EXPR_CALL && e->function == FN_SIZE;
}

static bool wrong_operand(struct check *k, const struct expr *e, enum attr_type t)
{
    return INVALID(
        k,
        "Incorrect operand type for operator or function; operator or function: %.*s, operand type: "
        "%s",
        STR_ARG(operator_text(e)), attr_type_name(t));
}

#define TYPES(t) (1u << (t))
#define SCALARS (TYPES(ATTR_S) | TYPES(ATTR_N) | TYPES(ATTR_B))

/* All operands whose type is known must be of these types. */
static bool operands_are(struct check *k, const struct expr *e, unsigned types)
{
    for (size_t i = 0; i < e->n; i++) {
        enum attr_type t;
        if (known_type(e->args[i], &t) && !(types & TYPES(t)))
            return wrong_operand(k, e, t);
    }
    return true;
}

static bool check_count(struct check *k, const struct expr *e)
{
    static const size_t wanted[] = {1, 1, 2, 2, 2, 1, 2, 2};
    if (e->kind == EXPR_CALL && e->n != wanted[e->function])
        return INVALID(k,
                       "Incorrect number of operands for operator or function; operator or function: %.*s, "
                       "number of operands: %zu",
                       STR_ARG(e->text), e->n);
    if (e->kind == EXPR_IN && e->n - 1 > EXPR_IN_MAX)
        return INVALID(k, "The IN operator is provided with too many operands; number of operands: %zu",
                       e->n - 1);
    return true;
}

static bool same_path(const struct path *a, const struct path *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct path_step *x = &a->steps[i], *y = &b->steps[i];
        if (!x->name.p != !y->name.p || (x->name.p ? !str_eq(x->name, y->name) : x->index != y->index))
            return false;
    }
    return true;
}

static bool check_distinct(struct check *k, const struct expr *e)
{
    bool exempt = e->kind >= EXPR_PLUS || is_list_append(e);
    if (exempt || e->n < 2 || e->args[0]->kind != EXPR_PATH)
        return true;
    for (size_t i = 1; i < e->n; i++)
        if (e->args[i]->kind == EXPR_PATH && same_path(&e->args[0]->path, &e->args[i]->path))
            return INVALID(
                k,
                "The first operand must be distinct from the remaining operands for this operator or "
                "function; operator: %.*s, first operand: %.*s",
                STR_ARG(operator_text(e)), STR_ARG(path_text(k->set->wrong->arena, &e->args[0]->path)));
    return true;
}

static struct str bound_text(struct arena *a, const struct attr *v)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_printf(&b, "AttributeValue: {%s:", attr_type_name(v->type));
    if (v->type == ATTR_B)
        codec_base64(&b, v->text);
    else
        buf_str(&b, v->text);
    buf_char(&b, '}');
    struct str s = arena_str(a, buf_view(&b));
    buf_release(&b);
    return s;
}

static bool check_between(struct check *k, const struct expr *e)
{
    const struct expr *low = e->args[1], *high = e->args[2];
    if (low->kind != EXPR_VALUE || high->kind != EXPR_VALUE)
        return true;
    const char *why = low->value->type != high->value->type ? "same data type for lower and upper bounds"
                      : attr_compare(low->value, high->value) > 0
                          ? "upper bound to be greater than or equal to lower bound"
                          : NULL;
    if (!why)
        return true;
    struct arena *a = k->set->wrong->arena;
    return INVALID(k,
                   "The BETWEEN operator requires %s; lower bound operand: %.*s, upper bound operand: %.*s",
                   why, STR_ARG(bound_text(a, low->value)), STR_ARG(bound_text(a, high->value)));
}

static bool check_attribute_type(struct check *k, const struct expr *e)
{
    enum attr_type t, named;
    const struct expr *type = e->args[1];
    if (!known_type(type, &t))
        return INVALID(k,
                       "Incorrect operand type for operator or function; operator or function: %.*s, operand "
                       "type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
                       STR_ARG(e->text));
    if (t != ATTR_S)
        return wrong_operand(k, e, t);
    return attr_type_of(type->value->text, &named) ||
           INVALID(
               k,
               "Invalid attribute type name found; type: %.*s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
               STR_ARG(type->value->text));
}

static bool check_call(struct check *k, const struct expr *e)
{
    switch (e->function) {
    case FN_ATTRIBUTE_EXISTS:
    case FN_ATTRIBUTE_NOT_EXISTS:
    case FN_IF_NOT_EXISTS:
        return e->args[0]->kind == EXPR_PATH ||
               INVALID(k, "Operator or function requires a document path; operator or function: %.*s",
                       STR_ARG(e->text));
    case FN_ATTRIBUTE_TYPE:
        return check_attribute_type(k, e);
    case FN_BEGINS_WITH:
        return operands_are(k, e, TYPES(ATTR_S) | TYPES(ATTR_B));
    case FN_SIZE:
        return operands_are(k, e, ~(TYPES(ATTR_N) | TYPES(ATTR_BOOL) | TYPES(ATTR_NULL)));
    case FN_LIST_APPEND:
        return operands_are(k, e, TYPES(ATTR_L));
    default:
        return true;
    }
}

static bool check_operands(struct check *k, const struct expr *e)
{
    for (size_t i = 0; i < e->n; i++)
        if (!check_operands(k, e->args[i]))
            return false;
    bool scalars = e->kind != EXPR_BETWEEN || operands_are(k, e, SCALARS);
    if (!scalars || !check_count(k, e) || !check_distinct(k, e))
        return false;
    switch (e->kind) {
    case EXPR_LT:
    case EXPR_LE:
    case EXPR_GT:
    case EXPR_GE:
        return operands_are(k, e, SCALARS);
    case EXPR_BETWEEN:
        return check_between(k, e);
    case EXPR_PLUS:
    case EXPR_MINUS:
        return operands_are(k, e, TYPES(ATTR_N));
    case EXPR_CALL:
        return check_call(k, e);
    default:
        return true;
    }
}

/* Each condition in turn: its names, then its operands. */
static bool check_meaning(struct check *k, struct expr *e)
{
    if (e->kind > EXPR_NOT)
        return resolve(k, e) && check_operands(k, e);
    for (size_t i = 0; i < e->n; i++)
        if (!check_meaning(k, e->args[i]))
            return false;
    return true;
}

static bool check_form(struct check *k, const struct parsed *p)
{
    if (p->redundant)
        return INVALID(k, "The expression has redundant parentheses%s", ";");
    if (p->long_index)
        return INVALID(k, "List index is not within the allowable range; index: [%.*s]",
                       STR_ARG(p->long_index_text));
    return true;
}

static bool check_operators(struct check *k, const struct parsed *p)
{
    return p->operators <= EXPR_OPERATORS_MAX ||
           INVALID(k, "The expression contains too many operators; operator count: %zu", p->operators);
}

struct expr *expr_condition(struct expr_set *s, const char *what, struct str text)
{
    struct parsed parsed = {.what = what};
    struct check k = {s, what, false};
    struct expr *e = parse_condition(&parsed, text, s->wrong);
    if (!e || !check_form(&k, &parsed) || !check_words(&k, e, false) || !check_operators(&k, &parsed) ||
        !check_meaning(&k, e))
        return NULL;
    return e;
}

/* --- paths side by side */

enum meeting { APART, OVERLAP, CONFLICT };

/* Neither path may begin the other (overlap), nor may they use one place as a list and as a map (conflict).
 */
static enum meeting meeting_of(const struct path *a, const struct path *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        const struct path_step *x = &a->steps[i], *y = &b->steps[i];
        if (!x->name.p != !y->name.p)
            return CONFLICT;
        if (x->name.p ? !str_eq(x->name, y->name) : x->index != y->index)
            return APART;
    }
    return OVERLAP;
}

static bool say_meeting(struct check *k, const struct path *one, const struct path *two)
{
    static const char *const how[] = {"", "overlap", "conflict"};
    struct arena *m = k->set->wrong->arena;
    return INVALID(
        k,
        "Two document paths %s with each other; must remove or rewrite one of these paths; path one: "
        "%.*s, path two: %.*s",
        how[meeting_of(one, two)], STR_ARG(path_text(m, one)), STR_ARG(path_text(m, two)));
}

/* The service looks at the paths from the last to the first. */
static bool read_places(struct check *k, struct path *const *paths, size_t n, struct path_tree *root)
{
    size_t one, two;
    if (path_tree_make(k->set->wrong->arena, paths, n, root, &one))
        return true;
    for (two = one + 1; meeting_of(paths[one], paths[two]) == APART;)
        two++;
    return say_meeting(k, paths[one], paths[two]);
}

struct projection *expr_projection(struct expr_set *s, struct str text)
{
    struct parsed parsed = {.what = "ProjectionExpression"};
    struct check k = {s, parsed.what, false};
    struct projection *p = parse_projection(&parsed, text, s->wrong);
    if (!p || !check_form(&k, &parsed))
        return NULL;
    for (size_t i = 0; i < p->n; i++)
        if (!check_path_words(&k, &p->paths[i]))
            return NULL;
    for (size_t i = 0; i < p->n; i++)
        if (!resolve_path(&k, &p->paths[i]))
            return NULL;
    struct path **paths = arena_alloc(s->wrong->arena, p->n * sizeof *paths);
    for (size_t i = 0; i < p->n; i++)
        paths[i] = &p->paths[i];
    return read_places(&k, paths, p->n, &p->places) ? p : NULL;
}

/* --- updates */

static bool check_section_words(struct check *k, const struct update *u)
{
    for (size_t i = 0; i < u->n; i++)
        if (!check_path_words(k, &u->actions[i].path) ||
            (u->actions[i].operand && !check_words(k, u->actions[i].operand, true)))
            return false;
    return true;
}

static bool check_sections(struct check *k, const struct parsed *p)
{
    static const char *const names[] = {"SET", "REMOVE", "ADD", "DELETE"};
    for (int i = 0; i < UPDATE_KINDS; i++)
        if (p->section_twice[i])
            return INVALID(k, "The \"%s\" section can only be used once in an update expression;", names[i]);
    return true;
}

static bool check_targets(struct check *k, struct update *u)
{
    for (size_t i = 0; i < u->n; i++)
        if (!resolve_path(k, &u->actions[i].path))
            return false;
    struct path **paths = arena_alloc(k->set->wrong->arena, u->n * sizeof *paths);
    for (size_t i = 0; i < u->n; i++)
        paths[i] = &u->actions[i].path;
    return read_places(k, paths, u->n, &u->places);
}

/* ADD takes a number or a set, DELETE a set. */
static bool check_add_delete(struct check *k, const struct update_action *a)
{
    static const char *const long_names[ATTR_TYPES] = {"STRING", "NUMBER",     "BINARY",     "BOOLEAN",
                                                       "NULL",   "STRING_SET", "NUMBER_SET", "BINARY_SET",
                                                       "LIST",   "MAP"};
    const char *name = a->kind == UPDATE_ADD ? "ADD" : "DELETE";
    enum attr_type t = a->operand->value->type;
    if ((t >= ATTR_SS && t <= ATTR_BS) || (t == ATTR_N && a->kind == UPDATE_ADD))
        return true;
    return INVALID(
        k,
        "Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: "
        "ALLOWED_FOR_%s_OPERAND",
        name, long_names[t], name);
}

struct update *expr_update(struct expr_set *s, struct str text)
{
    struct parsed parsed = {.what = "UpdateExpression"};
    struct check k = {s, parsed.what, true};
    struct update *u = parse_update(&parsed, text, s->wrong);
    if (!u || !check_form(&k, &parsed) || !check_section_words(&k, u) || !check_sections(&k, &parsed) ||
        !check_operators(&k, &parsed) || !check_targets(&k, u))
        return NULL;
    for (size_t i = 0; i < u->n; i++)
        if (u->actions[i].operand && !resolve(&k, u->actions[i].operand))
            return NULL;
    for (size_t i = 0; i < u->n; i++)
        if (u->actions[i].kind >= UPDATE_ADD && !check_add_delete(&k, &u->actions[i]))
            return NULL;
    for (size_t i = 0; i < u->n; i++)
        if (u->actions[i].operand && !check_operands(&k, u->actions[i].operand))
            return NULL;
    return u;
}
