#include "origin.h"

/* The host of scheme://host:port. */
static struct str origin_host(struct str origin)
{
    ptrdiff_t at = str_search(origin, STR("://"));
    if (at < 0)
        return STR("");
    struct str host = str_sub(origin, (size_t)at + 3, origin.n);
    if (str_starts(host, STR("[")))
        return str_sub(host, 0, (size_t)(str_find(host, ']') + 1));
    return str_cut(&host, ':');
}

bool origin_allowed(const struct http_request *http)
{
    struct str origin = http_header_get(&http->headers, "origin");
    if (!origin.p)
        return true;
    struct str host = origin_host(origin);
    return str_is(host, "localhost") || str_is(host, "127.0.0.1") || str_is(host, "[::1]") ||
           str_ends(host, STR(".localhost"));
}

bool origin_preflight(const struct http_request *http)
{
    return str_is(http->method, "OPTIONS") && http_header_get(&http->headers, "origin").p;
}

void origin_headers(const struct http_request *http, struct http_reply *reply, struct arena *a)
{
    static const struct http_header always[] = {
        {STR_INIT("Access-Control-Expose-Headers"),
         STR_INIT("etag,x-amz-version-id,x-amzn-requestid,x-amzn-errortype,x-amz-crc32,x-amz-function-error,"
                  "x-amz-executed-version,x-amz-log-result")},
        {STR_INIT("Vary"), STR_INIT("Origin")},
    };
    struct str origin = http_header_get(&http->headers, "origin");
    if (!origin.p)
        return;
    http_header_add(&reply->headers, a, STR("Access-Control-Allow-Origin"), origin);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        http_header_add(&reply->headers, a, always[i].name, always[i].value);
    if (!origin_preflight(http))
        return;
    http_header_add(&reply->headers, a, STR("Access-Control-Allow-Methods"),
                    STR("HEAD,GET,PUT,POST,DELETE,OPTIONS,PATCH"));
    struct str asked = http_header_get(&http->headers, "access-control-request-headers");
    if (asked.p)
        http_header_add(&reply->headers, a, STR("Access-Control-Allow-Headers"), asked);
    http_header_add(&reply->headers, a, STR("Access-Control-Max-Age"), STR("600"));
}
