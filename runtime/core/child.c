#include "core/child.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/rc.h"
#include "nursery.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#define READ_SIZE (64u << 10)
#define OUT_MAX (64u << 20)   /* frames that wait for a slow worker */
#define KEEP_BUF (256u << 10) /* a buffer that has grown beyond this is given back when it is empty */

struct nursery {
    pid_t pid;
    int control; /* -1: the helper has gone */
    uv_poll_t *poll;
    struct loop *loop;
    void (*lost)(void *arg); /* NULL: nobody wants to know */
    void *lost_arg;
    uint32_t last_id;
    struct list children; /* struct child.link */
    struct list unsent;   /* struct child.dirty */
    char read[READ_SIZE]; /* shared: a read is used up, or kept in the child's `in`, before the next */
};

/*  A child's life, seen from here:
 *
 *   spawned -> (pid known) -> running -+-> `heard_end`  its last frame was read   -+-> gone() -> freed
 *                                      +-> `ended`      the nursery has reaped it -+
 */
struct child {
    struct list link;
    struct list dirty; /* in nursery.unsent while `out` may hold something */
    struct nursery *nursery;
    const struct child_events *on;
    void *owner;
    uint32_t id;
    pid_t pid;
    int pidfd;  /* -1: not known yet, or the system has none */
    int unborn; /* errno of the fork that failed */
    void *page;
    uv_pipe_t pipe;
    struct buf in;           /* the beginning of a frame that has not arrived whole */
    struct buf out, sending; /* collected; under way in `write` */
    uv_write_t write;
    bool writing, retired, heard_end, ended, closing;
    bool doomed; /* killed before its pid was known */
    uv_shutdown_t shutdown;
    int status;
};

/* --- the end of a child */

static void on_closed(uv_handle_t *h)
{
    struct child *c = h->data;
    buf_release(&c->in);
    buf_release(&c->out);
    buf_release(&c->sending);
    munmap(c->page, CHILD_PAGE);
    free(c);
}

static void child_close(struct child *c)
{
    if (c->closing)
        return;
    c->closing = true;
    list_del(&c->link);
    list_del(&c->dirty);
    if (c->pidfd >= 0)
        close(c->pidfd);
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

/* Whoever wants something of the helper wakes it: it may have been stopped.  It is our child: the pid is its
 * own. */
static void nursery_wake(const struct nursery *n)
{
    if (n->control >= 0)
        kill(n->pid, SIGCONT);
}

static bool child_signal(const struct child *c, int signum)
{
    return c->pidfd >= 0 && syscall(SYS_pidfd_send_signal, c->pidfd, signum, NULL, 0) == 0;
}

void child_abandon(struct child *c)
{
    child_signal(c, SIGCONT); /* or it would not see that we have gone */
    child_close(c);
}

static void gone_when_over(struct child *c)
{
    if (!c->heard_end || !c->ended || c->closing)
        return;
    c->on->gone(c, c->status);
    child_close(c);
}

static void stop_hearing(struct child *c)
{
    uv_read_stop((uv_stream_t *)&c->pipe);
    c->heard_end = true;
    if (!c->ended)
        nursery_wake(c->nursery); /* to reap it */
    gone_when_over(c);
}

/* --- frames in */

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
    (void)hint;
    struct child *c = h->data;
    *b = uv_buf_init(c->nursery->read, READ_SIZE);
}

/* Hands over the whole frames in *in and leaves the rest there; false: the worker talks nonsense. */
static bool hear_frames(struct child *c, struct str *in)
{
    struct frame f;
    bool bad;
    while (frame_next(in, &f, &bad)) {
        c->on->frame(c, &f);
        if (c->closing)
            return true;
    }
    return !bad;
}

static bool hear(struct child *c, struct str bytes)
{
    if (c->in.n == 0) { /* the usual case: whole frames, no copy */
        bool ok = hear_frames(c, &bytes);
        if (ok && !c->closing && bytes.n)
            buf_str(&c->in, bytes);
        return ok;
    }
    buf_str(&c->in, bytes);
    struct str in = buf_view(&c->in);
    bool ok = hear_frames(c, &in);
    if (c->closing)
        return ok;
    buf_drop(&c->in, c->in.n - in.n);
    if (c->in.n == 0 && c->in.cap > KEEP_BUF)
        buf_release(&c->in);
    return ok && !c->in.full;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct child *c = stream->data;
    if (n == 0)
        return;
    if (n < 0) {
        stop_hearing(c);
        return;
    }
    if (!hear(c, str_n(b->base, (size_t)n))) {
        child_kill(c);
        stop_hearing(c);
    }
}

/* --- frames out */

static void finish_retiring(struct child *c);

static void on_written(uv_write_t *w, int status)
{
    struct child *c = w->data;
    c->writing = false;
    if (c->sending.cap > KEEP_BUF)
        buf_release(&c->sending);
    else
        buf_clear(&c->sending);
    if (status == 0 && !c->closing)
        child_flush(c);
}

/* What the socket does not take at once is moved aside and written by the loop; meanwhile `out` collects. */
static void write_rest(struct child *c, size_t done)
{
    struct buf spare = c->sending;
    c->sending = c->out;
    c->out = spare;
    uv_buf_t b = uv_buf_init(c->sending.p + done, (unsigned)(c->sending.n - done));
    c->write.data = c;
    c->writing = uv_write(&c->write, (uv_stream_t *)&c->pipe, &b, 1, on_written) == 0;
    if (!c->writing)
        buf_clear(&c->sending);
}

void child_flush(struct child *c)
{
    list_del(&c->dirty);
    if (c->writing || c->closing)
        return;
    if (c->out.n) {
        uv_buf_t b = uv_buf_init(c->out.p, (unsigned)c->out.n);
        int n = uv_try_write((uv_stream_t *)&c->pipe, &b, 1);
        if (n >= 0 && (size_t)n == c->out.n)
            buf_clear(&c->out);
        else if (n >= 0 || n == UV_EAGAIN)
            write_rest(c, n > 0 ? (size_t)n : 0);
        else
            buf_clear(&c->out); /* it has gone; the end of the stream says so */
    }
    if (c->out.n == 0 && c->out.cap > KEEP_BUF)
        buf_release(&c->out);
    finish_retiring(c);
}

struct buf *child_out(struct child *c)
{
    if (list_empty(&c->dirty) && !c->closing)
        list_push(&c->nursery->unsent, &c->dirty);
    return &c->out;
}

static void flush_all(void *arg)
{
    struct nursery *n = arg;
    while (!list_empty(&n->unsent))
        child_flush(list_of(n->unsent.next, struct child, dirty));
}

static void on_shut(uv_shutdown_t *s, int status)
{
    (void)s, (void)status;
}

static void finish_retiring(struct child *c)
{
    if (!c->retired || c->shutdown.data || c->writing)
        return;
    c->shutdown.data = c;
    uv_shutdown(&c->shutdown, (uv_stream_t *)&c->pipe, on_shut);
}

/* --- the nursery, seen from the main process */

struct nursery *nursery_start(void (*worker)(int fd, void *page))
{
    int pair[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return NULL;
    pid_t pid = fork();
    if (pid == 0)
        nursery_live(pair[1], parent, worker);
    int why = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        errno = why;
        return NULL;
    }
    struct nursery *n = xcalloc(1, sizeof(*n));
    n->pid = pid;
    n->control = pair[0];
    list_init(&n->children);
    list_init(&n->unsent);
    return n;
}

static struct child *child_by_id(struct nursery *n, uint32_t id)
{
    struct list *at;
    list_each (at, &n->children) {
        struct child *c = list_of(at, struct child, link);
        if (c->id == id)
            return c;
    }
    return NULL;
}

static void child_ended(struct child *c, int status)
{
    c->ended = true;
    c->status = status;
    gone_when_over(c);
}

static void child_spawned(struct child *c, pid_t pid, int pidfd)
{
    c->pid = pid;
    c->pidfd = pidfd;
    if (c->doomed)
        child_kill(c);
}

/* pidfd: what came with it, or -1; ours to close. */
static void hear_packet(struct nursery *n, const struct nursery_packet *p, int pidfd)
{
    struct child *c = child_by_id(n, p->id);
    if (c && p->say == NURSERY_SPAWNED) {
        child_spawned(c, p->pid, pidfd);
        return;
    }
    if (pidfd >= 0)
        close(pidfd);
    if (!c)
        return;
    if (p->say == NURSERY_UNBORN)
        c->unborn = p->status;
    child_ended(c, p->say == NURSERY_GONE ? p->status : 0);
}

/* One packet, as recv says; *fd: what came with it, or -1. */
static ssize_t take_packet(const struct nursery *n, struct nursery_packet *p, int *fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec io = {p, sizeof(*p)};
    struct msghdr m = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(n->control, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    *fd = -1;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(c), sizeof(*fd));
    return got;
}

static void on_poll_closed(uv_handle_t *h)
{
    free(h);
}

/* Without the helper there are no workers any more: they died with it. */
static void nursery_lost(struct nursery *n)
{
    uv_close((uv_handle_t *)n->poll, on_poll_closed);
    n->poll = NULL;
    close(n->control);
    n->control = -1;
    struct list *at, *tmp;
    list_each_safe (at, tmp, &n->children)
        child_ended(list_of(at, struct child, link), SIGKILL);
    if (n->lost)
        n->lost(n->lost_arg);
}

void nursery_on_lost(struct nursery *n, void (*lost)(void *arg), void *arg)
{
    n->lost = lost;
    n->lost_arg = arg;
}

static void on_control(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct nursery *n = poll->data;
    struct nursery_packet p;
    ssize_t got;
    int fd;
    while ((got = take_packet(n, &p, &fd)) == (ssize_t)sizeof(p))
        hear_packet(n, &p, fd);
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
        nursery_lost(n);
}

void nursery_attach(struct nursery *n, struct loop *l)
{
    n->loop = l;
    n->poll = xcalloc(1, sizeof(*n->poll));
    n->poll->data = n;
    uv_poll_init(loop_uv(l), n->poll, n->control);
    uv_poll_start(n->poll, UV_READABLE, on_control);
    loop_flush(l, flush_all, n);
}

void nursery_stop(struct nursery *n)
{
    if (!n)
        return;
    struct list *at, *tmp;
    list_each_safe (at, tmp, &n->children)
        child_close(list_of(at, struct child, link));
    if (n->loop)
        loop_forget(n->loop, n);
    if (n->poll)
        uv_close((uv_handle_t *)n->poll, on_poll_closed);
    nursery_wake(n);
    if (n->control >= 0)
        close(n->control); /* the helper reads the end of the file and goes */
    while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(n);
}

/* --- spawning */

/* fds: two descriptors to pass, or NULL. */
static bool tell(struct nursery *n, enum nursery_say say, uint32_t id, const int *fds)
{
    struct nursery_packet p = {say, id, 0, 0};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec io = {&p, sizeof(p)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    if (fds) {
        m.msg_control = &control;
        m.msg_controllen = sizeof(control);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
    }
    return n->control >= 0 && sendmsg(n->control, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(p);
}

static struct child *child_new(struct nursery *n, const struct child_events *on, void *owner, int fd,
                               void *page)
{
    struct child *c = xcalloc(1, sizeof(*c));
    c->nursery = n;
    c->on = on;
    c->owner = owner;
    c->id = n->last_id;
    c->pidfd = -1;
    c->page = page;
    buf_init(&c->in, 2 * FRAME_MAX);
    buf_init(&c->out, OUT_MAX);
    buf_init(&c->sending, OUT_MAX);
    list_init(&c->dirty);
    list_push(&n->children, &c->link);
    uv_pipe_init(loop_uv(n->loop), &c->pipe, 0);
    c->pipe.data = c;
    uv_pipe_open(&c->pipe, fd);
    uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
    return c;
}

/* A page that two processes share, and its descriptor to pass on. */
static void *page_new(int *fd)
{
    *fd = memfd_create("tidepool-worker", MFD_CLOEXEC);
    if (*fd < 0)
        return NULL;
    if (ftruncate(*fd, CHILD_PAGE) == 0) {
        void *page = mmap(NULL, CHILD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
        if (page != MAP_FAILED)
            return page;
    }
    close(*fd);
    return NULL;
}

struct child *child_spawn(struct nursery *n, const struct child_events *on, void *owner)
{
    int ours_theirs[2], gift[2], why;
    void *page = page_new(&gift[1]);
    if (!page)
        return NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ours_theirs) != 0) {
        why = errno;
        close(gift[1]);
        munmap(page, CHILD_PAGE);
        errno = why;
        return NULL;
    }
    gift[0] = ours_theirs[1];
    nursery_wake(n);
    bool told = tell(n, NURSERY_SPAWN, ++n->last_id, gift);
    why = n->control >= 0 ? errno : ESRCH;
    close(gift[0]);
    close(gift[1]);
    if (!told) {
        close(ours_theirs[0]);
        munmap(page, CHILD_PAGE);
        errno = why;
        return NULL;
    }
    return child_new(n, on, owner, ours_theirs[0], page);
}

void *child_owner(const struct child *c)
{
    return c->owner;
}

pid_t child_pid(const struct child *c)
{
    return c->pid;
}

void *child_page(const struct child *c)
{
    return c->page;
}

int child_unborn(const struct child *c)
{
    return c->unborn;
}

int64_t child_cpu_us(const struct child *c)
{
    return c->pid > 0 ? clock_processor_us(c->pid) : -1;
}

/* As /proc says: 123 (tidepool) T ... */
static bool is_stopped(pid_t pid)
{
    char path[64], text[128];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' && name_end[2] == 'T';
}

bool child_wake(struct child *c)
{
    bool stopped = c->pid > 0 && is_stopped(c->pid);
    nursery_wake(c->nursery);
    child_signal(c, SIGCONT);
    return stopped;
}

void child_kill(struct child *c)
{
    c->doomed = true;
    if (c->pid > 0 && !child_signal(c, SIGKILL))
        tell(c->nursery, NURSERY_KILL, c->id, NULL);
    nursery_wake(c->nursery); /* to fork it, or to reap it */
}

void child_retire(struct child *c)
{
    c->retired = true;
    child_signal(c, SIGCONT); /* or it would not see that it may go */
    child_out(c);
}
