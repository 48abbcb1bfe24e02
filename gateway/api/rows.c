#include "rows.h"

#include "base/digest.h"
#include "base/json.h"

const struct fault api_not_found = {.code = "NotFoundException", .http = 404};
const struct fault api_bad_request = {.code = "BadRequestException", .http = 400};
const struct fault api_conflict = {.code = "ConflictException", .http = 409};

struct str rows_id(struct call *c, const char *kind, struct str text, size_t n)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char sum[32];
    digest_sha256(arena_printf(&c->arena, "%s\n%.*s", kind, STR_ARG(text)), sum);
    char *id = arena_alloc(&c->arena, n + 1);
    for (size_t i = 0; i < n; i++)
        id[i] = letters[sum[i] % 36];
    id[n] = 0;
    return str_n(id, n);
}

cJSON *rows_new(const struct call *c, const char *id_name, struct str id)
{
    cJSON *row = c->in ? json_copy(c->in) : cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(row, id_name);
    cJSON_AddStringToObject(row, id_name, id.p);
    return row;
}

static struct str printed(struct call *c, const cJSON *row)
{
    struct buf text;
    buf_init(&text, 16u << 20);
    json_print(&text, row);
    struct str s = arena_str(&c->arena, buf_view(&text));
    buf_release(&text);
    return s;
}

enum rc rows_put(struct call *c, enum row_kind kind, struct str id, struct str id2, cJSON *row, bool *changed)
{
    cJSON *old = NULL;
    struct str old_text = STR("");
    enum rc rc = api_row_get(c->txn, kind, id, id2, &old);
    *changed = false;
    if (rc == RC_OK) {
        old_text = printed(c, old);
        cJSON_AddItemToObject(row, "MadeAt", cJSON_DetachItemFromObjectCaseSensitive(old, "MadeAt"));
    }
    if (rc == RC_NONE)
        cJSON_AddNumberToObject(row, "MadeAt", (double)c->now);
    if ((rc == RC_OK || rc == RC_NONE) && !str_eq(printed(c, row), old_text)) {
        rc = api_row_put(c->txn, kind, id, id2, row);
        *changed = true;
        gateway_of(c->world)->stale = true;
    }
    cJSON_Delete(old);
    cJSON_Delete(row);
    return rc == RC_NONE ? RC_OK : rc;
}

enum rc rows_del(struct call *c, enum row_kind kind, struct str id, struct str id2)
{
    cJSON *old = NULL;
    enum rc rc = api_row_get(c->txn, kind, id, id2, &old);
    if (rc != RC_OK)
        return rc;
    cJSON_Delete(old);
    gateway_of(c->world)->stale = true;
    return api_row_del(c->txn, kind, id, id2);
}
