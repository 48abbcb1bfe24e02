#include "aim.h"

#include "form.h"
#include "wire/rest.h"

static const struct op_row *operation(const struct service *s, struct str name)
{
    for (const struct op_row *const *op = s->ops; *op; op++)
        if (!((*op)->flags & OP_INTERNAL) && str_is(name, (*op)->name))
            return *op;
    return NULL;
}

static bool unknown_operation(struct wire_fault *why, struct arena *a, const struct service *s,
                              struct str name)
{
    why->row = &fault_unknown_operation;
    why->service = s;
    why->text = arena_printf(
        a, "The action %.*s is not valid for this endpoint: %s has no such operation in tidepool.",
        STR_ARG(name), s->name);
    return false;
}

static bool unknown_service(struct wire_fault *why, struct arena *a, struct str name)
{
    why->row = &fault_unknown_operation;
    why->text = arena_printf(a, "tidepool has no service \"%.*s\".", STR_ARG(name));
    return false;
}

/* What Coral says to a Query client; some services have words of their own. */
static bool unknown_action(struct wire_fault *why, struct arena *a, const struct service *s,
                           struct str action, struct str version)
{
    why->row = &fault_unknown_operation;
    why->service = s;
    version = version.n ? version : STR("NO_VERSION_SPECIFIED");
    why->text = s->unknown_action ? s->unknown_action(a, action)
                                  : arena_printf(a, "Could not find operation %.*s for version %.*s",
                                                 STR_ARG(action), STR_ARG(version));
    return false;
}

/* Several rows may share one target or name: an operation may live in any of them. */
static bool find_target(const struct world *w, struct str target, struct arena *a, struct aim *out,
                        struct wire_fault *why)
{
    size_t dot = target.n;
    while (dot > 0 && target.p[dot - 1] != '.')
        dot--;
    struct str prefix = str_sub(target, 0, dot ? dot - 1 : 0), name = str_sub(target, dot, target.n);
    const struct service *seen = NULL;
    for (const struct service *const *s = w->services; *s; s++) {
        if (!(*s)->target || !str_is(prefix, (*s)->target))
            continue;
        seen = *s;
        out->op = operation(seen, name);
        if (out->op) {
            out->service = seen;
            return true;
        }
    }
    return seen ? unknown_operation(why, a, seen, name) : unknown_service(why, a, prefix);
}

static bool find_rest(const struct world *w, const struct http_request *http, struct str service,
                      struct aim *out)
{
    for (const struct service *const *s = w->services; *s; s++) {
        if (!((*s)->wires & WIRE_REST_JSON) || (service.p && !str_is(service, (*s)->name)))
            continue;
        for (const struct op_row *const *op = (*s)->ops; *op; op++) {
            if (((*op)->flags & OP_INTERNAL) || !rest_fits(*op, http))
                continue;
            out->service = *s, out->op = *op;
            return true;
        }
    }
    return false;
}

/* Does the service answer to what the request says: the signer's name, or the version of its API?  A request
 * that says neither (an UnsubscribeURL) is for whoever has the action. */
static bool is_asked(const struct service *s, struct str service, struct str version, struct str action)
{
    if (service.p)
        return str_is(service, s->name);
    return version.p ? s->version && str_is(version, s->version) : operation(s, action) != NULL;
}

static bool find_action(const struct world *w, struct str service, bool at_resource, struct str action,
                        struct str version, struct arena *a, struct aim *out, struct wire_fault *why)
{
    const struct service *seen = NULL;
    for (const struct service *const *s = w->services; *s; s++) {
        if (!((*s)->wires & WIRE_QUERY) || !is_asked(*s, service, version, action))
            continue;
        seen = *s;
        out->op = operation(seen, action);
        if (out->op && (out->op->flags & OP_AT_ROOT) && at_resource)
            break;
        if (out->op) {
            out->service = seen;
            return true;
        }
    }
    return seen ? unknown_action(why, a, seen, action, version)
                : unknown_service(why, a, service.p ? service : version);
}

/* The first label of the host where it is a service: sqs.us-east-1.localhost:4566. */
static struct str host_service(const struct world *w, const struct http_request *http)
{
    struct str host = http_header_get(&http->headers, "host");
    struct str label = host.p ? str_cut(&host, '.') : host;
    return host.p && world_service(w, label) ? label : STR_NONE;
}

/* The service one of whose resources has this path, where nothing is signed: a queue's own URL. */
static const struct service *path_owner(const struct world *w, struct str path)
{
    for (const struct service *const *s = w->services; *s; s++)
        if ((*s)->owns_path && (*s)->owns_path(path))
            return *s;
    return NULL;
}

static bool accepts_json(const struct http_request *http)
{
    return str_starts(http_header_get(&http->headers, "accept"), STR("application/json"));
}

static struct str action_of(const struct http_request *http, struct str *from, struct arena *a)
{
    *from = http->body;
    struct str action = form_find(*from, "Action", a);
    if (action.p)
        return action;
    *from = http->query;
    return form_find(*from, "Action", a);
}

/* Services whose clients read XML alone: what there is not is told them in XML. */
static bool speaks_xml(struct str service)
{
    return str_is(service, "s3") || str_is(service, "route53") || str_is(service, "cloudfront");
}

static bool nothing_meant(const struct http_request *http, struct arena *a, const struct service *known,
                          struct aim *out, struct wire_fault *why)
{
    why->service = known;
    if (known && (known->wires & WIRE_QUERY)) {
        out->wire = wire_row(out->protocol = WIRE_QUERY);
        why->row = &fault_no_operation;
        return false;
    }
    why->row = &fault_unknown_operation;
    why->text = arena_printf(a, "Unable to determine service and operation of %.*s %.*s.",
                             STR_ARG(http->method), STR_ARG(http->path));
    return false;
}

bool aim_find(const struct world *w, const struct http_request *http, const struct sigv4 *signer,
              struct arena *a, struct aim *out, struct wire_fault *why)
{
    struct str target = http_header_get(&http->headers, "x-amz-target");
    if (target.p) {
        out->wire = wire_row(out->protocol = WIRE_JSON10);
        return find_target(w, target, a, out, why);
    }
    struct str service = signer->service.p ? signer->service : host_service(w, http);
    const struct service *owner = path_owner(w, http->path);
    if (!service.p && owner)
        service = str_z(owner->name);
    const struct service *known = service.p ? world_service(w, service) : NULL;
    out->wire = wire_row(out->protocol = WIRE_REST_JSON);
    if (find_rest(w, http, service, out))
        return true;
    /* API Gateway's two services sign with one name, so among REST services the path may decide alone. */
    if (known && (known->wires & WIRE_REST_JSON) && find_rest(w, http, STR_NONE, out))
        return true;

    struct str from, action = action_of(http, &from, a);
    if (action.p || speaks_xml(service))
        out->wire = wire_row(out->protocol = accepts_json(http) && action.p ? WIRE_QUERY_JSON : WIRE_QUERY);
    if (action.p)
        return find_action(w, service, owner && owner == known, action, form_find(from, "Version", a), a, out,
                           why);
    return service.p && !known ? unknown_service(why, a, service) : nothing_meant(http, a, known, out, why);
}
