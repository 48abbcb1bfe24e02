/* What a worker process runs: one executor, fed by frames.
 *
 *     poll -> read frames -> start, answer -> step (at most a slice) -> write what was collected -> poll
 *
 * Blocking I/O with poll; the only other thing that happens is the ticker's signal.  It interrupts the
 * handler that runs and, since a handler may be stuck inside a C function for long, also sends what was
 * collected before: an invocation that is done is never lost with the one that hangs. */
#ifndef LAMBDA_WORKER_WORKER_H
#define LAMBDA_WORKER_WORKER_H

/* The worker's whole life, for nursery_start: `fd` is its end of the pair, `page` its claims.  Ends the
 * process when the other end closes or says FRAME_STOP. */
_Noreturn void worker_main(int fd, void *page);

#endif
