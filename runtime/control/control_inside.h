/* What the operations of the control room share. */
#ifndef CONTROL_INSIDE_H
#define CONTROL_INSIDE_H

#include "control.h"
#include "door/call.h"
#include "door/trace.h"

#define CLOCK_ARN                                                                                            \
    "tidepool:clock" /* noted when the world's clock was set, frozen, resumed or its speed changed */
#define RESET_ARN "tidepool:reset" /* noted when all state was thrown away */
#define TRACE_ARN                                                                                            \
    "tidepool:trace" /* noted for each event of the stream while somebody waits for the next                 \
                      */

extern const struct op_row control_health, control_clock, control_settle, control_reset, control_trace,
    control_logs, control_why;
extern const struct fault control_bad_request, control_not_found;

struct control {
    struct world *world;
    struct trace_listener listener;
    struct list waiting; /* struct quiet: who waits for the world to be quiet */
    bool watched;        /* a call waits for the next event of the stream */
    int64_t started_us;  /* real, monotonic */
};

struct control *control_of(const struct call *c);

/* One event as JSON. */
cJSON *control_event_json(const struct trace_event *e);

/* The clock's state as JSON: now, frozen, speed. */
void control_clock_json(const struct world *w, cJSON *out);

/* After any change: timers sleep anew, workers hear of it, the store keeps it for the next start. */
enum rc control_clock_changed(struct call *c);
enum rc control_clock_load(struct world *w);

#define CONTROL_TIME_END INT64_C(253402300800000) /* the year 10000, which an ISO time cannot say */

/* Waits until nothing is in flight, moving the clock on to whatever is due within `span_ms`; then, with
 * `move`, stands the clock at its end.  Ends the (forwarded) call with the list of what happened. */
void control_stop(struct world *w, void *state);
/* The clock showed `before_us` and was set since: the turn, all that waits, and whoever advances follow.
 * True: it was set back. */
bool control_clock_follow(struct call *c, int64_t before_us);

/* Whoever advances goes only as far on as was asked for. */
void control_quiet_shift(struct control *k, int64_t by_ms);
enum op_end control_quiet(struct call *c, int64_t span_ms, bool move);

#endif
