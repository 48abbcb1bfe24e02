/* What a QueueUrl names: a URL that was handed out, at whatever host, or as much of it as clients write. */
#ifndef SQS_ADDRESS_H
#define SQS_ADDRESS_H

#include "base/str.h"

struct queue_address {
    struct str account, region; /* absent: the caller's */
    struct str name;
};

/* Reads
 *
 *     http(s)://HOST/ACCOUNT/NAME     /ACCOUNT/NAME     ACCOUNT/NAME
 *     NAME                            [http(s)://HOST]/queue/NAME
 *     [http(s)://HOST]/queue/REGION/ACCOUNT/NAME
 *
 * where HOST may be anything; sqs.REGION.* and the older REGION.queue.* name the region, too.  The parts are
 * views into the text.  False: it is none of these. */
bool queue_address_read(struct str url, struct queue_address *out);

/* Is this path of a request a queue's own? */
bool queue_address_fits(struct str path);

#endif
