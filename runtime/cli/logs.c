#include "remote.h"
#include "terminal.h"

static const char *text(const cJSON *o, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return z ? z : "";
}

/* True when there were some. */
static bool print_events(const cJSON *out)
{
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(out, "events"), *e;
    struct terminal t = terminal_of(stdout);
    cJSON_ArrayForEach (e, events)
        terminal_log_line(&t, str_z(text(e, "at")), str_z(text(e, "what")), str_z(text(e, "detail")));
    fflush(stdout);
    return cJSON_GetArraySize(events) > 0;
}

static int run(struct cli *cli)
{
    double after = 0;
    bool some = true; /* an answer has no more than a page, so there may be others */
    if (cli->arg_count > 1)
        return cli_error("logs takes one function, or none");
    do {
        cJSON *in = cJSON_CreateObject();
        cJSON_AddNumberToObject(in, "after", after);
        if (cli->arg_count)
            cJSON_AddStringToObject(in, "function", cli->args[0]);
        if (!some)
            cJSON_AddNumberToObject(in, "wait", 20);
        cJSON *out = remote_ask(cli, "logs", in, NULL);
        if (!out)
            return 2;
        some = print_events(out);
        after = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(out, "next"));
        cJSON_Delete(out);
    } while (some || cli->follow);
    return 0;
}

const struct verb verb_logs = {
    "logs", "[-f] [FUNCTION]", "what functions printed", run,
    "Prints the log lines that the tidepool still has, of one function or of all; -f goes on.\n"};
