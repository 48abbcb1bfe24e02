#include "store.h"
#include "base/buf.h"
#include "store/key.h"
#include <stdlib.h>

#define FUNCTION "lambda.function"
#define ASYNC "lambda.async"
#define VALUE_MAX (16u << 20)

static void function_key(struct key *k, struct str account, struct str region, struct str name)
{
    key_init(k, FUNCTION);
    key_str(k, account);
    key_str(k, region);
    key_str(k, name);
}

static void event_key(struct key *k, uint64_t id)
{
    key_init(k, ASYNC);
    key_u64(k, id);
}

enum rc store_function_put(struct store *s, struct str account, struct str region, struct str name,
                           const cJSON *row)
{
    struct key k;
    function_key(&k, account, region, name);
    char *text = json_printed(row);
    enum rc rc = store_put(s, key_view(&k), str_z(text));
    free(text);
    key_release(&k);
    return rc;
}

enum rc store_function_del(struct store *s, struct str account, struct str region, struct str name)
{
    struct key k;
    function_key(&k, account, region, name);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

/* Calls `each` for all keys from `from` on that belong to `space` (or down to `from`), until it does not
 * answer RC_OK. */
static enum rc walk(struct store *s, const char *space, struct str from, bool reverse,
                    enum rc (*each)(void *arg, struct str key, struct str value), void *arg)
{
    struct key all, end;
    key_init(&all, space);
    key_after(&end, key_view(&all));
    struct store_cursor *at;
    enum rc rc = store_seek(s, &at, from, key_view(&end), reverse);
    if (rc == RC_OK) {
        struct str key, value;
        while ((rc = store_next(at, &key, &value)) == RC_OK)
            if ((rc = each(arg, key, value)) != RC_OK)
                break;
        store_cursor_close(at);
    }
    key_release(&all);
    key_release(&end);
    return rc == RC_END ? RC_OK : rc;
}

struct function_walk {
    void (*each)(void *arg, cJSON *row);
    void *arg;
};

static enum rc give_function(void *arg, struct str key, struct str value)
{
    (void)key;
    const struct function_walk *walk_of = arg;
    cJSON *row = json_tree(value);
    if (!row)
        return RC_BAD;
    walk_of->each(walk_of->arg, row);
    return RC_OK;
}

enum rc store_functions(struct store *s, void (*each)(void *arg, cJSON *row), void *arg)
{
    struct key from;
    key_init(&from, FUNCTION);
    enum rc rc = walk(s, FUNCTION, key_view(&from), false, give_function, &(struct function_walk){each, arg});
    key_release(&from);
    return rc;
}

enum rc store_event_put(struct store *s, uint64_t id, const cJSON *head, struct str payload)
{
    struct key k;
    event_key(&k, id);
    struct buf value;
    buf_init(&value, VALUE_MAX);
    char *text = json_printed(head);
    buf_z(&value, text);
    buf_char(&value, '\n');
    buf_str(&value, payload);
    enum rc rc = value.full ? RC_FULL : store_put(s, key_view(&k), buf_view(&value));
    free(text);
    buf_release(&value);
    key_release(&k);
    return rc;
}

enum rc store_event_change(struct store *s, uint64_t id, const cJSON *head, struct str payload)
{
    struct key k;
    event_key(&k, id);
    enum rc rc = store_get(s, key_view(&k), NULL);
    key_release(&k);
    return rc == RC_OK ? store_event_put(s, id, head, payload) : rc;
}

enum rc store_event_del(struct store *s, uint64_t id)
{
    struct key k;
    event_key(&k, id);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

enum rc store_event_get(struct store *s, uint64_t id, cJSON **head, struct arena *a, struct str *payload)
{
    struct key k;
    event_key(&k, id);
    struct str rest;
    enum rc rc = store_get(s, key_view(&k), &rest);
    if (rc == RC_OK) {
        struct str line = str_cut(&rest, '\n');
        *head = json_tree(line);
        if (!*head || !rest.p)
            rc = RC_BAD;
        else if (payload)
            *payload = arena_str(a, rest);
    }
    key_release(&k);
    return rc;
}

struct event_walk {
    void (*each)(void *arg, uint64_t id, const cJSON *head);
    void *arg;
};

static enum rc give_event(void *arg, struct str key, struct str value)
{
    const struct event_walk *walk_of = arg;
    struct key_reader r;
    uint64_t id;
    struct str rest = value, line = str_cut(&rest, '\n');
    cJSON *head = json_tree(line);
    if (!head || !key_read(&r, key, ASYNC) || !key_read_u64(&r, &id)) {
        cJSON_Delete(head);
        return RC_BAD;
    }
    walk_of->each(walk_of->arg, id, head);
    cJSON_Delete(head);
    return RC_OK;
}

enum rc store_events(struct store *s, uint64_t after, void (*each)(void *arg, uint64_t id, const cJSON *head),
                     void *arg)
{
    struct key from;
    event_key(&from, after + 1);
    enum rc rc = walk(s, ASYNC, key_view(&from), false, give_event, &(struct event_walk){each, arg});
    key_release(&from);
    return rc;
}

struct event_walk_back {
    bool (*each)(void *arg, const cJSON *head, size_t size);
    void *arg;
};

static enum rc give_event_back(void *arg, struct str key, struct str value)
{
    (void)key;
    const struct event_walk_back *walk_of = arg;
    struct str rest = value, line = str_cut(&rest, '\n');
    cJSON *head = json_tree(line);
    if (!head)
        return RC_BAD;
    bool more = walk_of->each(walk_of->arg, head, value.n);
    cJSON_Delete(head);
    return more ? RC_OK : RC_END;
}

enum rc store_events_back(struct store *s, bool (*each)(void *arg, const cJSON *head, size_t size), void *arg)
{
    struct key from;
    key_init(&from, ASYNC);
    enum rc rc = walk(s, ASYNC, key_view(&from), true, give_event_back, &(struct event_walk_back){each, arg});
    key_release(&from);
    return rc;
}
