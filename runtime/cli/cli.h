/* The command line: one file per verb, one table of verbs (verbs.c). */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/say.h"
#include "core/conf.h"
#include "door/op.h"

/* What main hands in: the composition, and the process's arguments. */
struct cli {
    const struct service *const *services; /* NULL-ended */
    void (*worker)(int fd, void *page);    /* what a worker process runs */
    struct conf conf;
    char **args; /* what is neither the verb nor an option */
    int arg_count;
    const char *event; /* --event FILE: invoke */
    bool follow;       /* -f: logs */
};

struct verb {
    const char *name, *args, *summary;
    int (*run)(struct cli *cli); /* returns the exit status: 0, 1 (a function's error, an id that is unknown),
                                    2 (usage, start-up) */
    const char *help;
};

extern const struct verb verb_start, verb_invoke, verb_validate, verb_logs, verb_reset, verb_clock,
    verb_settle, verb_why, verb_version, verb_help;
extern const struct verb *const verbs[]; /* NULL-ended */

const struct verb *verb_find(const char *name);

/* Runs the verb of the command line. */
int cli_main(struct cli *cli, int argc, char **argv, char **env);

/* "tidepool: ..." on stderr; returns 2. */
int cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same with what a service said, which may be of several lines. */
int cli_refused(struct str text);

#endif
