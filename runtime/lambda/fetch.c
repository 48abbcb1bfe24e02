#include "fetch.h"
#include "base/codec.h"
#include "core/http_client.h"
#include "model.h"
#include <ctype.h>
#include <stdlib.h>

struct fetch {
    struct world *world;
    struct http_fetch *http;
    void (*ended)(void *arg, const cJSON *out, const char *why);
    void *arg;
};

/* Names in lower case; several of one name are joined. */
static void add_header(cJSON *o, struct str name, struct str value)
{
    struct buf key, text;
    buf_init(&key, 65536);
    buf_init(&text, 1u << 20);
    for (size_t i = 0; i < name.n; i++)
        buf_char(&key, (char)tolower((unsigned char)name.p[i]));
    const cJSON *before = cJSON_GetObjectItemCaseSensitive(o, buf_zstr(&key));
    if (before) {
        buf_str(&text, json_text(before));
        buf_z(&text, ", ");
    }
    buf_str(&text, value);
    cJSON_DeleteItemFromObjectCaseSensitive(o, buf_zstr(&key));
    cJSON_AddStringToObject(o, buf_zstr(&key), buf_zstr(&text));
    buf_release(&key);
    buf_release(&text);
}

static bool is_text(struct str body)
{
    return codec_utf8_valid(body) && str_find(body, 0) < 0;
}

static void add_body(cJSON *o, struct str body)
{
    struct buf text;
    bool plain = is_text(body);
    buf_init(&text, 2 * body.n + 16);
    if (plain)
        buf_str(&text, body);
    else
        codec_base64(&text, body);
    cJSON_AddStringToObject(o, "Body", buf_zstr(&text));
    cJSON_AddBoolToObject(o, "BodyBase64", !plain);
    buf_release(&text);
}

static cJSON *reply_tree(const struct http_reply *r)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "Status", r->status);
    cJSON *headers = cJSON_AddObjectToObject(o, "Headers");
    for (size_t i = 0; i < r->headers.n; i++)
        add_header(headers, r->headers.list[i].name, r->headers.list[i].value);
    add_body(o, r->body);
    return o;
}

static void fetch_free(struct fetch *f)
{
    f->world->busy--;
    free(f);
}

static void done(void *arg, const struct http_fetch_result *r)
{
    struct fetch *f = arg;
    cJSON *out = r->rc == RC_OK ? reply_tree(&r->reply) : NULL;
    f->ended(f->arg, out, out ? NULL : r->why);
    cJSON_Delete(out);
    fetch_free(f);
}

static void add_headers(struct http_headers *h, struct arena *a, const cJSON *in)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, in) {
        if (cJSON_IsString(item))
            http_header_add(h, a, str_z(item->string), json_text(item));
    }
}

/* Plain text, or base64 decoded into `bytes`; false: it is none. */
static bool read_body(const cJSON *in, struct buf *bytes, struct str *body)
{
    *body = tree_str(in, "Body");
    if (!body->p || !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(in, "BodyBase64")))
        return true;
    bool ok = codec_unbase64(bytes, *body);
    *body = buf_view(bytes);
    return ok;
}

static void send(struct fetch *f, const cJSON *in, struct str body)
{
    struct arena a;
    arena_init(&a);
    struct http_fetch_request r = {
        .url = tree_str(in, "Url"),
        .method = tree_str(in, "Method"),
        .body = body,
        .timeout_ms = tree_int(in, "TimeoutMs", 0),
    };
    add_headers(&r.headers, &a, cJSON_GetObjectItemCaseSensitive(in, "Headers"));
    http_header_add(&r.headers, &a, STR(HTTP_BY_HANDLER), STR("1"));
    f->http = http_fetch(f->world->loop, &r, done, f);
    arena_release(&a);
}

struct fetch *fetch_begin(struct world *w, const cJSON *in,
                          void (*ended)(void *arg, const cJSON *out, const char *why), void *arg,
                          const char **refused)
{
    struct buf bytes;
    struct str body;
    buf_init(&bytes, 16u << 20);
    *refused = !w->loop                        ? "there is no network here"
               : !tree_str(in, "Url").n        ? "a request needs a url"
               : !read_body(in, &bytes, &body) ? "the body is not base64"
                                               : NULL;
    struct fetch *f = NULL;
    if (!*refused) {
        f = xcalloc(1, sizeof(*f));
        f->world = w;
        f->ended = ended;
        f->arg = arg;
        w->busy++;
        send(f, in, body);
    }
    buf_release(&bytes);
    return f;
}

void fetch_leave(struct fetch *f)
{
    http_fetch_cancel(f->http);
    fetch_free(f);
}
