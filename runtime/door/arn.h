/* Amazon Resource Names: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE
 *
 * A thing has one spelling here: there is one partition, "aws", and every part is checked.  So what is read
 * with these is canonical as it stands, and may be a key, and may be compared. */
#ifndef DOOR_ARN_H
#define DOOR_ARN_H

#include "base/arena.h"

struct arn {
    struct str service, region, account, resource; /* views into the text */
};

/* Whole, of partition "aws": service of [a-z0-9-], region of [A-Za-z0-9-] or empty, account of 12 digits or
 * empty (IAM has no regions, S3 neither), a resource.  False: *out is all absent. */
bool arn_parse(struct str text, struct arn *out);

/* As arn_parse, and of this service, with region and account: a queue, a topic, a table, a function. */
bool arn_of_service(struct str text, const char *service, struct arn *out);

/* What the first version took for an ARN, in its one spelling: any partition is ours, and a region that can
 * be none is the one given.  In the arena; absent: it is no ARN. */
struct str arn_mend(struct arena *a, struct str text, struct str region);

/* arn:aws:sqs:us-east-1:000000000000:Shipping, in the arena. */
struct str arn_make(struct arena *a, const char *service, struct str region, struct str account,
                    struct str resource);

#endif
