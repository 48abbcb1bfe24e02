/* KEY and THROTTLE: who asks, and how often. */
#include "exec.h"

/* The key that came, where its method wants one: known, enabled, and in a plan of this stage. */
static struct api_key *key_of(struct exec *x, struct member **member, const char **why)
{
    struct str value = http_header_get(&x->http->headers, "x-api-key");
    *why = "API key missing: send header x-api-key";
    struct api_key *k = value.p ? map_get(&x->gateway->keys, value) : NULL;
    if (!k) {
        if (value.p)
            *why = "the API key is not known";
        return NULL;
    }
    *member = api_key_member(k, x->api);
    *why = !k->enabled ? "the API key is disabled" : "the API key is in no usage plan of this stage";
    return k->enabled && *member ? k : NULL;
}

static enum exec_step refuse_bucket(struct exec *x, const struct limit *l, const char *of)
{
    return exec_refuse(x, &refuse_rate, "%s: burst of %g used up; refills %g per second", of, l->burst,
                       l->rate);
}

/* The usage plan's limits come before the stage's own. */
static enum exec_step use_plan(struct exec *x, struct member *m)
{
    const struct plan *p = m->plan;
    bool counted = p->quota.period != QUOTA_NONE;
    if (counted && !quota_left(&p->quota, &m->usage, x->call->now))
        return exec_refuse(x, &refuse_quota, "quota of %lld requests per %s used up",
                           (long long)p->quota.limit, quota_period_name(p->quota.period));
    if (p->limit.set && !rate_take(&m->bucket, &p->limit, x->call->now))
        return refuse_bucket(x, &p->limit, "usage plan");
    if (counted) {
        quota_count(&m->usage);
        gateway_usage_changed(x->gateway);
    }
    return STEP_NEXT;
}

enum exec_step step_key(struct exec *x)
{
    const char *why;
    if (!x->route->key_required)
        return STEP_NEXT;
    x->key = key_of(x, &x->member, &why);
    return x->key ? STEP_NEXT : exec_refuse(x, &refuse_key, "%s", why);
}

enum exec_step step_throttle(struct exec *x)
{
    enum exec_step step = x->member ? use_plan(x, x->member) : STEP_NEXT;
    if (step != STEP_NEXT)
        return step;
    if (x->api->limit.set && !rate_take(&x->route->bucket, &x->api->limit, x->call->now))
        return refuse_bucket(x, &x->api->limit, "stage");
    return STEP_NEXT;
}
