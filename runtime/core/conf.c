#include "core/conf.h"
#include "base/rc.h"
#include "base/say.h"
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Names and paths become parts of URLs, files and keys; of a wrong value so much is shown. */
enum { HOST_MAX = 255, PATH_LENGTH_MAX = 4000, REGION_MAX = 32, SHOWN_MAX = 64 };

enum kind { TEXT, INT, FLAG, SEED, LEVEL, PAIR, ACCOUNT, REGION, HOSTS, ORIGINS };

/* One row an option.  The variable's name follows from the option's: --api-port is TIDEPOOL_API_PORT. */
static const struct option {
    const char *name;
    enum kind kind;
    size_t at;    /* offsetof(struct conf, ...) */
    int min, max; /* of a number; a text's most characters */
    const char *value, *help;
} options[] = {
    {"template", TEXT, offsetof(struct conf, template), 0, PATH_LENGTH_MAX, "FILE",
     "the template (template.json or .yaml here)"},
    {"port", INT, offsetof(struct conf, port), 1, 65535, "N", "port of the AWS endpoint (4566)"},
    {"api-port", INT, offsetof(struct conf, api_port), 1, 65535, "N", "port of the first API (3000)"},
    {"host", TEXT, offsetof(struct conf, host), 0, HOST_MAX, "ADDRESS", "address to listen on (127.0.0.1)"},
    {"allowed-host", HOSTS, offsetof(struct conf, allowed_hosts), 0, 0, "NAME",
     "a Host, with what is below it, beside localhost; may be repeated"},
    {"allowed-origin", ORIGINS, offsetof(struct conf, allowed_origins), 0, 0, "URL",
     "an origin whose pages may use the AWS endpoint; may be repeated"},
    {"allow-control", FLAG, offsetof(struct conf, allow_control), 0, 0, NULL,
     "let handlers use aws.tidepool: the clock, reset ..."},
    {"data", TEXT, offsetof(struct conf, data), 0, PATH_LENGTH_MAX, "DIR",
     "where state lies (.tidepool beside the template)"},
    {"ephemeral", FLAG, offsetof(struct conf, ephemeral), 0, 0, NULL, "keep state in memory only"},
    {"durable", FLAG, offsetof(struct conf, durable), 0, 0, NULL,
     "survive the loss of power: fsync each commit"},
    {"inline", FLAG, offsetof(struct conf, run_inline), 0, 0, NULL,
     "run handlers in this process, no workers"},
    {"lenient", FLAG, offsetof(struct conf, lenient), 0, 0, NULL,
     "warn of what is not supported in a template"},
    {"strict-limits", FLAG, offsetof(struct conf, strict_limits), 0, 0, NULL,
     "wait 60 s after PurgeQueue and DeleteQueue, as on AWS"},
    {"workers", INT, offsetof(struct conf, workers), 0, 256, "N", "worker processes of a function (cores)"},
    {"idle-workers", INT, offsetof(struct conf, idle_workers), 0, 100000, "N",
     "worker processes without work that are kept (100)"},
    {"seed", SEED, offsetof(struct conf, seed), 0, 0, "N", "seed of all ids and random numbers"},
    {"parameter", PAIR, offsetof(struct conf, parameters), 0, 0, "K=V",
     "a template parameter; may be repeated"},
    {"account", ACCOUNT, offsetof(struct conf, account), 0, 0, "ID", "default account (000000000000)"},
    {"region", REGION, offsetof(struct conf, region), 0, 0, "NAME", "default region (us-east-1)"},
    {"log-level", LEVEL, offsetof(struct conf, log_level), 0, 0, "LEVEL",
     "error, warn, info or debug (info)"},
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

void conf_init(struct conf *c)
{
    *c = (struct conf){
        .port = 4566,
        .api_port = 3000,
        .host = "127.0.0.1",
        .account = "000000000000",
        .region = "us-east-1",
        .log_level = LOG_INFO,
        .idle_workers = 100,
    };
    map_init(&c->parameters);
}

void conf_release(struct conf *c)
{
    struct map_entry *at = c->parameters.first;
    void *value;
    while ((value = map_each(&at, NULL)))
        free(value);
    map_release(&c->parameters);
    free(c->allowed_hosts.list);
    free(c->allowed_origins.list);
}

/* --- setting one option */

static bool wrong(struct conf *c, const char *name, const char *value, const char *wanted)
{
    bool long_one = strlen(value) > SHOWN_MAX;
    snprintf(c->why, sizeof(c->why), "%s: '%.*s%s' is not %s", name, SHOWN_MAX, value, long_one ? "..." : "",
             wanted);
    return false;
}

static bool set_int(struct conf *c, const struct option *o, int *field, const char *name, const char *value)
{
    int64_t n;
    if (!str_to_i64(str_z(value), &n) || n < o->min || n > o->max) {
        char wanted[64];
        snprintf(wanted, sizeof(wanted), "a number from %d to %d", o->min, o->max);
        return wrong(c, name, value, wanted);
    }
    *field = (int)n;
    return true;
}

static bool set_seed(struct conf *c, uint64_t *field, const char *name, const char *value)
{
    int64_t n;
    if (!str_to_i64(str_z(value), &n) || n < 0)
        return wrong(c, name, value, "a number from 0");
    *field = (uint64_t)n;
    return true;
}

static bool set_flag(struct conf *c, bool *field, const char *name, const char *value)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"", "0", "false", "no", "off"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (strcmp(value, yes[i]) == 0)
            return *field = true;
    *field = false;
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (strcmp(value, no[i]) == 0)
            return true;
    return wrong(c, name, value, "true or false");
}

/* One pair, or several, one a line: a variable is there only once. */
static bool set_pairs(struct conf *c, struct map *pairs, const char *name, const char *value)
{
    struct str rest = str_z(value);
    while (rest.p) {
        struct str after = str_cut(&rest, '\n'), key = str_cut(&after, '=');
        if (!key.n || !after.p)
            return wrong(c, name, value, "of the form KEY=VALUE");
        char *copy = xcalloc(1, after.n + 1);
        memcpy(copy, after.p, after.n);
        free(map_put(pairs, key, copy));
    }
    return true;
}

/* As a Host header has it, without its port: it could never fit with one. */
static bool is_host(struct str s)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (str_starts(s, STR("[")) && str_ends(s, STR("]")))
        return true;
    for (size_t i = 0; i < s.n; i++)
        if (!memchr(chars, s.p[i], sizeof(chars) - 1))
            return false;
    return s.n > 0;
}

/* As a browser sends it: scheme://host[:port] without a path, or "null". */
static bool is_origin(struct str s)
{
    ptrdiff_t at = str_search(s, STR("://"));
    struct str host = str_sub(s, at < 0 ? s.n : (size_t)at + 3, s.n);
    return str_is(s, "null") || (at > 0 && host.n && str_find(host, '/') < 0);
}

/* One, or several, one a line. */
static bool set_list(struct conf *c, const struct option *o, struct conf_list *out, const char *name,
                     const char *value)
{
    struct str rest = str_z(value);
    while (rest.p) {
        struct str one = str_cut(&rest, '\n');
        if (o->kind == HOSTS && !is_host(one))
            return wrong(c, name, value, "a host name such as aws.test, without a port");
        if (o->kind == ORIGINS && !is_origin(one))
            return wrong(c, name, value, "an origin such as https://app.test");
        out->list = xrealloc(out->list, (out->n + 1) * sizeof(*out->list));
        out->list[out->n++] = one;
    }
    return true;
}

/* Ids become parts of ARNs and URLs, which are read again by their form. */
static bool set_id(struct conf *c, const struct option *o, const char **field, const char *name,
                   const char *value)
{
    static const char digits[] = "0123456789", region[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t n = strnlen(value, REGION_MAX + 1);
    if (o->kind == ACCOUNT && (n != 12 || strspn(value, digits) != n))
        return wrong(c, name, value, "an account of 12 digits");
    if (o->kind == REGION && (n == 0 || n > REGION_MAX || strspn(value, region) != n))
        return wrong(c, name, value, "a region such as us-east-1");
    *field = value;
    return true;
}

static bool set_text(struct conf *c, const struct option *o, const char **field, const char *name,
                     const char *value)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "a value of 1 to %d characters", o->max);
    if (!*value || strnlen(value, (size_t)o->max + 1) > (size_t)o->max)
        return wrong(c, name, value, wanted);
    *field = value;
    return true;
}

/* `name` is what the person wrote, for the message. */
static bool set(struct conf *c, const struct option *o, const char *name, const char *value)
{
    void *field = (char *)c + o->at;
    switch (o->kind) {
    case TEXT:
        return set_text(c, o, field, name, value);
    case ACCOUNT:
    case REGION:
        return set_id(c, o, field, name, value);
    case INT:
        return set_int(c, o, field, name, value);
    case FLAG:
        return set_flag(c, field, name, value);
    case SEED:
        return set_seed(c, field, name, value);
    case LEVEL:
        return log_level_parse(value, field) || wrong(c, name, value, "error, warn, info or debug");
    case PAIR:
        return set_pairs(c, field, name, value);
    case HOSTS:
    case ORIGINS:
        return set_list(c, o, field, name, value);
    }
    BUG("option %s has no kind", o->name);
}

/* --- the environment */

/* Is `entry` ("TIDEPOOL_API_PORT=3000") this option's variable?  Returns its value. */
static const char *variable_of(const struct option *o, const char *entry)
{
    static const char prefix[] = "TIDEPOOL_";
    if (strncmp(entry, prefix, sizeof(prefix) - 1) != 0)
        return NULL;
    const char *e = entry + sizeof(prefix) - 1;
    for (const char *n = o->name; *n; n++, e++)
        if (*e != (*n == '-' ? '_' : toupper((unsigned char)*n)))
            return NULL;
    return *e == '=' ? e + 1 : NULL;
}

static bool read_env(struct conf *c, char **env)
{
    for (; env && *env; env++) {
        for (size_t i = 0; i < OPTION_COUNT; i++) {
            const char *value = variable_of(&options[i], *env);
            if (!value)
                continue;
            char name[40];
            str_copy(str_n(*env, (size_t)(value - 1 - *env)), name, sizeof(name));
            if (!set(c, &options[i], name, value))
                return false;
        }
    }
    return true;
}

/* --- the command line */

static const struct option *option_named(struct str name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (str_is(name, options[i].name))
            return &options[i];
    return NULL;
}

/* argv[*i] is "--name" or "--name=value"; moves *i on when the value is the next argument. */
static bool read_option(struct conf *c, int argc, char **argv, int *i)
{
    const char *arg = argv[*i], *equals = strchr(arg, '=');
    struct str name = str_z(arg + 2);
    if (equals)
        name.n = (size_t)(equals - arg - 2);
    const struct option *o = option_named(name);
    char shown[48];
    str_copy(str_n(arg, name.n + 2), shown, sizeof(shown));
    if (!o) {
        snprintf(c->why, sizeof(c->why), "unknown option %s", shown);
        return false;
    }
    if (equals)
        return set(c, o, shown, equals + 1);
    if (o->kind == FLAG)
        return set(c, o, shown, "true");
    if (*i + 1 >= argc) {
        snprintf(c->why, sizeof(c->why), "%s wants a value: %s %s", shown, shown, o->value);
        return false;
    }
    return set(c, o, shown, argv[++*i]);
}

static bool read_args(struct conf *c, int argc, char **argv, char **rest, int *rest_count)
{
    bool options_over = false;
    *rest_count = 0;
    for (int i = 1; i < argc; i++) {
        if (options_over || argv[i][0] != '-' || strcmp(argv[i], "-") == 0) {
            rest[(*rest_count)++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            options_over = true;
        } else if (argv[i][1] != '-') {
            snprintf(c->why, sizeof(c->why), "unknown option %s", argv[i]);
            return false;
        } else if (!read_option(c, argc, argv, &i)) {
            return false;
        }
    }
    return true;
}

bool conf_read(struct conf *c, int argc, char **argv, char **env, char **rest, int *rest_count,
               const char **why)
{
    *why = c->why;
    return read_env(c, env) && read_args(c, argc, argv, rest, rest_count);
}

void conf_help(FILE *to)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char left[40];
        snprintf(left, sizeof(left), "--%s%s%s", options[i].name, options[i].value ? " " : "",
                 options[i].value ? options[i].value : "");
        say(to, "  %-20s %s\n", left, options[i].help);
    }
}

bool conf_on_loopback(const struct conf *c)
{
    return strcmp(c->host, "localhost") == 0 || strncmp(c->host, "127.", 4) == 0 ||
           strcmp(c->host, "::1") == 0;
}

struct str conf_url_host(const struct conf *c, char *room, size_t size)
{
    static const char *const here[] = {"127.0.0.1", "localhost", "0.0.0.0", "::"};
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
        if (strcmp(c->host, here[i]) == 0)
            return STR("localhost");
    snprintf(room, size, strchr(c->host, ':') ? "[%s]" : "%s", c->host);
    return str_z(room);
}
