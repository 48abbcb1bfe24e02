#include "tally.h"

#include "store.h"

void tally_note(struct tally *y, struct str key, int items, int64_t bytes)
{
    if (!y->whole && str_cmp(key, buf_view(&y->upto)) >= 0)
        return;
    y->items += items;
    y->bytes += bytes;
}

static void forget(struct tally *y)
{
    y->whole = false;
    y->items = y->bytes = 0;
    buf_clear(&y->upto);
}

void tally_forget(struct table *t)
{
    forget(&t->tally);
    for (size_t i = 0; i < t->index_count; i++)
        forget(&t->indexes[i].tally);
}

/* Counts up to *rows more rows, which are then so many fewer. */
static enum rc count_on(struct call *c, const struct table *t, const struct index *x, struct tally *y,
                        int *rows)
{
    struct store_cursor *at;
    struct str key, value;
    enum rc rc = whole_seek(c->txn, t, x, buf_view(&y->upto), &at);
    if (rc != RC_OK)
        return rc;
    while (*rows > 0 && (rc = store_next(at, &key, &value)) == RC_OK) {
        y->items++;
        y->bytes += (int64_t)stored_read(value).size;
        if (--*rows > 0)
            continue;
        buf_clear(&y->upto);
        buf_str(&y->upto, key);
        buf_char(&y->upto, 0); /* the first key behind it */
    }
    store_cursor_close(at);
    y->whole = rc == RC_END;
    return rc == RC_END ? RC_OK : rc;
}

bool tally_waits(struct call *c, struct table *t, enum op_end *end)
{
    int rows = TALLY_ROWS;
    enum rc rc = t->tally.whole ? RC_OK : count_on(c, t, NULL, &t->tally, &rows);
    bool whole = t->tally.whole;
    for (size_t i = 0; i < t->index_count && rc == RC_OK && whole; i++) {
        struct index *x = &t->indexes[i];
        if (!x->tally.whole)
            rc = count_on(c, t, x, &x->tally, &rows);
        whole = x->tally.whole;
    }
    if (rc == RC_OK && whole)
        return false;
    if (rc != RC_OK)
        tally_forget(t); /* rows were counted beyond the place that is remembered */
    *end = rc == RC_OK ? call_park(c, t->arn, c->now) : call_broke(c, rc);
    return true;
}
