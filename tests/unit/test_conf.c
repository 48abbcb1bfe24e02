/* Options: defaults, then the environment, then the command line; and clear words for what is wrong. */
#include "core/conf.h"
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ARGS_MAX 12

struct reading {
    struct conf conf;
    char *rest[ARGS_MAX];
    int rest_count;
    const char *why;
    bool ok;
};

/* words: NULL-ended, without the verb. */
static void read_words(struct reading *r, const char *const *env, const char *const *words)
{
    char *argv[ARGS_MAX] = {"start"};
    int argc = 1;
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    conf_init(&r->conf);
    r->ok = conf_read(&r->conf, argc, argv, (char **)env, r->rest, &r->rest_count, &r->why);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_WORDS ((const char *const[]){NULL})

static void assert_wrong(const char *const *env, const char *const *words, const char *why)
{
    struct reading r;
    read_words(&r, env, words);
    assert_false(r.ok);
    assert_string_equal(r.why, why);
    conf_release(&r.conf);
}

static void without_options_all_has_its_default(void **state)
{
    (void)state;
    struct reading r;
    read_words(&r, NO_WORDS, NO_WORDS);
    assert_true(r.ok);
    assert_int_equal(r.conf.port, 4566);
    assert_int_equal(r.conf.api_port, 3000);
    assert_int_equal(r.conf.idle_workers, 100);
    assert_string_equal(r.conf.host, "127.0.0.1");
    assert_string_equal(r.conf.account, "000000000000");
    assert_string_equal(r.conf.region, "us-east-1");
    assert_int_equal(r.conf.log_level, LOG_INFO);
    assert_null(r.conf.template);
    assert_false(r.conf.ephemeral || r.conf.durable || r.conf.run_inline || r.conf.lenient ||
                 r.conf.strict_limits);
    conf_release(&r.conf);
}

static void every_option_is_read_in_both_forms(void **state)
{
    (void)state;
    struct reading r;
    read_words(&r, NO_WORDS,
               WORDS("--port", "1", "--api-port=2", "--inline", "--seed", "18", "--log-level=debug",
                     "app.json", "--parameter", "A=1=2", "--data=d"));
    assert_true(r.ok);
    assert_int_equal(r.conf.port, 1);
    assert_int_equal(r.conf.api_port, 2);
    assert_true(r.conf.run_inline);
    assert_int_equal(r.conf.seed, 18);
    assert_int_equal(r.conf.log_level, LOG_DEBUG);
    assert_string_equal(r.conf.data, "d");
    assert_string_equal(map_get(&r.conf.parameters, STR("A")), "1=2");
    assert_int_equal(r.rest_count, 1);
    assert_string_equal(r.rest[0], "app.json");
    conf_release(&r.conf);
}

static void the_command_line_goes_over_the_environment(void **state)
{
    (void)state;
    struct reading r;
    read_words(&r,
               WORDS("TIDEPOOL_API_PORT=11", "TIDEPOOL_PORT=12", "TIDEPOOL_EPHEMERAL=1",
                     "TIDEPOOL_DURABLE=no", "PATH=/bin", "TIDEPOOL_PARAMETER=A=env\nB=env",
                     "TIDEPOOL_PORTX=nonsense"),
               WORDS("--port", "13", "--parameter", "A=arg"));
    assert_true(r.ok);
    assert_int_equal(r.conf.api_port, 11);
    assert_int_equal(r.conf.port, 13);
    assert_true(r.conf.ephemeral);
    assert_false(r.conf.durable);
    assert_string_equal(map_get(&r.conf.parameters, STR("A")), "arg");
    assert_string_equal(map_get(&r.conf.parameters, STR("B")), "env");
    conf_release(&r.conf);
}

static void what_may_be_repeated_is_collected(void **state)
{
    (void)state;
    struct reading r;
    read_words(
        &r, WORDS("TIDEPOOL_ALLOWED_HOST=a.test\nb.test"),
        WORDS("--allowed-host=c.test", "--allowed-origin", "https://app.test", "--allowed-origin", "null"));
    assert_true(r.ok);
    assert_int_equal(r.conf.allowed_hosts.n, 3);
    assert_true(str_is(r.conf.allowed_hosts.list[1], "b.test"));
    assert_true(str_is(r.conf.allowed_hosts.list[2], "c.test"));
    assert_int_equal(r.conf.allowed_origins.n, 2);
    conf_release(&r.conf);
    assert_wrong(NO_WORDS, WORDS("--allowed-host", "a.test:80"),
                 "--allowed-host: 'a.test:80' is not a host name such as aws.test, without a port");
    assert_wrong(NO_WORDS, WORDS("--allowed-host", ""),
                 "--allowed-host: '' is not a host name such as aws.test, without a port");
    assert_wrong(NO_WORDS, WORDS("--allowed-origin", "app.test"),
                 "--allowed-origin: 'app.test' is not an origin such as https://app.test");
    assert_wrong(NO_WORDS, WORDS("--allowed-origin", "https://app.test/"),
                 "--allowed-origin: 'https://app.test/' is not an origin such as https://app.test");
}

static void after_two_dashes_everything_is_rest(void **state)
{
    (void)state;
    struct reading r;
    read_words(&r, NO_WORDS, WORDS("-", "--", "--port", "-x"));
    assert_true(r.ok);
    assert_int_equal(r.rest_count, 3);
    assert_string_equal(r.rest[0], "-");
    assert_string_equal(r.rest[2], "-x");
    conf_release(&r.conf);
}

static void what_is_wrong_is_said_in_one_line(void **state)
{
    (void)state;
    assert_wrong(NO_WORDS, WORDS("--prot", "1"), "unknown option --prot");
    assert_wrong(NO_WORDS, WORDS("--prot=1"), "unknown option --prot");
    assert_wrong(NO_WORDS, WORDS("-p"), "unknown option -p");
    assert_wrong(NO_WORDS, WORDS("--port"), "--port wants a value: --port N");
    assert_wrong(NO_WORDS, WORDS("--port", "0"), "--port: '0' is not a number from 1 to 65535");
    assert_wrong(NO_WORDS, WORDS("--port=x1"), "--port: 'x1' is not a number from 1 to 65535");
    assert_wrong(NO_WORDS, WORDS("--account", "12"), "--account: '12' is not an account of 12 digits");
    assert_wrong(NO_WORDS, WORDS("--region", "a b"), "--region: 'a b' is not a region such as us-east-1");
    assert_wrong(NO_WORDS, WORDS("--log-level", "loud"),
                 "--log-level: 'loud' is not error, warn, info or debug");
    assert_wrong(NO_WORDS, WORDS("--parameter", "novalue"),
                 "--parameter: 'novalue' is not of the form KEY=VALUE");
    assert_wrong(NO_WORDS, WORDS("--ephemeral=perhaps"), "--ephemeral: 'perhaps' is not true or false");
    assert_wrong(NO_WORDS, WORDS("--seed", "-1"), "--seed: '-1' is not a number from 0");
    assert_wrong(WORDS("TIDEPOOL_API_PORT=99999"), NO_WORDS,
                 "TIDEPOOL_API_PORT: '99999' is not a number from 1 to 65535");
}

/* Names and paths end up in URLs, files and the keys of the store. */
static void names_and_paths_have_a_length(void **state)
{
    (void)state;
    char text[70001] = "";
    memset(text, 'a', sizeof(text) - 1);
#define A16 "aaaaaaaaaaaaaaaa"
#define SHOWN "'" A16 A16 A16 A16 "...'"
    assert_wrong(NO_WORDS, WORDS("--region", text), "--region: " SHOWN " is not a region such as us-east-1");
    assert_wrong(NO_WORDS, WORDS("--account", text), "--account: " SHOWN " is not an account of 12 digits");
    assert_wrong(NO_WORDS, WORDS("--host", text), "--host: " SHOWN " is not a value of 1 to 255 characters");
    assert_wrong(NO_WORDS, WORDS("--data", text), "--data: " SHOWN " is not a value of 1 to 4000 characters");
    assert_wrong(NO_WORDS, WORDS("--template", text),
                 "--template: " SHOWN " is not a value of 1 to 4000 characters");
}

static void help_has_a_line_for_each_option(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    conf_help(to);
    fclose(to);
    assert_non_null(strstr(text, "  --api-port N         port of the first API (3000)\n"));
    assert_non_null(strstr(text, "  --ephemeral          keep state in memory only\n"));
    assert_non_null(
        strstr(text, "  --strict-limits      wait 60 s after PurgeQueue and DeleteQueue, as on AWS\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_all_has_its_default),
        cmocka_unit_test(every_option_is_read_in_both_forms),
        cmocka_unit_test(the_command_line_goes_over_the_environment),
        cmocka_unit_test(what_may_be_repeated_is_collected),
        cmocka_unit_test(after_two_dashes_everything_is_rest),
        cmocka_unit_test(what_is_wrong_is_said_in_one_line),
        cmocka_unit_test(names_and_paths_have_a_length),
        cmocka_unit_test(help_has_a_line_for_each_option),
    };
    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
