/* Which route a request takes: AWS's precedence, as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/route.h"

struct tree {
    struct arena arena;
    struct route_place root;
};

static void tree_open(struct tree *t, const char *const *routes)
{
    *t = (struct tree){.root = {.segment = STR_NONE}};
    arena_init(&t->arena);
    for (; *routes; routes++) {
        struct route *r = arena_zalloc(&t->arena, sizeof *r);
        r->path = str_z(*routes);
        r->method = str_cut(&r->path, ' ');
        assert_null(route_add(&t->root, &t->arena, r));
    }
}

/* "GET /a/{b}" with its values behind: "GET /a/{b} b=1"; "-" for none. */
static void takes(struct tree *t, const char *request, const char *expected)
{
    char got[300] = "-";
    struct route_match m;
    struct str path = str_z(request), method = str_cut(&path, ' ');
    if (route_find(&t->root, method, path, &m)) {
        int n = snprintf(got, sizeof got, "%.*s %.*s", STR_ARG(m.route->method), STR_ARG(m.route->path));
        for (size_t i = 0; i < m.route->param_count; i++)
            n += snprintf(got + n, sizeof got - (size_t)n, " %.*s=%.*s", STR_ARG(m.route->params[i]),
                          STR_ARG(m.values[i]));
    }
    if (strcmp(got, expected) != 0)
        fail_msg("%s takes %s, not %s", request, got, expected);
}

static void test_precedence(void **state)
{
    (void)state;
    static const char *const routes[] = {"GET /pets",
                                         "POST /pets",
                                         "GET /pets/dog/1",
                                         "GET /pets/dog/{id}",
                                         "GET /pets/{proxy+}",
                                         "ANY /{proxy+}",
                                         "GET /",
                                         "ANY /a/{x}/c",
                                         "GET /a/b/{proxy+}",
                                         "DELETE /a/b/c",
                                         "GET /u/{user}/posts",
                                         "PUT /u/me/{id}",
                                         NULL};
    static const char *const table[][2] = {
        {"GET /", "GET /"},
        {"GET ", "GET /"},
        {"POST /", "-"}, /* {proxy+} does not serve its own parent */
        {"GET /pets", "GET /pets"},
        {"GET /pets/dog/1", "GET /pets/dog/1"},
        {"GET /pets/dog/2", "GET /pets/dog/{id} id=2"},
        {"GET /pets/cat/1", "GET /pets/{proxy+} proxy=cat/1"},
        {"DELETE /pets", "ANY /{proxy+} proxy=pets"}, /* what lacks the method does not hide what has it */
        {"POST /pets/dog/1", "ANY /{proxy+} proxy=pets/dog/1"},
        {"POST /test/5", "ANY /{proxy+} proxy=test/5"},
        {"GET /a/b/c", "GET /a/b/{proxy+} proxy=c"}, /* b is literal, and goes before {x} */
        {"DELETE /a/b/c", "DELETE /a/b/c"},
        {"POST /a/b/c", "ANY /a/{x}/c x=b"},
        {"GET /a/z/c", "ANY /a/{x}/c x=z"},
        {"GET /u/me/posts", "GET /u/{user}/posts user=me"},
        {"PUT /u/me/posts", "PUT /u/me/{id} id=posts"},
        {"GET /u//posts", "ANY /{proxy+} proxy=u//posts"}, /* no parameter is empty */
        {"GET /Pets", "ANY /{proxy+} proxy=Pets"},
    };
    struct tree t;
    tree_open(&t, routes);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        takes(&t, table[i][0], table[i][1]);
    arena_release(&t.arena);
}

static void test_methods(void **state)
{
    (void)state;
    static const char *const routes[] = {"ANY /x", "GET /x", "GET /only", NULL};
    struct tree t;
    tree_open(&t, routes);
    takes(&t, "GET /x", "GET /x");
    takes(&t, "HEAD /x", "ANY /x");
    takes(&t, "POST /only", "-");
    takes(&t, "GET /only/", "-");
    takes(&t, "GET /nope", "-");
    arena_release(&t.arena);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"GET x", "GET /{a+}/b", "GET /a{b}", "GET /a", NULL};
    static const char *const routes[] = {"GET /a", NULL};
    struct tree t;
    tree_open(&t, routes);
    for (int i = 0; bad[i]; i++) {
        struct route *r = arena_zalloc(&t.arena, sizeof *r);
        r->path = str_z(bad[i]);
        r->method = str_cut(&r->path, ' ');
        if (!route_add(&t.root, &t.arena, r))
            fail_msg("taken: %s", bad[i]);
    }
    arena_release(&t.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
