#include "remote.h"

static int run(struct cli *cli)
{
    if (cli->arg_count)
        return cli_error("reset takes no argument: it throws away all state");
    cJSON *out = remote_ask(cli, "reset", cJSON_CreateObject(), NULL);
    if (!out)
        return 2;
    cJSON_Delete(out);
    say(stdout, "all state is gone; the template is deployed again\n");
    return 0;
}

const struct verb verb_reset = {
    "reset", "", "throws all state away and deploys the template again", run,
    "Empties tables, queues and everything else of the tidepool that runs, sets its clock to the real\n"
    "time, and deploys its template again.\n"};
