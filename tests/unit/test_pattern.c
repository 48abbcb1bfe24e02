/* base/pattern: which events a pattern lets through, and which patterns are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/pattern.h"
#include "base/rc.h"

static cJSON *parsed(const char *json)
{
    cJSON *tree = cJSON_Parse(json);
    if (!tree)
        fail_msg("not JSON: %s", json);
    return tree;
}

static bool match_within(const char *pattern, const char *event, int64_t *work)
{
    struct arena a;
    struct str why;
    arena_init(&a);
    struct pattern *p = pattern_new(parsed(pattern), &a, &why);
    if (!p)
        fail_msg("%s: %.*s", pattern, STR_ARG(why));
    cJSON *e = parsed(event);
    bool yes = pattern_match(p, e, work);
    cJSON_Delete(e);
    pattern_free(p);
    arena_release(&a);
    return yes;
}

static bool match(const char *pattern, const char *event)
{
    int64_t work = PATTERN_WORK;
    bool yes = match_within(pattern, event, &work);
    assert_true(work >= 0);
    return yes;
}

/* Refused with exactly this reason. */
static void refused(const char *pattern, const char *reason)
{
    struct arena a;
    struct str why;
    arena_init(&a);
    struct pattern *p = pattern_new(parsed(pattern), &a, &why);
    if (p)
        fail_msg("accepted: %s", pattern);
    if (!str_is(why, reason))
        fail_msg("%s\n  is refused with:    %.*s\n  and should be with: %s", pattern, STR_ARG(why), reason);
    arena_release(&a);
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

/* --- names are joined by dots before they are compared */

static void names_are_joined_by_dots_on_both_sides(void **state)
{
    (void)state;
    static const char *const patterns[] = {"{\"a\":{\"b\":{\"c\":[1]}}}", "{\"a.b\":{\"c\":[1]}}",
                                           "{\"a\":{\"b.c\":[1]}}", "{\"a.b.c\":[1]}"};
    static const char *const events[] = {"{\"a\":{\"b\":{\"c\":1}}}", "{\"a.b\":{\"c\":1}}",
                                         "{\"a\":{\"b.c\":1}}", "{\"a.b.c\":1}"};
    for (size_t p = 0; p < 4; p++)
        for (size_t e = 0; e < 4; e++)
            YES(patterns[p], events[e]);
    NO("{\"a.b\":[1]}", "{\"a\":{\"b\":{\"c\":1}}}");
    NO("{\"a.b\":[1]}", "{\"a\":1,\"b\":1}");
    NO("{\"a.b\":[1]}", "{\"a\":{\"\":{\"b\":1}}}");
    YES("{\"a.\":[1]}", "{\"a\":{\"\":1}}");
    NO("{\"a.b\":[{\"exists\":false}]}", "{\"a\":{\"b\":1}}");
}

static void dotted_fields_of_one_array_agree_on_an_element(void **state)
{
    (void)state;
    YES("{\"a.x\":[1],\"a.y\":[2]}", "{\"a\":[{\"x\":0,\"y\":2},{\"x\":1,\"y\":2}]}");
    NO("{\"a.x\":[1],\"a.y\":[2]}", "{\"a\":[{\"x\":1},{\"y\":2}]}");
    YES("{\"a.x\":[1],\"b.y\":[2]}", "{\"a\":[{\"x\":0},{\"x\":1}],\"b\":[{\"y\":2},{\"y\":0}]}");
    YES("{\"a\":{\"x\":[1],\"l\":{\"m\":[2],\"n\":[3]}}}",
        "{\"a\":[{\"x\":1,\"l\":[{\"m\":2},{\"m\":2,\"n\":3}]},{\"x\":1}]}");
    NO("{\"a\":{\"x\":[1],\"l\":{\"m\":[2],\"n\":[3]}}}",
       "{\"a\":[{\"x\":1,\"l\":[{\"m\":2},{\"n\":3}]},{\"l\":{\"m\":2,\"n\":3}}]}");
    /* What is in any element is there: only then has exists: false nothing to say. */
    NO("{\"a\":{\"x\":[1],\"y\":[{\"exists\":false}]}}", "{\"a\":[{\"x\":1},{\"y\":2}]}");
}

static void the_last_of_two_spellings_counts(void **state)
{
    (void)state;
    YES("{\"a\":{\"b\":[1]},\"a.b\":[2]}", "{\"a\":{\"b\":2}}");
    NO("{\"a\":{\"b\":[1]},\"a.b\":[2]}", "{\"a\":{\"b\":1}}");
}

/* --- refusals, in AWS's words */

static void malformed_patterns_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"[]", "Filter is not an object"},
        {"{}", "Empty objects are not allowed"},
        {"{\"a\":1}", "\"a\" must be an object or an array"},
        {"{\"a\":[]}", "Empty arrays are not allowed"},
        {"{\"a\":{}}", "Empty objects are not allowed"},
        {"{\"a\":[[1]]}", "Match value must be String, number, true, false, or null"},
        {"{\"a\":[{}]}", "Match expression name not found"},
        {"{\"a\":[{\"contains\":\"x\"}]}", "Unrecognized match type contains"},
        {"{\"a\":[{\"prefix\":\"x\",\"suffix\":\"y\"}]}", "Only one key allowed in match expression"},
        {"{\"a\":[{\"prefix\":1}]}", "prefix match pattern must be a string"},
        {"{\"a\":[{\"suffix\":{\"prefix\":\"x\"}}]}", "Unsupported suffix pattern: prefix"},
        {"{\"a\":[{\"exists\":\"yes\"}]}", "exists match pattern must be either true or false."},
        {"{\"a\":[{\"cidr\":\"10.0.0.0\"}]}", "Malformed CIDR, one '/' required"},
        {"{\"a\":[{\"cidr\":\"10.0.0/8\"}]}", "Nonstandard IP address: 10.0.0"},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/32\"}]}", "IPv4 mask bits must be < 32"},
        {"{\"$or\":[{\"a\":[1]},{\"b\":2}]}", "\"b\" must be an object or an array"},
        {"{\"$or\":[{\"prefix\":\"a\"},{\"b\":[2]}]}",
         "prefix is Ruler reserved fieldName which cannot be used inside $or."},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i][0], bad[i][1]);
}

static void wrong_numbers_are_named_in_the_refusal(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"key\":[{\"numeric\":1}]}", "Value of numeric must be an array."},
        {"{\"key\":[{\"numeric\":[]}]}", "Invalid member in numeric match: ]"},
        {"{\"key\":[{\"numeric\":[\"operator\"]}]}", "Unrecognized numeric range operator: operator"},
        {"{\"key\":[{\"numeric\":[1,\"<=\"]}]}", "Invalid member in numeric match: 1"},
        {"{\"key\":[{\"numeric\":[\"=\",\"000\"]}]}", "Value of equals must be numeric"},
        {"{\"key\":[{\"numeric\":[\">=\"]}]}", "Value of >= must be numeric"},
        {"{\"key\":[{\"numeric\":[\"<\",100,\">\",10]}]}", "Too many elements in numeric expression"},
        {"{\"key\":[{\"numeric\":[\">=\",1,\">\",2]}]}", "Bad numeric range operator: >"},
        {"{\"key\":[{\"numeric\":[\">\",3,\"<\",1]}]}", "Bottom must be less than top"},
        {"{\"key\":[{\"numeric\":[\">\",20,\"<=\"]}]}", "Value of <= must be numeric"},
        {"{\"key\":[{\"numeric\":[\">\",20,30]}]}", "Bad value in numeric range: 30"},
        {"{\"key\":[{\"numeric\":[\">\",20,\"<\",30,\"<\",50]}]}",
         "Too many terms in numeric range expression"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i][0], bad[i][1]);
}

static void what_anything_but_cannot_exclude_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"\"}}]}", "Null prefix/suffix not allowed"},
        {"{\"a\":[{\"anything-but\":{\"suffix\":\"\"}}]}", "Null prefix/suffix not allowed"},
        {"{\"a\":[{\"anything-but\":{\"prefix\":[\"x\",\"\"]}}]}", "Null prefix/suffix not allowed"},
        {"{\"a\":[{\"anything-but\":{\"prefix\":1}}]}", "prefix/suffix match pattern must be a string"},
        {"{\"a\":[{\"anything-but\":{\"wildcard\":[1]}}]}", "wildcard match pattern must be a string"},
        {"{\"a\":[{\"anything-but\":null}]}",
         "Value of anything-but must be an array or single string/number value."},
        {"{\"a\":[{\"anything-but\":{\"exists\":true}}]}", "Unsupported anything-but pattern: exists"},
        {"{\"a\":[{\"anything-but\":[1,\"x\"]}]}",
         "Inside anything but list, either all values are number or string, mixed type is not supported"},
        {"{\"a\":[{\"anything-but\":[]}]}",
         "Inside anything but list, either all values are number or string, mixed type is not supported"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i][0], bad[i][1]);
    YES("{\"a\":[{\"prefix\":\"\"}]}", "{\"a\":\"x\"}"); /* outside of anything-but the empty one is fine */
}

#define TOO_COMPLEX                                                                                          \
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "      \
    "after "                                                                                                 \
    "a wildcard character"

/* The three and the four names are a report of what AWS takes and what it does not. */
static void too_many_wildcards_are_refused(void **state)
{
    (void)state;
    int64_t work = PATTERN_WORK;
    assert_false(match_within("{\"a\":[{\"wildcard\":\"*:stack/One/*\"},{\"wildcard\":\"*:stack/Two/*\"},"
                              "{\"wildcard\":\"*:stack/Three/*\"}]}",
                              "{\"a\":\"x\"}", &work));
    refused("{\"a\":[{\"wildcard\":\"*:stack/One/*\"},{\"wildcard\":\"*:stack/Two/*\"},"
            "{\"wildcard\":\"*:stack/Three/*\"},{\"wildcard\":\"*:stack/Four/*\"}]}",
            TOO_COMPLEX);
    YES("{\"a\":[{\"wildcard\":\"*a*a*a*a*a\"}]}", "{\"a\":\"xaxaaaa\"}");
    refused("{\"a\":[{\"wildcard\":\"*a*a*a*a*a*a\"}]}", TOO_COMPLEX);
    refused("{\"a\":[{\"anything-but\":{\"wildcard\":\"*aaaaaaaaaaaa\"}}]}", TOO_COMPLEX);
    YES("{\"a\":[{\"wildcard\":\"*abcdefghijklmnopqrstuvwxyz*0123456789\"}]}",
        "{\"a\":\"-abcdefghijklmnopqrstuvwxyz-0123456789\"}");
    refused("{\"a\":[{\"wildcard\":\"a**b\"}]}", "Consecutive wildcard characters at pos 2");
    refused("{\"a\":[{\"wildcard\":\"a\\\\b\"}]}", "Invalid escape character at pos 2");
}

/* --- what somebody may send to hold everybody up */

/* before, n times the middle, after; the caller frees. */
static char *repeated(const char *before, const char *middle, size_t n, const char *after)
{
    struct buf b;
    buf_init(&b, 4u << 20);
    buf_z(&b, before);
    for (size_t i = 0; i < n; i++)
        buf_z(&b, middle);
    buf_z(&b, after);
    char *text = xstrdup(buf_zstr(&b));
    buf_release(&b);
    return text;
}

static void a_deep_pattern_is_refused(void **state)
{
    (void)state;
    char *deep = repeated("", "{\"a\":", 500, "[1]"), *closed = repeated(deep, "}", 500, "");
    refused(closed, "Rule is nested too deeply");
    free(deep);
    free(closed);
    deep = repeated("{\"a", ".a", 5000, "\":[1]}"); /* steps of one name are no nesting */
    NO(deep, "{\"a\":1}");
    free(deep);
}

static void a_pattern_of_too_many_fields_is_refused(void **state)
{
    (void)state;
    char *many = repeated("{\"$or\":[{\"a\":[1]}", ",{\"a\":[1]}", 1100, "]}");
    refused(many, "Rule is too complex");
    free(many);
}

/* Linear in the event: each step is counted. */
static void a_large_event_costs_what_it_is_long(void **state)
{
    (void)state;
    const size_t n = 50000;
    int64_t work = PATTERN_WORK;
    char *list = repeated("{\"a\":[{\"x\":1}", ",{\"x\":1,\"z\":3}", n, ",{\"x\":1,\"y\":2}]}");
    assert_true(match_within("{\"a\":{\"x\":[1],\"y\":[2]}}", list, &work));
    assert_true(PATTERN_WORK - work < (int64_t)n * 10);
    free(list);
    work = PATTERN_WORK;
    char *text = repeated("{\"a\":\"", "a", n, "\"}");
    assert_false(match_within("{\"a\":[{\"wildcard\":\"*aaab*aab*\"}]}", text, &work));
    assert_true(PATTERN_WORK - work < (int64_t)n);
    free(text);
}

static void what_costs_too_much_is_given_up(void **state)
{
    (void)state;
    int64_t work = PATTERN_WORK;
    char *pattern = repeated("{\"a\":[1", ",{\"cidr\":\"10.0.0.0/8\"}", 1000, ",\"yes\"]}");
    char *event = repeated("{\"a\":[\"no\"", ",\"no\"", 10000, ",\"yes\"]}");
    assert_false(match_within(pattern, event, &work));
    assert_true(work < 0 && work > -2000);
    free(event);
    event = repeated("{\"a\":[\"no\"", ",\"no\"", 1000, ",\"yes\"]}");
    YES(pattern, event);
    free(pattern);
    free(event);
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
        cmocka_unit_test(names_are_joined_by_dots_on_both_sides),
        cmocka_unit_test(dotted_fields_of_one_array_agree_on_an_element),
        cmocka_unit_test(the_last_of_two_spellings_counts),
        cmocka_unit_test(malformed_patterns_are_refused),
        cmocka_unit_test(wrong_numbers_are_named_in_the_refusal),
        cmocka_unit_test(what_anything_but_cannot_exclude_is_refused),
        cmocka_unit_test(too_many_wildcards_are_refused),
        cmocka_unit_test(a_deep_pattern_is_refused),
        cmocka_unit_test(a_pattern_of_too_many_fields_is_refused),
        cmocka_unit_test(a_large_event_costs_what_it_is_long),
        cmocka_unit_test(what_costs_too_much_is_given_up),
    };
    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
