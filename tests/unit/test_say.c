/* What is printed for people: nothing in it steers the terminal. */
#include "base/say.h"
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_said(const char *wanted, void (*print)(FILE *to, const void *arg), const void *arg)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    print(to, arg);
    fclose(to);
    assert_string_equal(text, wanted);
    free(text);
}

static void print_text(FILE *to, const void *arg)
{
    say(to, "<%.*s>", STR_ARG(*(const struct str *)arg));
}

static void what_steers_a_terminal_is_shown_and_not_obeyed(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *shown;
    } cases[] = {
        {STR_INIT("plain, \ttab"), "<plain, \ttab>"},
        {STR_INIT("\x1b]0;title\a"), "<\\u001b]0;title\\u0007>"},
        {STR_INIT("a\0b\x7f\r\n"), "<a\\u0000b\\u007f\\u000d\\u000a>"},
        {STR_INIT("\xc2\x80\xc2\x9b"
                  "31m\xc2\x9f"),
         "<\\u0080\\u009b31m\\u009f>"}, /* C1 as UTF-8 */
        {STR_INIT("\x9b"
                  "31m"),
         "<\\x9b31m>"}, /* C1 as a byte */
        {STR_INIT("\xe2\x80\xae"
                  "exe.txt\xe2\x81\xa6\xe2\x81\xa9"),
         "<\\u202eexe.txt\\u2066\\u2069>"},
        {STR_INIT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8d\xb5 \xd7\x90 \xc2\xa0"),
         "<gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8d\xb5 \xd7\x90 \xc2\xa0>"},
        {STR_INIT("\xe2\x82"), "<\\xe2\\x82>"},                            /* cut */
        {STR_INIT("\xc0\x9b\xed\xa0\x80"), "<\\xc0\\x9b\\xed\\xa0\\x80>"}, /* overlong, a surrogate */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_said(cases[i].shown, print_text, &cases[i].text);
}

static void print_all(FILE *to, const void *arg)
{
    (void)arg;
    say(to, "%d|%5d|%-5d|%05d|%+d|%ld|%lld|%zu|%u|%x|%#X\n", -1, 42, 42, 42, 42, -1L, -1LL, (size_t)7, 8u,
        255u, 255u);
    say(to, "%s|%5s|%-5s|%.2s|%.*s|%*s|%-*s|%c|%%\n", "a", "b", "c", "def", 1, "gh", 4, "i", 4, "j", 'k');
    say(to, "%.1f|%8.2f|%+9.2f|%g|%s\n", 1.25, 2.5, 3.0, 0.5, "end");
    say(to, "%5s|%c\n", "\x1b", '\a');
}

static void formats_read_as_printf_has_them(void **state)
{
    (void)state;
    assert_said("-1|   42|42   |00042|+42|-1|-1|7|8|ff|0XFF\n"
                "a|    b|c    |de|g|   i|j   |k|%\n"
                "1.2|    2.50|    +3.00|0.5|end\n"
                "    \\u001b|\\u0007\n",
                print_all, NULL);
}

static void print_colours(FILE *to, const void *arg)
{
    say(to, "\x1b[1m%s\x1b[0m, \x1b[31m%d\x1b[0m.\n", (const char *)arg, 1);
}

static void our_own_colours_are_for_terminals_alone(void **state)
{
    (void)state;
    assert_said("\\u001b[2J, 1.\n", print_colours, "\x1b[2J");
}

static void print_line(FILE *to, const void *arg)
{
    const struct say_part parts[] = {
        {.text = str_z(arg), .colour = STR("\x1b[2m")},
        {.text = STR("name"), .colour = STR("\x1b[36m"), .width = 6},
        {.text = STR("a text of ten words, \tand a\nline's end")},
    };
    say_line(to, false, parts, 3);
    say_line(to, true, parts, 3);
}

static void a_line_of_parts_is_cleaned_and_only_ours_is_coloured(void **state)
{
    (void)state;
    assert_said("\\u001b[31m12:30 name   a text of ten words, \tand a\\u000aline's end\n"
                "\x1b[2m\\u001b[31m12:30\x1b[0m \x1b[36mname  \x1b[0m a text of ten words, \tand "
                "a\\u000aline's end\n",
                print_line, "\x1b[31m12:30");
}

/* Texts are looked at eight bytes at a time: what steers is found wherever it lies. */
static void a_control_character_is_found_at_each_place(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 24; n++)
        for (size_t at = 0; at < n; at++) {
            char text[32] = {0}, wanted[40];
            memset(text, 'x', n);
            text[at] = '\x1b';
            snprintf(wanted, sizeof wanted, "<%.*s\\u001b%s>", (int)at, text, text + at + 1);
            struct str s = str_z(text);
            assert_said(wanted, print_text, &s);
        }
}

static void print_lines(FILE *to, const void *arg)
{
    say_text(to, str_z(arg));
}

static void a_text_of_several_lines_keeps_them(void **state)
{
    (void)state;
    assert_said("one\n\ttwo\\u000d\n\\u001bthree\n", print_lines, "one\n\ttwo\r\n\x1bthree\n");
}

static void long_texts_are_printed_whole(void **state)
{
    (void)state;
    static char text[20001], wanted[20003];
    memset(text, 'x', 20000);
    snprintf(wanted, sizeof wanted, "<%s>", text);
    struct str s = str_z(text);
    assert_said(wanted, print_text, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_steers_a_terminal_is_shown_and_not_obeyed),
        cmocka_unit_test(formats_read_as_printf_has_them),
        cmocka_unit_test(our_own_colours_are_for_terminals_alone),
        cmocka_unit_test(a_line_of_parts_is_cleaned_and_only_ours_is_coloured),
        cmocka_unit_test(a_control_character_is_found_at_each_place),
        cmocka_unit_test(a_text_of_several_lines_keeps_them),
        cmocka_unit_test(long_texts_are_printed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
