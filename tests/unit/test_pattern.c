/* base/pattern: which events a pattern lets through, and which patterns are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pattern.h"

static const char *refusal(const char *pattern)
{
    const char *why;
    cJSON *p = cJSON_Parse(pattern);
    if (!p)
        fail_msg("not JSON: %s", pattern);
    bool valid = pattern_valid(p, &why);
    assert_int_equal(valid, why == NULL);
    cJSON_Delete(p);
    return why;
}

static bool match(const char *pattern, const char *event)
{
    const char *why;
    cJSON *p = cJSON_Parse(pattern), *e = cJSON_Parse(event);
    if (!p || !e)
        fail_msg("not JSON: %s or %s", pattern, event);
    if (!pattern_valid(p, &why))
        fail_msg("%s: %s", pattern, why);
    bool yes = pattern_match(p, e);
    cJSON_Delete(p);
    cJSON_Delete(e);
    return yes;
}

#define YES(pattern, event) assert_true(match(pattern, event))
#define NO(pattern, event) assert_false(match(pattern, event))

static void plain_values(void **state)
{
    (void)state;
    YES("{\"a\":[\"x\"]}", "{\"a\":\"x\",\"b\":1}");
    YES("{\"a\":[\"x\",\"y\"]}", "{\"a\":\"y\"}");
    NO("{\"a\":[\"x\"]}", "{\"a\":\"X\"}");
    NO("{\"a\":[\"x\"]}", "{}");
    NO("{\"a\":[\"1\"]}", "{\"a\":1}");
    YES("{\"a\":[3]}", "{\"a\":3.0}");
    YES("{\"a\":[null]}", "{\"a\":null}");
    NO("{\"a\":[null]}", "{}");
    YES("{\"a\":[true]}", "{\"a\":true}");
    NO("{\"a\":[true]}", "{\"a\":false}");
    YES("{\"a\":[\"\"]}", "{\"a\":\"\"}");
    NO("{\"a\":[\"x\"],\"b\":[\"y\"]}", "{\"a\":\"x\",\"b\":\"z\"}");
}

static void nesting_and_arrays(void **state)
{
    (void)state;
    YES("{\"d\":{\"e\":[1]}}", "{\"d\":{\"e\":1}}");
    NO("{\"d\":{\"e\":[1]}}", "{\"d\":1}");
    YES("{\"a\":[2]}", "{\"a\":[1,2]}");
    YES("{\"a\":[2]}", "{\"a\":[[1],[2]]}");
    NO("{\"a\":[2]}", "{\"a\":[]}");
    /* Both conditions must hold in the same element. */
    YES("{\"a\":{\"x\":[1],\"y\":[2]}}", "{\"a\":[{\"x\":1,\"y\":2},{\"x\":3}]}");
    NO("{\"a\":{\"x\":[1],\"y\":[2]}}", "{\"a\":[{\"x\":1},{\"y\":2}]}");
}

static void text_operators(void **state)
{
    (void)state;
    YES("{\"a\":[{\"prefix\":\"us-\"}]}", "{\"a\":\"us-east-1\"}");
    NO("{\"a\":[{\"prefix\":\"us-\"}]}", "{\"a\":\"us\"}");
    NO("{\"a\":[{\"prefix\":\"1\"}]}", "{\"a\":12}");
    YES("{\"a\":[{\"prefix\":{\"equals-ignore-case\":\"US-\"}}]}", "{\"a\":\"us-east-1\"}");
    YES("{\"a\":[{\"suffix\":\".png\"}]}", "{\"a\":\"a.png\"}");
    NO("{\"a\":[{\"suffix\":\".png\"}]}", "{\"a\":\"png\"}");
    YES("{\"a\":[{\"equals-ignore-case\":\"aLiCe\"}]}", "{\"a\":\"Alice\"}");
    YES("{\"a\":[{\"wildcard\":\"*/lib/*.c\"}]}", "{\"a\":\"x/lib/y/lib/z.c\"}");
    NO("{\"a\":[{\"wildcard\":\"*/lib/*.c\"}]}", "{\"a\":\"x/lib/z.cc\"}");
    YES("{\"a\":[{\"wildcard\":\"a\\\\*b*\"}]}", "{\"a\":\"a*bc\"}");
    NO("{\"a\":[{\"wildcard\":\"a\\\\*b*\"}]}", "{\"a\":\"axbc\"}");
    YES("{\"a\":[{\"wildcard\":\"*\"}]}", "{\"a\":\"\"}");
}

static void anything_but(void **state)
{
    (void)state;
    YES("{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"y\"}");
    NO("{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"x\"}");
    NO("{\"a\":[{\"anything-but\":\"x\"}]}", "{}");
    NO("{\"a\":[{\"anything-but\":[1,2]}]}", "{\"a\":2}");
    YES("{\"a\":[{\"anything-but\":[\"x\"]}]}", "{\"a\":[\"x\",\"y\"]}");
    NO("{\"a\":[{\"anything-but\":{\"prefix\":\"us-\"}}]}", "{\"a\":\"us-1\"}");
    YES("{\"a\":[{\"anything-but\":{\"prefix\":[\"us-\",\"eu-\"]}}]}", "{\"a\":\"ap-1\"}");
    NO("{\"a\":[{\"anything-but\":{\"equals-ignore-case\":\"x\"}}]}", "{\"a\":\"X\"}");
}

static void numbers_addresses_presence(void **state)
{
    (void)state;
    YES("{\"a\":[{\"numeric\":[\"=\",301.5]}]}", "{\"a\":3.015e2}");
    YES("{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", "{\"a\":5}");
    NO("{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", "{\"a\":0}");
    NO("{\"a\":[{\"numeric\":[\">=\",0]}]}", "{\"a\":\"1\"}");
    YES("{\"a\":[{\"exists\":true}]}", "{\"a\":null}");
    NO("{\"a\":[{\"exists\":true}]}", "{\"a\":{\"b\":1}}");
    YES("{\"a\":[{\"exists\":false}]}", "{\"b\":1}");
    YES("{\"a\":{\"b\":[{\"exists\":false}]}}", "{}");
    YES("{\"a\":[{\"exists\":false},\"x\"]}", "{\"a\":\"x\"}");
    YES("{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", "{\"a\":\"10.0.0.255\"}");
    NO("{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", "{\"a\":\"10.0.1.0\"}");
    YES("{\"a\":[{\"cidr\":\"2001:db8::/32\"}]}", "{\"a\":\"2001:db8::1\"}");
    NO("{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", "{\"a\":\"not an address\"}");
}

static void or_of_objects(void **state)
{
    (void)state;
    const char *p = "{\"s\":[\"m\"],\"$or\":[{\"n\":[\"cpu\"]},{\"u\":[{\"numeric\":[\">\",9]}]}]}";
    YES(p, "{\"s\":\"m\",\"n\":\"cpu\"}");
    YES(p, "{\"s\":\"m\",\"u\":10}");
    NO(p, "{\"s\":\"m\",\"u\":9}");
    NO(p, "{\"s\":\"x\",\"n\":\"cpu\"}");
}

static void malformed_patterns_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"a\":1}",
        "{\"a\":[]}",
        "{\"a\":{}}",
        "{\"a\":[[1]]}",
        "{\"a\":[{\"contains\":\"x\"}]}",
        "{\"a\":[{\"prefix\":\"x\",\"suffix\":\"y\"}]}",
        "{\"a\":[{\"prefix\":1}]}",
        "{\"a\":[{\"exists\":\"yes\"}]}",
        "{\"a\":[{\"numeric\":[\"=\"]}]}",
        "{\"a\":[{\"numeric\":[\"<\",5,\">\",1]}]}",
        "{\"a\":[{\"numeric\":[\">\",5,\"<\",1]}]}",
        "{\"a\":[{\"numeric\":[\"~\",5]}]}",
        "{\"a\":[{\"cidr\":\"10.0.0.0/33\"}]}",
        "{\"a\":[{\"anything-but\":[1,\"x\"]}]}",
        "{\"a\":[{\"anything-but\":[]}]}",
        "{\"a\":[{\"anything-but\":{\"exists\":true}}]}",
        "{\"a\":[{\"wildcard\":\"a**b\"}]}",
        "{\"a\":[{\"wildcard\":\"a\\\\b\"}]}",
        "{\"$or\":[{\"a\":[1]},{\"b\":2}]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!refusal(bad[i]))
            fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values),
        cmocka_unit_test(nesting_and_arrays),
        cmocka_unit_test(text_operators),
        cmocka_unit_test(anything_but),
        cmocka_unit_test(numbers_addresses_presence),
        cmocka_unit_test(or_of_objects),
        cmocka_unit_test(malformed_patterns_are_refused),
    };
    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
