/* A view of bytes: a pointer and a length, never owned, not always ended by a zero byte.
 *
 * `p == NULL` means "absent", which is different from an empty string ("").  Everything above passes
 * text as `struct str`; a `const char *` argument is always a zero-ended literal or name. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

/* A view of a string literal, usable in static initialisers with STR_INIT. */
#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})
#define STR_INIT(lit)                                                                                        \
    {                                                                                                        \
        (lit), sizeof(lit) - 1                                                                               \
    }
#define STR_NONE ((struct str){NULL, 0})

/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* The view of a zero-ended string; NULL becomes "absent". */
static inline struct str str_z(const char *z)
{
    return (struct str){z, z ? strlen(z) : 0};
}

static inline struct str str_n(const void *p, size_t n)
{
    return (struct str){p, n};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *z)
{
    return str_eq(a, str_z(z));
}

/* Two runs of n bytes, equal but for the case of ASCII letters? */
bool str_same_letters(const char *a, const char *b, size_t n);

/* Equal but for the case of ASCII letters.  Most texts differ in their length or first letter. */
static inline bool str_ieq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || (((*a.p ^ *b.p) & ~0x20) == 0 && str_same_letters(a.p, b.p, a.n)));
}

/* Is it one of these n, but for the case of ASCII letters? */
bool str_ieq_any(struct str s, const struct str *list, size_t n);

/* Order of bytes, as memcmp; a prefix comes before the longer one. */
int str_cmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* The first place of `c` in `s`, or -1. */
ptrdiff_t str_find(struct str s, char c);

/* The first place of `needle` in `s`, or -1. */
ptrdiff_t str_search(struct str s, struct str needle);

/* The part from `at` on, at most `n` bytes; what lies outside is left out. */
struct str str_sub(struct str s, size_t at, size_t n);

/* Cuts *rest at the first `sep`: returns what is before it, leaves what is after it in *rest.  Without a
 * separator the whole is returned and *rest becomes absent (p == NULL), so the loop is
 *   while (rest.p) { struct str part = str_cut(&rest, ','); ... } */
struct str str_cut(struct str *rest, char sep);

/* Without blanks (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);

/* A decimal integer with an optional sign that fills all of `s` and fits; false otherwise. */
bool str_to_i64(struct str s, int64_t *out);

/* A decimal number and nothing else: 12, -0.5, .5, +1e3. */
bool str_is_decimal(struct str s);

/* In decimal, as a view into the room. */
struct str str_u64(uint64_t n, char room[20]);

/* Copies into out[size], cut to fit, always zero-ended; returns out. */
char *str_copy(struct str s, char *out, size_t size);

/* Are these eight bytes all from space to '~'?  Each sum carries into its byte's own top bit alone. */
static inline bool str_plain8(const char *p)
{
    const uint64_t tops = 0x8080808080808080u;
    uint64_t w;
    memcpy(&w, p, 8);
    return !(w & tops) && ((w + 0x6060606060606060u) & tops) == tops && !((w + 0x0101010101010101u) & tops);
}

#endif
