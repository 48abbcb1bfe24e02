#include "form.h"

#include "base/codec.h"

static size_t pair_count(struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n && n <= FORM_MAX; i++)
        n += text.p[i] == '&';
    return n;
}

void form_read(struct form *f, struct arena *a, struct str text)
{
    size_t count = pair_count(text);
    *f = (struct form){.full = count > FORM_MAX};
    if (!text.n)
        return;
    f->list = arena_alloc(a, sizeof(*f->list) * (f->full ? FORM_MAX : count));
    while (text.p && f->n < FORM_MAX) {
        struct str value = str_cut(&text, '&');
        if (!value.n)
            continue;
        struct str name = str_cut(&value, '=');
        struct form_pair *pair = &f->list[f->n];
        *pair = (struct form_pair){
            .name = codec_unpercent(a, name, true),
            .value = value.p ? codec_unpercent(a, value, true) : STR(""),
            .place = f->n,
        };
        f->n++;
        f->zeros |= str_find(pair->name, 0) >= 0 || str_find(pair->value, 0) >= 0;
        f->no_text |= !codec_utf8_valid(pair->name) || !codec_utf8_valid(pair->value);
    }
}

struct str form_get(const struct form *f, struct str name)
{
    for (size_t i = 0; i < f->n; i++)
        if (str_eq(f->list[i].name, name))
            return f->list[i].value;
    return STR_NONE;
}

struct str form_find(struct str text, const char *name, struct arena *a)
{
    while (text.p) {
        struct str value = str_cut(&text, '&'), key = str_cut(&value, '=');
        if (str_is(key, name))
            return value.p ? codec_unpercent(a, value, true) : STR("");
    }
    return STR_NONE;
}
