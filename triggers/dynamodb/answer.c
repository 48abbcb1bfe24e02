#include "answer.h"

struct buf *answer_begin(struct call *c)
{
    buf_clear(&c->payload_out);
    buf_char(&c->payload_out, '{');
    return &c->payload_out;
}

enum op_end answer_end(struct call *c)
{
    struct buf *b = &c->payload_out;
    buf_char(b, '}');
    if (b->full)
        return call_broke(c, RC_FULL);
    if (c->from == CALL_NETWORK || c->from == CALL_LUA) {
        c->payload_set = true;
        return OP_DONE;
    }
    struct str text = buf_view(b);
    c->out = json_tree(text);
    buf_clear(b);
    return c->out ? OP_DONE : call_broke(c, RC_BAD);
}

void answer_comma(struct buf *b)
{
    if (b->n && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
        buf_char(b, ',');
}

void answer_member(struct buf *b, const char *name)
{
    answer_comma(b);
    buf_char(b, '"');
    buf_z(b, name);
    buf_add(b, "\":", 2);
}

void answer_text_member(struct buf *b, const char *name, struct str text)
{
    answer_member(b, name);
    buf_json(b, text);
}

void answer_raw_member(struct buf *b, const char *name, struct str json)
{
    answer_member(b, name);
    buf_str(b, json);
}

void answer_int_member(struct buf *b, const char *name, int64_t v)
{
    answer_member(b, name);
    buf_printf(b, "%lld", (long long)v);
}

void answer_attr_member(struct buf *b, const char *name, const struct attr *map)
{
    answer_member(b, name);
    attr_map_write(map, b);
}
