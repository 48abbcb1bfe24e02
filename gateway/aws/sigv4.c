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

/* What a header says: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=... */
static struct str credential(struct str header)
{
    str_cut(&header, ' '); /* the scheme */
    while (header.p) {
        struct str field = str_trim(str_cut(&header, ','));
        if (str_starts(field, STR("Credential=")))
            return str_sub(field, 11, field.n);
    }
    return STR_NONE;
}

struct sigv4 sigv4_read(const struct http_request *r, struct arena *a)
{
    struct str scope = credential(http_header_get(&r->headers, "authorization"));
    if (!scope.p)
        scope = form_find(r->query, "X-Amz-Credential", a);
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
