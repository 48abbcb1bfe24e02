/* Trees to text. */
#include "base/json.h"

#include "base/rc.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WHOLE_MAX 9007199254740992.0 /* 2^53: beyond it a double no longer holds every integer */

static void print_number(struct buf *out, double d)
{
    if (isnan(d) || isinf(d)) {
        buf_add(out, "null", 4); /* JSON has no word for it */
        return;
    }
    if (d >= -WHOLE_MAX && d <= WHOLE_MAX && d == (double)(int64_t)d && (d != 0 || !signbit(d))) {
        buf_i64(out, (int64_t)d);
        return;
    }
    char text[40];
    snprintf(text, sizeof text, "%.15g", d);
    if (strtod(text, NULL) != d)
        snprintf(text, sizeof text, "%.17g", d);
    buf_z(out, text);
}

/* A name, with U+0000 again where C0 80 stands for it. */
static void print_name(struct buf *out, const cJSON *node)
{
    struct str name = str_z(node->string);
    if (str_find(name, '\xC0') < 0) {
        buf_json(out, name);
        return;
    }
    struct arena a;
    arena_init(&a);
    buf_json(out, json_name(&a, node));
    arena_release(&a);
}

void json_print(struct buf *out, const cJSON *tree)
{
    switch (tree ? tree->type & 0xFF : cJSON_NULL) {
    case cJSON_False:
        buf_add(out, "false", 5);
        return;
    case cJSON_True:
        buf_add(out, "true", 4);
        return;
    case cJSON_Number:
        print_number(out, tree->valuedouble);
        return;
    case cJSON_String:
        buf_json(out, json_text(tree));
        return;
    case cJSON_Array:
        buf_char(out, '[');
        for (const cJSON *at = tree->child; at; at = at->next) {
            json_print(out, at);
            if (at->next)
                buf_char(out, ',');
        }
        buf_char(out, ']');
        return;
    case cJSON_Object:
        buf_char(out, '{');
        for (const cJSON *at = tree->child; at; at = at->next) {
            print_name(out, at);
            buf_char(out, ':');
            json_print(out, at);
            if (at->next)
                buf_char(out, ',');
        }
        buf_char(out, '}');
        return;
    default:
        buf_add(out, "null", 4);
    }
}

char *json_printed(const cJSON *tree)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    json_print(&out, tree);
    buf_zstr(&out); /* ends with a zero */
    return out.p;
}
