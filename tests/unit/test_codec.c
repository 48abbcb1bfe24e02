/* base/codec: bytes to text and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/codec.h"
#include "base/ident.h"

static void hex(void **state)
{
    (void)state;
    char out[7];
    codec_hex(str_n("\x00\xab\xff", 3), out);
    assert_string_equal(out, "00abff");
}

/* RFC 4648, section 10. */
static void base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        buf_clear(&b);
        codec_base64(&b, str_z(pairs[i][0]));
        assert_string_equal(buf_zstr(&b), pairs[i][1]);
        buf_clear(&b);
        assert_true(codec_unbase64(&b, str_z(pairs[i][1])));
        assert_string_equal(buf_zstr(&b), pairs[i][0]);
    }
    static const char *const bad[] = {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zg==Zg==", "Zm-v", "Z=g="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_clear(&b);
        if (codec_unbase64(&b, str_z(bad[i])))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(b.n, 0);
    }
    buf_release(&b);
}

static void base64_of_any_bytes(void **state)
{
    (void)state;
    struct ident g;
    struct buf text, back;
    buf_init(&text, 1000);
    buf_init(&back, 1000);
    ident_init(&g, 7);
    for (size_t n = 0; n < 300; n++) {
        unsigned char in[300];
        for (size_t i = 0; i < n; i++)
            in[i] = (unsigned char)ident_u64(&g);
        buf_clear(&text);
        buf_clear(&back);
        codec_base64(&text, str_n(in, n));
        assert_int_equal(codec_unbase64_size(buf_view(&text)), n);
        assert_true(codec_unbase64(&back, buf_view(&text)));
        assert_int_equal(back.n, n);
        assert_memory_equal(buf_view(&back).p, in, n);
    }
    buf_release(&text);
    buf_release(&back);
}

static void percent(void **state)
{
    (void)state;
    struct buf b;
    struct arena a;
    buf_init(&b, 1000);
    arena_init(&a);
    codec_percent(&b, STR("a b/c~\xc3\xbc"), "/");
    assert_string_equal(buf_zstr(&b), "a%20b/c~%C3%BC");
    assert_true(str_is(codec_unpercent(&a, STR("a%20b+c%c3%BC"), false), "a b+c\xc3\xbc"));
    assert_true(str_is(codec_unpercent(&a, STR("a+b"), true), "a b"));
    assert_true(str_is(codec_unpercent(&a, STR("100%, %4, %zz, %"), false), "100%, %4, %zz, %"));
    assert_null(codec_unpercent(&a, STR_NONE, false).p);
    arena_release(&a);
    buf_release(&b);
}

static void utf8(void **state)
{
    (void)state;
    assert_int_equal(codec_utf16_len(STR("")), 0);
    assert_int_equal(codec_utf16_len(STR("plain ascii, long")), 17);
    assert_int_equal(codec_utf16_len(STR("\xc3\xbc\xe2\x82\xac")), 2);
    assert_int_equal(codec_utf16_len(STR("\xf0\x9f\x90\x9a")), 2); /* one shell, a surrogate pair */
    assert_true(codec_utf8_valid(STR("\xef\xbf\xbf\xf4\x8f\xbf\xbf\xed\x9f\xbf")));
    static const char *const bad[] = {"\x80",
                                      "\xc3",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "12345678\xff",
                                      "\xe2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(codec_utf8_valid(str_z(bad[i])));

    struct arena a;
    arena_init(&a);
    struct str good = STR("\xc3\xbc");
    assert_ptr_equal(codec_utf8_mended(&a, good).p, good.p);
    assert_null(codec_utf8_mended(&a, STR_NONE).p);
    struct str mended = codec_utf8_mended(&a, STR("\xff\xc3\xbc\xe2\x82"));
    assert_true(str_is(mended, "\xef\xbf\xbd\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd"));
    arena_release(&a);
}

/* The same seed is the same names. */
static void names_are_the_digits_of_their_bits(void **state)
{
    (void)state;
    struct ident g, same;
    ident_init(&g, 7);
    ident_init(&same, 7);
    for (size_t n = 1; n <= 16; n++) {
        char out[17];
        ident_hex(&g, out, n);
        uint64_t bits = ident_u64(&same);
        assert_int_equal(strlen(out), n);
        for (size_t i = 0; i < n; i++, bits >>= 4)
            assert_int_equal(out[i], "0123456789abcdef"[bits & 15]);
    }
}

/* Texts are looked at eight bytes at a time. */
static void what_is_no_utf8_is_found_at_each_place(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 24; n++)
        for (size_t at = 0; at + 1 < n; at++) {
            char text[24];
            memset(text, 'x', n);
            memcpy(text + at, "\xc3\xbc", 2);
            assert_int_equal(codec_utf16_len(str_n(text, n)), (long)n - 1);
            text[at + 1] = 'x';
            assert_int_equal(codec_utf16_len(str_n(text, n)), -1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex),
        cmocka_unit_test(base64),
        cmocka_unit_test(base64_of_any_bytes),
        cmocka_unit_test(percent),
        cmocka_unit_test(utf8),
        cmocka_unit_test(names_are_the_digits_of_their_bits),
        cmocka_unit_test(what_is_no_utf8_is_found_at_each_place),
    };
    return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
