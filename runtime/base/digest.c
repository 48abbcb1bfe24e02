/* Why the old MD5_Init family and not EVP: EVP sets up libcrypto's providers at its first use, which
 * costs 1.9 ms of our start and 1.8 MB of memory, and a lookup at every use, which costs more than the digest
 * of a short text. The old functions are the same code without that; OpenSSL 3 calls them deprecated but
 * keeps them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include "base/codec.h"
#include "base/crc32_table.h"
#include "base/rc.h"
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <sys/random.h>

void digest_md5(struct str s, unsigned char out[16])
{
    MD5_CTX c;
    MD5_Init(&c);
    MD5_Update(&c, s.p, s.n);
    MD5_Final(out, &c);
}

void digest_sha1(struct str s, unsigned char out[20])
{
    SHA_CTX c;
    SHA1_Init(&c);
    SHA1_Update(&c, s.p, s.n);
    SHA1_Final(out, &c);
}

void digest_sha256(struct str s, unsigned char out[32])
{
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, s.p, s.n);
    SHA256_Final(out, &c);
}

void digest_sha512(struct str s, unsigned char out[64])
{
    SHA512_CTX c;
    SHA512_Init(&c);
    SHA512_Update(&c, s.p, s.n);
    SHA512_Final(out, &c);
}

/* One of HMAC's two rounds (RFC 2104): the digest of the padded key and what follows it. */
static void hmac_round(const unsigned char block[SHA256_CBLOCK], unsigned char pad, struct str s,
                       unsigned char out[32])
{
    unsigned char padded[SHA256_CBLOCK];
    for (size_t i = 0; i < sizeof padded; i++)
        padded[i] = block[i] ^ pad;
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, padded, sizeof padded);
    SHA256_Update(&c, s.p, s.n);
    SHA256_Final(out, &c);
}

void digest_hmac_sha256(struct str key, struct str s, unsigned char out[32])
{
    unsigned char block[SHA256_CBLOCK] = {0}, inner[32];
    if (key.n > sizeof block)
        digest_sha256(key, block);
    else if (key.n)
        memcpy(block, key.p, key.n);
    hmac_round(block, 0x36, s, inner);
    hmac_round(block, 0x5c, str_n(inner, sizeof inner), out);
}

void digest_md5_hex(struct str s, char out[33])
{
    unsigned char raw[16];
    digest_md5(s, raw);
    codec_hex(str_n(raw, sizeof raw), out);
}

void digest_sha256_hex(struct str s, char out[65])
{
    unsigned char raw[32];
    digest_sha256(s, raw);
    codec_hex(str_n(raw, sizeof raw), out);
}

/* Four bytes at a step. */
uint32_t digest_crc32(struct str s)
{
    uint32_t crc = 0xffffffffu;
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    for (; left >= 4; p += 4, left -= 4) {
        crc ^= p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = crc32_table[3][crc & 255] ^ crc32_table[2][crc >> 8 & 255] ^ crc32_table[1][crc >> 16 & 255] ^
              crc32_table[0][crc >> 24];
    }
    for (; left; p++, left--)
        crc = crc >> 8 ^ crc32_table[0][(crc ^ *p) & 255];
    return ~crc;
}

void digest_random(void *out, size_t n)
{
    for (char *at = out; n;) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0)
            BUG("the system has no random bytes");
        at += got, n -= (size_t)got;
    }
}
