/* Worker processes: the nursery forks them, frames go both ways, and nobody is left behind. */
#include "base/clock.h"
#include "base/rc.h"
#include "core/child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ECHO = 1, EXIT, STUCK, BABBLE, FACTS, PAGE };

/* --- the worker's side: answers each frame, ends at the end of the file */

static void send_all(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n <= 0)
            _exit(9);
        s = str_n(s.p + n, s.n - (size_t)n);
    }
}

static void answer(int fd, void *page, struct frame *f)
{
    struct buf out;
    buf_init(&out, 64 << 20);
    size_t at = frame_begin(&out, f->kind);
    switch (f->kind) {
    case ECHO:
        frame_i64(&out, frame_take_i64(f));
        frame_str(&out, frame_take_str(f));
        frame_str(&out, frame_take_str(f));
        break;
    case EXIT:
        _exit((int)frame_take_i64(f));
    case STUCK:
        for (;;)
            pause();
    case BABBLE:
        send_all(fd, STR("\0\0\0\0\0\0\0\0"));
        break;
    case FACTS:
        frame_i64(&out, getpriority(PRIO_PROCESS, 0));
        frame_i64(&out, fcntl(STDERR_FILENO + 1, F_GETFD) < 0 || fd == STDERR_FILENO + 1);
        break;
    case PAGE:
        ((char *)page)[100] = 'w';
        break;
    }
    frame_end(&out, at);
    send_all(fd, buf_view(&out));
    buf_release(&out);
}

static void worker(int fd, void *page)
{
    struct buf in;
    buf_init(&in, 64 << 20);
    for (;;) {
        char *room = buf_room(&in, 65536);
        ssize_t n = read(fd, room, 65536);
        if (n <= 0)
            _exit(0);
        in.n += (size_t)n;
        struct str rest = buf_view(&in);
        struct frame f;
        bool bad;
        while (frame_next(&rest, &f, &bad))
            answer(fd, page, &f);
        buf_drop(&in, in.n - rest.n);
    }
}

/* --- our side */

struct seen {
    int frames, gone, status;
    int64_t number;
    size_t text;
    bool absent;
    int64_t nice, no_files;
};

static void on_frame(struct child *c, struct frame *f)
{
    struct seen *s = child_owner(c);
    s->frames++;
    if (f->kind == ECHO) {
        s->number = frame_take_i64(f);
        s->text = frame_take_str(f).n;
        s->absent = frame_take_str(f).p == NULL;
    }
    if (f->kind == FACTS) {
        s->nice = frame_take_i64(f);
        s->no_files = frame_take_i64(f);
    }
    assert_false(f->bad);
}

static void on_gone(struct child *c, int status)
{
    struct seen *s = child_owner(c);
    s->gone++;
    s->status = status;
}

static const struct child_events events = {on_frame, on_gone};

struct home {
    struct nursery *nursery;
    struct loop *loop;
    struct seen seen;
    struct child *child;
};

static int setup(void **state)
{
    struct home *h = calloc(1, sizeof(*h));
    h->nursery = nursery_start(worker);
    h->loop = loop_new();
    nursery_attach(h->nursery, h->loop);
    h->child = child_spawn(h->nursery, &events, &h->seen);
    *state = h;
    return h->child ? 0 : -1;
}

static int teardown(void **state)
{
    struct home *h = *state;
    nursery_stop(h->nursery);
    loop_free(h->loop);
    free(h);
    return 0;
}

static void say(struct child *c, unsigned kind, int64_t number, struct str text)
{
    struct buf *out = child_out(c);
    size_t at = frame_begin(out, kind);
    frame_i64(out, number);
    frame_str(out, text);
    frame_str(out, STR_NONE);
    assert_true(frame_end(out, at));
}

#define until(h, condition)                                                                                  \
    for (int64_t limit = clock_mono_us() + 120000000; !(condition);) {                                       \
        assert_true(clock_mono_us() < limit);                                                                \
        loop_once((h)->loop, 10);                                                                            \
    }

static void frames_cross_and_fields_keep_their_values(void **state)
{
    struct home *h = *state;
    say(h->child, ECHO, -7, STR("hello"));
    until(h, h->seen.frames == 1);
    assert_int_equal(h->seen.number, -7);
    assert_int_equal(h->seen.text, 5);
    assert_true(h->seen.absent);
    until(h, child_pid(h->child) > 0);
}

static void large_frames_pass_a_full_pipe(void **state)
{
    struct home *h = *state;
    char *big = calloc(1, 8 << 20);
    for (int i = 0; i < 4; i++)
        say(h->child, ECHO, i, str_n(big, 8 << 20));
    free(big);
    until(h, h->seen.frames == 4);
    assert_int_equal(h->seen.number, 3);
    assert_int_equal(h->seen.text, 8 << 20);
}

static void a_worker_that_exits_is_gone_with_its_status(void **state)
{
    struct home *h = *state;
    say(h->child, ECHO, 1, STR("first"));
    say(h->child, EXIT, 3, STR(""));
    until(h, h->seen.gone == 1);
    assert_int_equal(h->seen.frames, 1);
    assert_true(WIFEXITED(h->seen.status));
    assert_int_equal(WEXITSTATUS(h->seen.status), 3);
}

static void a_stuck_worker_is_killed(void **state)
{
    struct home *h = *state;
    say(h->child, STUCK, 0, STR(""));
    loop_once(h->loop, 20);
    child_kill(h->child);
    until(h, h->seen.gone == 1);
    assert_true(WIFSIGNALED(h->seen.status));
    assert_int_equal(WTERMSIG(h->seen.status), SIGKILL);
}

static void a_kill_right_after_the_spawn_works(void **state)
{
    struct home *h = *state;
    child_kill(h->child);
    until(h, h->seen.gone == 1);
    assert_true(WIFSIGNALED(h->seen.status));
}

static void a_retired_worker_ends_what_it_began(void **state)
{
    struct home *h = *state;
    say(h->child, ECHO, 1, STR("last words"));
    child_retire(h->child);
    until(h, h->seen.gone == 1);
    assert_int_equal(h->seen.frames, 1);
    assert_true(WIFEXITED(h->seen.status));
    assert_int_equal(WEXITSTATUS(h->seen.status), 0);
}

static void a_worker_that_talks_nonsense_is_ended(void **state)
{
    struct home *h = *state;
    say(h->child, BABBLE, 0, STR(""));
    until(h, h->seen.gone == 1);
    assert_true(WIFSIGNALED(h->seen.status));
}

static void a_worker_is_nicer_and_has_no_files_of_ours(void **state)
{
    struct home *h = *state;
    say(h->child, FACTS, 0, STR(""));
    until(h, h->seen.frames == 1);
    assert_int_equal(h->seen.nice, 5);
    assert_true(h->seen.no_files);
}

static void the_page_is_shared(void **state)
{
    struct home *h = *state;
    char *page = child_page(h->child);
    assert_int_equal(page[100], 0);
    say(h->child, PAGE, 0, STR(""));
    until(h, h->seen.frames == 1);
    assert_int_equal(page[100], 'w');
}

static void workers_die_with_the_nursery(void **state)
{
    struct home *h = *state;
    say(h->child, ECHO, 1, STR(""));
    until(h, child_pid(h->child) && h->seen.frames);
    pid_t pid = child_pid(h->child);
    nursery_stop(h->nursery);
    h->nursery = NULL;
    for (int i = 0; i < 12000 && kill(pid, 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* --- frames alone */

static void a_frame_in_pieces_waits_until_it_is_whole(void **state)
{
    (void)state;
    struct buf b;
    struct frame f;
    bool bad;
    buf_init(&b, 1000);
    size_t at = frame_begin(&b, 7);
    frame_str(&b, STR("abc"));
    frame_end(&b, at);
    for (size_t n = 0; n < b.n; n++) {
        struct str part = str_n(b.p, n);
        assert_false(frame_next(&part, &f, &bad));
        assert_false(bad);
    }
    struct str whole = buf_view(&b);
    assert_true(frame_next(&whole, &f, &bad));
    assert_int_equal(f.kind, 7);
    assert_int_equal(whole.n, 0);
    assert_true(str_is(frame_take_str(&f), "abc"));
    assert_false(f.bad);
    frame_take_i64(&f);
    assert_true(f.bad);
    buf_release(&b);
}

static void a_frame_that_does_not_fit_leaves_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 20);
    size_t at = frame_begin(&b, 1);
    frame_str(&b, STR("fits"));
    assert_true(frame_end(&b, at));
    size_t n = b.n;
    at = frame_begin(&b, 1);
    frame_str(&b, STR("does not fit any more"));
    assert_false(frame_end(&b, at));
    assert_int_equal(b.n, n);
    assert_false(b.full);
    buf_release(&b);
}

static void lengths_that_cannot_be_are_bad(void **state)
{
    (void)state;
    struct frame f;
    bool bad;
    struct str zero = STR("\0\0\0\0\0"), huge = STR("\xff\xff\xff\xff\x01");
    assert_false(frame_next(&zero, &f, &bad));
    assert_true(bad);
    assert_false(frame_next(&huge, &f, &bad));
    assert_true(bad);
}

#define with_worker(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_in_pieces_waits_until_it_is_whole),
        cmocka_unit_test(a_frame_that_does_not_fit_leaves_nothing),
        cmocka_unit_test(lengths_that_cannot_be_are_bad),
        with_worker(frames_cross_and_fields_keep_their_values),
        with_worker(large_frames_pass_a_full_pipe),
        with_worker(a_worker_that_exits_is_gone_with_its_status),
        with_worker(a_stuck_worker_is_killed),
        with_worker(a_kill_right_after_the_spawn_works),
        with_worker(a_retired_worker_ends_what_it_began),
        with_worker(a_worker_that_talks_nonsense_is_ended),
        with_worker(a_worker_is_nicer_and_has_no_files_of_ours),
        with_worker(the_page_is_shared),
        with_worker(workers_die_with_the_nursery),
    };
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
