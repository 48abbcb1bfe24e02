/* Problems of a template: all at once, each with file, line and path.
 *
 * A hard problem stops the start always; a soft one (something real on AWS that tidepool does not honour) is
 * a warning with --lenient.  Owned by whoever initialised it; it outlives the template it speaks of. */
#ifndef TEMPLATE_PROBLEM_H
#define TEMPLATE_PROBLEM_H

#include "node.h"
#include <stdio.h>

struct problem {
    int line;
    bool soft;
    struct str path; /* "" for a problem of the whole file */
    struct str text;
};

struct problems {
    struct arena arena;
    struct str file; /* as it is shown */
    bool lenient;
    struct problem *list; /* by line, once template_load has returned */
    size_t count, cap, hard;
};

void problems_init(struct problems *p);
void problems_release(struct problems *p);

/* At a node: its line and path.  What was already said of the same place is not said twice. */
void problem_hard(struct problems *p, const struct node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void problem_soft(struct problems *p, const struct node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* At a line, for readers that have no node yet. */
void problem_line(struct problems *p, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Must the template not be used? */
bool problems_stop(const struct problems *p);

void problems_sort(struct problems *p);

/* "template.json:12: Resources.X.Properties.Y: text", lent from the problems' arena. */
struct str problem_text(struct problems *p, size_t at);

/* One line each. */
void problems_print(struct problems *p, FILE *to);

#endif
