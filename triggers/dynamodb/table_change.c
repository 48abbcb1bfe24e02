#include "table_change.h"

#include "backfill.h"
#include "catalog.h"
#include "door/sweep.h"
#include "store.h"
#include "table_in.h"

void change_member(cJSON *def, const char *name, const cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(def, name);
    if (value)
        cJSON_AddItemToObject(def, name, json_copy(value));
}

enum rc change_stream_on(struct call *c, const struct table *t, enum stream_view view, cJSON *def)
{
    struct stream *s;
    enum rc rc = catalog_stream_new(c, t, view, &s);
    if (rc != RC_OK)
        return rc;
    cJSON_DeleteItemFromObjectCaseSensitive(def, "StreamLabel");
    cJSON_AddStringToObject(def, "StreamLabel", s->label.p);
    return RC_OK;
}

enum rc change_stream_off(struct call *c, struct table *t, cJSON *def)
{
    struct stream closed = *t->stream;
    closed.disabled = c->now;
    enum rc rc = catalog_stream_save(c, &closed);
    if (rc != RC_OK)
        return rc;
    t->stream->disabled = c->now;
    call_note(c, t->stream->arn); /* readers at its end hear that nothing follows */
    if (def)
        cJSON_DeleteItemFromObjectCaseSensitive(def, "StreamLabel");
    return RC_OK;
}

cJSON *change_index_def(const cJSON *def, struct str name)
{
    cJSON *at;
    cJSON_ArrayForEach (at, cJSON_GetObjectItemCaseSensitive(def, "GlobalSecondaryIndexes"))
        if (str_is(name, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "IndexName"))))
            return at;
    return NULL;
}

enum rc change_index_add(struct call *c, const cJSON *index, cJSON *def)
{
    enum rc rc;
    cJSON *list = cJSON_GetObjectItemCaseSensitive(def, "GlobalSecondaryIndexes");
    if (!list)
        list = cJSON_AddArrayToObject(def, "GlobalSecondaryIndexes");
    cJSON *made = table_in_define_index(c, index, &rc);
    cJSON_AddBoolToObject(made, "Backfilling", true);
    cJSON_AddItemToArray(list, made);
    return rc;
}

enum rc change_index_drop(struct call *c, struct table *t, struct str name, cJSON *def)
{
    struct key k;
    const struct index *x = table_index(t, name);
    whole_key(&k, t, x);
    enum rc rc = sweep_put(c, key_view(&k));
    key_release(&k);
    if (rc == RC_OK)
        rc = backfill_forget(c, x);
    cJSON_Delete(cJSON_DetachItemViaPointer(cJSON_GetObjectItemCaseSensitive(def, "GlobalSecondaryIndexes"),
                                            change_index_def(def, name)));
    return rc;
}

/* The stream's label is made from a model of the table, so the table is written first and then once more. */
enum rc change_create(struct call *c, const struct table_in *req, struct table **out)
{
    enum rc rc;
    bool enabled = false;
    enum stream_view view;
    struct wrong w = wrong_none(&c->arena);
    cJSON *def = table_in_define(c, req, &rc);
    if (!def)
        return rc;
    rc = catalog_save(c, def, out);
    if (rc != RC_OK || !req->stream || !table_in_stream(req->stream, &enabled, &view, &w) || !enabled)
        return rc;
    def = json_copy((*out)->def);
    rc = change_stream_on(c, *out, view, def);
    if (rc == RC_OK)
        return catalog_save(c, def, out);
    cJSON_Delete(def);
    return rc;
}
