#include "banner.h"
#include "core/version.h"
#include <string.h>

#define BOLD "\x1b[1m"
#define DIM "\x1b[2m"
#define BLUE "\x1b[36m"
#define OFF "\x1b[0m"

static const char *text(const cJSON *o, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return z ? z : "";
}

static const cJSON *list(const cJSON *o, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(o, name);
}

/* The longest text of a member over a list, for columns; at most 40. */
static int width(const cJSON *rows, const char *name)
{
    int most = 0;
    const cJSON *r;
    cJSON_ArrayForEach (r, rows) {
        int n = (int)strlen(text(r, name));
        most = n > most ? n : most;
    }
    return most > 40 ? 40 : most;
}

static void print_routes(FILE *to, const cJSON *routes)
{
    const char *api = "";
    const cJSON *r;
    int paths = width(routes, "Path");
    cJSON_ArrayForEach (r, routes) {
        if (strcmp(api, text(r, "Api")) != 0) {
            api = text(r, "Api");
            say(to, "\n  " BOLD "%s" OFF "  " BLUE "%s" OFF "  %s API\n", api, text(r, "Endpoint"),
                text(r, "Kind"));
        }
        bool key = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r, "ApiKeyRequired"));
        say(to, "    %-7s %-*s  " DIM "%s%s" OFF "\n", text(r, "Method"), paths, text(r, "Path"),
            text(r, "Function"), key ? ", API key" : "");
    }
}

static void print_keys(FILE *to, const cJSON *keys)
{
    if (cJSON_GetArraySize(keys) == 0)
        return;
    say(to, "\n  " BOLD "API keys" OFF "\n");
    const cJSON *k;
    cJSON_ArrayForEach (k, keys)
        say(to, "    " DIM "x-api-key:" OFF " %s\n", text(k, "Value"));
}

static void print_functions(FILE *to, const cJSON *functions)
{
    if (cJSON_GetArraySize(functions) == 0)
        return;
    int names = width(functions, "Name");
    say(to, "\n  " BOLD "functions" OFF "\n");
    const cJSON *f, *t;
    cJSON_ArrayForEach (f, functions) {
        say(to, "    %-*s  " DIM, names, text(f, "Name"));
        cJSON_ArrayForEach (t, list(f, "Triggers"))
            say(to, "%s%s", t->prev && t != list(f, "Triggers")->child ? ", " : "", t->valuestring);
        say(to, OFF "\n");
    }
}

static void print_outputs(FILE *to, const cJSON *outputs)
{
    if (cJSON_GetArraySize(outputs) == 0)
        return;
    int keys = width(outputs, "Key");
    say(to, "\n  " BOLD "outputs" OFF "\n");
    const cJSON *o;
    cJSON_ArrayForEach (o, outputs)
        say(to, "    %-*s  %s\n", keys, text(o, "Key"), text(o, "Value"));
}

void banner_print(const struct house *h, const cJSON *deployed, int64_t took_us, FILE *to)
{
    say(to, "\n  " BOLD "tidepool %s" OFF "  " DIM "ready in %.1f ms" OFF "\n", TIDEPOOL_VERSION,
        (double)took_us / 1000);
    print_routes(to, list(deployed, "Routes"));
    print_keys(to, list(deployed, "ApiKeys"));
    print_functions(to, list(deployed, "Functions"));
    print_outputs(to, list(deployed, "Outputs"));
    say(to, "\n  " BOLD "AWS endpoint" OFF "\n    export AWS_ENDPOINT_URL=" BLUE "%s" OFF "\n", h->origin);
    say(to, "\n  " BOLD "state" OFF "\n    %s\n\n", h->data[0] ? h->data : "in memory, gone at the end");
    fflush(to);
}

static void print_ids(FILE *to, const char *word, const cJSON *ids)
{
    const cJSON *i;
    cJSON_ArrayForEach (i, ids)
        say(to, "  %s %s\n", word, cJSON_IsObject(i) ? text(i, "Id") : i->valuestring);
}

void banner_print_change(const cJSON *deployed, FILE *to)
{
    say(to, "deployed again\n");
    print_ids(to, "made", list(deployed, "Made"));
    print_ids(to, "changed", list(deployed, "Changed"));
    print_ids(to, "removed", list(deployed, "Removed"));
    print_ids(to, "kept its data, though no longer in the template:", list(deployed, "Kept"));
    fflush(to);
}
