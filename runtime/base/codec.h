/* Bytes to text and back: hex, base64, percent encoding, UTF-8. */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/arena.h"
#include "base/buf.h"

void codec_hex(struct str in, char *out); /* 2 * in.n characters and a zero */

void codec_base64(struct buf *out, struct str in);

/* Standard alphabet with padding, as AWS's SDKs send it; false when it is not valid. */
bool codec_unbase64(struct buf *out, struct str in);

/* How many bytes a base64 text that is valid stands for. */
size_t codec_unbase64_size(struct str in);

/* %XX for all but A-Z a-z 0-9 - _ . ~ and the bytes in `keep`. */
void codec_percent(struct buf *out, struct str in, const char *keep);

/* %XX back to bytes ('+' to a space when plus is set); a bad escape is copied as it is.  In the arena. */
struct str codec_unpercent(struct arena *a, struct str in, bool plus);

/* The number of bytes of the sequence at p, of which `left` (1 or more) are there, or 0 when it is none.
 * Refuses overlong forms, surrogates and what lies above U+10FFFF (RFC 3629, section 4). */
size_t codec_utf8_step(const unsigned char *p, size_t left);

bool codec_utf8_valid(struct str in);

/* Appends the text with U+FFFD for every byte that is no UTF-8. */
void codec_utf8_mend(struct buf *out, struct str in);

/* The text itself when it is UTF-8; else a copy that is mended, in the arena. */
struct str codec_utf8_mended(struct arena *a, struct str in);

/* Number of UTF-16 code units, in which AWS counts the length of text; -1 when it is not UTF-8. */
long codec_utf16_len(struct str in);

#endif
