#include "sigv4.h"

#include "form.h"

/* KEY/20261122/us-east-1/sqs/aws4_request */
static struct sigv4 read_scope(struct str scope)
{
    struct sigv4 s = {.access_key = str_cut(&scope, '/')};
    str_cut(&scope, '/'); /* the date */
    s.region = scope.p ? str_cut(&scope, '/') : STR_NONE;
    s.service = scope.p ? str_cut(&scope, '/') : STR_NONE;
    return s;
}

struct sigv4 sigv4_read(const struct http_request *r, struct arena *a)
{
    struct str header = http_header_get(&r->headers, "authorization");
    ptrdiff_t at = str_search(header, STR("Credential="));
    if (header.p && at >= 0) {
        struct str rest = str_sub(header, (size_t)at + 11, header.n);
        return read_scope(str_trim(str_cut(&rest, ',')));
    }
    struct str scope = form_find(r->query, "X-Amz-Credential", a);
    return scope.p ? read_scope(scope) : (struct sigv4){.access_key = STR_NONE};
}

struct str sigv4_account(const struct sigv4 *s)
{
    if (s->access_key.n != 12)
        return STR_NONE;
    for (size_t i = 0; i < 12; i++)
        if (s->access_key.p[i] < '0' || s->access_key.p[i] > '9')
            return STR_NONE;
    return s->access_key;
}
