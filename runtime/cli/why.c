#include "remote.h"
#include <string.h>

/* One line per node:  time since the outermost cause, what it took, what it was; its log lines below it, and
 * the rows that it left in the store. */
struct walk {
    double begin_us;
    char lead[512]; /* the branches of the tree to the left */
};

static const char *text(const cJSON *o, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return z ? z : "";
}

static double number(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

static bool from_store(const cJSON *node)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(node, "fromStore"));
}

/* What only the store knows has no durations; its time is that of the row, when there is one. */
static void print_times(const cJSON *node, const struct walk *w)
{
    if (from_store(node))
        say(stdout, "%24s  ", text(node, "at"));
    else
        say(stdout, "%+9.2f ms %8.2f ms  ", (number(node, "atUs") - w->begin_us) / 1000,
            number(node, "tookMs"));
}

static void print_node(const cJSON *node, const struct walk *w, const char *branch)
{
    int status = (int)number(node, "status");
    print_times(node, w);
    say(stdout, "%s%s%s%s", w->lead, branch, text(node, "what"), from_store(node) ? " (from the store)" : "");
    if (status)
        say(stdout, " %d", status);
    if (*text(node, "detail"))
        say(stdout, "  %s", text(node, "detail"));
    say(stdout, "  \x1b[2m%s\x1b[0m\n", text(node, "id"));
}

/* The time of the first node that has one; all offsets count from it. */
static double begin_of(const cJSON *node)
{
    double at = from_store(node) ? 0 : number(node, "atUs");
    const cJSON *child;
    cJSON_ArrayForEach (child, cJSON_GetObjectItemCaseSensitive(node, "caused"))
        at = at ? at : begin_of(child);
    return at;
}

/* START, END and REPORT say nothing here that the node does not. */
static bool is_handlers_own(const char *line)
{
    static const char *const platform[] = {"START RequestId:", "END RequestId:", "REPORT RequestId:"};
    for (size_t i = 0; i < sizeof(platform) / sizeof(*platform); i++)
        if (strncmp(line, platform[i], strlen(platform[i])) == 0)
            return false;
    return true;
}

static void print_log(const char *lines, const char *lead)
{
    struct str rest = str_z(lines);
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        say(stdout, "%26s%s│  \x1b[2m%.*s\x1b[0m\n", "", lead, STR_ARG(line));
    }
}

static void print_tree(const cJSON *node, const struct walk *w, bool root, bool last)
{
    print_node(node, w, root ? "" : last ? "└─ " : "├─ ");
    struct walk in = *w;
    size_t n = strlen(in.lead);
    if (!root && n + 8 < sizeof(in.lead)) /* deeper than that, the branches are no longer drawn */
        strncpy(in.lead + n, last ? "   " : "│  ", sizeof(in.lead) - n - 1);
    const cJSON *line, *child;
    cJSON_ArrayForEach (line, cJSON_GetObjectItemCaseSensitive(node, "log"))
        if (is_handlers_own(line->valuestring))
            print_log(line->valuestring, in.lead);
    cJSON_ArrayForEach (line, cJSON_GetObjectItemCaseSensitive(node, "stored"))
        say(stdout, "%26s%s│  in the store: %s\n", "", in.lead, line->valuestring);
    cJSON_ArrayForEach (child, cJSON_GetObjectItemCaseSensitive(node, "caused"))
        print_tree(child, &in, false, !child->next);
}

static int run(struct cli *cli)
{
    if (cli->arg_count != 1)
        return cli_error(
            "why needs an id: of a request, a message or an invocation, or an item as Table/key");
    cJSON *in = cJSON_CreateObject();
    cJSON_AddStringToObject(in, "id", cli->args[0]);
    int status;
    cJSON *tree = remote_ask(cli, "why", in, &status);
    if (!tree)
        return status == 404 ? 1 : 2;
    struct walk w = {begin_of(tree), ""};
    print_tree(tree, &w, true, true);
    cJSON_Delete(tree);
    return 0;
}

const struct verb verb_why = {"why", "ID", "the tree of what caused what", run,
                              "Prints what caused the given id and all that it caused, outermost cause "
                              "first: when it happened, how long it\n"
                              "took, what it was.  ID: a request id (header x-amzn-requestid), a message id, "
                              "an invocation's request id, or\n"
                              "an item as Table/key.  What happened before the last start is told as far as "
                              "messages, stream records and\n"
                              "promised deliveries in the store still name it.  Exit status 1: nothing is "
                              "known of the id.\n"};
