/* Amazon Resource Names: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE */
#ifndef DOOR_ARN_H
#define DOOR_ARN_H

#include "base/arena.h"

struct arn {
    struct str partition, service, region, account, resource; /* views into the text */
};

bool arn_parse(struct str text, struct arn *out);

/* arn:aws:sqs:us-east-1:000000000000:Shipping, in the arena. */
struct str arn_make(struct arena *a, const char *service, struct str region, struct str account,
                    struct str resource);

#endif
