/* Dispatch with real worker processes: nothing is lost, nothing runs twice, and nobody waits for a handler
 * that holds its worker.  The workers here are scripted: the event says what the handler does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/child.h"
#include "core/conf.h"
#include "door/door.h"
#include "door/note.h"
#include "door/trace.h"
#include "lambda/claim.h"
#include "lambda/lambda.h"
#include "lambda/wire.h"
#include "lambda/worker/worker.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- the worker's side: one handler at a time; frames leave when it has nothing to run */

struct script {
    int fd;
    void *page;
    struct buf in, out;
    struct list queue;
    char *code;
    char runs[256], gate[256]; /* a file that gets one byte for each run, one that holds who is to be held */
    bool closed;
};

struct scripted {
    struct list link;
    uint64_t id;
    char *event;
};

static void send_out(struct script *s)
{
    size_t at = 0;
    while (at < s->out.n) {
        ssize_t n = write(s->fd, s->out.p + at, s->out.n - at);
        if (n <= 0)
            _exit(0);
        at += (size_t)n;
    }
    buf_clear(&s->out);
}

static char *copy(struct str text)
{
    char *z = xmalloc(text.n + 1);
    return str_copy(text, z, text.n + 1);
}

static void hear(struct script *s, struct frame *f)
{
    struct arena a;
    arena_init(&a);
    if (f->kind == FRAME_SPEC) {
        struct function_spec spec;
        wire_take_spec(f, &a, &spec);
        s->code = copy(spec.inline_code);
        if (spec.variable_count == 2) {
            str_copy(spec.variables[0].value, s->runs, sizeof(s->runs));
            str_copy(spec.variables[1].value, s->gate, sizeof(s->gate));
        }
    } else if (f->kind == FRAME_INVOKE) {
        struct invocation in;
        wire_take_invocation(f, &a, &in);
        struct scripted *i = xcalloc(1, sizeof(*i));
        i->id = in.id;
        i->event = copy(in.event);
        list_push(&s->queue, &i->link);
        wire_drop_invocation(&in);
    }
    arena_release(&a);
}

static void read_frames(struct script *s)
{
    struct pollfd p = {s->fd, POLLIN, 0};
    while (!s->closed && poll(&p, 1, 0) > 0) {
        char *room = buf_room(&s->in, 65536);
        ssize_t n = read(s->fd, room, 65536);
        s->closed = n <= 0;
        s->in.n += n > 0 ? (size_t)n : 0;
    }
    struct str rest = buf_view(&s->in);
    struct frame f;
    bool bad;
    while (frame_next(&rest, &f, &bad))
        hear(s, &f);
    buf_drop(&s->in, s->in.n - rest.n);
}

static long number(const char *event, const char *name)
{
    const char *at = strstr(event, name);
    return at ? atol(at + strlen(name) + 2) : 0;
}

static void note_run(const struct script *s)
{
    int file = s->runs[0] ? open(s->runs, O_WRONLY | O_APPEND) : -1;
    if (file >= 0 && write(file, ".", 1) == 1)
        close(file);
}

/* Code that never gets as far as a handler. */
static void misbehave(const struct script *s)
{
    if (strcmp(s->code, "broken") == 0) {
        note_run(s);
        _exit(7);
    }
    while (strcmp(s->code, "deaf") == 0)
        pause();
}

/* {"hold":1} holds the worker until the gate is opened; {"exit":n} ends it; the answer is the event, or the
 * code when that is a number. */
static void run(struct script *s, struct scripted *i)
{
    note_run(s);
    wire_put_started(&s->out, &(struct wire_started){i->id, false, 0});
    if (strstr(i->event, "exit"))
        _exit((int)number(i->event, "exit"));
    while (strstr(i->event, "hold") && access(s->gate, F_OK) == 0)
        continue;
    bool numbered = s->code[0] >= '0' && s->code[0] <= '9';
    wire_put_result(
        &s->out, &(struct invocation_result){.id = i->id, .payload = str_z(numbered ? s->code : i->event)});
}

static void worker(int fd, void *page)
{
    struct script s = {.fd = fd, .page = page};
    buf_init(&s.in, 64u << 20);
    buf_init(&s.out, 64u << 20);
    list_init(&s.queue);
    for (;;) {
        read_frames(&s);
        struct list *l = list_shift(&s.queue);
        if (s.code)
            misbehave(&s);
        if (!l) {
            claim_beat(page, 0);
            send_out(&s);
            if (s.closed)
                _exit(0);
            poll(&(struct pollfd){fd, POLLIN, 0}, 1, -1);
            continue;
        }
        struct scripted *i = list_of(l, struct scripted, link);
        claim_beat(page, clock_mono_us());
        if (claim_begin(page, i->id))
            run(&s, i);
        free(i->event);
        free(i);
    }
}

/* --- the world's side */

static const struct service *const services[] = {&lambda_service, NULL};

struct fixture {
    struct conf conf;
    struct nursery *nursery;
    struct loop *loop;
    struct world *w;
    char runs[64], gate[64];
};

static int set_up_with(void **state, void (*run_worker)(int fd, void *page))
{
    struct fixture *x = calloc(1, sizeof(*x));
    struct store *store;
    str_copy(STR("/tmp/tidepool-runs-XXXXXX"), x->runs, sizeof(x->runs));
    str_copy(STR("/tmp/tidepool-gate-XXXXXX"), x->gate, sizeof(x->gate));
    close(mkstemp(x->runs));
    close(mkstemp(x->gate));
    x->nursery = nursery_start(run_worker);
    x->loop = loop_new();
    nursery_attach(x->nursery, x->loop);
    conf_init(&x->conf);
    x->conf.workers = 2;
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    x->w = world_new(&(struct world_setup){
        .loop = x->loop, .nursery = x->nursery, .conf = &x->conf, .store = store, .services = services});
    *state = x;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, worker);
}

static int set_up_lua(void **state)
{
    return set_up_with(state, worker_main);
}

static int tear_down(void **state)
{
    struct fixture *x = *state;
    world_free(x->w);
    nursery_stop(x->nursery);
    loop_free(x->loop);
    conf_release(&x->conf);
    unlink(x->runs);
    unlink(x->gate);
    free(x);
    return 0;
}

static void put_function(struct fixture *x, const char *code, int timeout_s)
{
    struct call *c = door_open(x->w, NULL, "lambda", "PutFunction");
    c->in = cJSON_CreateObject();
    cJSON_AddStringToObject(c->in, "FunctionName", "f");
    cJSON_AddStringToObject(c->in, "Runtime", "lua5.4");
    cJSON_AddStringToObject(c->in, "Handler", "index");
    cJSON_AddStringToObject(c->in, "InlineCode", code);
    cJSON_AddNumberToObject(c->in, "Timeout", timeout_s);
    cJSON *env = cJSON_AddObjectToObject(c->in, "Environment");
    cJSON *variables = cJSON_AddObjectToObject(env, "Variables");
    cJSON_AddStringToObject(variables, "RUNS", x->runs);
    cJSON_AddStringToObject(variables, "GATE", x->gate);
    c = door_wait(c);
    assert_null(c->fault);
    call_free(c);
}

struct shot {
    struct call *call; /* once it has ended */
    int64_t began_us, took_us;
    char event[64];
};

static void hit(struct call *c)
{
    struct shot *s = c->asker;
    s->call = c;
    s->took_us = clock_mono_us() - s->began_us;
}

static void shoot(struct fixture *x, struct shot *s, const char *event)
{
    struct call *c = door_open(x->w, NULL, "lambda", "Invoke");
    c->in = cJSON_Parse("{\"FunctionName\":\"f\"}");
    str_copy(str_z(event), s->event, sizeof(s->event));
    c->payload = str_z(s->event);
    c->asker = s;
    c->on_end = hit;
    s->call = NULL;
    s->began_us = clock_mono_us();
    door_submit(c);
}

static void wait_for(struct fixture *x, struct shot *shots, int n)
{
    for (int i = 0; i < n; i++)
        while (!shots[i].call)
            loop_once(x->loop, 100);
}

static const char *payload(struct shot *s)
{
    return buf_zstr(&s->call->payload_out);
}

static bool failed(const struct shot *s)
{
    return cJSON_GetObjectItem(s->call->out, "FunctionError") != NULL;
}

static void forget(struct shot *shots, int n)
{
    for (int i = 0; i < n; i++)
        call_free(shots[i].call);
}

static long runs(const struct fixture *x)
{
    FILE *file = fopen(x->runs, "r");
    fseek(file, 0, SEEK_END);
    long n = ftell(file);
    fclose(file);
    return n;
}

/* --- tests */

static void test_all_are_answered_once(void **state)
{
    struct fixture *x = *state;
    enum { N = 500 };
    static struct shot shots[N];
    put_function(x, "echo", 900);
    for (int i = 0; i < N; i++) {
        char event[32];
        snprintf(event, sizeof(event), "{\"n\":%d}", i);
        shoot(x, &shots[i], event);
    }
    wait_for(x, shots, N);
    for (int i = 0; i < N; i++)
        assert_string_equal(payload(&shots[i]), shots[i].event);
    assert_int_equal(runs(x), N);
    assert_int_equal(x->w->busy, 0);
    forget(shots, N);
}

static void test_a_stuck_worker_holds_nobody(void **state)
{
    struct fixture *x = *state;
    enum { N = 600 };
    static struct shot shots[N];
    struct shot held, warm[8];
    put_function(x, "echo", 900);
    for (int i = 0; i < 8; i++)
        shoot(x, &warm[i], "{}");
    wait_for(x, warm, 8);
    forget(warm, 8);

    shoot(x, &held, "{\"hold\":1}");
    for (int i = 0; i < N; i++) {
        shoot(x, &shots[i], "{}");
        loop_once(x->loop, 2);
    }
    wait_for(x, shots, N);
    assert_null(held.call);
    for (int i = 0; i < N; i++)
        assert_false(failed(&shots[i]));
    unlink(x->gate);
    wait_for(x, &held, 1);
    assert_false(failed(&held));
    assert_int_equal(runs(x), 8 + N + 1);
    forget(shots, N);
    forget(&held, 1);
}

static void test_all_workers_stuck(void **state)
{
    struct fixture *x = *state;
    struct shot held[3], other;
    put_function(x, "echo", 900);
    for (int i = 0; i < 3; i++)
        shoot(x, &held[i], "{\"hold\":1}");
    while (runs(x) < 3)
        loop_once(x->loop, 5);
    shoot(x, &other, "{}");
    wait_for(x, &other, 1);
    for (int i = 0; i < 3; i++)
        assert_null(held[i].call);
    unlink(x->gate);
    wait_for(x, held, 3);
    assert_int_equal(runs(x), 4);
    forget(held, 3);
    forget(&other, 1);
}

static void test_who_does_not_stop_is_ended_at_its_deadline(void **state)
{
    struct fixture *x = *state;
    struct shot held;
    put_function(x, "echo", 1);
    shoot(x, &held, "{\"hold\":1}");
    wait_for(x, &held, 1);
    assert_true(failed(&held));
    assert_non_null(strstr(payload(&held), "Task timed out after 1.00 seconds"));
    assert_true(held.took_us >= 1000000);
    forget(&held, 1);
}

static void test_a_worker_that_ends_takes_only_what_it_ran(void **state)
{
    struct fixture *x = *state;
    struct shot crash, shots[3];
    put_function(x, "echo", 900);
    shoot(x, &crash, "{\"exit\":3}");
    for (int i = 0; i < 3; i++)
        shoot(x, &shots[i], "{}"); /* to the same worker, before it has ended */
    wait_for(x, &crash, 1);
    wait_for(x, shots, 3);
    char expected[256];
    snprintf(
        expected, sizeof(expected),
        "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: %s Error: Runtime exited with "
        "error: exit status 3\"}",
        crash.call->request_id);
    assert_string_equal(payload(&crash), expected);
    for (int i = 0; i < 3; i++)
        assert_string_equal(payload(&shots[i]), "{}");
    assert_int_equal(runs(x), 4);
    forget(&crash, 1);
    forget(shots, 3);
}

/* As an init that fails on AWS: the invocation for which it was started answers for it. */
static void test_a_worker_that_never_starts(void **state)
{
    struct fixture *x = *state;
    struct shot s;
    put_function(x, "broken", 900);
    shoot(x, &s, "{}");
    wait_for(x, &s, 1);
    assert_true(failed(&s));
    assert_non_null(strstr(payload(&s), "Runtime.ExitError"));
    assert_non_null(strstr(payload(&s), "exit status 7"));
    assert_int_equal(runs(x), 1);
    forget(&s, 1);
}

static void test_what_no_worker_begins_ends_at_its_deadline(void **state)
{
    struct fixture *x = *state;
    struct shot shots[3];
    put_function(x, "deaf", 1);
    for (int i = 0; i < 3; i++)
        shoot(x, &shots[i], "{}");
    wait_for(x, shots, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(failed(&shots[i]));
        assert_non_null(strstr(payload(&shots[i]), "Task timed out after 1.00 seconds"));
        assert_true(shots[i].took_us >= 1000000);
    }
    assert_int_equal(runs(x), 0);
    assert_int_equal(x->w->busy, 0);
    forget(shots, 3);
}

/* The nursery's pid: our only child. */
static pid_t helper(void)
{
    char path[64];
    int pid = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getpid(), (int)getpid());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

/* The limit of processes does not bind root: the rest of this program runs as nobody. */
static int set_up_as_nobody(void **state)
{
    if (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0))
        return -1;
    prctl(PR_SET_DUMPABLE, 1); /* for LeakSanitizer */
    return set_up(state);
}

/* 0: none; else as many as may be. */
static void limit_processes(rlim_t n)
{
    struct rlimit r;
    assert_int_equal(prlimit(helper(), RLIMIT_NPROC, NULL, &r), 0);
    r.rlim_cur = n < r.rlim_max ? n : r.rlim_max;
    assert_int_equal(prlimit(helper(), RLIMIT_NPROC, &r, NULL), 0);
}

static void test_a_worker_that_cannot_be_forked(void **state)
{
    struct fixture *x = *state;
    struct shot shots[2];
    put_function(x, "echo", 900);
    limit_processes(0);
    for (int i = 0; i < 2; i++)
        shoot(x, &shots[i], "{}");
    wait_for(x, shots, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(shots[i].call->fault->code, "ServiceException");
        assert_true(str_is(shots[i].call->fault_text,
                           "No worker process can be started: Resource temporarily unavailable"));
    }
    forget(shots, 2);
    limit_processes(RLIM_INFINITY);
    bool again;
    do { /* it is not tried anew for a second */
        shoot(x, shots, "{}");
        wait_for(x, shots, 1);
        again = shots->call->fault != NULL;
        if (!again)
            assert_string_equal(payload(shots), "{}");
        forget(shots, 1);
    } while (again);
}

static void test_new_code_under_load(void **state)
{
    struct fixture *x = *state;
    enum { N = 400 };
    static struct shot shots[N];
    put_function(x, "1", 900);
    for (int i = 0; i < N; i++) {
        if (i == N / 2)
            put_function(x, "2", 900);
        shoot(x, &shots[i], "{}");
        if (i % 5 == 0)
            loop_once(x->loop, 0);
    }
    wait_for(x, shots, N);
    for (int i = 0; i < N; i++) {
        assert_false(failed(&shots[i]));
        if (i >= N / 2)
            assert_string_equal(payload(&shots[i]), "2");
    }
    assert_int_equal(runs(x), N);
    forget(shots, N);
}

/* Inside one C function for ever, which no Lua hook can interrupt. */
#define FINDER                                                                                               \
    "local text, pattern = string.rep('a', 3000), string.rep('a?', 60) .. 'b' "                              \
    "return function(event) "                                                                                \
    "if event.burn then print('into find') string.find(text, pattern) end "                                  \
    "return event.n end"

/* Whether a handler wrote that line. */
static bool was_printed(const struct fixture *x, const char *line)
{
    struct trace_event e = {0};
    while (trace_next(x->w->trace, e.seq, &e))
        if (e.kind == TRACE_LOG && e.detail.p && strstr(e.detail.p, line))
            return true;
    return false;
}

static void test_string_find_holds_nobody(void **state)
{
    struct fixture *x = *state;
    enum { N = 300 };
    static struct shot shots[N];
    struct shot burner, warm;
    put_function(x, FINDER, 30); /* the burner's deadline, and long enough for the others on a slow machine */
    shoot(x, &warm, "{\"n\":1}");
    wait_for(x, &warm, 1);
    assert_string_equal(payload(&warm), "1");
    forget(&warm, 1);
    shoot(x, &burner, "{\"burn\":1}");
    while (!was_printed(x, "into find")) /* who had begun beside it before that would have to end with it */
        loop_once(x->loop, 1);
    for (int i = 0; i < N; i++) {
        shoot(x, &shots[i], "{\"n\":2}");
        loop_once(x->loop, 2);
    }
    wait_for(x, shots, N);
    wait_for(x, &burner, 1);
    for (int i = 0; i < N; i++)
        assert_string_equal(payload(&shots[i]), "2");
    assert_non_null(strstr(payload(&burner), "Sandbox.Timedout"));
    forget(shots, N);
    forget(&burner, 1);
}

/* Each waits for the next: more than eight of them must run in the workers at once. */
static void test_handlers_that_wait_make_room(void **state)
{
    struct fixture *x = *state;
    struct shot s;
    put_function(x,
                 "return function(event) if event.n == 0 then return 0 end "
                 "local r = aws.lambda.invoke{FunctionName='f', Payload=json.encode({n = event.n - 1})} "
                 "return json.decode(r.Payload) + 1 end",
                 900);
    shoot(x, &s, "{\"n\":40}");
    wait_for(x, &s, 1);
    assert_string_equal(payload(&s), "40");
    forget(&s, 1);
}

/* Handlers that have begun, of all time. */
static int begun(const struct fixture *x)
{
    struct trace_event e = {0};
    int n = 0;
    while (trace_next(x->w->trace, e.seq, &e))
        n += e.kind == TRACE_INVOKE;
    return n;
}

static void test_handlers_that_sleep_make_room(void **state)
{
    struct fixture *x = *state;
    enum { N = 100 };
    static struct shot shots[N];
    clock_freeze(&x->w->clock);
    put_function(x, "return function() time.sleep(200) return 1 end", 900);
    for (int i = 0; i < N; i++)
        shoot(x, &shots[i], "{}");
    while (begun(x) < N) /* nobody wakes meanwhile: they all sleep at once */
        loop_once(x->loop, 5);
    clock_set(&x->w->clock, clock_now_us(&x->w->clock) + 200000);
    note_spread(x->w, STR("tidepool:clock"));
    wait_for(x, shots, N);
    for (int i = 0; i < N; i++)
        assert_string_equal(payload(&shots[i]), "1");
    forget(shots, N);
}

static void test_outgoing_requests(void **state)
{
    struct fixture *x = *state;
    struct shot s;
    put_function(x,
                 "return function(event) local ok, e = pcall(http.request, {url = event.url}) "
                 "return {e.code, e.message} end",
                 5);
    shoot(x, &s, "{\"url\":\"http://127.0.0.1:1/\"}");
    wait_for(x, &s, 1);
    assert_string_equal(payload(&s), "[\"HttpError\",\"connection refused\"]");
    forget(&s, 1);

    /* somebody who never answers: the handler's deadline ends the request too */
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    int silent = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(silent, 1), 0);
    getsockname(silent, (struct sockaddr *)&a, &n);
    char event[64];
    snprintf(event, sizeof(event), "{\"url\":\"http://127.0.0.1:%d/\"}", ntohs(a.sin_port));
    shoot(x, &s, event);
    wait_for(x, &s, 1);
    assert_non_null(strstr(payload(&s), "Task timed out after 5.00 seconds"));
    assert_int_equal(x->w->busy, 0);
    forget(&s, 1);
    close(silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_are_answered_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_stuck_worker_holds_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_workers_stuck, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_does_not_stop_is_ended_at_its_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_worker_that_ends_takes_only_what_it_ran, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_worker_that_never_starts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_no_worker_begins_ends_at_its_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_new_code_under_load, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_string_find_holds_nobody, set_up_lua, tear_down),
        cmocka_unit_test_setup_teardown(test_handlers_that_wait_make_room, set_up_lua, tear_down),
        cmocka_unit_test_setup_teardown(test_handlers_that_sleep_make_room, set_up_lua, tear_down),
        cmocka_unit_test_setup_teardown(test_outgoing_requests, set_up_lua, tear_down),
        cmocka_unit_test_setup_teardown(test_a_worker_that_cannot_be_forked, set_up_as_nobody, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
