#include "sts.h"
#include "door/call.h"
#include "door/caller.h"

/* GetCallerIdentity: the account, the ARN and the id of whoever signed the request.  Every client is the one
 * user of its account, since there are no others: the access key may be anything, and one of twelve digits is
 * the account. */

static const struct shape_row out[] = {
    OUT(SHAPE_STR, "Arn"),
    OUT(SHAPE_STR, "UserId"),
    OUT(SHAPE_STR, "Account"),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    cJSON *o = call_out(c);
    cJSON_AddStringToObject(o, "UserId", caller_id(&c->arena, c->account).p);
    cJSON_AddStringToObject(o, "Account", arena_z(&c->arena, c->account));
    cJSON_AddStringToObject(o, "Arn", caller_arn(&c->arena, c->account).p);
    return OP_DONE;
}

static const struct op_row get_caller_identity = {.name = "GetCallerIdentity", .run = run, .out = out};

static const struct op_row *const ops[] = {&get_caller_identity, NULL};

const struct service sts_service = {
    .name = "sts",
    .version = "2011-06-15",
    .xmlns = "https://sts.amazonaws.com/doc/2011-06-15/",
    .wires = WIRE_QUERY,
    .ops = ops,
};
