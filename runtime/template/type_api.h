/* What REST and HTTP APIs have in common. */
#ifndef TEMPLATE_TYPE_API_H
#define TEMPLATE_TYPE_API_H

#include "types.h"

#define OPENAPI "OpenAPI definitions are not supported by tidepool yet: name routes in the functions' Events"

/* A port of its own, a list for its routes, and its stage as a resource that others may refer to. */
void api_expand(struct template *t, struct resource *r);

/* PutApi's input as far as it is the same for both; `kind`: "REST" or "HTTP". */
struct node *api_input(struct template *t, struct resource *r, const char *kind);

/* REST stages must be named, HTTP APIs have a default. */
struct node *api_stage(struct template *t, const struct resource *r);

/* {RateLimit, BurstLimit}; one of them may be NULL. */
struct node *api_throttle(struct template *t, const struct node *rate, const struct node *burst);

extern const struct removal api_removal;

/* sam_usage_plan.c: what Auth.UsagePlan takes, and the plan and key that it stands for. */
extern const struct prop_row auth_usage_plan_rows[];
void api_expand_usage_plan(struct template *t, struct resource *r);

#endif
