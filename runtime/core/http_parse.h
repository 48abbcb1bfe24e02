/* HTTP/1.1 messages out of bytes that come in any pieces.  http_parse.c is the only file that sees llhttp.
 *
 *   while (in.n)
 *       switch (http_parser_read(p, &in)) {
 *       case HTTP_MORE: ...  all of `in` is used up, the message goes on
 *       case HTTP_DONE: http_parser_request(p, &arena, &request); ...   `in` begins at the next message
 *       case HTTP_BAD:  ... http_parser_fault(p) ...                    the bytes after it mean nothing
 *       }
 *
 * What lies whole in one read is copied once, into the arena of who asked; only what comes in pieces is
 * collected here.  The owner is whoever made the parser. */
#ifndef CORE_HTTP_PARSE_H
#define CORE_HTTP_PARSE_H

#include "core/http_msg.h"

enum http_parser_kind { HTTP_REQUESTS, HTTP_RESPONSES };
enum http_parse { HTTP_MORE, HTTP_DONE, HTTP_BAD };

/* Bytes.  Headers are counted too: HTTP_FIELDS_MAX of them. */
struct http_parse_limits {
    size_t head, target, body;
};
#define HTTP_FIELDS_MAX 256

struct http_parser;
struct http_parser *http_parser_new(enum http_parser_kind kind, const struct http_parse_limits *limits);
void http_parser_free(struct http_parser *p);

/* Ready for a new connection; frees what was collected. */
void http_parser_reset(struct http_parser *p);

/* Reads on.  After HTTP_DONE the message is there until the next read; after HTTP_BAD the connection is of no
 * more use. */
enum http_parse http_parser_read(struct http_parser *p, struct str *in);

/* The connection has ended: HTTP_DONE for a response whose body goes on to the end, else HTTP_BAD. */
enum http_parse http_parser_end(struct http_parser *p);

/* Where a message stands that is not whole. */
enum http_stage { HTTP_NOTHING, HTTP_IN_HEAD, HTTP_IN_BODY };
enum http_stage http_parser_stage(const struct http_parser *p);

/* True once when the head asks for "100 Continue" and its body has not begun. */
bool http_parser_continue(struct http_parser *p);

/* After HTTP_DONE: may the connection be used again? */
bool http_parser_keep_alive(const struct http_parser *p);

/* After HTTP_DONE: the message, all bytes in the arena; bodies end with a zero that is not counted.  remote
 * and ports are the caller's to fill. */
void http_parser_request(const struct http_parser *p, struct arena *a, struct http_request *out);
void http_parser_response(const struct http_parser *p, struct arena *a, struct http_reply *out);

/* The next response answers a HEAD request: it has no body, whatever its headers say. */
void http_parser_no_body(struct http_parser *p);

/* After HTTP_BAD: the status to answer (400, 413, 414, 417, 431, 501, 505) and why, as static text. */
int http_parser_fault(const struct http_parser *p, const char **why);

#endif
