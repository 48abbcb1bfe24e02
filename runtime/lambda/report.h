/* What Lambda writes about an invocation: START, END and REPORT lines, the handler's own lines, and the
 * events of its begin and end. */
#ifndef LAMBDA_REPORT_H
#define LAMBDA_REPORT_H

#include "dispatch.h"

void report_start(struct flight *x, struct str function);
void report_line(struct flight *x, struct str function, struct str line);

struct report {
    int64_t duration_us, memory_used;
    const char *status; /* "timeout", "error"; NULL: none is printed */
    const char *error_type;
    struct str error; /* the error's JSON; absent: it went well */
};
void report_end(struct flight *x, struct str function, const struct report *r);

/* The last 4 KB that LogType=Tail shows. */
#define REPORT_TAIL 4096
struct str report_tail(const struct buf *tail);

#endif
