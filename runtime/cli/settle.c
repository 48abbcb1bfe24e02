#include "happened.h"
#include "remote.h"

static int run(struct cli *cli)
{
    if (cli->arg_count > 1)
        return cli_error("settle takes one horizon, or none");
    cJSON *in = cJSON_CreateObject();
    if (cli->arg_count)
        cJSON_AddStringToObject(in, "horizon", cli->args[0]);
    cJSON *out = remote_ask(cli, "settle", in, NULL);
    if (!out)
        return 2;
    int failed = print_happened(out);
    say(stdout, "settled at %s\n", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(out, "now")));
    cJSON_Delete(out);
    return failed ? 1 : 0;
}

const struct verb verb_settle = {"settle", "[HORIZON]", "waits until nothing is in flight and nothing is due",
                                 run,
                                 "Runs until no invocation is in flight and nothing is due within the "
                                 "horizon (a span such as 30s; nothing\n"
                                 "but the present without one), moving the clock to what is due.  Prints "
                                 "what happened; exit status 1 when\n"
                                 "something failed.\n"};
