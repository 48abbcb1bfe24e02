/* Lists in pages of 100: the token is the number of what was answered before, opaque to clients. */
#ifndef SNS_PAGE_H
#define SNS_PAGE_H

#include "door/call.h"

struct page_in {
    struct str token, topic_arn; /* topic_arn: ListSubscriptionsByTopic alone */
};

struct page {
    cJSON *list; /* where the page's elements go */
    int64_t from, seen;
};

/* False: the call has its fault (the token is none of ours). */
bool page_begin(struct call *c, struct page *p, struct str token, const char *list);

/* Asked for each element in turn: does it belong to this page? */
bool page_takes(struct page *p);

void page_end(struct call *c, struct page *p); /* adds NextToken when there is more */

#endif
