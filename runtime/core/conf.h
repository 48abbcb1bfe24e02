/* Options of the command line and their TIDEPOOL_* variables: one table, for `start` and all other verbs. */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include "base/log.h"
#include "base/map.h"

/* What an option that may be repeated was given, in order; views of argv and env. */
struct conf_list {
    struct str *list;
    size_t n;
};

struct conf {
    const char *template; /* path, or NULL: look for template.json, template.yaml, template.yml here */
    int port;             /* 4566: the AWS endpoint */
    int api_port;         /* 3000: the first API */
    const char *host;     /* 127.0.0.1 */
    const char *data;     /* state folder; NULL: .tidepool beside the template */
    bool allow_control, ephemeral, durable, run_inline, lenient;
    bool strict_limits;    /* AWS's waiting times that only slow tests down, too: 60 s after PurgeQueue */
    int workers;           /* worker processes per function at most; 0: as many as cores */
    int idle_workers;      /* worker processes without work that are kept, of all functions */
    uint64_t seed;         /* 0: from the system */
    struct map parameters; /* --parameter K=V: str -> char * */
    const char *account, *region;
    struct conf_list allowed_hosts, allowed_origins; /* of requests on the AWS endpoint, beside our own */
    enum log_level log_level;
    const char *app; /* folder of the template: where CodeUri begins; set by start */
    char why[200];   /* what conf_read found wrong */
};

void conf_init(struct conf *c); /* defaults */
void conf_release(struct conf *c);

/* Reads the environment first (TIDEPOOL_API_PORT for --api-port; what may be repeated is one a line there),
 * then argv (argv[0] is the verb); what is not an option, or comes after "--", goes to rest[] (room for
 * argc).  Texts are not copied: env and argv outlive conf.  A verb with options of its own takes them out
 * before.  False: *why says in one line what is wrong (owned by conf). */
bool conf_read(struct conf *c, int argc, char **argv, char **env, char **rest, int *rest_count,
               const char **why);

/* The host by which clients on this machine reach the server, as a URL has it: "localhost" where it listens
 * on loopback or everywhere, else --host. */
struct str conf_url_host(const struct conf *c, char *room, size_t size);

/* Does it listen on loopback alone? */
bool conf_on_loopback(const struct conf *c);

/* The options' help, one line each. */
void conf_help(FILE *to);

#endif
