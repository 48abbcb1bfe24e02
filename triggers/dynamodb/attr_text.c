/* Values to their canonical JSON text, and back. */
#include "attr_inside.h"

#include "base/codec.h"
#include "base/json.h"

/* --- from text that we wrote ourselves: nothing is checked but its form */

static const struct attr *value_from_text(struct json_reader *r);

static void *grown(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return old;
    *cap = *cap ? *cap * 2 : 8;
    void *p = arena_alloc(a, *cap * size);
    if (n)
        memcpy(p, old, n * size);
    return p;
}

static bool set_from_text(struct attr *out, struct json_reader *r)
{
    struct str *set = NULL;
    size_t n = 0, cap = 0;
    bool first = true;
    while (json_element(r, &first)) {
        set = grown(r->arena, set, n, &cap, sizeof *set);
        set[n] = json_string(r);
        if (out->type == ATTR_BS && !attr_unbase64(r->arena, set[n], &set[n]))
            r->bad = true;
        n++;
    }
    out->set = set;
    out->count = (uint32_t)n;
    return !r->bad;
}

static bool list_from_text(struct attr *out, struct json_reader *r)
{
    const struct attr **list = NULL;
    size_t n = 0, cap = 0;
    bool first = true;
    while (json_element(r, &first)) {
        list = grown(r->arena, list, n, &cap, sizeof *list);
        if (!(list[n++] = value_from_text(r)))
            return false;
    }
    out->list = list;
    out->count = (uint32_t)n;
    return !r->bad;
}

static bool map_from_text(struct attr *out, struct json_reader *r)
{
    struct attr_member *map = NULL;
    size_t n = 0, cap = 0;
    bool first = true;
    struct str name;
    while (json_member(r, &first, &name)) {
        map = grown(r->arena, map, n, &cap, sizeof *map);
        map[n].name = name;
        if (!(map[n++].value = value_from_text(r)))
            return false;
    }
    out->map = map;
    out->count = (uint32_t)n;
    return !r->bad;
}

static bool content_from_text(struct attr *out, struct json_reader *r)
{
    switch (out->type) {
    case ATTR_S:
    case ATTR_N:
        out->text = json_string(r);
        return !r->bad;
    case ATTR_B:
        return attr_unbase64(r->arena, json_string(r), &out->text) && !r->bad;
    case ATTR_BOOL:
    case ATTR_NULL:
        out->flag = str_is(json_raw(r), "true");
        return !r->bad;
    case ATTR_L:
        return list_from_text(out, r);
    case ATTR_M:
        return map_from_text(out, r);
    default:
        return set_from_text(out, r);
    }
}

static const struct attr *value_from_text(struct json_reader *r)
{
    struct attr *out = arena_zalloc(r->arena, sizeof *out);
    bool first = true;
    struct str type;
    if (!json_member(r, &first, &type) || !attr_type_of(type, &out->type) || !content_from_text(out, r))
        return NULL;
    return json_member(r, &first, &type) ? NULL : out;
}

const struct attr *attr_map_from_text(struct arena *a, struct str text)
{
    struct json_reader r = json_reader(text, a);
    struct attr *out = arena_zalloc(a, sizeof *out);
    out->type = ATTR_M;
    return map_from_text(out, &r) ? out : NULL;
}

/* --- to text */

static void write_text(enum attr_type t, struct str s, struct buf *out)
{
    if (t == ATTR_S) {
        buf_json(out, s);
        return;
    }
    buf_char(out, '"');
    if (t == ATTR_B)
        codec_base64(out, s);
    else
        buf_str(out, s);
    buf_char(out, '"');
}

static void write_set(const struct attr *v, struct buf *out)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        write_text(attr_element_type(v->type), v->set[i], out);
    }
    buf_char(out, ']');
}

static void write_list(const struct attr *v, struct buf *out)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        attr_write(v->list[i], out);
    }
    buf_char(out, ']');
}

void attr_map_write(const struct attr *v, struct buf *out)
{
    buf_char(out, '{');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        buf_json(out, v->map[i].name);
        buf_char(out, ':');
        attr_write(v->map[i].value, out);
    }
    buf_char(out, '}');
}

void attr_write(const struct attr *v, struct buf *out)
{
    buf_add(out, "{\"", 2);
    buf_z(out, attr_type_name(v->type));
    buf_add(out, "\":", 2);
    switch (v->type) {
    case ATTR_S:
    case ATTR_N:
    case ATTR_B:
        write_text(v->type, v->text, out);
        break;
    case ATTR_BOOL:
    case ATTR_NULL:
        buf_z(out, v->flag ? "true" : "false");
        break;
    case ATTR_L:
        write_list(v, out);
        break;
    case ATTR_M:
        attr_map_write(v, out);
        break;
    default:
        write_set(v, out);
    }
    buf_char(out, '}');
}
