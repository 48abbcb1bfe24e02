/* All that is printed for people leaves through here, and nothing else of the product prints (make check).
 *
 * Requests, handlers and other people's files end up on a developer's terminal: paths, log lines, names,
 * error texts.  What could steer the terminal (titles, the clipboard, the cursor, the direction of text) is
 * shown and not obeyed: C0, DEL, C1 in either form and bidirectional overrides become \u001b, what is no
 * UTF-8 becomes \x9b.  In JSON texts the first form means the same as before.  All other UTF-8 stays.
 *
 * Nothing is allocated.  Thread: any that may write to the stream. */
#ifndef BASE_SAY_H
#define BASE_SAY_H

#include "base/str.h"
#include <stdarg.h>
#include <stdio.h>

/* As fprintf, each argument cleaned: line ends in one are shown too (tabs stay), so nobody forges a line.
 * Escape sequences in the format itself are our colours: they are left out where `to` is no terminal.
 * Conversions: c d i u x X o s f g e with flags, width, precision and h, l, ll, z, j, t; "%.*s" takes exactly
 * that many bytes (STR_ARG), not a text that may end before. */
void say(FILE *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void say_va(FILE *to, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* A line of texts that are cleaned, a blank between them.  For what is printed with each request: no format
 * is read. */
struct say_part {
    struct str text;
    struct str colour; /* the escape sequence before it; absent: none */
    size_t width;      /* filled up to it with blanks */
};
void say_line(FILE *to, bool paint, const struct say_part *parts, size_t n);

/* A text of several lines, cleaned but for its line ends and tabs. */
void say_text(FILE *to, struct str text);

/* The text as `say` would show it, in room[size], cut to fit (and to 4 KB), for what is shown by others:
 * headers. */
struct str say_shown(struct str text, char *room, size_t size);

#endif
