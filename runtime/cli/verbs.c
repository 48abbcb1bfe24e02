#include "base/rc.h"
#include "cli.h"
#include "template/template.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct verb *const verbs[] = {
    &verb_start,  &verb_invoke, &verb_validate, &verb_logs, &verb_why, &verb_clock,
    &verb_settle, &verb_reset,  &verb_version,  &verb_help, NULL,
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *const *v = verbs; *v; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

int cli_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(stderr, "tidepool: ");
    say_va(stderr, fmt, ap);
    say(stderr, "\n");
    va_end(ap);
    return 2;
}

int cli_refused(struct str text)
{
    say(stderr, "tidepool: ");
    say_text(stderr, text);
    say(stderr, "\n");
    return 2;
}

/* Without a verb: start, when there is something to start or options say how; else help. */
static const struct verb *default_verb(int argc, char **argv)
{
    char path[4096];
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return &verb_help;
    if (argc > 1 && strcmp(argv[1], "--version") == 0)
        return &verb_version;
    return argc > 1 || template_find(NULL, path, sizeof(path)) ? &verb_start : &verb_help;
}

/* Takes the verbs' own options out of argv, which conf_read does not know. */
static bool take_own_options(struct cli *cli, const struct verb *v, int *argc, char **argv)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        if (v == &verb_logs && (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--follow") == 0)) {
            cli->follow = true;
        } else if (v == &verb_invoke && (strcmp(argv[i], "--event") == 0 || strcmp(argv[i], "-e") == 0)) {
            if (i + 1 == *argc)
                return false;
            cli->event = argv[++i];
        } else {
            argv[kept++] = argv[i];
        }
    }
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int cli_main(struct cli *cli, int argc, char **argv, char **env)
{
    const struct verb *v = argc > 1 && argv[1][0] != '-' ? verb_find(argv[1]) : default_verb(argc, argv);
    if (!v)
        return cli_error("unknown verb \"%s\"; tidepool help lists them", argv[1]);
    if (argc > 1 && argv[1][0] != '-')
        argv++, argc--; /* argv[0] is the verb now */
    if (v == &verb_help || v == &verb_version || wants_help(argc, argv)) {
        cli->args = argv + 1, cli->arg_count = argc - 1;
        if (v != &verb_help && v != &verb_version) {
            cli->args = (char *[]){(char *)v->name, NULL}, cli->arg_count = 1;
            return verb_help.run(cli);
        }
        return v->run(cli);
    }
    if (!take_own_options(cli, v, &argc, argv))
        return cli_error("--event needs a file, or - for standard input");

    conf_init(&cli->conf);
    cli->args = xcalloc((size_t)argc + 1, sizeof(*cli->args));
    const char *why;
    int status;
    if (conf_read(&cli->conf, argc, argv, env, cli->args, &cli->arg_count, &why))
        status = v->run(cli);
    else
        status = cli_error("%s", why);
    free(cli->args);
    conf_release(&cli->conf);
    return status;
}
