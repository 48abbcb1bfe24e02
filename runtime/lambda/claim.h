/* Whose is an invocation: the page that a worker and the main process share (child_page).
 *
 * A handler can hold a worker for a second inside one C function; the worker then hears no frame, and what
 * was sent to it and has not begun must run elsewhere, yet never twice.  So an invocation's number (whose
 * lower bits are its slot) stands in the page, and one compare-and-swap decides:
 *
 *     offered (id) --claim_begin, by the worker--> begun (id | CLAIM_BEGUN)
 *                  --claim_take, by main---------> taken (0): the worker's claim_begin fails, it drops it
 *
 * Invariants: 1. a handler runs only after claim_begin said true.  2. main sends an invocation elsewhere only
 * after claim_take said true, or the worker has ended and claim_begun says false.  3. a number is never used
 * again; a slot is, once its invocation was taken or answered.
 *
 * The page's last word is the worker's beat: when it last came round its loop, or 0 while it sleeps. */
#ifndef LAMBDA_CLAIM_H
#define LAMBDA_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CLAIM_SLOTS 511 /* of 8 bytes, and the beat: CHILD_PAGE */
#define CLAIM_BEGUN (UINT64_C(1) << 63)

static inline _Atomic uint64_t *claim_slot(void *page, uint64_t id)
{
    return (_Atomic uint64_t *)page + id % CLAIM_SLOTS;
}

/* Main, before the frame is written. */
static inline void claim_offer(void *page, uint64_t id)
{
    atomic_store(claim_slot(page, id), id);
}

/* Worker: true, it is yours: begin. */
static inline bool claim_begin(void *page, uint64_t id)
{
    uint64_t offered = id;
    return atomic_compare_exchange_strong(claim_slot(page, id), &offered, id | CLAIM_BEGUN);
}

/* Main: true, it has not begun and never will there. */
static inline bool claim_take(void *page, uint64_t id)
{
    uint64_t offered = id;
    return atomic_compare_exchange_strong(claim_slot(page, id), &offered, 0);
}

static inline bool claim_begun(void *page, uint64_t id)
{
    return atomic_load(claim_slot(page, id)) == (id | CLAIM_BEGUN);
}

/* Worker: clock_mono_us() each time before it runs a slice of handlers, 0 before it sleeps in poll. */
static inline void claim_beat(void *page, int64_t mono_us)
{
    atomic_store((_Atomic int64_t *)page + CLAIM_SLOTS, mono_us);
}

/* Main: for how many microseconds the worker has been at the same slice; 0: it sleeps. */
static inline int64_t claim_stuck_us(void *page, int64_t mono_us)
{
    int64_t beat = atomic_load((_Atomic int64_t *)page + CLAIM_SLOTS);
    return beat && mono_us > beat ? mono_us - beat : 0;
}

#endif
