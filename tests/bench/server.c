/* gateway/http alone with one constant answer: to be held against ceiling.c.   build/bench/server PORT */
#include "http/server.h"
#include <stdio.h>
#include <stdlib.h>

static void hello(void *arg, struct http_exchange *x)
{
    (void)arg;
    struct http_reply r = {.status = 200, .body = STR("{\"message\":\"hello world\"}")};
    http_header_add(&r.headers, http_exchange_arena(x), STR("Content-Type"), STR("application/json"));
    http_exchange_reply(x, &r);
}

int main(int argc, char **argv)
{
    struct loop *l = loop_new();
    enum rc rc;
    int port = argc > 1 ? atoi(argv[1]) : 5199;
    if (!http_server_new(l, "127.0.0.1", port, NULL, hello, NULL, &rc)) {
        fprintf(stderr, "port %d: %s\n", port, rc_text(rc));
        return 2;
    }
    loop_run(l);
    return 0;
}
