#include "store.h"

#include "base/json.h"
#include "store/key.h"

#define ROW_MAX (4u << 20)

static const char *const spaces[] = {
    [ROW_API] = "apigateway.api",
    [ROW_KEY] = "apigateway.key",
    [ROW_PLAN] = "apigateway.plan",
    [ROW_MEMBER] = "apigateway.member",
};

static void row_key(struct key *k, enum row_kind kind, struct str id, struct str id2)
{
    key_init(k, spaces[kind]);
    key_str(k, id);
    if (id2.p)
        key_str(k, id2);
}

static cJSON *parse(struct str text)
{
    return json_tree(text);
}

enum rc api_row_get(struct store *s, enum row_kind kind, struct str id, struct str id2, cJSON **row)
{
    struct key k;
    struct str text;
    row_key(&k, kind, id, id2);
    enum rc rc = store_get(s, key_view(&k), &text);
    if (rc == RC_OK && !(*row = parse(text)))
        rc = RC_BAD;
    key_release(&k);
    return rc;
}

enum rc api_row_put(struct store *s, enum row_kind kind, struct str id, struct str id2, const cJSON *row)
{
    struct key k;
    struct buf text;
    row_key(&k, kind, id, id2);
    buf_init(&text, ROW_MAX);
    json_print(&text, row);
    enum rc rc = text.full ? RC_FULL : store_put(s, key_view(&k), buf_view(&text));
    buf_release(&text);
    key_release(&k);
    return rc;
}

enum rc api_row_del(struct store *s, enum row_kind kind, struct str id, struct str id2)
{
    struct key k;
    row_key(&k, kind, id, id2);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

static enum rc read_all(struct store_cursor *c, cJSON *list)
{
    struct str key, text;
    enum rc rc;
    while ((rc = store_next(c, &key, &text)) == RC_OK) {
        cJSON *row = parse(text);
        if (!row)
            return RC_BAD;
        cJSON_AddItemToArray(list, row);
    }
    return rc == RC_END ? RC_OK : rc;
}

enum rc api_row_list(struct store *s, enum row_kind kind, struct str prefix, cJSON **list)
{
    struct key from, to;
    struct store_cursor *c;
    key_init(&from, spaces[kind]);
    if (prefix.p)
        key_str(&from, prefix);
    key_after(&to, key_view(&from));
    cJSON *rows = cJSON_CreateArray();
    enum rc rc = store_seek(s, &c, key_view(&from), key_view(&to), false);
    if (rc == RC_OK) {
        rc = read_all(c, rows);
        store_cursor_close(c);
    }
    key_release(&from);
    key_release(&to);
    if (rc != RC_OK)
        cJSON_Delete(rows);
    else
        *list = rows;
    return rc;
}

/* --- usage: period's begin, its end, and the count, as a tuple of their own */

static void usage_key(struct key *k, struct str plan, struct str key)
{
    key_init(k, "apigateway.usage");
    key_str(k, plan);
    key_str(k, key);
}

#define USAGE_SPACE "u"

enum rc api_usage_get(struct store *s, struct str plan, struct str key, struct usage *u)
{
    struct key k;
    struct str text;
    struct key_reader r;
    usage_key(&k, plan, key);
    enum rc rc = store_get(s, key_view(&k), &text);
    if (rc == RC_OK && !(key_read(&r, text, USAGE_SPACE) && key_read_i64(&r, &u->from) &&
                         key_read_i64(&r, &u->to) && key_read_i64(&r, &u->used)))
        rc = RC_BAD;
    key_release(&k);
    return rc;
}

enum rc api_usage_put(struct store *s, struct str plan, struct str key, const struct usage *u)
{
    struct key k, value;
    usage_key(&k, plan, key);
    key_init(&value, USAGE_SPACE);
    key_i64(&value, u->from);
    key_i64(&value, u->to);
    key_i64(&value, u->used);
    enum rc rc = store_put(s, key_view(&k), key_view(&value));
    key_release(&value);
    key_release(&k);
    return rc;
}

enum rc api_usage_del(struct store *s, struct str plan, struct str key)
{
    struct key k;
    usage_key(&k, plan, key);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}
