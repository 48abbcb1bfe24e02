/* Wire protocols: bytes into (operation's input) and (answer, fault) into bytes, guided by the shape rows.
 * Services never see a protocol, and a protocol knows no service by name.
 *
 * One row each in wire.c's table. */
#ifndef AWS_WIRE_H
#define AWS_WIRE_H

#include "door/call.h"

/* What an HTTP answer is written into.  The reply's strings live in the arena; its body is what was written
 * to `body`, or where reply.body is set (an answer that is bytes already), that. */
struct wire_answer {
    const struct http_request *http;
    struct arena *arena;
    struct buf *body;
    struct http_reply reply;
};

/* A refusal, of a call or before there is one. */
struct wire_fault {
    const struct fault *row;
    struct str text;               /* absent: the row's */
    const cJSON *extra;            /* more members of the error, or NULL */
    const struct service *service; /* NULL: none was found */
    struct str request_id;
};

struct wire_row {
    enum wire wire;

    /* Fills c->in or c->payload from the request.  False: *why says what cannot be read. */
    bool (*read)(struct call *c, const struct http_request *http, struct wire_fault *why);

    void (*answer)(struct call *c, struct wire_answer *to);
    void (*refuse)(const struct wire_fault *f, struct wire_answer *to);
};

extern const struct wire_row wire_json, wire_query, wire_query_json, wire_rest_json;

/* The row that speaks this protocol. */
const struct wire_row *wire_row(enum wire wire);

/* --- for the rows */

/* A scalar that came as text (form field, label, header), as the tree has it; what does not read stays text,
 * so that the shape check names it. */
cJSON *wire_scalar(const struct shape_row *row, struct str text);

/* The text of a scalar as XML and headers show it (times as ISO 8601), into `out`. */
void wire_text(struct buf *out, const struct shape_row *row, const cJSON *value);

/* Form fields into c->in: how both rows of the Query protocol read. */
bool wire_query_read(struct call *c, const struct http_request *http, struct wire_fault *why);

struct form;

/* False, and says why: a form has more pairs than are read (form.h), or one that is no text. */
bool wire_form_fits(const struct form *form, struct wire_fault *why);

/* The JSON object of a body; NULL and *why when it is none.  An empty body is an empty object. */
cJSON *wire_object(struct call *c, struct str body, struct wire_fault *why);

/* How many bytes a body of this service may have, in a protocol that spells a byte with up to `growth`. */
size_t wire_bytes_max(const struct service *s, unsigned growth);

/* Where a member lies outside of JSON bodies. */
const char *wire_name(const struct shape_row *row);

/* What is wrong, for a person; it may repeat bytes of the request, so it is made UTF-8, as every answer is.
 */
struct str wire_fault_text(const struct wire_answer *to, const struct wire_fault *f);
void wire_header(struct wire_answer *to, const char *name, struct str value);

#endif
