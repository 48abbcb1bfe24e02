#include "base/ident.h"

#include "base/rc.h"
#include <endian.h>
#include <string.h>
#include <sys/random.h>

/* splitmix64: spreads one seed over the whole state. */
static uint64_t spread(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void ident_init(struct ident *g, uint64_t seed)
{
    if (!seed && getrandom(&seed, sizeof seed, 0) != sizeof seed)
        BUG("the system has no random bytes");
    for (int i = 0; i < 4; i++)
        g->s[i] = spread(&seed);
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

/* xoshiro256** */
uint64_t ident_u64(struct ident *g)
{
    uint64_t *s = g->s, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return out;
}

double ident_unit(struct ident *g)
{
    return (double)(ident_u64(g) >> 11) * 0x1.0p-53;
}

/* Eight digits of 4 bits each, lowest first, all at once: each into a byte of its own, and from ten on
 * letters. */
static uint64_t eight_digits(uint32_t bits)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t w = bits;
    w = (w | w << 16) & 0x0000ffff0000ffffu;
    w = (w | w << 8) & 0x00ff00ff00ff00ffu;
    w = (w | w << 4) & 0x0f0f0f0f0f0f0f0fu;
    uint64_t letters = (w + 6 * ones) >> 4 & ones;
    return htole64(w + '0' * ones + letters * ('a' - '0' - 10));
}

/* n digits of 4 bits each, lowest first; returns the bits that are left. */
static inline uint64_t put_hex(char *out, size_t n, uint64_t bits)
{
    uint64_t digits = eight_digits((uint32_t)bits);
    for (; n > 8; n -= 8, out += 8) {
        memcpy(out, &digits, 8);
        bits >>= 32;
        digits = eight_digits((uint32_t)bits);
    }
    memcpy(out, &digits, n);
    return bits >> 4 * n;
}

/* xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx, v one of 8 9 a b */
void ident_uuid(struct ident *g, char out[IDENT_UUID_SIZE])
{
    uint64_t first = ident_u64(g), second = ident_u64(g);
    memcpy(out, "........-....-4...-....-............", IDENT_UUID_SIZE);
    first = put_hex(out, 8, first);
    first = put_hex(out + 9, 4, first);
    first = put_hex(out + 15, 3, first);
    out[19] = "89ab"[first & 3];
    second = put_hex(out + 20, 3, second);
    put_hex(out + 24, 12, second);
}

static void draw(struct ident *g, const char *alphabet, char *out, size_t n)
{
    size_t letters = strlen(alphabet);
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[((ident_u64(g) >> 32) * letters) >> 32];
    out[n] = 0;
}

void ident_hex(struct ident *g, char *out, size_t n)
{
    out[n] = 0;
    for (; n > 16; n -= 16, out += 16)
        put_hex(out, 16, ident_u64(g));
    put_hex(out, n, ident_u64(g));
}

void ident_upper(struct ident *g, char *out, size_t n)
{
    draw(g, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", out, n);
}

void ident_lower(struct ident *g, char *out, size_t n)
{
    draw(g, "0123456789abcdefghijklmnopqrstuvwxyz", out, n);
}
