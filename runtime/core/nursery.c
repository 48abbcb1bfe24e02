/* The nursery: the helper process that forks workers.
 *
 * It was forked before anything was opened and opens nothing, so its workers cannot inherit anything.  It has
 * no threads and no loop: it sleeps in poll on the control socket and on a signalfd for SIGCHLD. */
#include "nursery.h"
#include "base/rc.h"
#include "core/child.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD 3
#define WORKER_NICE 5

struct baby {
    uint32_t id;
    pid_t pid;
};

struct nursery_room {
    int control, sigchld;
    void (*worker)(int fd, void *page);
    struct baby *babies;
    size_t n, cap;
};

static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it went before the prctl */
        _exit(0);
}

/* fd: goes along, or -1. */
static void tell_with(struct nursery_room *r, struct nursery_packet p, int fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec io = {&p, sizeof(p)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    if (fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof(control);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(int));
    }
    ssize_t n;
    do
        n = sendmsg(r->control, &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        _exit(0); /* nobody there any more; the workers die with us */
}

static void tell(struct nursery_room *r, struct nursery_packet p)
{
    tell_with(r, p, -1);
}

/* What comes with NURSERY_SPAWN. */
struct gift {
    int end, page;
};

static void *map_page(int fd)
{
    void *page = mmap(NULL, CHILD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        BUG("no shared page: %s", strerror(errno));
    close(fd);
    return page;
}

_Noreturn static void be_worker(struct nursery_room *r, pid_t nursery, struct gift g)
{
    sigset_t none;
    die_with(nursery);
    close(r->control);
    close(r->sigchld);
    free(r->babies);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpriority(PRIO_PROCESS, 0, WORKER_NICE);
    r->worker(g.end, map_page(g.page));
    _exit(0);
}

static void spawn(struct nursery_room *r, uint32_t id, struct gift g)
{
    /* Without atfork handlers: a libuv that had a loop before nursery_start (tests) would close descriptors
     * by numbers that are not its own any more.  There is one thread, so nothing needs them. */
    pid_t nursery = getpid(), pid = _Fork();
    if (pid == 0)
        be_worker(r, nursery, g);
    int why = errno;
    close(g.end);
    close(g.page);
    if (pid < 0) {
        tell(r, (struct nursery_packet){NURSERY_UNBORN, id, 0, why});
        return;
    }
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 16;
        r->babies = xrealloc(r->babies, r->cap * sizeof(*r->babies));
    }
    r->babies[r->n++] = (struct baby){id, pid};
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* nobody has reaped it: it is this worker's */
    tell_with(r, (struct nursery_packet){NURSERY_SPAWNED, id, pid, 0}, pidfd);
    if (pidfd >= 0)
        close(pidfd);
}

static void kill_baby(struct nursery_room *r, uint32_t id)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->babies[i].id == id)
            kill(r->babies[i].pid, SIGKILL); /* not reaped yet, so the pid is still this worker's */
}

static void reap(struct nursery_room *r)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < r->n; i++) {
            if (r->babies[i].pid != pid)
                continue;
            tell(r, (struct nursery_packet){NURSERY_GONE, r->babies[i].id, pid, status});
            r->babies[i] = r->babies[--r->n];
            break;
        }
    }
}

/* One packet; *g is what came with it, or -1.  False: the main process has gone. */
static bool hear(struct nursery_room *r, struct nursery_packet *p, struct gift *g)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct gift))];
    } control;
    struct iovec io = {p, sizeof(*p)};
    struct msghdr m = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t n;
    *g = (struct gift){-1, -1};
    do
        n = recvmsg(r->control, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(*p))
        return false;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(g, CMSG_DATA(c), sizeof(*g));
    return true;
}

static bool serve_one(struct nursery_room *r)
{
    struct nursery_packet p;
    struct gift g;
    if (!hear(r, &p, &g))
        return false;
    if (p.say == NURSERY_SPAWN && g.page >= 0)
        spawn(r, p.id, g);
    else if (p.say == NURSERY_KILL)
        kill_baby(r, p.id);
    return true;
}

/* Only the control socket and stderr stay open, whatever the shell had left open for us. */
static void shed_files(int control)
{
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    dup2(2, 1);
    if (control != CONTROL_FD)
        dup2(control, CONTROL_FD);
    if (close_range(CONTROL_FD + 1, ~0U, 0) != 0) /* an old kernel */
        for (int fd = CONTROL_FD + 1; fd < getdtablesize(); fd++)
            close(fd);
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
}

/* Ctrl-C reaches the whole group; only the main process decides when to stop. */
static void shut_ears(void)
{
    static const int deaf[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
        signal(deaf[i], SIG_IGN);
}

static int watch_children(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void swallow_signal(int fd)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof(info)) > 0)
        ;
}

void nursery_live(int control, pid_t parent, void (*worker)(int fd, void *page))
{
    die_with(parent);
    shut_ears();
    shed_files(control);
    struct nursery_room r = {.control = CONTROL_FD, .sigchld = watch_children(), .worker = worker};
    for (;;) {
        struct pollfd fds[] = {{r.control, POLLIN, 0}, {r.sigchld, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[1].revents) {
            swallow_signal(r.sigchld);
            reap(&r);
        }
        if (fds[0].revents && !serve_one(&r))
            _exit(0);
    }
}
