/* A growing run of bytes with a ceiling from birth.
 *
 * What would pass the ceiling is dropped whole and `full` is set; a full buffer takes nothing more until it
 * is cleared.  So a long series of adds is checked once, at its end.  The owner releases it; buf_view lends.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap, max;
    bool full;
};

/* An empty buffer that never holds more than `max` bytes.  Allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);

/* Empty again, memory kept. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_char(struct buf *b, char c);
void buf_z(struct buf *b, const char *z);
void buf_str(struct buf *b, struct str s);
void buf_i64(struct buf *b, int64_t v); /* in decimal */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes; control characters, '"' and '\' are escaped, all else is copied.  An absent
 * string is written as "". */
void buf_json(struct buf *b, struct str s);

/* How many of these bytes, from the first on, stand in a JSON string as they are. */
size_t buf_json_plain(const char *p, size_t n);

/* Text between XML tags: & < > " and the carriage return escaped; a control character, which XML cannot
 * carry, becomes U+FFFD. */
void buf_xml(struct buf *b, struct str s);

/* Room for `n` more bytes to be written at b->p + b->n by the caller, who then adds to b->n; NULL (and full)
 * when the ceiling forbids it. */
char *buf_room(struct buf *b, size_t n);

/* Takes the first `n` bytes away. */
void buf_drop(struct buf *b, size_t n);

/* The bytes, lent until the next change.  Never absent: an empty buffer gives "". */
struct str buf_view(const struct buf *b);

/* The bytes as a zero-ended string, lent (the zero is not counted). */
const char *buf_zstr(struct buf *b);

#endif
