#include "door/stored.h"

#include "base/json.h"
#include "door/arn.h"
#include "store/key.h"

const struct shape_row stored_text[] = {OUT(SHAPE_STR, "member"), SHAPE_END};

bool stored_is_arn(struct str s)
{
    struct arn arn;
    return arn_parse(s, &arn);
}

/* One damaged row ends the start, so this is said once. */
static enum rc damaged(struct world *w, const char *space, struct str key, struct str why)
{
    struct buf name;
    buf_init(&name, 1024);
    struct key_reader r;
    if (key_read(&r, key, space))
        while (buf_char(&name, '/'), key_read_str(&r, &name))
            continue;
    buf_z(&name, "");
    struct str text = buf_view(&name);
    log_error(w->log, "the state is damaged: the row %s%.*s %.*s (--data another folder, or remove this one)",
              space, (int)(text.n ? text.n - 1 : 0), text.p, STR_ARG(why));
    buf_release(&name);
    return RC_BAD;
}

static bool key_fits(const struct stored_form *f, struct str key)
{
    struct key_reader r;
    struct buf part;
    buf_init(&part, key.n);
    bool fits = key_read(&r, key, f->space);
    for (int i = 0; fits && i < f->texts; i++)
        fits = key_read_str(&r, &part);
    fits = fits && (!f->texts || !r.rest.n);
    buf_release(&part);
    return fits;
}

/* What is wrong with the row; absent: nothing. */
static struct str wrong_in(struct arena *a, const struct stored_form *f, struct str key, struct str value)
{
    struct shape_error error;
    if (!key_fits(f, key))
        return STR("has no such key");
    struct str rest = value;
    cJSON *tree = json_tree(f->head ? str_cut(&rest, '\n') : value);
    bool object = cJSON_IsObject(tree) && rest.p;
    const struct shape_row whole[] = {OUT(SHAPE_STRUCT, "row", .flags = SHAPE_REQ, .of = f->rows), SHAPE_END};
    const cJSON *in_row;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(row, "row", tree);
    struct str why = STR_NONE;
    if (!object)
        why = STR("is no JSON object");
    else if (shape_read(a, whole, row, &in_row, &error, 1))
        why = arena_printf(a, "has a member %.*s that is %s",
                           STR_ARG(str_sub(error.json_path, 4, error.json_path.n)),
                           error.problem == SHAPE_MISSING ? "missing" : "none of its kind");
    cJSON_Delete(row);
    cJSON_Delete(tree);
    return why;
}

static enum rc check_rows(struct world *w, const struct stored_form *f, struct store_cursor *at)
{
    struct arena a;
    struct str key, value;
    enum rc rc;
    arena_init(&a);
    while ((rc = store_next(at, &key, &value)) == RC_OK) {
        struct str why = wrong_in(&a, f, key, value);
        if (why.p && (rc = damaged(w, f->space, key, why)))
            break;
        arena_clear(&a);
    }
    arena_release(&a);
    return rc == RC_END ? RC_OK : rc;
}

enum rc stored_check(struct world *w, const struct stored_form *forms)
{
    enum rc rc = RC_OK;
    for (const struct stored_form *f = forms; rc == RC_OK && f->space; f++) {
        struct key from, to;
        struct store_cursor *at;
        key_init(&from, f->space);
        key_after(&to, key_view(&from));
        rc = store_seek(w->store, &at, key_view(&from), key_view(&to), false);
        if (rc == RC_OK) {
            rc = check_rows(w, f, at);
            store_cursor_close(at);
        }
        key_release(&from);
        key_release(&to);
    }
    return rc;
}
