/* Any bytes as a tree, with little and much allowed: they are refused, or what is printed of the tree reads
 * back as the same tree and prints the same; a copy is equal; and no tree costs more than it may. */
#include "base/codec.h"
#include "base/json.h"
#include "base/rc.h"

static size_t nodes_of(const cJSON *tree)
{
    size_t n = 1;
    for (const cJSON *at = tree->child; at; at = at->next)
        n += nodes_of(at);
    return n;
}

/* The pull reader walks over just what becomes a tree. */
static bool walks(struct str text)
{
    struct arena a;
    arena_init(&a);
    struct json_reader r = json_reader(text, &a);
    json_raw(&r);
    bool done = json_done(&r);
    arena_release(&a);
    return done;
}

static void check_report(struct str text, const struct json_limits *limits, const struct json_report *report)
{
    if (report->at > text.n)
        BUG("a mistake at %zu of %zu", report->at, text.n);
    if ((text.n > limits->bytes) != (report->end == JSON_TOO_MANY_BYTES))
        BUG("%zu of %zu bytes end as %d", text.n, limits->bytes, report->end);
}

static void check_tree(const cJSON *tree)
{
    struct buf first, second;
    buf_init(&first, SIZE_MAX / 2);
    buf_init(&second, SIZE_MAX / 2);
    json_print(&first, tree);
    cJSON *again = json_tree(buf_view(&first)), *copy = json_copy(tree);
    if (!again || !json_equal(tree, again) || !json_equal(again, tree))
        BUG("another tree: %s", buf_zstr(&first));
    json_print(&second, again);
    if (!str_eq(buf_view(&first), buf_view(&second)))
        BUG("%s became %s", buf_zstr(&first), buf_zstr(&second));
    buf_clear(&second);
    json_print(&second, copy);
    if (!json_equal(copy, tree) || !str_eq(buf_view(&first), buf_view(&second)))
        BUG("another copy: %s", buf_zstr(&second));
    cJSON_Delete(copy);
    cJSON_Delete(again);
    buf_release(&second);
    buf_release(&first);
}

static void read(struct str text, struct json_limits limits)
{
    struct json_report report;
    cJSON *tree = json_tree_within(text, &limits, &report);
    check_report(text, &limits, &report);
    if (!tree != (report.end != JSON_FINE))
        BUG("neither read nor refused");
    if (tree && nodes_of(tree) > limits.nodes)
        BUG("more than %zu nodes", limits.nodes);
    if (tree && !walks(text))
        BUG("what is read is no JSON");
    if (tree && report.zeros != json_has_zeros(tree))
        BUG("zeros are reported or not");
    if (tree && codec_utf8_valid(text))
        check_tree(tree);
    cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = str_n(data, n);
    read(text, (struct json_limits){.bytes = SIZE_MAX, .nodes = SIZE_MAX});
    read(text, (struct json_limits){.bytes = 64, .nodes = 8});
    return 0;
}
