/* Asks the AWS endpoint without a socket: one request in, one answer out, on a world in memory. */
#ifndef TEST_AWS_ASK_H
#define TEST_AWS_ASK_H

#include "aws/face.h"
#include "door/door.h"
#include "store/store.h"

struct aws_test {
    struct world *world;
    struct aws_face *face;
    struct arena arena;
    bool answered;
    int status;
    struct http_headers headers; /* in the arena */
    struct str body;
};

static void aws_test_open(struct aws_test *t, const struct service *const *services)
{
    *t = (struct aws_test){.answered = false};
    struct store *store;
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    t->world = world_new(&(struct world_setup){.store = store, .services = services, .seed = 7});
    assert_non_null(t->world);
    t->face = aws_face_new(t->world);
    arena_init(&t->arena);
}

static void aws_test_close(struct aws_test *t)
{
    aws_face_free(t->face);
    world_free(t->world);
    arena_release(&t->arena);
}

static void aws_test_answered(void *asker, const struct http_reply *reply)
{
    struct aws_test *t = asker;
    assert_false(t->answered);
    t->answered = true;
    t->status = reply->status;
    t->body = arena_str(&t->arena, reply->body);
    for (size_t i = 0; i < reply->headers.n; i++)
        http_header_add(&t->headers, &t->arena, arena_str(&t->arena, reply->headers.list[i].name),
                        arena_str(&t->arena, reply->headers.list[i].value));
}

/* "POST /path?query", headers as "Name: value" ended by NULL. */
static void aws_ask(struct aws_test *t, const char *line, const char *const *headers, const char *body)
{
    struct http_request r = {.target = str_z(line), .body = str_z(body)};
    r.method = str_cut(&r.target, ' ');
    r.query = r.target;
    r.path = str_cut(&r.query, '?');
    for (; headers && *headers; headers++) {
        struct str value = str_z(*headers), name = str_cut(&value, ':');
        http_header_add(&r.headers, &t->arena, name, str_trim(value));
    }
    t->answered = false;
    t->headers = (struct http_headers){.list = NULL};
    aws_face_ask(t->face, &r, aws_test_answered, t);
    turn_run(t->world->turn);
    assert_true(t->answered);
}

/* A header of the last answer, zero-ended; "" without it. */
static const char *aws_header(struct aws_test *t, const char *name)
{
    struct str value = http_header_get(&t->headers, name);
    return value.p ? arena_z(&t->arena, value) : "";
}

#define assert_body(t, z) assert_string_equal(arena_z(&(t)->arena, (t)->body), z)

#endif
