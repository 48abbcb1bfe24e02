/* A recursive descent over this grammar (words in any case):
 *
 *   condition  = and { OR and }          and = not { AND not }        not = NOT not | comparison
 *   comparison = operand (= <> < <= > >=) operand | operand BETWEEN operand AND operand
 *              | operand IN ( operand { , operand } ) | call | ( condition )
 *   operand    = path | :value | call | ( operand )
 *   call       = word ( operand { , operand } )
 *   update     = { SET path = sum {,..} | REMOVE path {,..} | ADD path :value {,..} | DELETE path :value
 * {,..} } sum        = term [ (+ -) term ]     term = path | :value | call of terms | ( sum ) projection =
 * path { , path }         path = name { . name | [ number ] }
 */
#include "expr_parse.h"

#include "expr_lex.h"
#define INDEX_MAX 999999999
#define DEPTH_MAX 400 /* more than the operators that are allowed */

struct parser {
    struct str source;
    struct token *tokens; /* ended by TOKEN_END */
    size_t at;
    int depth;
    struct parsed *out;
    struct wrong *wrong;
};

/* --- tokens */

static const struct token *peek(const struct parser *p)
{
    return &p->tokens[p->at];
}

static bool accept(struct parser *p, enum token_kind kind)
{
    if (peek(p)->kind != kind)
        return false;
    p->at++;
    return true;
}

/* `near` is the source from the token before (or the beginning) to the token after (or the end). */
static void *syntax_error(struct parser *p)
{
    const struct token *t = peek(p), *after = t->kind == TOKEN_END ? t : t + 1;
    const char *from = p->at ? t[-1].text.p : p->source.p, *to = after->text.p + after->text.n;
    struct str token = t->kind == TOKEN_END ? STR("<EOF>") : t->text;
    wrong_value(p->wrong, "Invalid %s: Syntax error; token: \"%.*s\", near: \"%.*s\"", p->out->what,
                STR_ARG(token), (int)(to - from), from);
    return NULL;
}

static bool expect(struct parser *p, enum token_kind kind)
{
    return accept(p, kind) || syntax_error(p);
}

static bool read_tokens(struct parser *p)
{
    struct lexer l = {p->source, 0};
    size_t n = 0;
    p->tokens = arena_alloc(p->wrong->arena, (p->source.n + 1) * sizeof *p->tokens);
    do
        p->tokens[n] = lex_next(&l);
    while (p->tokens[n++].kind != TOKEN_END);
    return true;
}

static bool begin(struct parser *p, struct parsed *out, struct str text, struct wrong *w)
{
    *p = (struct parser){.source = text, .out = out, .wrong = w};
    if (text.n == 0)
        return wrong_value(w, "Invalid %s: The expression can not be empty;", out->what);
    if (text.n > EXPR_LENGTH_MAX)
        return wrong_value(w,
                           "Invalid %s: Expression size has exceeded the maximum allowed size; expression "
                           "size: %zu",
                           out->what, text.n);
    return read_tokens(p);
}

/* --- nodes */

static struct expr *node(struct parser *p, enum expr_kind kind, size_t n)
{
    struct expr *e = arena_zalloc(p->wrong->arena, sizeof *e);
    e->kind = kind;
    e->n = n;
    e->args = n ? arena_zalloc(p->wrong->arena, n * sizeof(struct expr *)) : NULL;
    return e;
}

static struct expr *binary(struct parser *p, enum expr_kind kind, struct expr *left, struct expr *right)
{
    struct expr *e = node(p, kind, 2);
    p->out->operators++;
    e->args[0] = left;
    e->args[1] = right;
    return left && right ? e : NULL;
}

/* Grows a list of operands by one. */
static void add_arg(struct parser *p, struct expr *e, struct expr *arg)
{
    if ((e->n & (e->n - 1)) == 0) { /* full at each power of two */
        struct expr **more = arena_alloc(p->wrong->arena, (e->n ? e->n * 2 : 1) * sizeof *more);
        if (e->n)
            memcpy(more, e->args, e->n * sizeof *more);
        e->args = more;
    }
    e->args[e->n++] = arg;
}

/* --- paths */

static bool add_step(struct parser *p, struct path *path, struct path_step step)
{
    if ((path->n & (path->n - 1)) == 0) {
        struct path_step *more = arena_alloc(p->wrong->arena, (path->n ? path->n * 2 : 1) * sizeof *more);
        if (path->n)
            memcpy(more, path->steps, path->n * sizeof *more);
        path->steps = more;
    }
    path->steps[path->n++] = step;
    return true;
}

static bool parse_name(struct parser *p, struct path *path)
{
    const struct token *t = peek(p);
    if (t->kind != TOKEN_WORD && t->kind != TOKEN_NAME)
        return syntax_error(p);
    p->at++;
    return add_step(p, path, (struct path_step){.name = t->text});
}

static bool parse_index(struct parser *p, struct path *path)
{
    const struct token *t = peek(p);
    if (!expect(p, TOKEN_NUMBER))
        return false;
    int64_t index;
    if (!str_to_i64(t->text, &index) || index > INDEX_MAX) {
        index = -1;
        p->out->long_index = true;
        p->out->long_index_text = t->text;
    }
    return expect(p, TOKEN_CLOSE_INDEX) && add_step(p, path, (struct path_step){.index = (long)index});
}

static bool parse_path(struct parser *p, struct path *path)
{
    *path = (struct path){NULL, 0};
    if (!parse_name(p, path))
        return false;
    for (;;) {
        if (accept(p, TOKEN_DOT)) {
            if (!parse_name(p, path))
                return false;
        } else if (accept(p, TOKEN_OPEN_INDEX)) {
            if (!parse_index(p, path))
                return false;
        } else {
            return true;
        }
    }
}

/* --- operands */

static enum expr_function function_of(struct str name)
{
    static const char *const names[] = {
        "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size",
        "if_not_exists",    "list_append"};
    for (int i = 0; i < FN_UNKNOWN; i++)
        if (str_is(name, names[i]))
            return (enum expr_function)i;
    return FN_UNKNOWN;
}

static struct expr *parse_operand(struct parser *p);
static struct expr *parse_sum(struct parser *p);

static struct expr *parse_call(struct parser *p)
{
    struct expr *e = node(p, EXPR_CALL, 0);
    e->text = peek(p)->text;
    e->function = function_of(e->text);
    p->out->operators++;
    p->at += 2; /* the word and the parenthesis */
    do {
        struct expr *arg = parse_operand(p);
        if (!arg)
            return NULL;
        add_arg(p, e, arg);
    } while (accept(p, TOKEN_COMMA));
    return expect(p, TOKEN_CLOSE) ? e : NULL;
}

static bool enter(struct parser *p)
{
    if (++p->depth < DEPTH_MAX)
        return true;
    return wrong_value(p->wrong, "Invalid %s: The expression has redundant parentheses;", p->out->what);
}

/* '(' inner ')'; parentheses directly inside parentheses are redundant. */
static struct expr *parse_parens(struct parser *p, struct expr *(*inner)(struct parser *))
{
    size_t open = p->at++;
    if (!enter(p))
        return NULL;
    struct expr *e = inner(p);
    p->depth--;
    if (!e || !expect(p, TOKEN_CLOSE))
        return NULL;
    /* ( ( x ) ): the inner pair closes right before ours */
    if (p->tokens[open + 1].kind == TOKEN_OPEN && p->tokens[p->at - 2].kind == TOKEN_CLOSE) {
        size_t depth = 0, at = open + 1;
        do {
            depth += p->tokens[at].kind == TOKEN_OPEN;
            depth -= p->tokens[at].kind == TOKEN_CLOSE;
            at++;
        } while (depth);
        p->out->redundant |= at == p->at - 1;
    }
    return e;
}

static struct expr *parse_atom(struct parser *p)
{
    const struct token *t = peek(p);
    if (t->kind == TOKEN_VALUE) {
        struct expr *e = node(p, EXPR_VALUE, 0);
        e->text = t->text;
        p->at++;
        return e;
    }
    if (t->kind == TOKEN_WORD && t[1].kind == TOKEN_OPEN)
        return parse_call(p);
    struct expr *e = node(p, EXPR_PATH, 0);
    return parse_path(p, &e->path) ? e : NULL;
}

static struct expr *parse_operand(struct parser *p)
{
    return peek(p)->kind == TOKEN_OPEN ? parse_parens(p, parse_operand) : parse_atom(p);
}

/* --- conditions */

static bool is_condition(const struct expr *e)
{
    return e->kind <= EXPR_IN;
}

static bool comparator(enum token_kind t, enum expr_kind *kind)
{
    if (t < TOKEN_EQ || t > TOKEN_GE)
        return false;
    *kind = (enum expr_kind)(EXPR_EQ + (t - TOKEN_EQ));
    return true;
}

static struct expr *parse_between(struct parser *p, struct expr *what)
{
    struct expr *e = node(p, EXPR_BETWEEN, 3);
    p->out->operators++;
    e->args[0] = what;
    if (!(e->args[1] = parse_operand(p)) || !expect(p, TOKEN_AND) || !(e->args[2] = parse_operand(p)))
        return NULL;
    return e;
}

static struct expr *parse_in(struct parser *p, struct expr *what)
{
    struct expr *e = node(p, EXPR_IN, 0);
    p->out->operators++;
    add_arg(p, e, what);
    if (!expect(p, TOKEN_OPEN))
        return NULL;
    do {
        struct expr *arg = parse_operand(p);
        if (!arg)
            return NULL;
        add_arg(p, e, arg);
    } while (accept(p, TOKEN_COMMA));
    return expect(p, TOKEN_CLOSE) ? e : NULL;
}

static struct expr *parse_or(struct parser *p);

/* What stands in parentheses may be a condition or an operand: it is read as a condition, in which a bare
 * operand is allowed, and what follows decides. */
static struct expr *parse_comparison(struct parser *p, bool bare)
{
    struct expr *left = peek(p)->kind == TOKEN_OPEN ? parse_parens(p, parse_or) : parse_atom(p);
    enum expr_kind kind;
    if (!left)
        return NULL;
    if (is_condition(left))
        return left;
    if (comparator(peek(p)->kind, &kind)) {
        p->at++;
        return binary(p, kind, left, parse_operand(p));
    }
    if (accept(p, TOKEN_BETWEEN))
        return parse_between(p, left);
    if (accept(p, TOKEN_IN))
        return parse_in(p, left);
    if (left->kind == EXPR_CALL || (bare && peek(p)->kind == TOKEN_CLOSE && p->depth))
        return left;
    return syntax_error(p);
}

static struct expr *parse_not(struct parser *p, bool bare)
{
    if (!accept(p, TOKEN_NOT))
        return parse_comparison(p, bare);
    struct expr *e = node(p, EXPR_NOT, 1);
    if (++p->out->operators > DEPTH_MAX) {
        wrong_value(p->wrong, "Invalid %s: The expression contains too many operators; operator count: %zu",
                    p->out->what, p->out->operators);
        return NULL;
    }
    e->args[0] = parse_not(p, false);
    return e->args[0] ? e : NULL;
}

static struct expr *parse_and(struct parser *p, bool bare)
{
    struct expr *e = parse_not(p, bare);
    while (e && (is_condition(e) || e->kind == EXPR_CALL) && accept(p, TOKEN_AND))
        e = binary(p, EXPR_AND, e, parse_not(p, false));
    return e;
}

static struct expr *parse_or(struct parser *p)
{
    struct expr *e = parse_and(p, true);
    while (e && (is_condition(e) || e->kind == EXPR_CALL) && accept(p, TOKEN_OR))
        e = binary(p, EXPR_OR, e, parse_and(p, false));
    return e;
}

struct expr *parse_condition(struct parsed *out, struct str text, struct wrong *w)
{
    struct parser p;
    if (!begin(&p, out, text, w))
        return NULL;
    struct expr *e = parse_or(&p);
    return e && expect(&p, TOKEN_END) ? e : NULL;
}

/* --- updates */

static struct expr *parse_term(struct parser *p)
{
    return peek(p)->kind == TOKEN_OPEN ? parse_parens(p, parse_sum) : parse_atom(p);
}

static struct expr *parse_sum(struct parser *p)
{
    struct expr *left = parse_term(p);
    if (left && accept(p, TOKEN_PLUS))
        return binary(p, EXPR_PLUS, left, parse_term(p));
    if (left && accept(p, TOKEN_MINUS))
        return binary(p, EXPR_MINUS, left, parse_term(p));
    return left;
}

static bool parse_action(struct parser *p, struct update_action *a)
{
    if (!parse_path(p, &a->path))
        return false;
    if (a->kind == UPDATE_SET)
        return expect(p, TOKEN_EQ) && (a->operand = parse_sum(p));
    if (a->kind == UPDATE_REMOVE)
        return true;
    if (peek(p)->kind != TOKEN_VALUE)
        return syntax_error(p);
    a->operand = parse_atom(p);
    return true;
}

static void add_action(struct parser *p, struct update *u, const struct update_action *a)
{
    if ((u->n & (u->n - 1)) == 0) {
        struct update_action *more = arena_alloc(p->wrong->arena, (u->n ? u->n * 2 : 1) * sizeof *more);
        if (u->n)
            memcpy(more, u->actions, u->n * sizeof *more);
        u->actions = more;
    }
    u->actions[u->n++] = *a;
}

static bool parse_section(struct parser *p, struct update *u, bool seen[UPDATE_KINDS])
{
    enum token_kind t = peek(p)->kind;
    if (t < TOKEN_SET || t > TOKEN_DELETE)
        return syntax_error(p);
    struct update_action a = {.kind = (enum update_kind)(t - TOKEN_SET)};
    p->at++;
    p->out->section_twice[a.kind] |= seen[a.kind];
    seen[a.kind] = true;
    do {
        if (!parse_action(p, &a))
            return false;
        add_action(p, u, &a);
    } while (accept(p, TOKEN_COMMA));
    return true;
}

struct update *parse_update(struct parsed *out, struct str text, struct wrong *w)
{
    struct parser p;
    struct update *u = arena_zalloc(w->arena, sizeof *u);
    bool seen[UPDATE_KINDS] = {false};
    if (!begin(&p, out, text, w))
        return NULL;
    do
        if (!parse_section(&p, u, seen))
            return NULL;
    while (peek(&p)->kind != TOKEN_END);
    return u;
}

/* --- projections */

struct projection *parse_projection(struct parsed *out, struct str text, struct wrong *w)
{
    struct parser p;
    struct projection *list = arena_zalloc(w->arena, sizeof *list);
    if (!begin(&p, out, text, w))
        return NULL;
    do {
        struct path path;
        if (!parse_path(&p, &path))
            return NULL;
        if ((list->n & (list->n - 1)) == 0) {
            struct path *more = arena_alloc(w->arena, (list->n ? list->n * 2 : 1) * sizeof *more);
            if (list->n)
                memcpy(more, list->paths, list->n * sizeof *more);
            list->paths = more;
        }
        list->paths[list->n++] = path;
    } while (accept(&p, TOKEN_COMMA));
    return expect(&p, TOKEN_END) ? list : NULL;
}
