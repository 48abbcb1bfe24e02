/* Wildcards: '*' stands for any run of bytes; \* and \\ for themselves. */
#include "base/rc.h"
#include "pattern_inside.h"
#include <stdlib.h>

#define POSITIONS_MAX 10 /* of one field's wildcards, in play after the same text */
#define SETS_MAX 8192 /* of positions, looked at before a whole pattern counts as too complex: some 15 ms */

static const char too_complex[] =
    "Rule is too complex - try using fewer wildcard characters or fewer repeating "
    "character sequences after a wildcard character";

/* AWS counts places from the quote in front of the text. */
static bool check(struct reader *r, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char next = i + 1 < text.n ? text.p[i + 1] : 0;
        if (text.p[i] == '*' && next == '*')
            return refuse(r, "Consecutive wildcard characters at pos %zu", i + 1);
        if (text.p[i] != '\\')
            continue;
        if (next != '*' && next != '\\')
            return refuse(r, "Invalid escape character at pos %zu", i + 1);
        i++;
    }
    return true;
}

bool wildcard_read(struct reader *r, struct str text, struct test *t)
{
    struct arena *a = &r->pattern->arena;
    if (!check(r, text))
        return false;
    char *to = arena_alloc(a, text.n + 1);
    t->parts = arena_zalloc(a, (text.n + 1) * sizeof *t->parts);
    t->part_count = 1;
    t->parts[0] = str_n(to, 0);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '*') {
            t->parts[t->part_count++] = str_n(to, 0);
            continue;
        }
        i += text.p[i] == '\\';
        *to++ = text.p[i];
        t->parts[t->part_count - 1].n++;
    }
    return true;
}

/* Each part at the first place where it fits behind the one before it; the first and the last are held by the
 * ends.  Linear in the text for each part. */
bool wildcard_match(const struct test *t, const cJSON *leaf)
{
    if (!cJSON_IsString(leaf))
        return false;
    struct str rest = json_text(leaf), first = t->parts[0], last = t->parts[t->part_count - 1];
    if (t->part_count == 1)
        return str_eq(first, rest);
    if (rest.n < first.n + last.n || !str_starts(rest, first) || !str_ends(rest, last))
        return false;
    rest = str_sub(rest, first.n, rest.n - first.n - last.n);
    for (size_t i = 1; i + 1 < t->part_count; i++) {
        ptrdiff_t at = str_search(rest, t->parts[i]);
        if (at < 0)
            return false;
        rest = str_sub(rest, (size_t)at + t->parts[i].n, rest.n);
    }
    return true;
}

/* --- how complex a field's wildcards are
 *
 * AWS's matcher follows all wildcards of a field at once through a value's bytes.  After some bytes it stands
 * at several places of them: behind what was read of each, and at each star that may still grow.  The more
 * places some value can make it stand at, the more complex the field ("Wildcard matching complexity"); beyond
 * ten it is refused.  The values that matter are walked here as sets of places, the quotes around a text
 * included. */

struct token {
    short byte; /* STAR: any run; END: behind the wildcard */
};
enum { STAR = 256, END = 257 };

struct walk {
    struct token *tokens; /* of all wildcards, one after the other */
    size_t count;
    struct map seen; /* sets of places */
    struct set *todo;
    size_t todo_count, todo_room;
};

/* Where the walk stands: before these tokens, in order.  A star that was entered counts as one place, and so
 * does the token behind it only once it was read. */
struct set {
    uint32_t at[POSITIONS_MAX];
    size_t count;
};

static void push_token(struct walk *w, int byte)
{
    w->tokens[w->count++].byte = (short)byte;
}

static size_t token_room(const struct field *f)
{
    size_t n = 1;
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = 0; j < f->choices[i].count; j++)
            for (size_t k = 0; k < f->choices[i].tests[j].part_count; k++)
                n += f->choices[i].tests[j].parts[k].n + 4;
    return n;
}

static void add_wildcard(struct walk *w, const struct test *t)
{
    push_token(w, '"');
    for (size_t k = 0; k < t->part_count; k++) {
        if (k > 0)
            push_token(w, STAR);
        for (size_t i = 0; i < t->parts[k].n; i++)
            push_token(w, (unsigned char)t->parts[k].p[i]);
    }
    push_token(w, '"');
    push_token(w, END);
}

/* False: more places than a set holds. */
static bool set_add(struct set *s, uint32_t at)
{
    size_t i = 0;
    while (i < s->count && s->at[i] < at)
        i++;
    if (i < s->count && s->at[i] == at)
        return true;
    if (s->count == POSITIONS_MAX)
        return false;
    memmove(&s->at[i + 1], &s->at[i], (s->count - i) * sizeof s->at[0]);
    s->at[i] = at;
    s->count++;
    return true;
}

/* The token was read: the walk stands behind it, and in the star that follows.  A place in a star is the
 * place of the star's token, one behind a byte is that byte's. */
static bool enter(const struct walk *w, struct set *s, uint32_t token)
{
    if (!set_add(s, token))
        return false;
    return w->tokens[token + 1].byte != STAR || set_add(s, token + 1);
}

/* Where `from` leads with this byte.  False: too many places. */
static bool step(const struct walk *w, const struct set *from, int byte, struct set *to)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        uint32_t at = from->at[i], next = at + 1;
        if (w->tokens[at].byte == STAR && !set_add(to, at))
            return false;
        if (w->tokens[next].byte == byte && !enter(w, to, next))
            return false;
    }
    return true;
}

static void remember(struct walk *w, const struct set *s)
{
    struct str key = str_n(s->at, s->count * sizeof s->at[0]);
    if (!s->count || map_get(&w->seen, key))
        return;
    map_put(&w->seen, key, w);
    if (w->todo_count == w->todo_room) {
        w->todo_room = w->todo_room ? 2 * w->todo_room : 16;
        w->todo = xrealloc(w->todo, w->todo_room * sizeof *w->todo);
    }
    w->todo[w->todo_count++] = *s;
}

/* All bytes that lead somewhere from here, and one that leads nowhere but into stars. */
static bool follow(struct walk *w, const struct set *from)
{
    struct set to;
    if (!step(w, from, END + 1, &to))
        return false;
    remember(w, &to);
    for (size_t i = 0; i < from->count; i++) {
        int byte = w->tokens[from->at[i] + 1].byte;
        if (byte >= STAR)
            continue;
        if (!step(w, from, byte, &to))
            return false;
        remember(w, &to);
    }
    return true;
}

/* All wildcards begin with the same quote. */
static bool begin(struct walk *w, struct set *s)
{
    s->count = 0;
    for (uint32_t i = 0; i < w->count; i++)
        if ((i == 0 || w->tokens[i - 1].byte == END) && !enter(w, s, i))
            return false;
    return true;
}

static bool simple(struct reader *r, struct walk *w)
{
    struct set s;
    if (!begin(w, &s))
        return false;
    remember(w, &s);
    while (w->todo_count > 0) {
        s = w->todo[--w->todo_count];
        if (++r->sets > SETS_MAX || !follow(w, &s))
            return false;
    }
    return true;
}

bool wildcards_simple(struct reader *r, const struct field *f)
{
    struct walk w = {.tokens = xmalloc(token_room(f) * sizeof(struct token))};
    map_init(&w.seen);
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = 0; j < f->choices[i].count; j++)
            if (f->choices[i].tests[j].part_count > 0)
                add_wildcard(&w, &f->choices[i].tests[j]);
    bool ok = w.count == 0 || simple(r, &w);
    map_release(&w.seen);
    free(w.tokens);
    free(w.todo);
    return ok || refuse(r, "%s", too_complex);
}
