/* DynamoDB's expressions: what holds, what an update leaves, and in which words a mistake is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dynamodb/expr.h"

static const char item_json[] = "{'s':{'S':'hello'},'n':{'N':'5'},'b':{'B':'aGk='},'t':{'BOOL':true},'l':{'L'"
                                ":[{'N':'0'},{'S':'x'},{'N':'2'}]},"
                                "'m':{'M':{'a':{'N':'1'},'l':{'L':[{'N':'7'}]}}},'ss':{'SS':['p','q']},'ns':{"
                                "'NS':['1','2']},'a-b':{'S':'dash'}}";
static const char values_json[] =
    "{':five':{'N':'5'},':six':{'N':'6.0'},':s':{'S':'he'},':x':{'S':'x'},':N':{'S':'N'},':l':{'L':[{'S':'"
    "new'}]},"
    "':m':{'M':{}},':ss':{'SS':['q','r']},':all':{'SS':['p','q']},':ns':{'NS':['2']},':B':{'B':'aA=='},"
    "':t':{'BOOL':true}}";
static const char names_json[] = "{'#d':'a-b','#n':'n','#status':'status'}";

struct bench {
    struct arena arena;
    struct wrong wrong;
    struct expr_set set;
    cJSON *item_tree, *values, *names;
    const struct attr *item;
};

static cJSON *tree_of(const char *json)
{
    char *text = strdup(json);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    cJSON *tree = cJSON_Parse(text);
    free(text);
    return tree;
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    arena_init(&b->arena);
    b->item_tree = tree_of(item_json);
    b->values = tree_of(values_json);
    b->names = tree_of(names_json);
    b->wrong = wrong_none(&b->arena);
    b->item = attr_map_from_tree(b->item_tree, &b->wrong);
    *state = b;
    return b->item ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    cJSON_Delete(b->item_tree);
    cJSON_Delete(b->values);
    cJSON_Delete(b->names);
    arena_release(&b->arena);
    free(b);
    return 0;
}

static struct expr_set *fresh(struct bench *b)
{
    b->wrong = wrong_none(&b->arena);
    assert_true(expr_set_init(&b->set, b->names, b->values, &b->wrong));
    return &b->set;
}

static bool holds(struct bench *b, const char *text)
{
    struct expr *e = expr_condition(fresh(b), "ConditionExpression", str_z(text));
    if (!e)
        fail_msg("%s: %.*s", text, STR_ARG(b->wrong.text));
    return expr_holds(&b->arena, e, b->item);
}

static void conditions_hold_or_not(void **state)
{
    struct bench *b = *state;
    const char *yes[] = {
        "n = :five",
        "n < :six",
        ":six > n",
        "n <> :six",
        "nothing <> :six",
        "n <> nothing",
        "NOT n = :six",
        "not n = :six AND n = :five",
        "n = :six OR n = :five",
        "n = :five OR n = :six AND n = :six",
        "(n = :six OR n = :five) AND n = :five",
        "n BETWEEN :five AND :six",
        "n IN (:six, :five)",
        "n IN (m.a, :five)",
        "attribute_exists(m.l[0])",
        "attribute_not_exists(m.l[1])",
        "attribute_type(n, :N)",
        "begins_with(s, :s)",
        "begins_with(b, :B)",
        "contains(s, :s)",
        "contains(ss, :x) OR contains(l, :x)",
        "contains(ns, m.a)",
        "size(s) = :five",
        "size(l) < :five",
        "size(ss) = size(ns)",
        "size(m) <= n",
        "#d <> :x",
        "l[1] = :x",
        "m.l[0] > :six",
        "ss = :all",
        "t = :t",
        "(n) = (:five)",
        "NOT nothing > :five",
        "n=:five and\tnot\nn>:six",
    };
    const char *no[] = {
        "n = :six",
        "s = :five",
        "n < s",
        "nothing = :five",
        "nothing < :five",
        "nothing = nowhere",
        "size(n) > :five",
        "begins_with(n, :s)",
        "contains(n, :five)",
        "attribute_exists(l[3])",
        "attribute_exists(s.a)",
        "nothing IN (:five)",
        "nothing BETWEEN :five AND :six",
        "l[9] = :x",
        "s BETWEEN :five AND :six",
        "attribute_type(nothing, :N)",
    };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!holds(b, yes[i]))
            fail_msg("should hold: %s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (holds(b, no[i]))
            fail_msg("should not hold: %s", no[i]);
}

static const char *updated(struct bench *b, const char *text)
{
    struct update *u = expr_update(fresh(b), str_z(text));
    const struct attr *item = u ? expr_update_apply(u, b->item, &b->wrong) : NULL;
    if (!item)
        return b->wrong.text.p;
    struct buf out;
    buf_init(&out, 1 << 16);
    attr_map_write(item, &out);
    struct str s = arena_str(&b->arena, buf_view(&out));
    buf_release(&out);
    return s.p;
}

/* The updated item must hold this text somewhere. */
static void leaves(struct bench *b, const char *update, const char *part)
{
    const char *text = updated(b, update);
    char *wanted = strdup(part);
    for (char *p = wanted; *p; p++)
        if (*p == '\'')
            *p = '"';
    if (!strstr(text, wanted))
        fail_msg("%s leaves %s, not %s", update, text, wanted);
    free(wanted);
}

static void updates_change_the_item(void **state)
{
    struct bench *b = *state;
    leaves(b, "SET n = n + :six", "'n':{'N':'11'}");
    leaves(b, "SET n = :five - n", "'n':{'N':'0'}");
    leaves(b, "SET q = if_not_exists(q, :five) + :six", "'q':{'N':'11'}");
    leaves(b, "SET q = if_not_exists(n, :six)", "'q':{'N':'5'}");
    leaves(b, "SET l = list_append(l, :l)", "{'N':'2'},{'S':'new'}]");
    leaves(b, "SET l = list_append(:l, l)", "'L':[{'S':'new'},{'N':'0'}");
    leaves(b, "SET l[1] = :five", "'l':{'L':[{'N':'0'},{'N':'5'},{'N':'2'}]}");
    leaves(b, "SET l[9] = :five, l[5] = :six", "{'N':'2'},{'N':'6'},{'N':'5'}]}");
    leaves(b, "SET m.z.y = :five", "document path");
    leaves(b, "SET m.z = :m", "'z':{'M':{}}");
    leaves(b, "SET s = n, n = s", "'n':{'S':'hello'}"); /* operands are of the old item */
    leaves(b, "SET s = n, n = s", "'s':{'N':'5'}");
    leaves(b, "REMOVE l[0], l[2]", "'l':{'L':[{'S':'x'}]}");
    leaves(b, "REMOVE l[0] SET l[1] = :five", "'l':{'L':[{'N':'5'},{'N':'2'}]}");
    leaves(b, "REMOVE m.l[0], m.a", "'m':{'M':{'l':{'L':[]}}}");
    leaves(b, "REMOVE l[7], nothing", "'l':{'L':[{'N':'0'},{'S':'x'},{'N':'2'}]}");
    leaves(b, "ADD n :six", "'n':{'N':'11'}");
    leaves(b, "ADD q :six", "'q':{'N':'6'}");
    leaves(b, "ADD ss :ss", "'ss':{'SS':['p','q','r']}");
    leaves(b, "DELETE ss :ss", "'ss':{'SS':['p']}");
    leaves(b, "DELETE nothing :ss", "'ss':{'SS':['p','q']}");
    leaves(b, "SET #d = :x REMOVE s ADD n :five DELETE ss :ss", "{'a-b':{'S':'x'}");
    assert_null(strstr(updated(b, "DELETE ss :all"), "ss"));
    assert_null(strstr(updated(b, "REMOVE s"), "hello"));
}

static void updates_that_do_not_fit_the_item_are_refused(void **state)
{
    struct bench *b = *state;
    const char *type = "An operand in the update expression has an incorrect data type";
    const char *path = "The document path provided in the update expression is invalid for update";
    assert_string_equal(updated(b, "SET q = s + :five"), type);
    assert_string_equal(updated(b, "SET q = list_append(s, :l)"), type);
    assert_string_equal(updated(b, "ADD s :five"), type);
    assert_string_equal(updated(b, "ADD n :ss"), type);
    assert_string_equal(updated(b, "DELETE ns :ss"), type);
    assert_string_equal(updated(b, "SET q = nothing"),
                        "The provided expression refers to an attribute that does not exist in the item");
    assert_string_equal(updated(b, "SET nothing.a = :five"), path);
    assert_string_equal(updated(b, "SET s.a = :five"), path);
    assert_string_equal(updated(b, "SET m[0] = :five"), path);
    assert_string_equal(updated(b, "REMOVE l.a"), path);
    assert_string_equal(updated(b, "DELETE nothing.a :ss"), path);
}

static const char *projected(struct bench *b, const char *text)
{
    struct projection *p = expr_projection(fresh(b), str_z(text));
    if (!p)
        return b->wrong.text.p;
    struct buf out;
    buf_init(&out, 1 << 16);
    attr_map_write(expr_project(&b->arena, &p->places, b->item), &out);
    struct str s = arena_str(&b->arena, buf_view(&out));
    buf_release(&out);
    return s.p;
}

static void projections_keep_what_they_name(void **state)
{
    struct bench *b = *state;
    assert_string_equal(projected(b, "n, nothing"), "{\"n\":{\"N\":\"5\"}}");
    assert_string_equal(projected(b, "l[2], l[0]"), "{\"l\":{\"L\":[{\"N\":\"0\"},{\"N\":\"2\"}]}}");
    assert_string_equal(projected(b, "m.l[0], #d"),
                        "{\"a-b\":{\"S\":\"dash\"},\"m\":{\"M\":{\"l\":{\"L\":[{\"N\":\"7\"}]}}}}");
    assert_string_equal(projected(b, "m.q, s.a, l[9]"), "{}");
}

/* --- work that is linear: no part is copied once for each path */

#define MANY 130000 /* elements: about the most that fit in an item */

static const struct attr *long_list(struct arena *a, uint32_t n)
{
    struct attr *list = arena_zalloc(a, sizeof *list);
    const struct attr **elements = arena_alloc(a, n * sizeof *elements);
    for (uint32_t i = 0; i < n; i++)
        elements[i] = attr_int(a, i);
    *list = (struct attr){.type = ATTR_L, .count = n, .list = elements};
    return list;
}

static const struct attr *item_of(struct arena *a, const char *name, const struct attr *value)
{
    struct attr_member *m = arena_alloc(a, sizeof *m);
    *m = (struct attr_member){str_z(name), value};
    return attr_map_make(a, m, 1);
}

/* "REMOVE l[0], l[371], ...": so many places, evenly spread. */
static const char *places(struct arena *a, const char *verb, int n)
{
    struct buf b;
    buf_init(&b, EXPR_LENGTH_MAX);
    buf_z(&b, verb);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%sl[%d]", i ? "," : " ", i * (MANY / n));
    assert_false(b.full);
    const char *z = arena_z(a, buf_view(&b));
    buf_release(&b);
    return z;
}

static void a_large_list_loses_350_places_in_one_walk(void **state)
{
    struct bench *b = *state;
    const struct attr *item = item_of(&b->arena, "l", long_list(&b->arena, MANY));
    struct update *u = expr_update(fresh(b), str_z(places(&b->arena, "REMOVE", 350)));
    assert_non_null(u);
    size_t before = arena_size(&b->arena);
    const struct attr *left = attr_get(expr_update_apply(u, item, &b->wrong), STR("l"));
    assert_true(arena_size(&b->arena) - before < 2 * MANY * sizeof(void *));
    assert_int_equal(left->count, MANY - 350);
    for (uint32_t i = 0, was = 0; i < left->count; i++, was++) {
        was += was % (MANY / 350) == 0 && was / (MANY / 350) < 350;
        assert_int_equal(strtoul(left->list[i]->text.p, NULL, 10), was);
    }
}

static void a_projection_of_350_places_walks_once_through_the_item(void **state)
{
    struct bench *b = *state;
    const struct attr *item = item_of(&b->arena, "l", long_list(&b->arena, MANY));
    struct projection *p = expr_projection(fresh(b), str_z(places(&b->arena, "", 350)));
    assert_non_null(p);
    size_t before = arena_size(&b->arena);
    const struct attr *part = attr_get(expr_project(&b->arena, &p->places, item), STR("l"));
    assert_true(arena_size(&b->arena) - before < 1 << 20);
    assert_int_equal(part->count, 350);
    assert_string_equal(part->list[349]->text.p, "129479");
}

static void elements_are_set_removed_and_added_at_once(void **state)
{
    struct bench *b = *state;
    leaves(b, "REMOVE l[0] SET l[2] = :x, l[7] = :six, l[4] = :s",
           "'l':{'L':[{'S':'x'},{'S':'x'},{'S':'he'},{'N':'6'}]}");
    leaves(b, "REMOVE m.a, m.q SET m.b = :x, m.l[0] = :s",
           "'m':{'M':{'b':{'S':'x'},'l':{'L':[{'S':'he'}]}}}");
    leaves(b, "ADD q :ss REMOVE l[1] DELETE ss :all", "'l':{'L':[{'N':'0'},{'N':'2'}]}");
}

/* A value that is put at many places counts at each: the item is refused before it is built. */
static void one_value_at_a_thousand_places_is_too_large(void **state)
{
    struct bench *b = *state;
    struct buf text;
    buf_init(&text, EXPR_LENGTH_MAX);
    for (int i = 0; i < 300; i++)
        buf_printf(&text, "%s q%d = l", i ? "," : "SET", i);
    struct update *u = expr_update(fresh(b), buf_view(&text));
    assert_non_null(u);
    assert_null(expr_update_apply(u, item_of(&b->arena, "l", long_list(&b->arena, 10000)), &b->wrong));
    assert_string_equal(b->wrong.text.p, "Item size to update has exceeded the maximum allowed size");
    buf_clear(&text);
    for (int i = 0; i < 150; i++)
        buf_printf(&text, "%s q%d = list_append(l,l)", i ? "," : "SET", i);
    u = expr_update(fresh(b), buf_view(&text));
    assert_non_null(u);
    const struct attr *item = item_of(&b->arena, "l", long_list(&b->arena, MANY));
    size_t before = arena_size(&b->arena);
    assert_null(expr_update_apply(u, item, &b->wrong));
    assert_string_equal(b->wrong.text.p, "Item size to update has exceeded the maximum allowed size");
    assert_true(arena_size(&b->arena) - before < 32 * MANY * sizeof(void *));
    buf_release(&text);
}

/* More names and values than are looked through one by one; of two with one key the first counts. */
static void many_names_and_values_are_found(void **state)
{
    struct bench *b = *state;
    struct buf text;
    cJSON *names = cJSON_CreateObject(), *values = cJSON_CreateObject();
    buf_init(&text, EXPR_LENGTH_MAX);
    for (int i = 0; i < 150; i++) {
        char key[16], name[16];
        snprintf(key, sizeof key, "#n%d", i * 7 % 150);
        snprintf(name, sizeof name, "name%d", i * 7 % 150);
        cJSON_AddStringToObject(names, key, name);
        key[0] = ':';
        cJSON_AddStringToObject(cJSON_AddObjectToObject(values, key), "S", name);
        buf_printf(&text, "%s #n%d = :n%d", i ? "," : "SET", i, i);
    }
    cJSON_AddStringToObject(names, "#n3", "second");
    b->wrong = wrong_none(&b->arena);
    assert_true(expr_set_init(&b->set, names, values, &b->wrong));
    struct update *u = expr_update(&b->set, buf_view(&text));
    assert_non_null(u);
    const struct attr *item = expr_update_apply(u, &attr_empty_map, &b->wrong);
    assert_int_equal(item->count, 150);
    for (uint32_t i = 0; i < item->count; i++)
        assert_true(str_eq(item->map[i].name, item->map[i].value->text));
    assert_false(expr_set_all_used(&b->set));
    assert_string_equal(b->wrong.text.p,
                        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n3}");
    b->wrong.fault = NULL;
    assert_null(expr_update(&b->set, STR("SET #n150 = :n0")));
    b->wrong.fault = NULL;
    assert_null(expr_update(&b->set, STR("SET #n1 = :n150")));
    cJSON_Delete(names);
    cJSON_Delete(values);
    buf_release(&text);
}

/* Each mistake, and the service's words for it (the part after "Invalid ...Expression: "). */
struct mistake {
    const char *text, *words;
};

static const struct mistake condition_mistakes[] = {
    {"", "The expression can not be empty;"},
    {"a = = :x", "Syntax error; token: \"=\", near: \"= = :x\""},
    {"a", "Syntax error; token: \"<EOF>\", near: \"a\""},
    {"a b", "Syntax error; token: \"b\", near: \"a b\""},
    {"(a = :x", "Syntax error; token: \"<EOF>\", near: \":x\""},
    {"a = :x)", "Syntax error; token: \")\", near: \":x)\""},
    {"a = 'x'", "Syntax error; token: \"'\", near: \"= 'x\""},
    {"a..b = :x", "Syntax error; token: \".\", near: \"..b\""},
    {"a[x] = :x", "Syntax error; token: \"x\", near: \"[x]\""},
    {"a IN ()", "Syntax error; token: \")\", near: \"()\""},
    {"(a = :x) = :x", "Syntax error; token: \"=\", near: \") = :x\""},
    {"a = :x and  $", "Syntax error; token: \"$\", near: \"and  $\""},
    {"((a = :x))", "The expression has redundant parentheses;"},
    {"foo(a) and ((a = :x))", "The expression has redundant parentheses;"},
    {"abort = :x", "Attribute name is a reserved keyword; reserved keyword: abort"},
    {"a.Status = :x", "Attribute name is a reserved keyword; reserved keyword: Status"},
    {"#nope = :x",
     "An expression attribute name used in the document path is not defined; attribute name: #nope"},
    {"a = :nope", "An expression attribute value used in expression is not defined; attribute value: :nope"},
    {"foo(a)", "Invalid function name; function: foo"},
    {"SIZE(a) = :x", "Invalid function name; function: SIZE"},
    {"list_append(a, b) = :l",
     "The function is not allowed in a condition expression; function: list_append"},
    {"size(a)", "The function is not allowed to be used this way in an expression; function: size"},
    {"a = attribute_exists(b)",
     "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"attribute_exists(a, b)", "Incorrect number of operands for operator or function; operator or function: "
                               "attribute_exists, number of operands: 2"},
    {"attribute_exists(:x)",
     "Operator or function requires a document path; operator or function: attribute_exists"},
    {"begins_with(a, :five)",
     "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"size(:t) = :five",
     "Incorrect operand type for operator or function; operator or function: size, operand type: BOOL"},
    {"a < :ss", "Incorrect operand type for operator or function; operator or function: <, operand type: SS"},
    {"a = a", "The first operand must be distinct from the remaining operands for this operator or function; "
              "operator: =, first "
              "operand: [a]"},
    {"l[0] IN (s, l[0])", "The first operand must be distinct from the remaining operands for this operator "
                          "or function; operator: IN, first "
                          "operand: [l, [0]]"},
    {"a BETWEEN :l AND a",
     "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L"},
    {"a BETWEEN :six AND :five", "The BETWEEN operator requires upper bound to be greater than or equal to "
                                 "lower bound; lower bound operand: "
                                 "AttributeValue: {N:6}, upper bound operand: AttributeValue: {N:5}"},
    {"a BETWEEN :five AND :x", "The BETWEEN operator requires same data type for lower and upper bounds; "
                               "lower bound operand: AttributeValue: "
                               "{N:5}, upper bound operand: AttributeValue: {S:x}"},
    {"attribute_type(a, :x)",
     "Invalid attribute type name found; type: x, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
    {"a[999999999999] = :x", "List index is not within the allowable range; index: [999999999999]"},
};

static const struct mistake update_mistakes[] = {
    {"SET", "Syntax error; token: \"<EOF>\", near: \"SET\""},
    {"FOO a", "Syntax error; token: \"FOO\", near: \"FOO a\""},
    {"SET a = :x,", "Syntax error; token: \"<EOF>\", near: \",\""},
    {"SET a = :five + :five + :five", "Syntax error; token: \"+\", near: \":five + :five\""},
    {"ADD a b", "Syntax error; token: \"b\", near: \"a b\""},
    {"SET a = :x SET b = :x", "The \"SET\" section can only be used once in an update expression;"},
    {"SET a = :x, a = :x", "Two document paths overlap with each other; must remove or rewrite one of these "
                           "paths; path one: [a], path two: "
                           "[a]"},
    {"SET a.b = :x REMOVE a[1]", "Two document paths conflict with each other; must remove or rewrite one of "
                                 "these paths; path one: [a, b], path two: "
                                 "[a, [1]]"},
    {"REMOVE a, b.c, a.d, b",
     "Two document paths overlap with each other; must remove or rewrite one of these "
     "paths; path one: [b, c], path two: [b]"},
    {"REMOVE a.b, a[1], a", "Two document paths overlap with each other; must remove or rewrite one of these "
                            "paths; path one: [a, [1]], path two: [a]"},
    {"REMOVE a.b.c, a.b[1], d, a.b.e",
     "Two document paths conflict with each other; must remove or rewrite one "
     "of these paths; path one: [a, b, [1]], path two: [a, b, e]"},
    {"SET a = list_append(list_append(a, :l), :l)",
     "The function is not allowed to be used this way in an expression; function: list_append"},
    {"SET a = size(b)", "The function is not allowed in an update expression; function: size"},
    {"SET a = :five + :x",
     "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
    {"ADD a :x",
     "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: "
     "ALLOWED_FOR_ADD_OPERAND"},
    {"DELETE a :five",
     "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: "
     "ALLOWED_FOR_DELETE_OPERAND"},
};

static void check_mistake(struct bench *b, const char *what, const struct mistake *m)
{
    char wanted[512];
    snprintf(wanted, sizeof wanted, "Invalid %s: %s", what, m->words);
    if (!b->wrong.fault)
        fail_msg("was accepted: %s", m->text);
    assert_string_equal(b->wrong.text.p, wanted);
}

static void mistakes_are_said_in_the_services_words(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof condition_mistakes / sizeof *condition_mistakes; i++) {
        expr_condition(fresh(b), "FilterExpression", str_z(condition_mistakes[i].text));
        check_mistake(b, "FilterExpression", &condition_mistakes[i]);
    }
    for (size_t i = 0; i < sizeof update_mistakes / sizeof *update_mistakes; i++) {
        expr_update(fresh(b), str_z(update_mistakes[i].text));
        check_mistake(b, "UpdateExpression", &update_mistakes[i]);
    }
}

static void names_and_values_must_be_used(void **state)
{
    struct bench *b = *state;
    cJSON *names = tree_of("{'#n':'n','#b':'b'}"), *values = tree_of("{':v':{'N':'1'},':w':{'N':'1'}}");
    b->wrong = wrong_none(&b->arena);
    assert_true(expr_set_init(&b->set, names, values, &b->wrong));
    assert_non_null(expr_condition(&b->set, "ConditionExpression", STR("#n = :v")));
    assert_false(expr_set_all_used(&b->set));
    assert_string_equal(b->wrong.text.p,
                        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}");
    b->wrong = wrong_none(&b->arena);
    assert_non_null(expr_condition(&b->set, "ConditionExpression", STR("#b = :v")));
    assert_false(expr_set_all_used(&b->set));
    assert_string_equal(b->wrong.text.p,
                        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}");
    cJSON_Delete(names);
    cJSON_Delete(values);
}

static void long_expressions_end_somewhere(void **state)
{
    struct bench *b = *state;
    char text[5000];
    memset(text, '(', sizeof text);
    assert_null(expr_condition(fresh(b), "ConditionExpression", str_n(text, 4096)));
    assert_null(expr_condition(fresh(b), "ConditionExpression", str_n(text, sizeof text)));
    assert_non_null(strstr(b->wrong.text.p,
                           "Expression size has exceeded the maximum allowed size; expression size: 5000"));
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "NOT ", 4);
    assert_null(expr_condition(fresh(b), "ConditionExpression", str_n(text, 4096)));
    assert_non_null(strstr(b->wrong.text.p, "too many operators"));
}

/* Assignments are no operators; sums and functions are. */
static void only_operators_are_counted(void **state)
{
    struct bench *b = *state;
    struct buf text;
    buf_init(&text, 4096);
    for (int i = 0; i < 301; i++)
        buf_printf(&text, "%s a%d=:x", i ? "," : "SET", i);
    assert_non_null(expr_update(fresh(b), buf_view(&text)));
    buf_clear(&text);
    for (int i = 0; i < 301; i++)
        buf_printf(&text, "%s a%d=n+n", i ? "," : "SET", i);
    assert_null(expr_update(fresh(b), buf_view(&text)));
    buf_release(&text);
    assert_non_null(strstr(b->wrong.text.p, "too many operators; operator count: 301"));
}

static void names_have_a_largest_size(void **state)
{
    struct bench *b = *state;
    char *name = malloc(65537);
    memset(name, 'x', 65536);
    name[65536] = 0;
    cJSON *names = cJSON_CreateObject();
    cJSON_AddStringToObject(names, "#a", name);
    struct expr_set s;
    b->wrong = wrong_none(&b->arena);
    assert_false(expr_set_init(&s, names, NULL, &b->wrong));
    assert_string_equal(b->wrong.text.p,
                        "ExpressionAttributeNames contains invalid value: Attribute name is too large, must "
                        "be less than 65536 bytes for key #a");
    cJSON_Delete(names);
    free(name);
}

/* 2 MB, names and values together. */
static void substitutes_have_a_largest_size(void **state)
{
    struct bench *b = *state;
    char *text = malloc(400001);
    memset(text, 'x', 400000);
    text[400000] = 0;
    cJSON *values = cJSON_CreateObject();
    struct expr_set s;
    for (int i = 0; i < 6; i++) {
        char key[16];
        snprintf(key, sizeof key, ":v%d", i);
        cJSON_AddStringToObject(cJSON_AddObjectToObject(values, key), "S", text);
        b->wrong = wrong_none(&b->arena);
        assert_int_equal(expr_set_init(&s, NULL, values, &b->wrong), i < 5);
    }
    assert_string_equal(b->wrong.text.p, "ExpressionAttributeValues exceeds max size");
    cJSON_Delete(values);
    free(text);
}

static void reserved_words_are_known_in_any_case(void **state)
{
    (void)state;
    const char *reserved[] = {"ABORT", "zone", "Status", "name", "YEAR", "SQLEXCEPTION", "LOCALTIMESTAMP"};
    const char * not [] = {"id", "pk", "customer", "zones", "a", "", "AVERYLONGWORDINDEED"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        assert_true(expr_reserved(str_z(reserved[i])));
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        assert_false(expr_reserved(str_z(not [i])));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(conditions_hold_or_not),
        TEST(updates_change_the_item),
        TEST(updates_that_do_not_fit_the_item_are_refused),
        TEST(projections_keep_what_they_name),
        TEST(elements_are_set_removed_and_added_at_once),
        TEST(a_large_list_loses_350_places_in_one_walk),
        TEST(a_projection_of_350_places_walks_once_through_the_item),
        TEST(one_value_at_a_thousand_places_is_too_large),
        TEST(many_names_and_values_are_found),
        TEST(mistakes_are_said_in_the_services_words),
        TEST(names_and_values_must_be_used),
        TEST(long_expressions_end_somewhere),
        TEST(only_operators_are_counted),
        TEST(names_have_a_largest_size),
        TEST(substitutes_have_a_largest_size),
        TEST(reserved_words_are_known_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
