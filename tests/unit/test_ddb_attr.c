/* DynamoDB's numbers and attribute values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dynamodb/attr.h"

/* --- numbers */

static const char *plain(const char *text)
{
    static char out[NUMBER_TEXT_MAX + 1];
    struct number n;
    struct buf b;
    assert_int_equal(number_read(str_z(text), &n), NUMBER_OK);
    buf_init(&b, NUMBER_TEXT_MAX);
    number_write(&n, &b);
    str_copy(buf_view(&b), out, sizeof out);
    buf_release(&b);
    return out;
}

static void numbers_become_plain_text(void **state)
{
    (void)state;
    assert_string_equal(plain("0"), "0");
    assert_string_equal(plain("-0.000"), "0");
    assert_string_equal(plain("+5"), "5");
    assert_string_equal(plain("1."), "1");
    assert_string_equal(plain(".50"), "0.5");
    assert_string_equal(plain("007"), "7");
    assert_string_equal(plain("-1.50e-3"), "-0.0015");
    assert_string_equal(plain("12.5E1"), "125");
    assert_string_equal(plain("1e20"), "100000000000000000000");
    assert_string_equal(plain("100.100"), "100.1");
    assert_string_equal(plain("0e999"), "0");
    assert_string_equal(plain("12345678901234567890123456789012345678"),
                        "12345678901234567890123456789012345678");
    assert_string_equal(plain("0.0000000000000000000000000000000000000000000000001e40"), "0.000000001");
}

static enum number_problem problem(const char *text)
{
    struct number n;
    return number_read(str_z(text), &n);
}

static void numbers_out_of_bounds_are_told_apart(void **state)
{
    (void)state;
    const char *bad[] = {"", "-", ".", "abc", "1e", "1e+", " 1", "1 ", "0x5", "1.2.3", "--1", "1e5.0", "NaN"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(problem(bad[i]), NUMBER_BAD);
    assert_int_equal(problem("9.9e125"), NUMBER_OK);
    assert_int_equal(problem("1e126"), NUMBER_OVERFLOW);
    assert_int_equal(problem("-1e999999999999"), NUMBER_OVERFLOW);
    assert_int_equal(problem("1e-130"), NUMBER_OK);
    assert_int_equal(problem("1e-131"), NUMBER_UNDERFLOW);
    assert_int_equal(problem("111111111111111111111111111111111111111"), NUMBER_PRECISION);
    assert_int_equal(problem("1000000000000000000000000000000000000000000"), NUMBER_OK);
}

static const char *sum(const char *x, const char *y, bool subtract)
{
    static char out[NUMBER_TEXT_MAX + 1];
    struct number a, b, n;
    struct buf text;
    number_read(str_z(x), &a);
    number_read(str_z(y), &b);
    if (number_add(&a, &b, subtract, &n) != NUMBER_OK)
        return "(problem)";
    buf_init(&text, NUMBER_TEXT_MAX);
    number_write(&n, &text);
    str_copy(buf_view(&text), out, sizeof out);
    buf_release(&text);
    return out;
}

static void sums_are_exact(void **state)
{
    (void)state;
    assert_string_equal(sum("0.1", "0.2", false), "0.3");
    assert_string_equal(sum("1", "1", true), "0");
    assert_string_equal(sum("1", "2.5", true), "-1.5");
    assert_string_equal(sum("-1", "2.5", false), "1.5");
    assert_string_equal(sum("-1", "-2", true), "1");
    assert_string_equal(sum("0", "-7", true), "7");
    assert_string_equal(sum("-7", "0", false), "-7");
    assert_string_equal(sum("999", "1", false), "1000");
    assert_string_equal(sum("1000", "0.001", true), "999.999");
    assert_string_equal(sum("9.9e125", "9.9e125", false), "(problem)");
    assert_string_equal(sum("1e37", "0.1", false), "(problem)"); /* 39 digits */
    assert_string_equal(sum("1e37", "1", false), "10000000000000000000000000000000000001");
    assert_string_equal(sum("1e-130", "1e-130", true), "0");
}

static void keys_sort_like_their_numbers(void **state)
{
    (void)state;
    const char *order[] = {"-9.9e125", "-1e10", "-100",   "-99.5", "-99",
                           "-12",      "-1.5",  "-1.2",   "-1",    "-0.5",
                           "-1e-130",  "0",     "1e-130", "0.01",  "0.1",
                           "0.11",     "0.5",   "1",      "1.01",  "1.1",
                           "1.2",      "2",     "9",      "10",    "11",
                           "99",       "100",   "101",    "1e10",  "12345678901234567890123456789012345678",
                           "9.9e125"};
    for (size_t i = 1; i < sizeof order / sizeof *order; i++) {
        unsigned char x[NUMBER_KEY_MAX], y[NUMBER_KEY_MAX];
        struct number a, b;
        number_read(str_z(order[i - 1]), &a);
        number_read(str_z(order[i]), &b);
        assert_true(number_compare(&a, &b) < 0);
        struct str ka = str_n(x, number_key(&a, x)), kb = str_n(y, number_key(&b, y));
        if (str_cmp(ka, kb) >= 0)
            fail_msg("the key of %s does not sort before that of %s", order[i - 1], order[i]);
    }
}

/* --- values */

struct values {
    struct arena arena;
    struct wrong wrong;
    cJSON *tree;
};

static const struct attr *read_item(struct values *v, const char *json)
{
    char *text = strdup(json);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    cJSON_Delete(v->tree);
    v->tree = cJSON_Parse(text);
    free(text);
    assert_non_null(v->tree);
    v->wrong = wrong_none(&v->arena);
    return attr_map_from_tree(v->tree, &v->wrong);
}

static int setup(void **state)
{
    struct values *v = calloc(1, sizeof *v);
    arena_init(&v->arena);
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    struct values *v = *state;
    cJSON_Delete(v->tree);
    arena_release(&v->arena);
    free(v);
    return 0;
}

static const char *written(struct values *v, const struct attr *item)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    attr_map_write(item, &b);
    struct str s = arena_str(&v->arena, buf_view(&b));
    buf_release(&b);
    return s.p;
}

static const char every_type[] =
    "{'z':{'S':'t\\u00e9x\\nt'},'a':{'N':'01.50'},'b':{'B':'YWJj'},'c':{'BOOL':false},'d':{'NULL':true},"
    "'e':{'SS':['b','a','ab']},'f':{'NS':['10','9','-1']},'g':{'BS':['Yg==','YQ==']},"
    "'h':{'L':[{'S':''},{'M':{}},{'L':[]}]},'i':{'M':{'y':{'N':'2'},'x':{'S':'1'}}}}";

static void values_take_one_canonical_form(void **state)
{
    struct values *v = *state;
    const char *text = written(v, read_item(v, every_type));
    assert_string_equal(
        text, "{\"a\":{\"N\":\"1.5\"},\"b\":{\"B\":\"YWJj\"},\"c\":{\"BOOL\":false},\"d\":{\"NULL\":true},"
              "\"e\":{\"SS\":[\"a\",\"ab\",\"b\"]},\"f\":{\"NS\":[\"-1\",\"9\",\"10\"]},\"g\":{\"BS\":[\"YQ=="
              "\",\"Yg==\"]},"
              "\"h\":{\"L\":[{\"S\":\"\"},{\"M\":{}},{\"L\":[]}]},\"i\":{\"M\":{\"x\":{\"S\":\"1\"},\"y\":{"
              "\"N\":\"2\"}}},"
              "\"z\":{\"S\":\"t\xc3\xa9x\\nt\"}}");
}

static void text_reads_back_as_the_same_value(void **state)
{
    struct values *v = *state;
    const struct attr *item = read_item(v, every_type);
    const char *text = written(v, item);
    const struct attr *again = attr_map_from_text(&v->arena, str_z(text));
    assert_non_null(again);
    assert_true(attr_equal(item, again));
    assert_string_equal(written(v, again), text);
    assert_int_equal(attr_item_size(again), attr_item_size(item));
    assert_null(attr_map_from_text(&v->arena, STR("{\"a\":{\"S\":\"x\"")));
    assert_null(attr_map_from_text(&v->arena, STR("{\"a\":{\"Q\":\"x\"}}")));
}

/* Known sizes: names and values; 3 bytes for a list or map and 1 for each element. */
static void sizes_are_counted_as_the_service_does(void **state)
{
    struct values *v = *state;
    assert_int_equal(attr_item_size(read_item(v, "{'Username':{'S':'Fred'}}")), 12);
    assert_int_equal(attr_item_size(read_item(v, "{'n':{'N':'0'}}")), 2);
    assert_int_equal(attr_item_size(read_item(v, "{'n':{'N':'12'}}")), 1 + 2);
    assert_int_equal(attr_item_size(read_item(v, "{'n':{'N':'-12.5'}}")), 1 + 4);
    assert_int_equal(attr_item_size(read_item(v, "{'l':{'L':[{'S':'ab'},{'NULL':true}]}}")), 1 + 3 + 3 + 2);
    assert_int_equal(attr_item_size(read_item(v, "{'m':{'M':{'k':{'S':'ab'}}}}")), 1 + 3 + 1 + 3);
    assert_int_equal(attr_item_size(read_item(v, "{'s':{'SS':['ab','c']}}")), 1 + 3);
}

static void bad_values_are_refused_in_the_services_words(void **state)
{
    struct values *v = *state;
    const struct {
        const char *json, *code, *text;
    } rows[] = {
        {"{'a':{}}", "ValidationException",
         "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
        {"{'a':{'S':'x','N':'1'}}", "ValidationException",
         "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
         "datatypes"},
        {"{'a':{'NULL':false}}", "ValidationException",
         "One or more parameter values were invalid: Null attribute value types must have the value of true"},
        {"{'a':{'SS':[]}}", "ValidationException",
         "One or more parameter values were invalid: An string set  may not be empty"},
        {"{'a':{'SS':['x','y','x']}}", "ValidationException",
         "One or more parameter values were invalid: Input collection [x, y, x] contains duplicates."},
        {"{'a':{'SS':['x',null]}}", "ValidationException",
         "One or more parameter values were invalid: An string set may not have a null string as a member"},
        {"{'a':{'NS':['1','1.0']}}", "ValidationException", "Input collection contains duplicates"},
        {"{'a':{'N':'abc'}}", "ValidationException",
         "The parameter cannot be converted to a numeric value: abc"},
        {"{'a':{'N':''}}", "ValidationException", "The parameter cannot be converted to a numeric value"},
        {"{'a':{'N':'1e126'}}", "ValidationException",
         "Number overflow. Attempting to store a number with magnitude larger than supported range"},
        {"{'':{'S':'x'}}", "ValidationException", "Empty attribute name"},
        {"{'a':{'S':1}}", "SerializationException", "NUMBER_VALUE cannot be converted to String"},
        {"{'a':{'S':true}}", "SerializationException", "TRUE_VALUE cannot be converted to String"},
        {"{'a':{'B':'a'}}", "SerializationException",
         "only base-64-encoded strings are convertible to bytes"},
        {"{'a':{'L':{}}}", "SerializationException", "Unexpected field type"},
        {"{'a':'x'}", "SerializationException", "Unexpected value type in payload"},
        {"{'a':{'S':'\xff'}}", "SerializationException", "Text is not valid UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(read_item(v, rows[i].json));
        assert_string_equal(v->wrong.fault->code, rows[i].code);
        assert_string_equal(v->wrong.text.p, rows[i].text);
    }
}

static void nesting_ends_at_32(void **state)
{
    struct values *v = *state;
    for (int levels = 31; levels <= 32; levels++) {
        struct buf json;
        buf_init(&json, 4096);
        buf_z(&json, "{'a':");
        for (int i = 0; i < levels; i++)
            buf_z(&json, "{'L':[");
        buf_z(&json, "{'S':'x'}");
        for (int i = 0; i < levels; i++)
            buf_z(&json, "]}");
        buf_char(&json, '}');
        assert_int_equal(read_item(v, buf_zstr(&json)) != NULL, levels == 31);
        buf_release(&json);
    }
}

static void sets_join_and_part(void **state)
{
    struct values *v = *state;
    const struct attr *i = read_item(v, "{'x':{'NS':['1','3','20']},'y':{'NS':['3','100','2']}}");
    const struct attr *x = attr_get(i, STR("x")), *y = attr_get(i, STR("y"));
    struct attr_member m[] = {{STR("u"), attr_set_union(&v->arena, x, y)},
                              {STR("m"), attr_set_minus(&v->arena, x, y)}};
    assert_string_equal(written(v, attr_map_make(&v->arena, m, 2)),
                        "{\"m\":{\"NS\":[\"1\",\"20\"]},\"u\":{\"NS\":[\"1\",\"2\",\"3\",\"20\",\"100\"]}}");
    assert_null(attr_set_minus(&v->arena, x, x));
}

/* Numbers sort by value, whatever their texts; elements are found among many; a large set is taken from a
 * small one and a small one from a large. */
static void large_sets_are_sorted_searched_and_parted(void **state)
{
    struct values *v = *state;
    struct buf json;
    buf_init(&json, 1u << 16);
    buf_z(&json, "{'x':{'NS':[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&json, "%s'%d.5'", i ? "," : "", i * 379 % 1000 - 500);
    buf_z(&json, "]},'y':{'NS':['-499.5','-1.5','0.50','700','498.5']}}");
    const struct attr *i = read_item(v, buf_zstr(&json));
    const struct attr *x = attr_get(i, STR("x")), *y = attr_get(i, STR("y"));
    for (uint32_t n = 1; n < x->count; n++) {
        struct number a, b;
        number_read(x->set[n - 1], &a);
        number_read(x->set[n], &b);
        assert_true(number_compare(&a, &b) < 0);
        assert_true(attr_set_has(x, x->set[n]));
    }
    assert_false(attr_set_has(x, STR("0")));
    assert_int_equal(attr_set_minus(&v->arena, x, y)->count, 996);
    assert_int_equal(attr_set_union(&v->arena, x, y)->count, 1001);
    const struct attr *left = attr_set_minus(&v->arena, y, x);
    assert_int_equal(left->count, 1);
    assert_string_equal(left->set[0].p, "700");
    buf_release(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_become_plain_text),
        cmocka_unit_test(numbers_out_of_bounds_are_told_apart),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(keys_sort_like_their_numbers),
        cmocka_unit_test_setup_teardown(values_take_one_canonical_form, setup, teardown),
        cmocka_unit_test_setup_teardown(text_reads_back_as_the_same_value, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_are_counted_as_the_service_does, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_values_are_refused_in_the_services_words, setup, teardown),
        cmocka_unit_test_setup_teardown(nesting_ends_at_32, setup, teardown),
        cmocka_unit_test_setup_teardown(sets_join_and_part, setup, teardown),
        cmocka_unit_test_setup_teardown(large_sets_are_sorted_searched_and_parted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
