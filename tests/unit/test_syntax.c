/* CheckCode's eye: which Lua texts compile, and what is said of those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lambda/worker/syntax.h"

static void assert_said(const char *text, const char *expected)
{
    struct buf why;
    buf_init(&why, 4096);
    bool fine = syntax_check(STR("lib/a.lua"), str_z(text), &why);
    assert_string_equal(buf_zstr(&why), expected);
    assert_int_equal(fine, *expected == 0);
    buf_release(&why);
}

static void texts_are_compiled_and_not_run(void **state)
{
    (void)state;
    assert_said("return function() end", "");
    assert_said("", "");
    assert_said("error('it ran')", "");
    assert_said("#!/usr/bin/lua\nreturn 1", "");
    assert_said("\xEF\xBB\xBFreturn 1", "");
}

static void mistakes_have_file_and_line(void **state)
{
    (void)state;
    assert_said("\nreturn functoin() end", "lib/a.lua:2: <eof> expected near 'end'");
    assert_said("#!x\nlocal x = ", "lib/a.lua:2: unexpected symbol near <eof>");
    assert_said("\x1bLua", "attempt to load a binary chunk (mode is 't')");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_compiled_and_not_run),
        cmocka_unit_test(mistakes_have_file_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
