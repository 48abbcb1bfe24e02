/* What happens, on the terminal: handlers' log lines in their function's colour, refusals, failures. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "base/str.h"
#include "door/trace.h"
#include "door/world.h"
#include <stdio.h>

struct terminal {
    struct trace_listener listener;
    FILE *to;
    bool paint; /* it is a terminal */
};

/* For printing alone; terminal_attach makes one of its own. */
struct terminal terminal_of(FILE *to);

void terminal_attach(struct terminal *t, struct world *w, FILE *to);
void terminal_detach(struct terminal *t, struct world *w);

/* "12:30:00.123 orders  text", the function's name in its own colour when it is a terminal; a line of its
 * own for each line of the text. */
void terminal_log_line(const struct terminal *t, struct str iso, struct str function, struct str text);

#endif
