#include "wire.h"
#include "aws/form.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include <math.h>
#include <stdlib.h>

static const struct wire_row *const rows[] = {&wire_json, &wire_query, &wire_query_json, &wire_rest_json};

const struct wire_row *wire_row(enum wire wire)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i]->wire & wire)
            return rows[i];
    return NULL;
}

/* Decimal and finite: strtod would take "nan", "0x10" and a space before. */
static bool real(struct str text, double *out)
{
    char z[64];
    if (text.n >= sizeof z || !str_is_decimal(text))
        return false;
    *out = strtod(str_copy(text, z, sizeof z), NULL);
    return isfinite(*out);
}

cJSON *wire_scalar(const struct shape_row *row, struct str text)
{
    double d;
    int64_t n, ms;
    switch (row ? row->type : SHAPE_STR) {
    case SHAPE_INT:
        if (str_to_i64(text, &n))
            return cJSON_CreateNumber((double)n);
        break;
    case SHAPE_REAL:
        if (real(text, &d))
            return cJSON_CreateNumber(d);
        break;
    case SHAPE_BOOL:
        if (str_ieq(text, STR("true")) || str_ieq(text, STR("false")))
            return cJSON_CreateBool(text.n == 4);
        break;
    case SHAPE_TIME:
        if (clock_parse(text, &ms))
            return cJSON_CreateNumber((double)ms / 1000.0);
        break;
    default:
        break;
    }
    return json_new_text(text);
}

void wire_text(struct buf *out, const struct shape_row *row, const cJSON *value)
{
    if (cJSON_IsString(value)) {
        buf_str(out, json_text(value));
    } else if (row && row->type == SHAPE_TIME && cJSON_IsNumber(value)) {
        char iso[CLOCK_ISO_SIZE];
        clock_iso((int64_t)(value->valuedouble * 1000.0), iso);
        buf_z(out, iso);
    } else {
        json_print(out, value);
    }
}

#define FRAMING (64u << 10) /* names, quotes and blanks around what counts */

size_t wire_bytes_max(const struct service *s, unsigned growth)
{
    return growth * (s->request_max ? s->request_max : 1u << 20) + FRAMING;
}

cJSON *wire_object(struct call *c, struct str body, struct wire_fault *why)
{
    struct json_report report;
    if (!body.n)
        return cJSON_CreateObject();
    struct json_limits limits = {wire_bytes_max(c->service, 6), /* each byte as \\u00XX */
                                 c->service->values_max ? c->service->values_max : 20000};
    cJSON *tree = json_tree_within(body, &limits, &report);
    c->zeros = report.zeros;
    bool text = codec_utf8_valid(body);
    if (text && cJSON_IsObject(tree))
        return tree;
    why->row = &fault_serialization;
    if (report.end > JSON_BROKEN) {
        why->row = &fault_too_large;
        why->text = STR_NONE;
        return NULL;
    }
    why->text =
        !text  ? STR("The request body is not UTF-8.")
        : tree ? STR("The request body is not a JSON object.")
               : arena_printf(&c->arena, "The request body is not JSON: see byte %zu of it.", report.at + 1);
    cJSON_Delete(tree);
    return NULL;
}

bool wire_form_fits(const struct form *form, struct wire_fault *why)
{
    why->row = &fault_serialization;
    why->text = form->full ? STR("The request has too many fields.")
                           : STR("The request has a field that is not UTF-8.");
    return !form->full && !form->no_text;
}

const char *wire_name(const struct shape_row *row)
{
    return row->wire ? row->wire : row->name;
}

struct str wire_fault_text(const struct wire_answer *to, const struct wire_fault *f)
{
    return codec_utf8_mended(to->arena, f->text.p ? f->text : str_z(f->row->text ? f->row->text : ""));
}

void wire_header(struct wire_answer *to, const char *name, struct str value)
{
    http_header_add(&to->reply.headers, to->arena, str_z(name), value);
}
