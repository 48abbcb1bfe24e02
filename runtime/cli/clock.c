#include "happened.h"
#include "remote.h"
#include <string.h>

static const char *text(const cJSON *o, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return z ? z : "";
}

static void print_clock(const cJSON *out)
{
    double speed = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(out, "speed"));
    say(stdout, "%s", text(out, "now"));
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(out, "frozen")))
        say(stdout, "  frozen");
    else if (speed != 1)
        say(stdout, "  at speed %g", speed);
    if (*text(out, "nextDue"))
        say(stdout, "  next due %s", text(out, "nextDue"));
    say(stdout, "\n");
}

/* What lies in the future since the clock was set back. */
static void print_ahead(const cJSON *list)
{
    const cJSON *e;
    cJSON_ArrayForEach (e, list)
        say(stdout, "ahead   %s  %.0f%s %s  %s\n", text(e, "at"),
            cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(e, "count")),
            cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(e, "more")) ? " or more" : "", text(e, "what"),
            text(e, "of"));
}

/* The action and its argument; of an action that there is not the server tells. */
static int words_of(const char *action)
{
    static const char *const alone[] = {"show", "freeze", "resume"};
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (strcmp(action, alone[i]) == 0)
            return 1;
    return 2;
}

static int run(struct cli *cli)
{
    if (cli->arg_count && cli->arg_count > words_of(cli->args[0]))
        return cli_error("clock %s takes %s", cli->args[0],
                         words_of(cli->args[0]) == 1 ? "no argument" : "one argument");
    cJSON *in = cJSON_CreateObject();
    cJSON_AddStringToObject(in, "action", cli->arg_count ? cli->args[0] : "show");
    if (cli->arg_count > 1)
        cJSON_AddStringToObject(in, "value", cli->args[1]);
    cJSON *out = remote_ask(cli, "clock", in, NULL);
    if (!out)
        return 2;
    print_happened(out);
    print_ahead(cJSON_GetObjectItemCaseSensitive(out, "ahead"));
    print_clock(out);
    cJSON_Delete(out);
    return 0;
}

const struct verb verb_clock = {
    "clock", "[show|freeze|resume|advance 15m|set TIME|speed N]", "the world's clock", run,
    "Every deadline of the world (visibility timeouts, retries, schedules, quotas, Lua's os.time) is on this "
    "clock.\n\n"
    "  show          what it shows, and what is due next\n"
    "  freeze        stands still\n"
    "  resume        runs again\n"
    "  advance SPAN  moves on, stopping for everything that falls due on the way: 250ms 30s 15m 2h 14d\n"
    "  set TIME      2030-01-01T00:00:00Z, or seconds since 1970; set back, schedules are planned anew, and\n"
    "                what still waits for a time of before is named\n"
    "  speed N       N world seconds in a real one\n"};
