#include "door/stored.h"

#include "base/codec.h"
#include "base/json.h"
#include "door/arn.h"
#include "store/key.h"

const struct shape_row stored_text[] = {OUT(SHAPE_STR, "member"), SHAPE_END};

bool stored_is_arn(struct str s)
{
    struct arn arn;
    return arn_parse(s, &arn);
}

/* --- for a form's mend */

enum stored_mend stored_worse(enum stored_mend a, enum stored_mend b)
{
    return a > b ? a : b;
}

enum stored_mend stored_mend_arn(struct arena *a, cJSON *row, const char *member, struct str region)
{
    struct str text = json_member_text(row, member);
    struct arn arn;
    if (!text.p || (arn_parse(text, &arn) && (arn.region.n || !region.n)))
        return STORED_FINE; /* what is missing is damage, not age */
    struct str mended = arn_mend(a, text, region);
    if (!mended.p)
        return STORED_GOES;
    cJSON_ReplaceItemInObjectCaseSensitive(row, member, json_new_text(mended));
    return STORED_MENDED;
}

/* --- one row */

/* A row as it was found, its tree, and what follows its first line. */
struct found {
    const struct stored_form *form;
    struct str key, value, rest;
    cJSON *tree;
    struct found *next; /* of those that were mended */
};

/* "/000000000000/us-east-1/jobs" */
static void put_name(struct buf *name, const struct found *f)
{
    struct key_reader r;
    if (key_read(&r, f->key, f->form->space))
        while (buf_char(name, '/'), key_read_str(&r, name))
            continue;
    buf_z(name, "");
}

static void tell(struct world *w, enum log_level level, const char *before, const struct found *f,
                 struct str after)
{
    struct buf name;
    buf_init(&name, 1024);
    put_name(&name, f);
    struct str text = buf_view(&name);
    log_line(w->log, level, "%sthe row %s%.*s %.*s", before, f->form->space, (int)(text.n ? text.n - 1 : 0),
             text.p, STR_ARG(after));
    buf_release(&name);
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

/* Reads its tree, and leads it on when an earlier version wrote it. */
static enum stored_mend mend(struct arena *a, struct found *f)
{
    f->rest = f->value;
    struct str text = f->form->head ? str_cut(&f->rest, '\n') : f->value;
    enum stored_mend how = codec_utf8_valid(text) ? STORED_FINE : STORED_MENDED;
    f->tree = json_tree(how == STORED_FINE ? text : codec_utf8_mended(a, text));
    return f->form->mend ? stored_worse(how, f->form->mend(a, f->tree)) : how;
}

/* What is wrong with the row; absent: nothing. */
static struct str wrong_in(struct arena *a, const struct world *w, const struct found *f)
{
    struct shape_error error;
    if (!key_fits(f->form, f->key))
        return STR("has no such key");
    if (!cJSON_IsObject(f->tree) || !f->rest.p)
        return STR("is no JSON object");
    const struct shape_row whole[] = {OUT(SHAPE_STRUCT, "row", .flags = SHAPE_REQ, .of = f->form->rows),
                                      SHAPE_END};
    const cJSON *in_row;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(row, "row", f->tree);
    bool wrong = shape_read(a, whole, row, &in_row, &error, 1);
    cJSON_Delete(row);
    if (!wrong)
        return f->form->wrong ? f->form->wrong(a, w, f->tree) : STR_NONE;
    return arena_printf(a, "has a member %.*s that is %s",
                        STR_ARG(str_sub(error.json_path, 4, error.json_path.n)),
                        error.problem == SHAPE_MISSING ? "missing" : "none of its kind");
}

/* --- all rows of a form */

/* What only one row may have, as a text.  Absent: there is no such thing. */
static struct str what_is_one(struct arena *a, const struct found *f)
{
    struct key_reader r;
    struct buf b;
    buf_init(&b, STORE_KEY_MAX + STORE_VALUE_MAX);
    if (!f->form->one_members[0] || !key_read(&r, f->key, f->form->space))
        return STR_NONE;
    for (int i = 0; i < f->form->one_texts; i++) {
        key_read_str(&r, &b);
        buf_char(&b, 0);
    }
    for (size_t i = 0; i < sizeof f->form->one_members / sizeof *f->form->one_members; i++) {
        if (f->form->one_members[i])
            buf_str(&b, json_member_text(f->tree, f->form->one_members[i]));
        buf_char(&b, 0);
    }
    struct str one = arena_str(a, buf_view(&b));
    buf_release(&b);
    return one;
}

struct check {
    struct world *w;
    struct arena lasting; /* what was mended, until it is written */
    struct map ones;      /* what_is_one of the rows that stay */
    struct found *mended, **last;
};

static void stays(struct check *k, struct arena *a, const struct found *f)
{
    struct str one = what_is_one(a, f);
    if (one.p)
        map_put(&k->ones, one, k);
}

static enum rc goes(struct check *k, const struct found *f, const char *why)
{
    tell(k->w, LOG_WARN, "", f, str_z(why));
    return store_del(k->w->store, f->key);
}

/* A copy that lasts; the tree goes along. */
static void keep(struct check *k, const struct found *f)
{
    struct found *kept = arena_zalloc(&k->lasting, sizeof *kept);
    *kept = *f;
    kept->key = arena_str(&k->lasting, f->key);
    kept->rest = f->form->head ? arena_str(&k->lasting, f->rest) : STR_NONE;
    kept->next = NULL;
    *k->last = kept;
    k->last = &kept->next;
}

static enum rc write(struct check *k, const struct found *f)
{
    struct str one = what_is_one(&k->lasting, f);
    if (one.p && map_get(&k->ones, one))
        return goes(k, f, "of an earlier version goes: another one says the same");
    struct buf text;
    buf_init(&text, STORE_VALUE_MAX);
    json_print(&text, f->tree);
    if (f->form->head) {
        buf_char(&text, '\n');
        buf_str(&text, f->rest);
    }
    enum rc rc = store_put(k->w->store, f->key, buf_view(&text));
    buf_release(&text);
    stays(k, &k->lasting, f);
    tell(k->w, LOG_INFO, "", f, STR("of an earlier version was mended"));
    return rc;
}

/* Writing waits until no cursor is open. */
static enum rc write_mended(struct check *k, enum rc rc)
{
    for (struct found *f = k->mended; f; f = f->next) {
        if (rc == RC_OK)
            rc = f->tree ? write(k, f) : goes(k, f, "of an earlier version goes: it leads nowhere");
        cJSON_Delete(f->tree);
    }
    return rc == RC_OK && store_dirty(k->w->store) ? store_commit(k->w->store) : rc;
}

static enum rc check_row(struct check *k, struct arena *a, struct found *f)
{
    enum stored_mend how = mend(a, f);
    struct str why = how == STORED_GOES ? STR_NONE : wrong_in(a, k->w, f);
    if (why.p)
        tell(k->w, LOG_ERROR, "the state is damaged: ", f,
             arena_printf(a, "%.*s (--data another folder, or remove this one)", STR_ARG(why)));
    if (how == STORED_FINE && !why.p)
        stays(k, a, f);
    if (how != STORED_MENDED || why.p) {
        cJSON_Delete(f->tree);
        f->tree = NULL;
    }
    if (how != STORED_FINE && !why.p)
        keep(k, f);
    return why.p ? RC_BAD : RC_OK;
}

static enum rc check_rows(struct check *k, const struct stored_form *form, struct store_cursor *at)
{
    struct arena a;
    struct found f = {.form = form};
    enum rc rc;
    arena_init(&a);
    while ((rc = store_next(at, &f.key, &f.value)) == RC_OK && (rc = check_row(k, &a, &f)) == RC_OK)
        arena_clear(&a);
    arena_release(&a);
    return rc == RC_END ? RC_OK : rc;
}

static enum rc check_form(struct check *k, const struct stored_form *form)
{
    struct key from, to;
    struct store_cursor *at;
    key_init(&from, form->space);
    key_after(&to, key_view(&from));
    enum rc rc = store_seek(k->w->store, &at, key_view(&from), key_view(&to), false);
    if (rc == RC_OK) {
        rc = check_rows(k, form, at);
        store_cursor_close(at);
    }
    key_release(&from);
    key_release(&to);
    return write_mended(k, rc);
}

enum rc stored_check(struct world *w, const struct stored_form *forms)
{
    enum rc rc = RC_OK;
    for (const struct stored_form *f = forms; rc == RC_OK && f->space; f++) {
        struct check k = {.w = w};
        arena_init(&k.lasting);
        map_init(&k.ones);
        k.last = &k.mended;
        rc = check_form(&k, f);
        map_release(&k.ones);
        arena_release(&k.lasting);
    }
    return rc;
}
