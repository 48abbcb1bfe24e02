#include "address.h"
#include <ctype.h>
#include <string.h>

/* The last part of a path, cut off. */
static struct str cut_last(struct str *path)
{
    size_t at = path->n;
    while (at > 0 && path->p[at - 1] != '/')
        at--;
    struct str last = str_n(path->p + at, path->n - at);
    *path = str_n(path->p, at > 0 ? at - 1 : 0);
    return last;
}

/* Each request asks it. */
static bool is_account(struct str s)
{
    bool fits = s.n == 12;
    for (size_t i = 0; fits && i < 12; i += 4)
        fits = (unsigned char)(s.p[i] - '0') < 10 && (unsigned char)(s.p[i + 1] - '0') < 10 &&
               (unsigned char)(s.p[i + 2] - '0') < 10 && (unsigned char)(s.p[i + 3] - '0') < 10;
    return fits;
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
    if (str_find(host, '.') < 0)
        return STR_NONE;
    struct str first = str_cut(&host, '.'), second = host.p ? str_cut(&host, '.') : host;
    if (str_is(first, "sqs") && second.p && is_region(second))
        return second;
    return str_is(second, "queue") && is_region(first) ? first : STR_NONE;
}

/* Cuts the scheme and the host off; false: there is a scheme and nothing that may be a host. */
static bool cut_host(struct str *url, struct str *host)
{
    *host = STR_NONE;
    if (url->n < 8 || memcmp(url->p, "http", 4) != 0)
        return true;
    size_t scheme = memcmp(url->p + 4, "://", 3) == 0 ? 7 : memcmp(url->p + 4, "s://", 4) == 0 ? 8 : 0;
    if (!scheme)
        return true;
    const char *end = memchr(url->p + scheme, '/', url->n - scheme);
    if (!end)
        return false;
    *host = str_n(url->p + scheme, (size_t)(end - url->p) - scheme);
    *url = str_n(end + 1, url->n - (size_t)(end + 1 - url->p));
    return host->n > 0;
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
