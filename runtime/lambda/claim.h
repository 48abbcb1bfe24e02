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
 * again; a slot is, once its invocation was taken or answered. */
#ifndef LAMBDA_CLAIM_H
#define LAMBDA_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CLAIM_SLOTS 512 /* of 8 bytes: CHILD_PAGE */
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

#endif
