/* JSON text, fast in both directions: a printer of cJSON trees into a buffer, and a pull reader that walks a
 * text without building a tree.
 *
 * The reader lends what it can from the text and unescapes into the arena only where it must.  It checks the
 * grammar of all that it walks over; after a mistake `bad` is set and every further step says "end", so a
 * walk is checked once, at its end. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include <cjson/cJSON.h>

/* The tree without blanks.  Whole numbers are printed as integers, others with the fewest digits that read
 * back the same; NULL prints null. */
void json_print(struct buf *out, const cJSON *tree);

enum json_kind {
    JSON_END, /* nothing there, or bad */
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

struct json_reader {
    const char *at, *end;
    struct arena *arena; /* for strings with escapes */
    bool bad;
};

struct json_reader json_reader(struct str text, struct arena *a);

/* What kind of value comes next. */
enum json_kind json_peek(struct json_reader *r);

/* Walking an object or an array whose kind was peeked:
 *     bool first = true; struct str name;
 *     while (json_member(r, &first, &name)) ... exactly one value is read ...
 *     while (json_element(r, &first)) ... */
bool json_member(struct json_reader *r, bool *first, struct str *name);
bool json_element(struct json_reader *r, bool *first);

/* Reads one value: a string unescaped, or any value as its text (strings then with quotes and escapes). */
struct str json_string(struct json_reader *r);
struct str json_raw(struct json_reader *r);

/* True when nothing but blanks is left and nothing was bad. */
bool json_done(struct json_reader *r);

/* The whole text as a tree, which is the caller's to delete; NULL: it is not JSON, or a text in it holds
 * U+0000, at which a tree's texts would end.  Several times as fast as cJSON's own parser on long strings. */
cJSON *json_tree(struct str text);

/* Why json_tree gave no object of this text: "is not ...", to go behind its name. */
const char *json_not_object(struct str text);

#endif
