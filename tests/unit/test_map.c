/* base/map and base/heap: against plain models of what they should hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/ident.h"
#include "base/map.h"
#include <stdio.h>

static void put_get_del(void **state)
{
    (void)state;
    struct map m;
    int a, b;
    map_init(&m);
    assert_null(map_get(&m, STR("x")));
    assert_null(map_del(&m, STR("x")));
    assert_null(map_put(&m, STR("x"), &a));
    assert_ptr_equal(map_put(&m, STR("x"), &b), &a);
    assert_ptr_equal(map_get(&m, STR("x")), &b);
    assert_null(map_put(&m, STR(""), &a));
    assert_ptr_equal(map_get(&m, STR("")), &a);
    assert_null(map_get(&m, STR("xy")));
    assert_ptr_equal(map_del(&m, STR("x")), &b);
    assert_null(map_get(&m, STR("x")));
    assert_int_equal(m.count, 1);
    map_release(&m);
}

static void keeps_the_order_of_insertion(void **state)
{
    (void)state;
    struct map m;
    int v, i = 0;
    map_init(&m);
    static const char *const keys[] = {"c", "a", "d", "b"};
    for (int k = 0; k < 4; k++)
        map_put(&m, str_z(keys[k]), &v);
    map_del(&m, STR("a"));
    map_put(&m, STR("a"), &v);
    map_put(&m, STR("c"), &v); /* already there: keeps its place */
    static const char *const expected[] = {"c", "d", "b", "a"};
    struct map_entry *at = m.first;
    struct str key;
    while (map_each(&at, &key)) {
        assert_true(str_is(key, expected[i++]));
        map_del(&m, key); /* allowed for the one just returned */
    }
    assert_int_equal(i, 4);
    assert_int_equal(m.count, 0);
    assert_null(m.first);
    assert_null(m.last);
    map_release(&m);
}

static void like_a_plain_array(void **state)
{
    (void)state;
    enum { KEYS = 500 };
    struct map m;
    struct ident g;
    bool in[KEYS] = {0};
    int values[KEYS];
    size_t count = 0;
    map_init(&m);
    ident_init(&g, 7);
    for (int step = 0; step < 50000; step++) {
        int k = (int)(ident_u64(&g) % KEYS);
        char name[32];
        snprintf(name, sizeof name, "a key of some length %d", k);
        assert_ptr_equal(map_get(&m, str_z(name)), in[k] ? &values[k] : NULL);
        bool add = ident_unit(&g) < 0.5;
        void *before = add ? map_put(&m, str_z(name), &values[k]) : map_del(&m, str_z(name));
        assert_ptr_equal(before, in[k] ? &values[k] : NULL);
        count += (size_t)add - in[k];
        in[k] = add;
        assert_int_equal(m.count, count);
    }
    map_release(&m);
}

static void heap_gives_the_earliest(void **state)
{
    (void)state;
    enum { THINGS = 300 };
    struct heap h;
    struct ident g;
    struct heap_node nodes[THINGS] = {0};
    heap_init(&h);
    ident_init(&g, 7);
    assert_null(heap_top(&h));
    for (int i = 0; i < THINGS; i++)
        heap_add(&h, &nodes[i], (int64_t)(ident_u64(&g) % 40));
    for (int i = 0; i < THINGS; i += 3) {
        heap_del(&h, &nodes[i]);
        heap_del(&h, &nodes[i]); /* harmless */
    }
    int64_t due = -1;
    uint64_t seq = 0;
    int seen = 0;
    for (struct heap_node *n; (n = heap_top(&h)); seen++) {
        assert_true(n->due > due || (n->due == due && n->seq > seq));
        due = n->due, seq = n->seq;
        heap_del(&h, n);
    }
    assert_int_equal(seen, THINGS - THINGS / 3);
    heap_release(&h);
}

static void idents_repeat_with_their_seed(void **state)
{
    (void)state;
    struct ident a, b, c;
    char one[IDENT_UUID_SIZE], two[IDENT_UUID_SIZE], key[27];
    ident_init(&a, 42);
    ident_init(&b, 42);
    ident_init(&c, 0);
    ident_uuid(&a, one);
    ident_uuid(&b, two);
    assert_string_equal(one, two);
    ident_uuid(&c, two);
    assert_string_not_equal(one, two);
    assert_int_equal(strlen(one), 36);
    assert_int_equal(one[14], '4');
    assert_non_null(strchr("89ab", one[19]));
    ident_upper(&a, key, 26);
    assert_int_equal(strlen(key), 26);
    assert_int_equal(strspn(key, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 26);
    for (int i = 0; i < 1000; i++) {
        double u = ident_unit(&a);
        assert_true(u >= 0 && u < 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_del),
        cmocka_unit_test(keeps_the_order_of_insertion),
        cmocka_unit_test(like_a_plain_array),
        cmocka_unit_test(heap_gives_the_earliest),
        cmocka_unit_test(idents_repeat_with_their_seed),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
