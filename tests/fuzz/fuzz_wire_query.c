/* Any bytes as a request to the AWS endpoint, in each protocol: every one is answered once, with a known
 * status, and what is said to be JSON or XML is. */
#include "aws/face.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/rc.h"
#include "door/door.h"
#include "sns/sns.h"
#include "sqs/sqs.h"
#include "store/store.h"
#include "sts/sts.h"
#include <stdlib.h>

static const struct service *const services[] = {&sqs_service, &sns_service, &sts_service, NULL};

#define REQUESTS_PER_WORLD 2000

struct endpoint {
    struct world *world;
    struct aws_face *face;
    int asked, answers;
};

static void open_world(struct endpoint *e)
{
    struct store *store;
    if (store_open(&store, NULL, 0, NULL) != RC_OK)
        BUG("no store");
    e->world = world_new(&(struct world_setup){.store = store, .services = services, .seed = 1});
    clock_freeze(&e->world->clock);
    e->face = aws_face_new(e->world);
    e->asked = 0;
}

static void close_world(struct endpoint *e)
{
    aws_face_free(e->face);
    world_free(e->world);
}

static void check_json(struct str body)
{
    cJSON *tree = json_tree(body);
    if (!tree)
        BUG("no JSON: %.*s", STR_ARG(body));
    cJSON_Delete(tree);
}

/* What every answer in XML ends with. */
static void check_xml(struct str body)
{
    if (!str_ends(body, STR("Response>")) && !str_is(body, "<UnknownOperationException/>"))
        BUG("no XML: %.*s", STR_ARG(body));
}

static void answered(void *asker, const struct http_reply *reply)
{
    struct endpoint *e = asker;
    e->answers++;
    struct str type = http_header_get(&reply->headers, "content-type");
    if (reply->status < 200 || reply->status > 599)
        BUG("status %d", reply->status);
    if (!codec_utf8_valid(reply->body))
        BUG("no UTF-8: %.*s", STR_ARG(reply->body));
    if (str_search(type, STR("json")) >= 0 && reply->body.n)
        check_json(reply->body);
    else if (str_is(type, "text/xml"))
        check_xml(reply->body);
}

static void ask(struct endpoint *e, struct http_request *r)
{
    e->answers = 0;
    struct call *c = aws_face_ask(e->face, r, answered, e);
    turn_run(e->world->turn);
    if (!e->answers) { /* a long poll: its client goes */
        call_cancel(c);
        turn_run(e->world->turn);
    }
    if (e->answers != 1)
        BUG("answered %d times", e->answers);
}

/* The first byte says the protocol; JSON and REST have their target or path before a newline. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct endpoint e;
    struct arena a;
    struct str body = str_n(data, size);
    if (!size)
        return 0;
    if (!e.world)
        open_world(&e);
    arena_init(&a);
    struct http_request r = {.method = STR("POST"), .path = STR("/"), .query = STR_NONE};
    char kind = body.p[0];
    body = str_sub(body, 1, size);
    if (kind == 'j' || kind == 'r') {
        struct str head = str_cut(&body, '\n');
        body = body.p ? body : STR("");
        if (kind == 'j')
            http_header_add(&r.headers, &a, STR("X-Amz-Target"), head);
        else
            r.path = head;
    } else if (kind == 'g') {
        r.method = STR("GET");
        r.query = body;
        body = STR("");
    }
    r.body = body;
    r.target = r.path;
    ask(&e, &r);
    arena_release(&a);
    if (++e.asked == REQUESTS_PER_WORLD) {
        close_world(&e);
        e.world = NULL;
    }
    return 0;
}
