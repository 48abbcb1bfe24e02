/* The world's clock: the only source of time for every rule of the emulated world.
 *
 * A clock is running (real time plus an offset, times a speed) or frozen.  Times are microseconds or
 * milliseconds since 1970, UTC.  clock.c is the only file that asks the system for the time of day. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"
#include <sys/types.h>

struct clock {
    bool frozen;
    double speed;     /* world seconds per real second; 1 by default */
    int64_t world_us; /* the world's time at the moment `real_us`; when frozen, the time */
    int64_t real_us;  /* CLOCK_MONOTONIC at that moment */
};

/* Running at speed 1 at the real time of day. */
void clock_init(struct clock *c);

int64_t clock_now_us(const struct clock *c);
int64_t clock_now(const struct clock *c); /* milliseconds */

void clock_freeze(struct clock *c);
void clock_resume(struct clock *c);
void clock_speed(struct clock *c, double speed);

/* Stands at this time from now on (running on from there, or frozen, as it was).  The world's time never goes
 * back on its own, but a person may set it back. */
void clock_set(struct clock *c, int64_t world_us);

/* How far the time was set at the moment when `before` became `after`, whoever hears of it when; next to
 * nothing when it was frozen, resumed or given another speed. */
int64_t clock_jump_us(const struct clock *before, const struct clock *after);

/* How many real milliseconds from now the world's clock shows `due` (0 when past; -1: never, it is frozen).
 */
int64_t clock_real_ms_until(const struct clock *c, int64_t due_ms);

/* Real monotonic microseconds: for measuring ourselves and guarding worker processes; never for a rule. */
int64_t clock_mono_us(void);

/* Microseconds of processor that a process (0: this one) has used, all its threads together; -1: there is no
 * such process.  Async-signal-safe. */
int64_t clock_processor_us(pid_t pid);

/* Text forms, UTC; a year has four digits, 0000 to 9999.  out sizes include the zero. */
#define CLOCK_ISO_SIZE 25                               /* 2026-11-22T09:30:00.123Z */
void clock_iso(int64_t ms, char out[CLOCK_ISO_SIZE]);   /* with milliseconds */
void clock_iso_s(int64_t ms, char out[CLOCK_ISO_SIZE]); /* 2026-11-22T09:30:00Z */
void clock_http(int64_t ms, char out[30]);              /* Sun, 22 Nov 2026 09:30:00 GMT */
bool clock_parse(struct str iso, int64_t *ms);       /* 2026-11-22[T09:30[:00[.123]][Z]] or epoch seconds */
bool clock_parse_span(struct str text, int64_t *ms); /* 250ms 30s 15m 2h 14d 1w, also 1h30m */

/* The civil parts of a moment, UTC; month 1..12, weekday 1 = Sunday .. 7 = Saturday (as cron() counts). */
struct civil {
    int year, month, day, hour, minute, second, weekday, yearday;
};
struct civil clock_civil(int64_t ms);
int64_t clock_from_civil(const struct civil *c); /* ms; fields beyond their range carry over */

#endif
