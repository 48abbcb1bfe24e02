#include "apis.h"

static struct str rest_of(struct str path, struct str whole)
{
    return path.p ? str_n(path.p - 1, path.n + 1) : str_sub(whole, whole.n, 0); /* with its slash */
}

static bool by_host(const struct http_request *http, struct handle_in *out)
{
    struct str host = http_header_get(&http->headers, "host");
    if (!host.p)
        return false;
    struct str api = str_cut(&host, '.');
    if (!host.p || !str_starts(host, STR("execute-api.")))
        return false;
    out->api_id = api;
    out->path = http->path;
    out->staged = true;
    return true;
}

static bool by_aws_path(const struct http_request *http, struct handle_in *out)
{
    struct str prefix = STR("/_aws/execute-api/");
    if (!str_starts(http->path, prefix))
        return false;
    struct str path = str_sub(http->path, prefix.n, http->path.n);
    out->api_id = str_cut(&path, '/');
    out->path = rest_of(path, http->path);
    out->staged = true;
    return true;
}

static bool by_user_request(const struct http_request *http, struct handle_in *out)
{
    struct str prefix = STR("/restapis/"), path = str_sub(http->path, prefix.n, http->path.n);
    if (!str_starts(http->path, prefix))
        return false;
    struct str api = str_cut(&path, '/'), stage = path.p ? str_cut(&path, '/') : STR_NONE;
    if (!path.p || !str_is(str_cut(&path, '/'), "_user_request_"))
        return false;
    out->api_id = api;
    out->stage = stage;
    out->path = rest_of(path, http->path);
    return true;
}

bool apis_address(const struct http_request *http, struct handle_in *out)
{
    return by_aws_path(http, out) || by_user_request(http, out) || by_host(http, out);
}
