/* Digests.  digest.c is the one place above which OpenSSL's libcrypto is not seen. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/str.h"

void digest_md5(struct str s, unsigned char out[16]);
void digest_sha1(struct str s, unsigned char out[20]);
void digest_sha256(struct str s, unsigned char out[32]);
void digest_sha512(struct str s, unsigned char out[64]);
void digest_hmac_sha256(struct str key, struct str s, unsigned char out[32]);

/* Lower-case hex with a zero. */
void digest_md5_hex(struct str s, char out[33]);
void digest_sha256_hex(struct str s, char out[65]);

/* IEEE 802.3 CRC-32, as DynamoDB's x-amz-crc32 header. */
uint32_t digest_crc32(struct str s);

/* Bytes from the system's generator, for real secrets (TLS, Lua's crypto.random outside seeded runs). */
void digest_random(void *out, size_t n);

#endif
