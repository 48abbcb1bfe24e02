/* Our own trouble, and bugs.  (The client's trouble is a fault: door/fault.h.)
 *
 * An `enum rc` travels up until somebody can say it to a person: the door answers 500 and logs it.  BUG()
 * is for what cannot happen: it prints file and line and aborts. */
#ifndef BASE_RC_H
#define BASE_RC_H

enum rc {
    RC_OK = 0,
    RC_NONE,    /* not there (a key, a file); often no trouble at all */
    RC_END,     /* nothing more: a cursor or a stream is at its end */
    RC_IO,      /* the system or the store failed; errno or the log says how */
    RC_FULL,    /* a ceiling was reached */
    RC_BAD,     /* bytes that do not parse */
    RC_BUSY,    /* in use by someone else: a port, a data folder */
    RC_TIMEOUT, /* a deadline passed */
};

/* A short lower-case name: "i/o error". */
const char *rc_text(enum rc rc);

/* printf-like; prints "bug: file:line: text" and aborts. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Allocation that never returns NULL: memory is bounded by ceilings at the edges, so running out is a bug. */
void *xmalloc(unsigned long n);
void *xcalloc(unsigned long n, unsigned long size);
void *xrealloc(void *p, unsigned long n);
char *xstrdup(const char *z);

/* Gives free memory back to the system; some milliseconds after some 10 MB.  Thread: main. */
void xtrim(void);

#endif
