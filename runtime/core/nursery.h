/* What the main process and the nursery say to each other, one packet a message.  Known to child.c and
 * nursery.c only. */
#ifndef CORE_NURSERY_H
#define CORE_NURSERY_H

#include <stdint.h>
#include <sys/types.h>

enum nursery_say {
    NURSERY_SPAWN, /* main -> nursery, with two descriptors: the worker's end of the pair, the page's memfd */
    NURSERY_KILL,  /* main -> nursery: SIGKILL, if it still lives; for a worker without a pidfd */
    NURSERY_SPAWNED, /* nursery -> main: pid; with one descriptor, its pidfd, where the system has them */
    NURSERY_UNBORN,  /* nursery -> main: it could not be forked; status is the errno */
    NURSERY_GONE,    /* nursery -> main: status as of waitpid */
};

struct nursery_packet {
    uint32_t say;
    uint32_t id; /* the child's number, given by main */
    int32_t pid;
    int32_t status;
};

/* The helper process's whole life; never returns. */
_Noreturn void nursery_live(int control, pid_t parent, void (*worker)(int fd, void *page));

#endif
