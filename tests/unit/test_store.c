/* The contract that every storage engine passes; run on a folder and in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "store/key.h"
#include "store/store.h"
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench {
    char folder[64]; /* empty: in memory */
    struct store *s;
};

static const char *where(const struct bench *b)
{
    return *b->folder ? b->folder : NULL;
}

static int in_memory(void **state)
{
    struct bench *b = *state = calloc(1, sizeof *b);
    return store_open(&b->s, NULL, 0, NULL) != RC_OK;
}

static int in_folder(void **state)
{
    struct bench *b = *state = calloc(1, sizeof *b);
    char base[32] = "/tmp/tidepool-store-XXXXXX";
    if (!mkdtemp(base))
        return 1;
    snprintf(b->folder, sizeof b->folder, "%s/a/b", base);
    return store_open(&b->s, b->folder, 0, NULL) != RC_OK;
}

static int clean_up(void **state)
{
    struct bench *b = *state;
    store_close(b->s);
    if (*b->folder) {
        char command[128];
        *strstr(b->folder, "/a/b") = 0;
        snprintf(command, sizeof command, "rm -r '%s'", b->folder);
        if (system(command))
            return 1;
    }
    free(b);
    return 0;
}

static void put(struct store *s, const char *key, const char *value)
{
    assert_int_equal(store_put(s, str_z(key), str_z(value)), RC_OK);
}

static void has(struct store *s, const char *key, const char *value)
{
    struct str got;
    assert_int_equal(store_get(s, str_z(key), &got), RC_OK);
    assert_true(str_is(got, value));
}

static void lacks(struct store *s, const char *key)
{
    struct str got;
    assert_int_equal(store_get(s, str_z(key), &got), RC_NONE);
}

/* All keys of a range, "a b c". */
static void range_is(struct store *s, struct str from, struct str to, bool reverse, const char *expected)
{
    struct store_cursor *c;
    struct str key, value;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(store_seek(s, &c, from, to, reverse), RC_OK);
    enum rc rc;
    while ((rc = store_next(c, &key, &value)) == RC_OK) {
        if (out.n)
            buf_char(&out, ' ');
        buf_str(&out, key);
    }
    assert_int_equal(rc, RC_END);
    store_cursor_close(c);
    assert_string_equal(buf_zstr(&out), expected);
    buf_release(&out);
}

static void put_get_del(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    lacks(s, "a");
    assert_false(store_dirty(s));
    put(s, "a", "1");
    assert_true(store_dirty(s));
    has(s, "a", "1");
    put(s, "a", "2");
    has(s, "a", "2");
    put(s, "empty", "");
    has(s, "empty", "");
    assert_int_equal(store_get(s, STR("a"), NULL), RC_OK);
    assert_int_equal(store_del(s, STR("a")), RC_OK);
    assert_int_equal(store_del(s, STR("a")), RC_OK);
    lacks(s, "a");
    assert_int_equal(store_commit(s), RC_OK);
    assert_false(store_dirty(s));
    has(s, "empty", "");
}

static void large_values(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    size_t n = 1024 * 1024 + 7;
    char *big = malloc(n);
    memset(big, 'x', n);
    big[n - 1] = 'y';
    struct str got;
    assert_int_equal(store_put(s, STR("big"), str_n(big, n)), RC_OK);
    assert_int_equal(store_commit(s), RC_OK);
    assert_int_equal(store_get(s, STR("big"), &got), RC_OK);
    assert_true(str_eq(got, str_n(big, n)));
    free(big);
}

/* Looking for more than can be kept finds nothing; putting it is refused, and the turn goes on. */
static void what_is_beyond_the_ceilings(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    struct store_cursor *c;
    struct str got, large = {0}, most;
    char *bytes = calloc(1, STORE_VALUE_MAX + 1);
    large = str_n(bytes, STORE_KEY_MAX + 1), most = str_n(bytes, STORE_KEY_MAX);
    put(s, "a", "1");
    store_mark(s);
    assert_int_equal(store_get(s, large, &got), RC_NONE);
    assert_int_equal(store_put(s, large, STR("v")), RC_FULL);
    assert_int_equal(store_add(s, large, STR("v")), RC_FULL);
    assert_int_equal(store_put(s, STR("a"), str_n(bytes, STORE_VALUE_MAX + 1)), RC_FULL);
    assert_int_equal(store_del(s, large), RC_OK);
    assert_int_equal(store_seek(s, &c, large, STR("b"), false), RC_OK);
    assert_int_equal(store_next(c, NULL, &got), RC_OK);
    assert_true(str_is(got, "1"));
    store_cursor_close(c);
    assert_int_equal(store_put(s, most, STR("v")), RC_OK);
    assert_int_equal(store_keep(s), RC_OK);
    assert_int_equal(store_commit(s), RC_OK);
    has(s, "a", "1");
    assert_int_equal(store_get(s, most, &got), RC_OK);
    free(bytes);
}

/* Long values lie elsewhere than short ones: each way from one to the other, done and undone. */
static void values_grow_and_shrink(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    char big[1001], bigger[3001];
    memset(big, 'x', 1000), big[1000] = 0;
    memset(bigger, 'y', 3000), bigger[3000] = 0;
    const char *const values[] = {"small", big, bigger, "smaller", big};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        put(s, "a", values[i]);
        has(s, "a", values[i]);
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            store_mark(s);
            if (k % 2)
                has(s, "a", values[i]); /* what was just read is not read again */
            put(s, "a", values[k]);
            if (k % 2)
                lacks(s, "b");
            put(s, "b", values[k]);
            has(s, "a", values[k]);
            assert_int_equal(store_del(s, STR("a")), RC_OK);
            lacks(s, "a");
            assert_int_equal(store_undo(s), RC_OK);
            has(s, "a", values[i]);
            lacks(s, "b");
        }
        store_mark(s);
        put(s, "a", values[i]);
        assert_int_equal(store_keep(s), RC_OK);
    }
    assert_int_equal(store_commit(s), RC_OK);
    has(s, "a", big);
    struct store_cursor *c;
    struct str key, value;
    assert_int_equal(store_seek(s, &c, STR("a"), STR_NONE, false), RC_OK);
    assert_int_equal(store_next(c, &key, &value), RC_OK);
    assert_true(str_is(value, big));
    store_cursor_close(c);
}

/* One number out of the closed store's file. */
static int number_in_file(const struct bench *b, const char *sql)
{
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *q;
    snprintf(path, sizeof path, "%s/world.db", b->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

static void nothing_is_left_of_long_values(void **state)
{
    struct bench *b = *state;
    char name[16], big[1001];
    memset(big, 'x', 1000), big[1000] = 0;
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "%c%d", "abcd"[i / 10], i % 10);
        put(b->s, name, big);
    }
    put(b->s, "a0", "small");
    put(b->s, "a1", big);
    assert_int_equal(store_del(b->s, STR("a2")), RC_OK);
    assert_int_equal(store_wipe(b->s, STR("b")), RC_OK);
    store_mark(b->s);
    put(b->s, "e", big);
    assert_int_equal(store_wipe(b->s, STR("c")), RC_OK);
    put(b->s, "f", big);
    assert_int_equal(store_undo(b->s), RC_OK);
    assert_int_equal(store_commit(b->s), RC_OK);
    store_close(b->s);
    assert_int_equal(number_in_file(b, "SELECT count(*) FROM kv"), 29);
    assert_int_equal(number_in_file(b, "SELECT count(*) FROM kv JOIN big ON big.id = kv.v"), 28);
    assert_int_equal(number_in_file(b, "SELECT count(*) FROM big"), 28);
    assert_int_equal(store_open(&b->s, b->folder, 0, NULL), RC_OK);
    assert_int_equal(store_wipe(b->s, STR("")), RC_OK);
    assert_int_equal(store_commit(b->s), RC_OK);
    store_close(b->s);
    assert_int_equal(number_in_file(b, "SELECT count(*) FROM big"), 0);
    assert_int_equal(store_open(&b->s, b->folder, 0, NULL), RC_OK);
}

static void order_is_of_bytes(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    static const char *const keys[] = {"b", "a\xff", "ab", "\xff", "a", "B", "abc"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put(s, keys[i], "v");
    range_is(s, STR(""), STR_NONE, false, "B a ab abc a\xff b \xff");
    range_is(s, STR(""), STR_NONE, true, "\xff b a\xff abc ab a B");
    range_is(s, STR("a"), STR("b"), false, "a ab abc a\xff");
    range_is(s, STR("a"), STR("b"), true, "a\xff abc ab a");
    range_is(s, STR("aa"), STR("ab"), false, "");
    range_is(s, STR("b"), STR_NONE, false, "b \xff");
}

static void writing_while_a_cursor_stands(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "k%04d", i);
        put(s, name, "v");
    }
    struct store_cursor *c;
    struct str key;
    int seen = 0;
    assert_int_equal(store_seek(s, &c, STR("k"), STR("l"), false), RC_OK);
    while (store_next(c, &key, NULL) == RC_OK) {
        /* Every key is seen once, although it and a neighbour change under the cursor. */
        snprintf(name, sizeof name, "k%04d", seen);
        assert_true(str_is(key, name));
        assert_int_equal(store_del(s, key), RC_OK);
        snprintf(name, sizeof name, "a%04d", seen++);
        put(s, name, "v");
    }
    store_cursor_close(c);
    assert_int_equal(seen, 1000);
    range_is(s, STR("k"), STR("l"), false, "");
}

static void many_cursors(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    struct store_cursor *c[3];
    struct str key;
    put(s, "a", "1");
    put(s, "b", "2");
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_seek(s, &c[i], STR("a"), STR_NONE, i == 2), RC_OK);
    assert_int_equal(store_next(c[0], &key, NULL), RC_OK);
    assert_int_equal(store_next(c[0], &key, NULL), RC_OK);
    assert_int_equal(store_next(c[1], &key, NULL), RC_OK);
    assert_true(str_is(key, "a"));
    assert_int_equal(store_next(c[2], &key, NULL), RC_OK);
    assert_true(str_is(key, "b"));
    for (int i = 0; i < 3; i++)
        store_cursor_close(c[i]);
}

static void a_call_is_undone_alone(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    put(s, "before", "1");
    store_mark(s);
    put(s, "before", "2");
    put(s, "within", "1");
    assert_int_equal(store_undo(s), RC_OK);
    has(s, "before", "1");
    lacks(s, "within");
    store_mark(s);
    put(s, "kept", "1");
    assert_int_equal(store_keep(s), RC_OK);
    store_mark(s);
    lacks(s, "other");
    assert_int_equal(store_undo(s), RC_OK);
    assert_int_equal(store_commit(s), RC_OK);
    has(s, "kept", "1");
    has(s, "before", "1");
}

static void a_call_is_undone_whatever_it_did(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    put(s, "a1", "1");
    put(s, "a2", "2");
    put(s, "b", "3");
    store_mark(s);
    put(s, "b", "changed");
    put(s, "b", "changed again");
    assert_int_equal(store_del(s, STR("a1")), RC_OK);
    put(s, "a1", "back");
    assert_int_equal(store_wipe(s, STR("a")), RC_OK);
    put(s, "a2", "new");
    assert_int_equal(store_del(s, STR("b")), RC_OK);
    put(s, "c", "4");
    assert_int_equal(store_undo(s), RC_OK);
    store_mark(s);
    assert_int_equal(store_add(s, STR("d"), STR("5")), RC_OK);
    has(s, "d", "5");
    assert_int_equal(store_undo(s), RC_OK);
    lacks(s, "d");
    has(s, "a1", "1");
    has(s, "a2", "2");
    has(s, "b", "3");
    lacks(s, "c");
}

static void an_undone_turn_is_clean(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    store_mark(s);
    put(s, "a", "1");
    assert_int_equal(store_undo(s), RC_OK);
    assert_false(store_dirty(s));
    store_rollback(s);
    lacks(s, "a");
}

static void rollback_takes_all_back(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    put(s, "a", "1");
    assert_int_equal(store_commit(s), RC_OK);
    put(s, "a", "2");
    store_mark(s);
    put(s, "b", "1");
    assert_int_equal(store_keep(s), RC_OK);
    store_rollback(s);
    assert_false(store_dirty(s));
    has(s, "a", "1");
    lacks(s, "b");
}

static void wipe_takes_a_prefix(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    static const char *const keys[] = {"a", "ab", "ab\xff", "abc", "ac", "\xff", "\xff\xff"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put(s, keys[i], "v");
    assert_int_equal(store_wipe(s, STR("ab")), RC_OK);
    range_is(s, STR(""), STR_NONE, false, "a ac \xff \xff\xff");
    assert_int_equal(store_wipe(s, STR("\xff")), RC_OK);
    range_is(s, STR(""), STR_NONE, false, "a ac");
    assert_int_equal(store_wipe(s, STR("")), RC_OK);
    range_is(s, STR(""), STR_NONE, false, "");
    store_rollback(s);
}

static void reopen(struct bench *b)
{
    store_close(b->s);
    assert_int_equal(store_open(&b->s, where(b), 0, NULL), RC_OK);
}

static void committed_state_survives_close(void **state)
{
    struct bench *b = *state;
    put(b->s, "kept", "1");
    assert_int_equal(store_commit(b->s), RC_OK);
    put(b->s, "lost", "1");
    reopen(b);
    if (where(b))
        has(b->s, "kept", "1");
    else
        lacks(b->s, "kept");
    lacks(b->s, "lost");
}

/* Enough to fill the log many times over: nothing is lost, and the log does not grow for ever. */
static void tidying_under_load(void **state)
{
    struct bench *b = *state;
    char name[16], value[1000];
    memset(value, 'v', sizeof value);
    for (int turn = 0; turn < 400; turn++) {
        for (int i = 0; i < 40; i++) {
            snprintf(name, sizeof name, "k%04d", (turn * 37 + i * 101) % 1000);
            memcpy(value, name, sizeof name);
            assert_int_equal(store_put(b->s, str_z(name), str_n(value, sizeof value)), RC_OK);
        }
        assert_int_equal(store_commit(b->s), RC_OK);
        if (turn % 10 == 0)
            store_tidy(b->s);
    }
    assert_true(store_size(b->s) < 160 * 1000 * 1000);
    reopen(b);
    struct str got;
    for (int i = 0; where(b) && i < 1000; i++) {
        snprintf(name, sizeof name, "k%04d", i);
        assert_int_equal(store_get(b->s, str_z(name), &got), RC_OK);
        assert_int_equal(got.n, sizeof value);
        assert_memory_equal(got.p, name, strlen(name) + 1);
    }
}

/* --- the files, in MB */

static int64_t mb_of(const struct bench *b, const char *name)
{
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    return stat(path, &st) ? 0 : st.st_size >> 20;
}

/* As the turn does when it has time, until nothing is left to do. */
static void tidy_up(struct store *s)
{
    while (store_tidy(s))
        sched_yield();
}

static void put_mb(struct store *s, int mb)
{
    char name[16], *value = calloc(1, 1000);
    for (int i = 0; i < mb * 1000; i++) {
        snprintf(name, sizeof name, "k%06d", i);
        assert_int_equal(store_put(s, str_z(name), str_n(value, 1000)), RC_OK);
        if (i % 500 == 499)
            assert_int_equal(store_commit(s), RC_OK);
    }
    free(value);
}

static void take_mb(struct store *s, int from, int to)
{
    char name[16];
    for (int i = from * 1000; i < to * 1000; i++) {
        snprintf(name, sizeof name, "k%06d", i);
        assert_int_equal(store_del(s, str_z(name)), RC_OK);
        if (i % 500 == 499)
            assert_int_equal(store_commit(s), RC_OK);
    }
}

static void the_log_gets_short_again(void **state)
{
    struct bench *b = *state;
    put_mb(b->s, 40);
    assert_true(mb_of(b, "world.db-wal") > 32);
    tidy_up(b->s);
    assert_int_equal(mb_of(b, "world.db-wal"), 0);
    assert_true(mb_of(b, "world.db") >= 39);
    assert_int_equal(store_get(b->s, STR("k039999"), NULL), RC_OK);
}

static void the_file_gets_small_again_after_a_drain(void **state)
{
    struct bench *b = *state;
    put(b->s, "kept", "1");
    put_mb(b->s, 20);
    take_mb(b->s, 0, 20);
    tidy_up(b->s);
    assert_int_equal(mb_of(b, "world.db"), 0);
    has(b->s, "kept", "1");
    reopen(b);
    has(b->s, "kept", "1");
}

static void the_file_gets_small_again_after_a_wipe(void **state)
{
    struct bench *b = *state;
    put_mb(b->s, 20);
    put(b->s, "kept", "1");
    assert_int_equal(store_wipe(b->s, STR("k0")), RC_OK);
    assert_int_equal(store_commit(b->s), RC_OK);
    tidy_up(b->s);
    assert_int_equal(mb_of(b, "world.db"), 0);
    has(b->s, "kept", "1");
    put_mb(b->s, 1);
    has(b->s, "kept", "1");
}

/* Copying what is there would hold the turn, so it waits for the end. */
static void a_file_that_is_half_full_gets_small_at_the_end(void **state)
{
    struct bench *b = *state;
    put_mb(b->s, 30);
    take_mb(b->s, 0, 20);
    tidy_up(b->s);
    assert_true(mb_of(b, "world.db") >= 29);
    reopen(b);
    assert_true(mb_of(b, "world.db") <= 15);
    lacks(b->s, "k000000");
    assert_int_equal(store_get(b->s, STR("k029999"), NULL), RC_OK);
}

static void one_process_at_a_time(void **state)
{
    struct bench *b = *state;
    struct store *other;
    assert_int_equal(store_open(&other, b->folder, 0, NULL), RC_BUSY);
}

static void a_folder_that_cannot_be_made(void **state)
{
    struct bench *b = *state;
    char path[128];
    struct store *other;
    snprintf(path, sizeof path, "%s/world.db/below-a-file", b->folder);
    assert_int_equal(store_open(&other, path, 0, NULL), RC_IO);
}

static void a_file_that_is_no_store(void **state)
{
    struct bench *b = *state;
    char path[128];
    struct store *other = NULL;
    snprintf(path, sizeof path, "%s/other", b->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/other/world.db", b->folder);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("no database at all\n", f);
    fclose(f);
    snprintf(path, sizeof path, "%s/other", b->folder);
    assert_int_equal(store_open(&other, path, 0, NULL), RC_IO);
}

static void change_file(const struct bench *b, const char *sql)
{
    char path[128];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/world.db", b->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Opens the folder, which must fail, and returns what is said. */
static void is_refused(struct bench *b, enum rc why, const char *line)
{
    char *said = NULL;
    size_t n = 0;
    struct store *s;
    struct log log = {.to = open_memstream(&said, &n), .level = LOG_INFO};
    assert_int_equal(store_open(&s, b->folder, 0, &log), why);
    fclose(log.to);
    assert_non_null(strstr(said, line));
    assert_ptr_equal(strchr(said, '\n'), said + n - 1);
    free(said);
}

static void a_folder_says_its_format(void **state)
{
    struct bench *b = *state;
    put(b->s, "a", "1");
    assert_int_equal(store_commit(b->s), RC_OK);
    store_close(b->s);
    assert_int_equal(number_in_file(b, "PRAGMA user_version"), 2);
    change_file(b, "PRAGMA user_version = 0"); /* as the first versions left it */
    assert_int_equal(store_open(&b->s, b->folder, 0, NULL), RC_OK);
    has(b->s, "a", "1");
    store_close(b->s);
    assert_int_equal(number_in_file(b, "PRAGMA user_version"), 2);
    change_file(b, "PRAGMA user_version = 3");
    is_refused(b, RC_BAD, "has the format 3, of a newer tidepool");
    change_file(b, "PRAGMA user_version = 0; DROP TABLE big");
    is_refused(b, RC_BAD, "is a database of something else");
    change_file(b, "PRAGMA user_version = 0; DROP TABLE kv");
    assert_int_equal(store_open(&b->s, b->folder, 0, NULL), RC_OK);
    lacks(b->s, "a");
}

/* The disk is full in the middle of a turn: the whole turn is lost, what was before it is not, and the store
 * goes on when there is room again. */
static void a_full_disk_loses_the_turn(void **state)
{
    struct bench *b = *state;
    struct rlimit before, small;
    size_t n = 1000 * 1000;
    char *big = calloc(1, n);
    put(b->s, "kept", "1");
    assert_int_equal(store_commit(b->s), RC_OK);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){300 * 1000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    store_mark(b->s);
    put(b->s, "small", "1");
    assert_int_equal(store_keep(b->s), RC_OK);
    store_mark(b->s);
    enum rc rc = RC_OK;
    for (int i = 0; i < 20 && rc == RC_OK; i++) {
        char name[16];
        snprintf(name, sizeof name, "big%d", i);
        rc = store_put(b->s, str_z(name), str_n(big, n));
    }
    if (rc == RC_OK)
        rc = store_keep(b->s);
    else
        assert_int_equal(store_undo(b->s), RC_IO);
    assert_int_equal(store_commit(b->s), RC_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

    has(b->s, "kept", "1");
    lacks(b->s, "small");
    lacks(b->s, "big0");
    put(b->s, "after", "1");
    assert_int_equal(store_commit(b->s), RC_OK);
    reopen(b);
    has(b->s, "kept", "1");
    has(b->s, "after", "1");
    lacks(b->s, "small");
    free(big);
}

/* --- more than a turn should do */

static void put_many(struct store *s, int from, int to, size_t size)
{
    char name[16], *value = calloc(1, size + 1);
    memset(value, 'v', size);
    for (int i = from; i < to; i++) {
        snprintf(name, sizeof name, "k%06d", i);
        put(s, name, value);
    }
    free(value);
    assert_int_equal(store_commit(s), RC_OK);
}

static int wipe_portions(struct store *s, const char *prefix)
{
    bool more = true;
    int n;
    for (n = 0; more; n++) {
        assert_int_equal(store_wipe_some(s, str_z(prefix), &more), RC_OK);
        assert_int_equal(store_commit(s), RC_OK);
    }
    return n;
}

static void a_prefix_is_wiped_in_portions_of_rows_and_of_bytes(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    put(s, "a", "1");
    put(s, "z", "1");
    put_many(s, 0, 600, 10);
    assert_int_equal(wipe_portions(s, "k"), 3);
    put_many(s, 0, 10, 400000);
    assert_int_equal(wipe_portions(s, "k"), 4); /* three make more than a megabyte */
    assert_int_equal(wipe_portions(s, "k"), 1);
    lacks(s, "k000000");
    has(s, "a", "1");
    has(s, "z", "1");
}

static void a_clear_is_undone_with_its_call(void **state)
{
    struct store *s = ((struct bench *)*state)->s;
    put_many(s, 0, 10, 1000);
    store_mark(s);
    assert_int_equal(store_clear(s), RC_OK);
    lacks(s, "k000003");
    put(s, "k000003", "new");
    assert_int_equal(store_undo(s), RC_OK);
    assert_int_equal(store_commit(s), RC_OK);
    struct str got;
    assert_int_equal(store_get(s, STR("k000003"), &got), RC_OK);
    assert_int_equal(got.n, 1000);
}

/* How many portions there were, each a transaction of its own. */
static int scrap_all(struct store *s)
{
    bool more = true;
    int n;
    for (n = -1; more; n++) {
        assert_int_equal(store_scrap(s, &more), RC_OK);
        assert_int_equal(store_commit(s), RC_OK);
    }
    return n;
}

static void a_cleared_store_is_new_at_once_and_the_old_goes_in_portions(void **state)
{
    struct bench *b = *state;
    put_many(b->s, 0, 600, 10);
    put_many(b->s, 600, 1200, 1000);
    assert_int_equal(store_clear(b->s), RC_OK);
    put(b->s, "k000003", "new");
    assert_int_equal(store_commit(b->s), RC_OK);
    assert_int_equal(store_clear(b->s), RC_OK); /* again, before the first is gone */
    put(b->s, "k000003", "newer");
    assert_int_equal(store_commit(b->s), RC_OK);
    lacks(b->s, "k000004");
    lacks(b->s, "k001000");
    bool more;
    assert_int_equal(store_scrap(b->s, &more), RC_OK);
    assert_true(more);
    assert_int_equal(store_commit(b->s), RC_OK);
    if (*b->folder) { /* the next process goes on */
        store_close(b->s);
        assert_int_equal(store_open(&b->s, b->folder, 0, NULL), RC_OK);
    }
    /* five of the keys, three of the long values, one each of the second clear, of which one was above */
    assert_int_equal(scrap_all(b->s), 9);
    has(b->s, "k000003", "newer");
    if (*b->folder) {
        store_close(b->s);
        assert_int_equal(number_in_file(b, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), 2);
        assert_int_equal(store_open(&b->s, b->folder, 0, NULL), RC_OK);
    }
}

/* Commits numbered turns of several keys and says each number only after its commit. */
static void write_until_killed(const char *folder, int to)
{
    struct store *s;
    if (store_open(&s, folder, 0, NULL) != RC_OK)
        _exit(1);
    char name[32], value[600];
    memset(value, 'v', sizeof value);
    for (int turn = 0;; turn++) {
        for (int i = 0; i < 5; i++) {
            snprintf(name, sizeof name, "turn%06d.%d", turn, i);
            store_put(s, str_z(name), str_n(value, i == 4 ? sizeof value : 5)); /* short ones and long ones */
        }
        if (store_commit(s) != RC_OK || write(to, &turn, sizeof turn) != sizeof turn)
            _exit(1);
        store_tidy(s);
    }
}

static void what_was_committed_survives_kill(void **state)
{
    struct bench *b = *state;
    for (int round = 0; round < 5; round++) {
        int ends[2], turn, last = -1, status;
        store_close(b->s);
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            write_until_killed(b->folder, ends[1]);
        close(ends[1]);
        while (last < 50 + 100 * round && read(ends[0], &turn, sizeof turn) == sizeof turn)
            last = turn;
        kill(child, SIGKILL);
        while (read(ends[0], &turn, sizeof turn) == sizeof turn)
            last = turn;
        close(ends[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(store_open(&b->s, b->folder, 0, NULL), RC_OK);
        char name[32];
        for (int i = 0; i <= last * 5 + 4; i++) {
            struct str value;
            snprintf(name, sizeof name, "turn%06d.%d", i / 5, i % 5);
            assert_int_equal(store_get(b->s, str_z(name), &value), RC_OK);
            assert_int_equal(value.n, i % 5 == 4 ? 600 : 5);
        }
        /* The turn that was under way is there as a whole or not at all. */
        for (int i = 1; i < 5; i++) {
            snprintf(name, sizeof name, "turn%06d.0", last + 1);
            enum rc first = store_get(b->s, str_z(name), NULL);
            snprintf(name, sizeof name, "turn%06d.%d", last + 1, i);
            assert_int_equal(store_get(b->s, str_z(name), NULL), first);
        }
        assert_int_equal(store_wipe(b->s, STR("")), RC_OK);
        assert_int_equal(store_commit(b->s), RC_OK);
    }
}

#define BOTH(test)                                                                                           \
    {#test " (memory)", test, in_memory, clean_up, NULL},                                                    \
    {                                                                                                        \
#test " (folder)", test, in_folder, clean_up, NULL                                                   \
    }
#define FOLDER(test)                                                                                         \
    {                                                                                                        \
#test " (folder)", test, in_folder, clean_up, NULL                                                   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(put_get_del),
        BOTH(large_values),
        BOTH(what_is_beyond_the_ceilings),
        BOTH(values_grow_and_shrink),
        FOLDER(nothing_is_left_of_long_values),
        BOTH(order_is_of_bytes),
        BOTH(writing_while_a_cursor_stands),
        BOTH(many_cursors),
        BOTH(a_call_is_undone_alone),
        BOTH(a_call_is_undone_whatever_it_did),
        BOTH(an_undone_turn_is_clean),
        BOTH(rollback_takes_all_back),
        BOTH(wipe_takes_a_prefix),
        BOTH(a_prefix_is_wiped_in_portions_of_rows_and_of_bytes),
        BOTH(a_clear_is_undone_with_its_call),
        BOTH(a_cleared_store_is_new_at_once_and_the_old_goes_in_portions),
        BOTH(committed_state_survives_close),
        BOTH(tidying_under_load),
        FOLDER(the_log_gets_short_again),
        FOLDER(the_file_gets_small_again_after_a_drain),
        FOLDER(the_file_gets_small_again_after_a_wipe),
        FOLDER(a_file_that_is_half_full_gets_small_at_the_end),
        FOLDER(one_process_at_a_time),
        FOLDER(a_folder_that_cannot_be_made),
        FOLDER(a_file_that_is_no_store),
        FOLDER(a_folder_says_its_format),
        FOLDER(a_full_disk_loses_the_turn),
        FOLDER(what_was_committed_survives_kill),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
