#include "base/ident.h"

#include "base/rc.h"
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

void ident_uuid(struct ident *g, char out[IDENT_UUID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    static const char form[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    uint64_t bits = 0;
    int left = 0;
    for (int i = 0; i < IDENT_UUID_SIZE; i++) {
        if (form[i] != 'x' && form[i] != 'v') {
            out[i] = form[i];
            continue;
        }
        if (!left)
            bits = ident_u64(g), left = 16;
        unsigned nibble = bits & 15;
        bits >>= 4, left--;
        out[i] = hex[form[i] == 'v' ? (8 | (nibble & 3)) : nibble];
    }
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
    draw(g, "0123456789abcdef", out, n);
}

void ident_upper(struct ident *g, char *out, size_t n)
{
    draw(g, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", out, n);
}

void ident_lower(struct ident *g, char *out, size_t n)
{
    draw(g, "0123456789abcdefghijklmnopqrstuvwxyz", out, n);
}
