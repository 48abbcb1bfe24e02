#include "base/json.h"
#include "deploy.h"
#include "store/key.h"
#include <stdlib.h>

#define SPACE "template.resource"
#define RECORD_MAX (4u << 20)

static void record_key(struct key *k, struct str id)
{
    key_init(k, SPACE);
    key_str(k, id);
}

static void read_record(struct arena *a, struct map *records, struct str id, struct str text)
{
    cJSON *tree = json_tree(text);
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "Type"));
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(tree, "At");
    struct record *r = arena_zalloc(a, sizeof *r);
    r->id = arena_str(a, id);
    r->text = arena_str(a, text);
    r->type = type ? type_find(str_z(type)) : NULL;
    r->at = cJSON_IsNumber(at) ? at->valueint : 0;
    r->in = cJSON_DetachItemFromObjectCaseSensitive(tree, "In");
    r->out = cJSON_DetachItemFromObjectCaseSensitive(tree, "Out");
    cJSON_Delete(tree);
    map_put(records, id, r);
}

enum rc records_load(struct store *s, struct arena *a, struct map *records)
{
    struct key from, to;
    struct store_cursor *cursor;
    struct str key, value;
    key_init(&from, SPACE);
    key_after(&to, key_view(&from));
    enum rc rc = store_seek(s, &cursor, key_view(&from), key_view(&to), false);
    if (rc == RC_OK) {
        while ((rc = store_next(cursor, &key, &value)) == RC_OK) {
            struct key_reader reader;
            struct buf id;
            buf_init(&id, RECORD_MAX);
            if (key_read(&reader, key, SPACE) && key_read_str(&reader, &id))
                read_record(a, records, buf_view(&id), value);
            buf_release(&id);
        }
        store_cursor_close(cursor);
    }
    key_release(&from);
    key_release(&to);
    return rc == RC_END ? RC_OK : rc;
}

void records_release(struct map *records)
{
    struct record *r;
    for (struct map_entry *at = records->first; (r = map_each(&at, NULL));) {
        cJSON_Delete(r->in);
        cJSON_Delete(r->out);
    }
    map_release(records);
}

enum rc record_save(struct store *s, struct arena *a, struct record *r)
{
    struct buf text;
    struct key key;
    buf_init(&text, RECORD_MAX);
    buf_z(&text, "{\"Type\":");
    buf_json(&text, str_z(r->type->name));
    buf_printf(&text, ",\"At\":%d,\"In\":", r->at);
    json_print(&text, r->in);
    buf_z(&text, ",\"Out\":");
    json_print(&text, r->out);
    buf_char(&text, '}');
    bool same = str_eq(r->text, buf_view(&text));
    r->text = arena_str(a, buf_view(&text));
    bool full = text.full;
    buf_release(&text);
    if (full || same)
        return full ? RC_FULL : RC_OK;
    record_key(&key, r->id);
    enum rc rc = store_put(s, key_view(&key), r->text);
    key_release(&key);
    return rc;
}

enum rc record_forget(struct store *s, const struct record *r)
{
    struct key key;
    record_key(&key, r->id);
    enum rc rc = store_del(s, key_view(&key));
    key_release(&key);
    return rc;
}

static const cJSON *member(const struct record *r, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(r->out, name);
    return found ? found : cJSON_GetObjectItemCaseSensitive(r->in, name);
}

struct str record_member(const struct record *r, const char *name)
{
    return json_text(member(r, name));
}

cJSON *record_removal(const struct record *r)
{
    const struct removal *removal = r->type ? r->type->removal : NULL;
    if (!removal)
        return NULL;
    cJSON *in = cJSON_CreateObject();
    for (size_t i = 0; i < 2 && removal->members[i].to; i++)
        cJSON_AddItemToObject(in, removal->members[i].to, json_copy(member(r, removal->members[i].from)));
    if (removal->list_to) { /* RemoveTargets: the ids of the targets */
        cJSON *ids = cJSON_AddArrayToObject(in, removal->list_to);
        const cJSON *one;
        cJSON_ArrayForEach (one, member(r, removal->list_from))
            cJSON_AddItemToArray(ids, json_copy(cJSON_GetObjectItemCaseSensitive(one, "Id")));
    }
    return in;
}
