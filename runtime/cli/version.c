#include "core/version.h"
#include "cli.h"

static int run(struct cli *cli)
{
    if (cli->arg_count && cli->args[0][0] != '-')
        return cli_error("version takes no argument");
    say(stdout, "tidepool %s\n", TIDEPOOL_VERSION);
    return 0;
}

const struct verb verb_version = {"version", "", "prints the version", run, "Prints the version.\n"};
