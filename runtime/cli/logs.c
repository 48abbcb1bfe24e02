#include "remote.h"
#include "terminal.h"

static const char *text(const cJSON *o, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return z ? z : "";
}

static double print_events(const cJSON *out)
{
    const cJSON *e;
    cJSON_ArrayForEach (e, cJSON_GetObjectItemCaseSensitive(out, "events"))
        terminal_log_line(stdout, str_z(text(e, "at")), str_z(text(e, "what")), str_z(text(e, "detail")));
    fflush(stdout);
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(out, "next"));
}

static int run(struct cli *cli)
{
    double after = 0;
    bool first = true;
    if (cli->arg_count > 1)
        return cli_error("logs takes one function, or none");
    do {
        cJSON *in = cJSON_CreateObject();
        cJSON_AddNumberToObject(in, "after", after);
        if (cli->arg_count)
            cJSON_AddStringToObject(in, "function", cli->args[0]);
        if (!first)
            cJSON_AddNumberToObject(in, "wait", 20);
        cJSON *out = remote_ask(cli, "logs", in);
        if (!out)
            return 2;
        after = print_events(out);
        cJSON_Delete(out);
        first = false;
    } while (cli->follow);
    return 0;
}

const struct verb verb_logs = {
    "logs", "[-f] [FUNCTION]", "what functions printed", run,
    "Prints the log lines that the tidepool still has, of one function or of all; -f goes on.\n"};
