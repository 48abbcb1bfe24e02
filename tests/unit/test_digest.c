/* base/digest: the published test vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/codec.h"
#include "base/digest.h"

static void hex_is(const void *raw, size_t n, const char *expected)
{
    char out[129];
    codec_hex(str_n(raw, n), out);
    assert_string_equal(out, expected);
}

static void of_abc(void **state)
{
    (void)state;
    unsigned char out[64];
    digest_md5(STR("abc"), out);
    hex_is(out, 16, "900150983cd24fb0d6963f7d28e17f72");
    digest_sha1(STR("abc"), out);
    hex_is(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
    digest_sha256(STR("abc"), out);
    hex_is(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha512(STR("abc"), out);
    hex_is(out, 64,
           "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
           "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void of_nothing(void **state)
{
    (void)state;
    char out[65];
    digest_md5_hex(STR_NONE, out);
    assert_string_equal(out, "d41d8cd98f00b204e9800998ecf8427e");
    digest_sha256_hex(STR(""), out);
    assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(digest_crc32(STR_NONE), 0);
}

/* RFC 4231, cases 2 and 6 (a key longer than a block). */
static void hmac(void **state)
{
    (void)state;
    unsigned char out[32], key[131];
    digest_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
    hex_is(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    digest_hmac_sha256(str_n(key, sizeof key), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                       out);
    hex_is(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void crc32(void **state)
{
    (void)state;
    assert_int_equal(digest_crc32(STR("123456789")), 0xcbf43926u);
    assert_int_equal(digest_crc32(STR("The quick brown fox jumps over the lazy dog")), 0x414fa339u);
    assert_int_equal(digest_crc32(STR("{}")), 2745614147u); /* what DynamoDB sends with an empty answer */
}

static void random_bytes(void **state)
{
    (void)state;
    unsigned char a[32] = {0}, b[32] = {0};
    digest_random(a, sizeof a);
    digest_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_abc), cmocka_unit_test(of_nothing),   cmocka_unit_test(hmac),
        cmocka_unit_test(crc32),  cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
