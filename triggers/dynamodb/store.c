#include "store.h"

struct stored stored_read(struct str v)
{
    const unsigned char *p = (const unsigned char *)v.p;
    if (v.n < 4)
        return (struct stored){0, STR("{}")};
    return (struct stored){p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24,
                           str_sub(v, 4, v.n)};
}

void stored_write(struct buf *out, size_t size, struct str text)
{
    unsigned char head[4] = {(unsigned char)size, (unsigned char)(size >> 8), (unsigned char)(size >> 16),
                             (unsigned char)(size >> 24)};
    buf_add(out, head, sizeof head);
    buf_str(out, text);
}

static void add_scalar(struct key *k, const struct attr *v)
{
    if (v->type != ATTR_N) {
        key_str(k, v->text);
        return;
    }
    unsigned char bytes[NUMBER_KEY_MAX];
    struct number n = attr_number(v);
    key_str(k, str_n(bytes, number_key(&n, bytes)));
}

void range_key(struct key *k, const struct attr *range, bool prefix)
{
    add_scalar(k, range);
    if (prefix)
        key_cut(k, key_view(k).n - 2);
}

/* Spreads partitions evenly, and the same in every run: FNV-1a, then a mix so that all bits count. */
static uint64_t hash_of(struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

static uint64_t hash_of_value(const struct attr *v)
{
    return hash_of(v->text); /* a number's text is canonical */
}

void whole_key(struct key *k, const struct table *t, const struct index *x)
{
    key_init(k, x ? "ddb.entry" : "ddb.item");
    key_u64(k, x ? x->id : t->id);
}

enum rc whole_seek(struct store *s, const struct table *t, const struct index *x, struct str begin,
                   struct store_cursor **at)
{
    struct key from, to;
    whole_key(&from, t, x);
    key_after(&to, key_view(&from));
    enum rc rc = store_seek(s, at, begin.n ? begin : key_view(&from), key_view(&to), false);
    key_release(&from);
    key_release(&to);
    return rc;
}

void partition_key(struct key *k, const struct table *t, const struct index *x, const struct attr *hash)
{
    whole_key(k, t, x);
    key_u64(k, hash_of_value(hash));
    add_scalar(k, hash);
}

void segment_key(struct key *k, uint64_t segment, uint64_t total)
{
    key_u64(k, (uint64_t)(((unsigned __int128)segment << 64) / total));
}

static void add_rest(struct key *k, const struct key_schema *keys, int from, const struct attr *item)
{
    for (int i = from; i < keys->n; i++)
        add_scalar(k, attr_get(item, keys->part[i].name));
}

void item_key(struct key *k, const struct table *t, const struct attr *item)
{
    partition_key(k, t, NULL, attr_get(item, t->keys.part[0].name));
    add_rest(k, &t->keys, 1, item);
}

void entry_key(struct key *k, const struct table *t, const struct index *x, const struct attr *item)
{
    partition_key(k, t, x, attr_get(item, x->keys.part[0].name));
    add_rest(k, &x->keys, 1, item);
    add_rest(k, &t->keys, 0, item);
}

void records_key(struct key *k, const struct stream *s)
{
    key_init(k, "ddb.record");
    key_u64(k, s->id);
}

void record_key(struct key *k, const struct stream *s, uint64_t number)
{
    records_key(k, s);
    key_u64(k, number);
}

uint64_t record_number(struct str key)
{
    struct key_reader r;
    uint64_t id = 0, number = 0;
    if (key_read(&r, key, "ddb.record") && key_read_u64(&r, &id))
        key_read_u64(&r, &number);
    return number;
}
