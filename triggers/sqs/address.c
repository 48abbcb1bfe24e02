#include "address.h"
#include <ctype.h>
#include <string.h>

/* The last part of a path, cut off. */
static struct str cut_last(struct str *path)
{
    const char *slash = path->n ? memrchr(path->p, '/', path->n) : NULL;
    size_t at = slash ? (size_t)(slash - path->p) + 1 : 0;
    struct str last = str_n(path->p + at, path->n - at);
    *path = str_n(path->p, at > 0 ? at - 1 : 0);
    return last;
}

static bool is_account(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isdigit((unsigned char)s.p[i]))
            return false;
    return s.n == 12;
}

/* us-east-1, and no port or other name behind it */
static bool is_region(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!islower((unsigned char)s.p[i]) && !isdigit((unsigned char)s.p[i]) && s.p[i] != '-')
            return false;
    return s.n > 0 && str_find(s, '-') > 0 && isdigit((unsigned char)s.p[s.n - 1]);
}

/* sqs.REGION.amazonaws.com, REGION.queue.amazonaws.com */
static struct str region_of_host(struct str host)
{
    struct str first = str_cut(&host, '.'), second = host.p ? str_cut(&host, '.') : host;
    if (str_is(first, "sqs") && second.p && is_region(second))
        return second;
    return str_is(second, "queue") && is_region(first) ? first : STR_NONE;
}

/* Cuts the scheme and the host off; false: there is a scheme and nothing that may be a host. */
static bool cut_host(struct str *url, struct str *host)
{
    *host = STR_NONE;
    size_t scheme = str_starts(*url, STR("http://")) ? 7 : str_starts(*url, STR("https://")) ? 8 : 0;
    if (!scheme)
        return true;
    *url = str_sub(*url, scheme, url->n);
    *host = str_cut(url, '/');
    return host->n > 0 && url->p;
}

bool queue_address_read(struct str url, struct queue_address *out)
{
    *out = (struct queue_address){.name = STR_NONE};
    struct str host;
    if (!cut_host(&url, &host))
        return false;
    if (!host.p && str_starts(url, STR("/")))
        url = str_sub(url, 1, url.n);
    out->name = cut_last(&url);
    struct str owner = cut_last(&url);
    if (!out->name.n)
        return false;
    if (!owner.n)
        return !host.p && str_find(out->name, ':') < 0; /* the name alone, and no ARN */
    if (!url.n && str_is(owner, "queue"))
        return true;
    if (!is_account(owner))
        return false;
    out->account = owner;
    out->region = host.p ? region_of_host(host) : STR_NONE;
    if (!url.n)
        return true;
    out->region = cut_last(&url);
    return str_is(url, "queue") && is_region(out->region);
}

bool queue_address_fits(struct str path)
{
    struct queue_address a;
    return path.n > 1 && str_find(str_sub(path, 1, path.n), '/') > 0 && queue_address_read(path, &a);
}
