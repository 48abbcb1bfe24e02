/* RESPOND: what a function gave becomes an HTTP answer.
 *
 * The result is read once, without a tree.  Three sets of rules then say whether it will do:
 *   REST        an object of known members only; status 200 where it has none
 *   HTTP, 1.0   an object with a statusCode
 *   HTTP, 2.0   an object with a statusCode; anything else is a 200 with itself as the body, but for an
 * object with an errorMessage (Lambda proxy integrations: "output format", "payload format version") */
#include "base/codec.h"
#include "base/json.h"
#include "exec.h"

struct result {
    bool object;  /* is one */
    bool unknown; /* has a member that is not ours */
    bool bad;     /* a member of ours is of a wrong kind */
    bool failed;  /* has an errorMessage, as the result of a function that failed */
    bool decided; /* has a statusCode, good or bad */
    int status;   /* 0: none */
    struct http_headers headers;
    struct str body;
    bool base64;
};

/* --- reading ------------------------------------------------------------------------------------------ */

/* Texts as they are, booleans as words; numbers too where the rules allow them. */
static bool read_text(struct json_reader *r, bool numbers, struct str *out)
{
    enum json_kind kind = json_peek(r);
    *out = kind == JSON_STRING ? json_string(r) : json_raw(r);
    return kind == JSON_STRING || kind == JSON_TRUE || kind == JSON_FALSE || (numbers && kind == JSON_NUMBER);
}

/* A number, or a text that is one: 200, "201", 204.0.  No answer ends with a 1xx. */
static bool read_status(struct json_reader *r, int *out)
{
    enum json_kind kind = json_peek(r);
    struct str text = kind == JSON_STRING ? json_string(r) : json_raw(r);
    if (kind == JSON_NULL)
        return true;
    if (kind != JSON_STRING && kind != JSON_NUMBER)
        return false;
    if (str_ends(text, STR(".0")))
        text = str_sub(text, 0, text.n - 2);
    int64_t status;
    if (!str_to_i64(text, &status) || status < 200 || status > 599)
        return false;
    *out = (int)status;
    return true;
}

/* True when the value is of this kind, to be walked; any other is skipped, and only null is *good. */
static bool walks(struct json_reader *r, enum json_kind wanted, bool *good)
{
    enum json_kind kind = json_peek(r);
    *good = kind == wanted || kind == JSON_NULL;
    if (kind != wanted)
        json_raw(r);
    return kind == wanted;
}

static bool read_headers(struct json_reader *r, struct arena *a, bool numbers, struct http_headers *into)
{
    bool first = true, good;
    struct str name, value;
    if (!walks(r, JSON_OBJECT, &good))
        return good;
    while (json_member(r, &first, &name)) {
        good = read_text(r, numbers, &value) && good;
        http_header_add(into, a, name, value);
    }
    return good;
}

static bool read_list(struct json_reader *r, struct arena *a, bool numbers, struct str name,
                      struct http_headers *into)
{
    bool first = true, good;
    struct str value;
    if (!walks(r, JSON_ARRAY, &good))
        return false;
    while (json_element(r, &first)) {
        good = read_text(r, numbers, &value) && good;
        http_header_add(into, a, name, value);
    }
    return good;
}

/* A list of values for each name. */
static bool read_lists(struct json_reader *r, struct arena *a, bool numbers, struct http_headers *into)
{
    bool first = true, good;
    struct str name;
    if (!walks(r, JSON_OBJECT, &good))
        return good;
    while (json_member(r, &first, &name))
        good = read_list(r, a, numbers, name, into) && good;
    return good;
}

/* Each cookie is a header of its own. */
static bool read_cookies(struct json_reader *r, struct arena *a, struct http_headers *into)
{
    return json_peek(r) == JSON_NULL ? json_raw(r).n > 0 : read_list(r, a, false, STR("set-cookie"), into);
}

static bool read_body(struct json_reader *r, struct result *out)
{
    enum json_kind kind = json_peek(r);
    struct str text = kind == JSON_STRING ? json_string(r) : json_raw(r);
    out->body = kind == JSON_STRING ? text : STR("");
    return kind == JSON_STRING || kind == JSON_NULL;
}

static bool read_flag(struct json_reader *r, bool *out)
{
    enum json_kind kind = json_peek(r);
    json_raw(r);
    *out = kind == JSON_TRUE;
    return kind == JSON_TRUE || kind == JSON_FALSE || kind == JSON_NULL;
}

struct reading {
    struct json_reader r;
    struct arena *a;
    bool rest, version2;
    struct http_headers single, multi; /* in the answer the multi-valued come first */
};

static bool read_member(struct reading *in, struct str name, struct result *out)
{
    bool numbers = !in->rest;
    if (str_is(name, "statusCode")) {
        out->decided = json_peek(&in->r) != JSON_NULL;
        return read_status(&in->r, &out->status);
    }
    if (str_is(name, "headers"))
        return read_headers(&in->r, in->a, numbers, &in->single);
    if (str_is(name, "body"))
        return read_body(&in->r, out);
    if (str_is(name, "isBase64Encoded"))
        return read_flag(&in->r, &out->base64);
    if (!in->version2 && str_is(name, "multiValueHeaders"))
        return read_lists(&in->r, in->a, numbers, &in->multi);
    if (in->version2 && str_is(name, "cookies"))
        return read_cookies(&in->r, in->a, &in->multi);
    json_raw(&in->r);
    out->unknown = true;
    out->failed = out->failed || str_is(name, "errorMessage");
    return true;
}

static bool has_pair(const struct http_headers *h, const struct http_header *pair)
{
    for (size_t i = 0; i < h->n; i++)
        if (str_ieq(h->list[i].name, pair->name) && str_eq(h->list[i].value, pair->value))
            return true;
    return false;
}

/* A pair that is in both maps is sent once. */
static void merge_headers(const struct reading *in, struct http_headers *out)
{
    *out = in->multi;
    for (size_t i = 0; i < in->single.n; i++)
        if (!has_pair(&in->multi, &in->single.list[i]))
            http_header_add(out, in->a, in->single.list[i].name, in->single.list[i].value);
}

static void read_result(const struct exec *x, struct arena *a, struct str json, struct result *out)
{
    struct reading in = {.r = json_reader(json, a), .a = a, .rest = x->api->rest};
    in.version2 = !x->api->rest && x->route->format == 2;
    *out = (struct result){.body = STR("")};
    out->object = json_peek(&in.r) == JSON_OBJECT;
    if (!out->object)
        return;
    bool first = true;
    struct str name;
    while (json_member(&in.r, &first, &name)) {
        if (!read_member(&in, name, out))
            out->bad = true;
    }
    out->object = json_done(&in.r);
    merge_headers(&in, &out->headers);
}

/* --- writing ------------------------------------------------------------------------------------------ */

/* Names that are the gateway's own on a REST API: what a function sends under them goes out renamed. */
static bool is_remapped(struct str name)
{
    static const struct str names[] = {
        STR_INIT("authorization"),
        STR_INIT("connection"),
        STR_INIT("content-length"),
        STR_INIT("content-md5"),
        STR_INIT("date"),
        STR_INIT("host"),
        STR_INIT("server"),
        STR_INIT("upgrade"),
        STR_INIT("user-agent"),
        STR_INIT("via"),
        STR_INIT("www-authenticate"),
    };
    return str_ieq_any(name, names, sizeof names / sizeof *names);
}

static void write_headers(struct exec *x, const struct http_headers *h)
{
    for (size_t i = 0; i < h->n; i++) {
        struct str name = h->list[i].name;
        if (str_ieq(name, STR("transfer-encoding")))
            continue;
        if (x->api->rest && is_remapped(name))
            name = arena_printf(&x->call->arena, "x-amzn-Remapped-%.*s", STR_ARG(name));
        exec_header(x, name, h->list[i].value);
    }
}

/* Texts that say they are base64 become bytes: always on HTTP APIs, on REST only for who accepts binary. */
static struct str body_bytes(struct exec *x, const struct result *res)
{
    bool wanted = !x->api->rest || exec_is_binary(x, http_header_get(&x->http->headers, "accept"));
    struct str body = res->body;
    struct buf b;
    if (!res->base64 || !wanted)
        return body;
    buf_init(&b, 16u << 20);
    if (codec_unbase64(&b, body))
        body = arena_str(&x->call->arena, buf_view(&b));
    buf_release(&b);
    return body;
}

static void write_result(struct exec *x, struct result *res)
{
    struct http_reply *reply = &x->in->reply;
    *reply = (struct http_reply){.status = res->status ? res->status : 200, .body = body_bytes(x, res)};
    write_headers(x, &res->headers);
    if (http_header_get(&reply->headers, "content-type").p)
        return;
    if (x->api->rest)
        exec_header(x, STR("Content-Type"), STR("application/json"));
    else if (reply->body.n)
        exec_header(x, STR("Content-Type"), STR("text/plain; charset=utf-8"));
}

/* Format 2.0 without a statusCode: the result itself is the body; a text goes out without its quotes. */
static void write_inferred(struct exec *x, struct str json)
{
    struct json_reader r = json_reader(json, &x->call->arena);
    struct str body = json_peek(&r) == JSON_STRING ? json_string(&r) : json;
    x->in->reply = (struct http_reply){.status = 200, .body = body};
    exec_header(x, STR("content-type"), STR("application/json"));
}

/* --- the rules ---------------------------------------------------------------------------------------- */

static const char *what_is_wrong(const struct exec *x, const struct result *res)
{
    if (!res->object)
        return "the function's answer is not an object";
    if (res->bad)
        return "a member of the function's answer is of the wrong kind";
    if (x->api->rest && res->unknown)
        return "the function's answer has a member that is not statusCode, headers, multiValueHeaders, body "
               "or "
               "isBase64Encoded";
    if (!x->api->rest && !res->status)
        return "the function's answer has no statusCode";
    return NULL;
}

static void respond_result(struct exec *x, struct str json)
{
    struct result res;
    read_result(x, &x->call->arena, json, &res);
    bool infers = !x->api->rest && x->route->format == 2;
    if (infers && !res.decided && !res.failed) {
        write_inferred(x, json);
        return;
    }
    const char *wrong = what_is_wrong(x, &res);
    if (wrong)
        exec_refuse(x, &refuse_bad_answer, "%s", wrong);
    else
        write_result(x, &res);
}

/* The error's own words: {"errorMessage":"...", ...}. */
static struct str error_message(struct exec *x, struct str json)
{
    struct json_reader r = json_reader(json, &x->call->arena);
    struct str name;
    bool first = true, good;
    if (!walks(&r, JSON_OBJECT, &good))
        return STR("");
    while (json_member(&r, &first, &name)) {
        if (str_is(name, "errorMessage") && json_peek(&r) == JSON_STRING)
            return json_string(&r);
        json_raw(&r);
    }
    return STR("");
}

/* The result's bytes move to Handle's call, so that the reply may point into them. */
static struct str take_payload(struct exec *x, struct call *invocation)
{
    struct buf mine = x->call->payload_out;
    x->call->payload_out = invocation->payload_out;
    invocation->payload_out = mine;
    return buf_view(&x->call->payload_out);
}

void respond(struct exec *x, const struct invoke_in *done, struct call *k)
{
    struct str json = take_payload(x, k);
    if (k->fault && k->fault->http == 429)
        exec_refuse(x, &refuse_busy, "the function is throttled: %s", k->fault->code);
    else if (k->fault)
        exec_refuse(x, &refuse_no_function, "%s: %.*s", k->fault->code, STR_ARG(k->fault_text));
    else if (done->function_error.p)
        exec_refuse(x, &refuse_bad_answer, "the function failed: %.*s%s", STR_ARG(error_message(x, json)),
                    done->proxy && done->proxy->body_base64 ? " (event.body is base64: see the content type)"
                                                            : "");
    else
        respond_result(x, json);
}
