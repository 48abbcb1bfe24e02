/* Resource policies as trees: what AddPermission and RemovePermission do to them in every service that names
 * a label, accounts and actions. */
#ifndef DOOR_POLICY_H
#define DOOR_POLICY_H

#include "door/call.h"

/* The policy's statements as a list: a single statement stands bare in many policies, and some have none. */
cJSON *policy_statements(cJSON *policy);

/* The place of the statement with this label; -1: there is none. */
int policy_find(const cJSON *statements, struct str label);

/* Adds "these accounts may do these actions"; `prefix` is the service's, "SQS:". */
struct policy_grant {
    struct str label, resource;
    const cJSON *accounts, *actions;
    const char *prefix;
};
void policy_allow(struct call *c, cJSON *statements, const struct policy_grant *g);

#endif
