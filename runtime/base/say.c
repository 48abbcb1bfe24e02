#include "base/say.h"
#include "base/codec.h"

#include <unistd.h>

/* What waits to be written, so that a line reaches an unbuffered stream in one piece. */
struct sink {
    FILE *to; /* NULL: what does not fit is left out */
    size_t n;
    char room[4096];
};

static void sink_init(struct sink *s, FILE *to)
{
    s->to = to;
    s->n = 0;
}

static void flush(struct sink *s)
{
    fwrite(s->room, 1, s->n, s->to);
    s->n = 0;
}

static void put(struct sink *s, const char *p, size_t n)
{
    if (n > sizeof s->room - s->n && !s->to)
        return;
    if (n > sizeof s->room - s->n)
        flush(s);
    if (n > sizeof s->room) {
        fwrite(p, 1, n, s->to);
        return;
    }
    memcpy(s->room + s->n, p, n);
    s->n += n;
}

/* --- cleaning */

enum lines { ONE_LINE, MANY_LINES };

static bool is_plain(unsigned char c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\t';
}

static bool is_control(unsigned cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}

/* Embeddings, overrides and isolates show text in another order than it has. */
static bool turns_text(unsigned cp)
{
    return (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

/* Of a valid sequence of up to three bytes; what is longer steers nothing. */
static unsigned code_point(const unsigned char *p, size_t n)
{
    if (n == 2)
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    if (n == 3)
        return (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    return p[0];
}

static void show(struct sink *s, const char *fmt, unsigned what)
{
    char shown[12];
    put(s, shown, (size_t)snprintf(shown, sizeof shown, fmt, what));
}

/* Returns how many bytes it was. */
static size_t clean_one(struct sink *s, const unsigned char *p, size_t left, enum lines lines)
{
    size_t n = codec_utf8_step(p, left);
    unsigned cp = code_point(p, n);
    if (!n)
        show(s, "\\x%02x", p[0]);
    else if ((is_control(cp) && !(cp == '\n' && lines == MANY_LINES)) || turns_text(cp))
        show(s, "\\u%04x", cp);
    else
        put(s, (const char *)p, n);
    return n ? n : 1;
}

/* How many bytes stay as they are: eight at a time, the last eight once more for what is left of eight. */
static size_t plain_run(const unsigned char *from, const unsigned char *end)
{
    const unsigned char *p = from;
    while (p < end) {
        ptrdiff_t left = end - p;
        if (left >= 8 && str_plain8((const char *)p)) {
            p += 8;
            continue;
        }
        if (left < 8 && p > from && str_plain8((const char *)end - 8))
            return (size_t)(end - from);
        const unsigned char *stop = left < 8 ? end : p + 8;
        while (p < stop && is_plain(*p))
            p++;
        if (p < stop)
            break;
    }
    return (size_t)(p - from);
}

static void clean(struct sink *s, struct str text, enum lines lines)
{
    const unsigned char *p = (const unsigned char *)text.p, *end = text.n ? p + text.n : p;
    while (p < end) {
        const unsigned char *from = p;
        p += plain_run(p, end);
        put(s, (const char *)from, (size_t)(p - from));
        if (p < end)
            p += clean_one(s, p, (size_t)(end - p), lines);
    }
}

/* From `n` bytes to `width`. */
static void fill(struct sink *s, size_t n, size_t width)
{
    for (; n < width; n++)
        put(s, " ", 1);
}

/* --- formats */

/* A format's own text; without paint, what lies between ESC and the m that ends it is left out. */
static void add_own(struct sink *s, struct str text, bool paint)
{
    const char *at = text.p, *end = text.p + text.n, *escape;
    while (!paint && (escape = memchr(at, '\x1b', (size_t)(end - at)))) {
        put(s, at, (size_t)(escape - at));
        const char *m = memchr(escape, 'm', (size_t)(end - escape));
        at = m ? m + 1 : end;
    }
    put(s, at, (size_t)(end - at));
}

/* One conversion of a format: "%-*.3lld". */
struct conversion {
    bool left, has_precision, counted; /* counted: its precision was an argument */
    char flags[8];                     /* but '-' */
    int width, precision;
    int longs; /* l, z, j and t: 1, ll: 2 */
    char letter;
};

struct args {
    va_list list;
};

static const char *read_number(const char *at, struct args *args, int *out)
{
    if (*at == '*') {
        *out = va_arg(args->list, int);
        return at + 1;
    }
    for (*out = 0; *at >= '0' && *at <= '9'; at++)
        *out = *out * 10 + (*at - '0');
    return at;
}

static bool is_flag(char c)
{
    return c == '-' || c == '+' || c == ' ' || c == '#' || c == '0';
}

static bool is_length(char c)
{
    return c == 'h' || c == 'l' || c == 'z' || c == 'j' || c == 't';
}

static const char *read_conversion(const char *at, struct args *args, struct conversion *c)
{
    size_t n = 0;
    *c = (struct conversion){.left = false};
    for (; is_flag(*at); at++) {
        c->left |= *at == '-';
        if (*at != '-' && n + 1 < sizeof c->flags)
            c->flags[n++] = *at;
    }
    at = read_number(at, args, &c->width);
    if (c->width < 0)
        c->left = true, c->width = -c->width;
    if (*at == '.') {
        c->counted = at[1] == '*';
        at = read_number(at + 1, args, &c->precision);
        c->has_precision = c->precision >= 0;
    }
    for (; is_length(*at); at++)
        c->longs += *at != 'h';
    c->letter = *at;
    return *at ? at + 1 : at;
}

static void add_padded(struct sink *s, struct str text, const struct conversion *c)
{
    if (!c->left)
        fill(s, text.n, (size_t)c->width);
    clean(s, text, ONE_LINE);
    if (c->left)
        fill(s, text.n, (size_t)c->width);
}

/* "%.*s" is a struct str's (STR_ARG): that many bytes, zeros and all. */
static struct str text_of(const struct conversion *c, struct args *args)
{
    const char *z = va_arg(args->list, const char *);
    if (!z)
        return STR("(null)");
    if (c->counted && c->has_precision)
        return str_n(z, (size_t)c->precision);
    return str_n(z, c->has_precision ? strnlen(z, (size_t)c->precision) : strlen(z));
}

static long long integer_of(const struct conversion *c, struct args *args)
{
    return c->longs > 1   ? va_arg(args->list, long long)
           : c->longs > 0 ? va_arg(args->list, long)
                          : va_arg(args->list, int);
}

static unsigned long long unsigned_of(const struct conversion *c, struct args *args)
{
    return c->longs > 1   ? va_arg(args->list, unsigned long long)
           : c->longs > 0 ? va_arg(args->list, unsigned long)
                          : va_arg(args->list, unsigned);
}

/* Numbers are the C library's to print. */
static void add_number(struct sink *s, const struct conversion *c, struct args *args)
{
    char fmt[32], shown[400];
    const char *length = strchr("diuxXo", c->letter) ? "ll" : "";
    int precision = c->has_precision ? c->precision : -1;
    snprintf(fmt, sizeof fmt, "%%%s%s*.*%s%c", c->left ? "-" : "", c->flags, length, c->letter);
    if (strchr("di", c->letter))
        snprintf(shown, sizeof shown, fmt, c->width, precision, integer_of(c, args));
    else if (strchr("uxXo", c->letter))
        snprintf(shown, sizeof shown, fmt, c->width, precision, unsigned_of(c, args));
    else
        snprintf(shown, sizeof shown, fmt, c->width, precision, va_arg(args->list, double));
    put(s, shown, strlen(shown));
}

static const char *add_conversion(struct sink *s, const char *at, struct args *args)
{
    struct conversion c;
    char one;
    at = read_conversion(at, args, &c);
    switch (c.letter) {
    case '%':
        put(s, "%", 1);
        break;
    case 'c':
        one = (char)va_arg(args->list, int);
        add_padded(s, str_n(&one, 1), &c);
        break;
    case 's':
        add_padded(s, text_of(&c, args), &c);
        break;
    default:
        add_number(s, &c, args);
    }
    return at;
}

void say_va(FILE *to, const char *fmt, va_list ap)
{
    struct sink s;
    struct args args;
    bool paint = strchr(fmt, '\x1b') && isatty(fileno(to));
    sink_init(&s, to);
    va_copy(args.list, ap);
    while (*fmt) {
        size_t n = (size_t)(strchrnul(fmt, '%') - fmt);
        add_own(&s, str_n(fmt, n), paint);
        fmt += n;
        if (*fmt)
            fmt = add_conversion(&s, fmt + 1, &args);
    }
    va_end(args.list);
    flush(&s);
}

void say(FILE *to, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say_va(to, fmt, ap);
    va_end(ap);
}

static void put_part(struct sink *s, const struct say_part *part, bool paint)
{
    bool painted = paint && part->colour.n;
    if (painted)
        put(s, part->colour.p, part->colour.n);
    clean(s, part->text, ONE_LINE);
    fill(s, part->text.n, part->width);
    if (painted)
        put(s, "\x1b[0m", 4);
}

void say_line(FILE *to, bool paint, const struct say_part *parts, size_t n)
{
    struct sink s;
    sink_init(&s, to);
    for (size_t i = 0; i < n; i++) {
        put_part(&s, &parts[i], paint);
        put(&s, i + 1 < n ? " " : "\n", 1);
    }
    flush(&s);
}

void say_text(FILE *to, struct str text)
{
    struct sink s;
    sink_init(&s, to);
    clean(&s, text, MANY_LINES);
    flush(&s);
}

struct str say_shown(struct str text, char *room, size_t size)
{
    struct sink s;
    sink_init(&s, NULL);
    clean(&s, text, ONE_LINE);
    return str_z(str_copy(str_n(s.room, s.n), room, size));
}
