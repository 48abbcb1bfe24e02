#include "number.h"

enum { EXPONENT_MAX = 125, EXPONENT_MIN = -130 };

/* --- text */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "e-12" up to the end; false when it is not one.  What is far out of range stays far out of range. */
static bool read_exponent(struct str s, long *out)
{
    bool minus = s.n && s.p[0] == '-';
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    long v = 0;
    if (i == s.n)
        return false;
    for (; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return false;
        if (v < 1000000)
            v = v * 10 + (s.p[i] - '0');
    }
    *out = minus ? -v : v;
    return true;
}

/* Digits as they come in; leading zeros are not stored, digits beyond the 38th only noted. */
struct digits_in {
    struct number *n;
    long before_point; /* how many places lie before the point, from the first digit that counts */
    long zeros;        /* zeros seen since the last other digit */
    bool point, seen, too_many;
};

static void take_digit(struct digits_in *in, int d)
{
    struct number *n = in->n;
    in->seen = true;
    if (n->count == 0 && d == 0) { /* a leading zero */
        in->before_point -= in->point;
        return;
    }
    in->before_point += !in->point;
    if (d == 0) {
        in->zeros++;
        return;
    }
    if (n->count + in->zeros >= NUMBER_DIGITS) {
        in->too_many = true;
        return;
    }
    for (; in->zeros; in->zeros--)
        n->digits[n->count++] = 0;
    n->digits[n->count++] = (unsigned char)d;
}

static enum number_problem check_range(struct number *n)
{
    if (n->count == 0) {
        n->exponent = 0;
        n->negative = false;
        return NUMBER_OK;
    }
    return n->exponent > EXPONENT_MAX   ? NUMBER_OVERFLOW
           : n->exponent < EXPONENT_MIN ? NUMBER_UNDERFLOW
                                        : NUMBER_OK;
}

enum number_problem number_read(struct str s, struct number *n)
{
    n->count = 0;
    n->negative = s.n && s.p[0] == '-';
    struct digits_in in = {.n = n};
    long exponent = 0;
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    for (; i < s.n; i++) {
        if (is_digit(s.p[i])) {
            take_digit(&in, s.p[i] - '0');
        } else if (s.p[i] == '.' && !in.point) {
            in.point = true;
        } else if (s.p[i] == 'e' || s.p[i] == 'E') {
            if (!read_exponent(str_sub(s, i + 1, s.n), &exponent))
                return NUMBER_BAD;
            break;
        } else {
            return NUMBER_BAD;
        }
    }
    if (!in.seen)
        return NUMBER_BAD;
    long top = in.before_point - 1 + exponent;
    n->exponent = (int)(top > 100000 ? 100000 : top < -100000 ? -100000 : top);
    enum number_problem range = check_range(n);
    return range != NUMBER_OK ? range : in.too_many ? NUMBER_PRECISION : NUMBER_OK;
}

static void write_zeros(struct buf *out, int n)
{
    while (n-- > 0)
        buf_char(out, '0');
}

void number_write(const struct number *n, struct buf *out)
{
    char text[NUMBER_DIGITS];
    for (int i = 0; i < n->count; i++)
        text[i] = (char)('0' + n->digits[i]);
    if (n->negative)
        buf_char(out, '-');
    int whole = n->exponent + 1; /* digits before the point */
    if (n->count == 0) {
        buf_char(out, '0');
    } else if (whole <= 0) {
        buf_add(out, "0.", 2);
        write_zeros(out, -whole);
        buf_add(out, text, (size_t)n->count);
    } else if (n->count <= whole) {
        buf_add(out, text, (size_t)n->count);
        write_zeros(out, whole - n->count);
    } else {
        buf_add(out, text, (size_t)whole);
        buf_char(out, '.');
        buf_add(out, text + whole, (size_t)(n->count - whole));
    }
}

/* --- order and sums */

static int compare_magnitude(const struct number *a, const struct number *b)
{
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    int least = a->count < b->count ? a->count : b->count;
    int c = memcmp(a->digits, b->digits, (size_t)least);
    return c ? c : a->count - b->count;
}

static int sign(const struct number *n)
{
    return n->count == 0 ? 0 : n->negative ? -1 : 1;
}

int number_compare(const struct number *a, const struct number *b)
{
    int sa = sign(a), sb = sign(b);
    if (sa != sb)
        return sa < sb ? -1 : 1;
    return sa == 0 ? 0 : sa * compare_magnitude(a, b);
}

/* A row of places from 10^EXPONENT_MAX+1 down to the last digit that any number can have. */
enum { PLACES = EXPONENT_MAX + 2 - EXPONENT_MIN + NUMBER_DIGITS };

static int place_of(int exponent)
{
    return EXPONENT_MAX + 1 - exponent;
}

/* a + b, or a - b when a is the larger. */
static void add_places(const struct number *a, const struct number *b, bool subtract, signed char *row)
{
    memset(row, 0, PLACES);
    for (int i = 0; i < a->count; i++)
        row[place_of(a->exponent) + i] = (signed char)a->digits[i];
    for (int i = 0; i < b->count; i++)
        row[place_of(b->exponent) + i] += (signed char)(subtract ? -b->digits[i] : b->digits[i]);
    for (int i = PLACES - 1; i > 0; i--) {
        if (row[i] > 9)
            row[i] -= 10, row[i - 1] += 1;
        else if (row[i] < 0)
            row[i] += 10, row[i - 1] -= 1;
    }
}

enum number_problem number_add(const struct number *a, const struct number *b, bool subtract,
                               struct number *out)
{
    bool b_negative = b->negative != subtract;
    bool opposite = a->negative != b_negative;
    bool a_larger = b->count == 0 || (a->count != 0 && compare_magnitude(a, b) >= 0);
    signed char row[PLACES];
    if (a->count == 0)
        opposite = false;
    add_places(a_larger ? a : b, a_larger ? b : a, opposite && a->count && b->count, row);

    int first = 0, last = PLACES - 1;
    while (first < PLACES && row[first] == 0)
        first++;
    while (last > first && row[last] == 0)
        last--;
    struct number sum = {.negative = a_larger ? a->negative : b_negative};
    if (first == PLACES) {
        *out = (struct number){0};
        return NUMBER_OK;
    }
    if (last - first >= NUMBER_DIGITS)
        return NUMBER_PRECISION;
    sum.exponent = EXPONENT_MAX + 1 - first;
    for (int i = first; i <= last; i++)
        sum.digits[sum.count++] = (unsigned char)row[i];
    *out = sum;
    return check_range(out);
}

/* --- keys and sizes */

/* One byte sign (1, 2, 3), then for a number other than zero: its exponent, then two digits to a byte.  For a
 * negative number all is turned round, and an end byte larger than any pair makes the longer one smaller. */
size_t number_key(const struct number *n, unsigned char out[NUMBER_KEY_MAX])
{
    if (n->count == 0) {
        out[0] = 2;
        return 1;
    }
    size_t at = 0;
    int biased = n->exponent - EXPONENT_MIN;
    out[at++] = n->negative ? 1 : 3;
    out[at++] = (unsigned char)(n->negative ? 255 - biased : biased);
    for (int i = 0; i < n->count; i += 2) {
        int pair = n->digits[i] * 10 + (i + 1 < n->count ? n->digits[i + 1] : 0);
        out[at++] = (unsigned char)(n->negative ? 101 - pair : pair + 1);
    }
    if (n->negative)
        out[at++] = 102;
    return at;
}

size_t number_size(const struct number *n)
{
    if (n->count == 0)
        return 1;
    int digits = n->count, odd = n->exponent % 2 == 0; /* pairs of digits begin at even powers of 100 */
    return 1 + (size_t)((digits + 1) / 2) + (digits % 2 == 0 && odd) + n->negative;
}
