#include "cli.h"

static void list_verbs(void)
{
    say(stdout, "tidepool: runs a serverless app on the machine in front of you\n\n");
    say(stdout, "usage: tidepool [VERB] [OPTIONS]\n\n");
    for (const struct verb *const *v = verbs; *v; v++)
        say(stdout, "  %-9s %-28s %s\n", (*v)->name, (*v)->args, (*v)->summary);
    say(stdout, "\nWithout a verb: start, when a template.json or template.yaml lies here.\n");
    say(stdout,
        "tidepool help VERB tells more.  Options, each also as TIDEPOOL_NAME in the environment:\n\n");
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
    say(stdout, "usage: tidepool %s %s\n\n", v->name, v->args);
    say_text(stdout, str_z(v->help));
    return 0;
}

const struct verb verb_help = {"help", "[VERB]", "this text, or more about a verb", run,
                               "Tells how to use a verb.\n"};
