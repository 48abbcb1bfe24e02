/* JSON text, fast in both directions: a pull reader that walks a text without building a tree, trees of
 * cJSON's nodes, and a printer of them.
 *
 * The reader lends what it can from the text and unescapes into the arena only where it must.  It checks the
 * grammar of all that it walks over; after a mistake `bad` is set and every further step says "end", so a
 * walk is checked once, at its end.
 *
 * A tree's texts have a length: JSON's texts may hold U+0000, at which a text of C ends.  So a tree is read,
 * copied, compared and printed by the functions here and never by cJSON's, and a text is asked for with
 * json_text.  Names have no length: within a name U+0000 is the two bytes C0 80, which no UTF-8 holds
 * (RFC 3629); names of C are found as ever, and json_name gives the true one. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include <cjson/cJSON.h>

/* The tree without blanks.  Whole numbers are printed as integers, others with the fewest digits that read
 * back the same; NULL prints null. */
void json_print(struct buf *out, const cJSON *tree);

/* The same as a text of C (U+0000 is printed as its escape), which is the caller's to free; never NULL. */
char *json_printed(const cJSON *tree);

/* --- the pull reader --------------------------------------------------------------------------------- */

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
    const char *bad_at;  /* the first mistake */
    bool bad;
    bool zeros; /* a text or name held U+0000 */
};

struct json_reader json_reader(struct str text, struct arena *a);

/* Says that what stands here is no JSON; false. */
bool json_fail(struct json_reader *r);

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

#define JSON_DEPTH_MAX 512 /* containers in one another, of what is read as a whole */

/* --- trees -------------------------------------------------------------------------------------------- */

/* What a tree may cost that is made of somebody else's text. */
struct json_limits {
    size_t bytes, nodes;
};

#define JSON_NODES_MAX 100000 /* are read in 30 to 50 ms on a slow core */

/* How the reading went. */
enum json_end { JSON_FINE, JSON_BROKEN, JSON_TOO_MANY_BYTES, JSON_TOO_MANY_NODES };
struct json_report {
    enum json_end end;
    size_t at;  /* of what was wrong or too much: a byte, from 0 */
    bool zeros; /* some text or name holds U+0000 */
};

/* The whole text as a tree, which is the caller's to delete; NULL: it is not JSON. */
cJSON *json_tree(struct str text);

/* The same of somebody else's text: one of more than JSON_NODES_MAX values is as one that is no JSON. */
cJSON *json_tree_foreign(struct str text);

/* The same within limits; NULL: *report says why. */
cJSON *json_tree_within(struct str text, const struct json_limits *limits, struct json_report *report);

/* A string's text, lent; absent when there is no node or it is no string.  Its length is in valueint, of
 * which cJSON makes no use with strings; one that cJSON itself made has 0 there. */
static inline struct str json_text(const cJSON *node)
{
    if (!node || (node->type & 0xFF) != cJSON_String)
        return STR_NONE;
    return node->valueint ? str_n(node->valuestring, (size_t)node->valueint) : str_z(node->valuestring);
}

/* The text of the member of this name. */
struct str json_member_text(const cJSON *object, const char *name);

/* A member's name, lent, or in the arena when it holds U+0000. */
struct str json_name(struct arena *a, const cJSON *node);

/* A string's node. */
cJSON *json_new_text(struct str text);

/* Adds a member; an absent text adds nothing.  Returns it. */
cJSON *json_add_text(cJSON *object, const char *name, struct str text);

/* Adds a member whose name may hold any bytes. */
void json_add_named(cJSON *object, struct str name, cJSON *value);

/* Does a text or name in it hold U+0000? */
bool json_has_zeros(const cJSON *tree);

/* A copy of the value and all in it, without name and neighbours; NULL of NULL. */
cJSON *json_copy(const cJSON *tree);

/* The same value: the order of members does not count.  NULL equals nothing. */
bool json_equal(const cJSON *a, const cJSON *b);

#endif
