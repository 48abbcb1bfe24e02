#include "message_attr.h"
#include "base/codec.h"
#include "base/digest.h"
#include "fault.h"
#include "text.h"
#include <ctype.h>
#include <stdlib.h>

#define MAX_ATTRIBUTES 10

static const struct shape_row text_element[] = {OUT(SHAPE_STR, "StringListValue"), SHAPE_END};
static const struct shape_row blob_element[] = {OUT(SHAPE_BLOB, "BinaryListValue"), SHAPE_END};
static const struct shape_row value_rows[] = {
    OUT(SHAPE_STR, "StringValue"),
    OUT(SHAPE_BLOB, "BinaryValue"),
    OUT(SHAPE_LIST, "StringListValues", .flags = SHAPE_FLAT, .of = text_element, .wire = "StringListValue"),
    OUT(SHAPE_LIST, "BinaryListValues", .flags = SHAPE_FLAT, .of = blob_element, .wire = "BinaryListValue"),
    OUT(SHAPE_STR, "DataType"),
    SHAPE_END,
};
const struct shape_row message_attr_value[] = {OUT(SHAPE_STRUCT, "Value", .of = value_rows), SHAPE_END};

static struct str text_of(const cJSON *attr, const char *name)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(attr, name));
}

static bool is_binary(const cJSON *attr)
{
    return str_starts(text_of(attr, "DataType"), STR("Binary"));
}

/* "Number" or "Number.anything" for `kind` "Number". */
static bool is_kind(struct str type, const char *kind)
{
    struct str k = str_z(kind);
    return str_starts(type, k) && (type.n == k.n || type.p[k.n] == '.');
}

static bool wrong(struct call *c, const char *fmt, const char *name)
{
    char text[600];
    snprintf(text, sizeof(text), fmt, name);
    call_fail(c, &sqs_invalid_parameter_value, "%s", text);
    return false;
}

/* Letters, digits, '_', '-', '.'.  The guide names those of ASCII; AWS takes accented Latin letters (U+00C0
 * to U+017F, in UTF-8 C3 80 to C5 BF) as well. */
static bool name_chars_fit(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i], next = i + 1 < name.n ? (unsigned char)name.p[i + 1] : 0;
        if (c >= 0xC3 && c <= 0xC5 && (next & 0xC0) == 0x80)
            i++;
        else if (!isascii(c) || (!isalnum(c) && c != '_' && c != '-' && c != '.'))
            return false;
    }
    return true;
}

/* "Message attribute components" in the SQS developer guide, in the words of the service. */
static bool check_name(struct call *c, const char *text)
{
    struct str name = str_z(text);
    const char *why = NULL;
    if (!name.n)
        why = "The request must contain non-empty message (user) attribute names.";
    else if (name.n > 256)
        why = "Message (user) attribute name must be shorter than 256 bytes.";
    else if (str_ieq(str_sub(name, 0, 4), STR("aws.")) || str_ieq(str_sub(name, 0, 7), STR("amazon.")))
        why = "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are "
              "reserved for internal use.";
    else if (str_starts(name, STR(".")))
        why = "Message (user) attribute name must not begin with character '.'.";
    else if (str_ends(name, STR(".")))
        why = "Message (user) attribute name must not end with character '.'.";
    else if (str_search(name, STR("..")) >= 0)
        why = "Message (user) attribute name must not have successive '.' characters.";
    if (why)
        call_fail(c, &sqs_invalid_parameter_value, "%s", why);
    else if (!name_chars_fit(name))
        return wrong(c,
                     "Message (user) attribute name '%s' is invalid. Attribute name can contain A-Z, a-z, "
                     "0-9, underscore (_), hyphen (-), and period (.) characters.",
                     text);
    return !why;
}

static bool check_value(struct call *c, const cJSON *attr, struct str type)
{
    struct str text = text_of(attr, "StringValue"), binary = text_of(attr, "BinaryValue");
    struct str value = is_kind(type, "Binary") ? binary : text;
    if (!value.n) {
        call_fail(c, &sqs_invalid_parameter_value,
                  "Message (user) attribute '%s' must contain a non-empty value of type '%s'.", attr->string,
                  is_kind(type, "Binary") ? "Binary" : "String");
        return false;
    }
    if (text.p && binary.p)
        return wrong(c, "Message (user) attribute '%s' has multiple values.", attr->string);
    if (!is_kind(type, "Binary") && !text_fits(value)) {
        call_fail(c, &sqs_invalid_parameter_value, "%s", sqs_invalid_message_contents.text);
        return false;
    }
    if (is_kind(type, "Number") && !str_is_decimal(value))
        return wrong(c, "Can't cast the value of message (user) attribute '%s' to a number.", attr->string);
    if (binary.p) {
        struct buf b;
        buf_init(&b, 2u << 20);
        bool fits = codec_unbase64(&b, binary);
        buf_release(&b);
        if (!fits)
            return wrong(c, "The value of message (user) attribute '%s' is not valid base64.", attr->string);
    }
    return true;
}

static bool check_one(struct call *c, const cJSON *attr)
{
    struct str type = text_of(attr, "DataType");
    if (!check_name(c, attr->string))
        return false;
    if (!type.n)
        return wrong(c, "The message attribute '%s' must contain a non-empty message attribute type.",
                     attr->string);
    if ((!is_kind(type, "String") && !is_kind(type, "Number") && !is_kind(type, "Binary")) || type.n > 256)
        return wrong(c,
                     "The type of message (user) attribute '%s' is invalid. You must use only the following "
                     "supported type prefixes: Binary, Number, String.",
                     attr->string);
    if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(attr, "StringListValues")) ||
        cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(attr, "BinaryListValues"))) {
        call_fail(c, &sqs_unsupported_operation,
                  "Message attribute list values in SendMessage operation are not supported.");
        return false;
    }
    return check_value(c, attr, type);
}

bool message_attrs_check(struct call *c, const cJSON *attrs)
{
    int n = cJSON_GetArraySize(attrs);
    if (n > MAX_ATTRIBUTES) {
        call_fail(c, &sqs_invalid_parameter_value,
                  "Number of message attributes [%d] exceeds the allowed maximum [%d].", n, MAX_ATTRIBUTES);
        return false;
    }
    const cJSON *attr;
    cJSON_ArrayForEach (attr, attrs)
        if (!check_one(c, attr))
            return false;
    return true;
}

bool message_system_attrs_check(struct call *c, const cJSON *attrs)
{
    const cJSON *attr;
    cJSON_ArrayForEach (attr, attrs) {
        if (strcmp(attr->string, "AWSTraceHeader") != 0)
            return wrong(c, "Message system attribute name '%s' is invalid.", attr->string);
        if (!str_is(text_of(attr, "DataType"), "String"))
            return wrong(c,
                         "The type of message system attribute '%s' is invalid. You must use only: String.",
                         attr->string);
        if (!text_of(attr, "StringValue").n)
            return wrong(c, "Message system attribute '%s' must contain a non-empty value of type 'String'.",
                         attr->string);
    }
    return true;
}

size_t message_attrs_size(const cJSON *attrs)
{
    size_t n = 0;
    const cJSON *attr;
    cJSON_ArrayForEach (attr, attrs)
        n += strlen(attr->string) + text_of(attr, "DataType").n +
             (is_binary(attr) ? codec_unbase64_size(text_of(attr, "BinaryValue"))
                              : text_of(attr, "StringValue").n);
    return n;
}

/* --- digest */

static void add_part(struct buf *b, struct str s)
{
    unsigned char n[4] = {(unsigned char)(s.n >> 24), (unsigned char)(s.n >> 16), (unsigned char)(s.n >> 8),
                          (unsigned char)s.n};
    buf_add(b, n, 4);
    buf_str(b, s);
}

static void add_attr(struct buf *b, const cJSON *attr)
{
    add_part(b, str_z(attr->string));
    add_part(b, text_of(attr, "DataType"));
    if (!is_binary(attr)) {
        buf_char(b, 1);
        add_part(b, text_of(attr, "StringValue"));
        return;
    }
    struct buf bytes;
    buf_init(&bytes, 2u << 20);
    codec_unbase64(&bytes, text_of(attr, "BinaryValue"));
    buf_char(b, 2);
    add_part(b, buf_view(&bytes));
    buf_release(&bytes);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

void message_attrs_md5(const cJSON *attrs, char out[33])
{
    const cJSON *sorted[MAX_ATTRIBUTES], *attr;
    size_t n = 0;
    cJSON_ArrayForEach (attr, attrs)
        if (n < MAX_ATTRIBUTES)
            sorted[n++] = attr;
    qsort(sorted, n, sizeof(*sorted), by_name);
    struct buf b;
    buf_init(&b, 4u << 20);
    for (size_t i = 0; i < n; i++)
        add_attr(&b, sorted[i]);
    digest_md5_hex(buf_view(&b), out);
    buf_release(&b);
}

/* --- picking */

static bool asked_for(const char *name, const cJSON *names)
{
    const cJSON *e;
    cJSON_ArrayForEach (e, names) {
        struct str want = json_text(e);
        if (str_is(want, "All") || str_is(want, "*") || str_is(want, name))
            return true;
        if (str_ends(want, STR(".*")) && str_starts(str_z(name), str_n(want.p, want.n - 2)))
            return true;
    }
    return false;
}

cJSON *message_attrs_pick(const cJSON *attrs, const cJSON *names)
{
    cJSON *picked = NULL;
    const cJSON *attr;
    cJSON_ArrayForEach (attr, attrs) {
        if (!asked_for(attr->string, names))
            continue;
        if (!picked)
            picked = cJSON_CreateObject();
        cJSON_AddItemToObject(picked, attr->string, json_copy(attr));
    }
    return picked;
}
