#include "cli.h"

static void list_verbs(void)
{
    puts("tidepool: runs a serverless app on the machine in front of you\n");
    puts("usage: tidepool [VERB] [OPTIONS]\n");
    for (const struct verb *const *v = verbs; *v; v++)
        printf("  %-9s %-28s %s\n", (*v)->name, (*v)->args, (*v)->summary);
    puts("\nWithout a verb: start, when a template.json or template.yaml lies here.");
    puts("tidepool help VERB tells more.  Options, each also as TIDEPOOL_NAME in the environment:\n");
    conf_help(stdout);
}

static int run(struct cli *cli)
{
    if (cli->arg_count == 0 || cli->args[0][0] == '-') {
        list_verbs();
        return 0;
    }
    if (cli->arg_count > 1)
        return cli_error("help takes one verb, or none");
    const struct verb *v = verb_find(cli->args[0]);
    if (!v)
        return cli_error("unknown verb \"%s\"; tidepool help lists them", cli->args[0]);
    printf("usage: tidepool %s %s\n\n%s", v->name, v->args, v->help);
    return 0;
}

const struct verb verb_help = {"help", "[VERB]", "this text, or more about a verb", run,
                               "Tells how to use a verb.\n"};
