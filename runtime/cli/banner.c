#include "banner.h"
#include "core/version.h"
#include <string.h>
#include <unistd.h>

struct paint {
    FILE *to;
    const char *bold, *dim, *blue, *off;
};

static struct paint paint_for(FILE *to)
{
    if (isatty(fileno(to)))
        return (struct paint){to, "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"};
    return (struct paint){to, "", "", "", ""};
}

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

static void print_routes(const struct paint *p, const cJSON *routes)
{
    const char *api = "";
    const cJSON *r;
    int paths = width(routes, "Path");
    cJSON_ArrayForEach (r, routes) {
        if (strcmp(api, text(r, "Api")) != 0) {
            api = text(r, "Api");
            fprintf(p->to, "\n  %s%s%s  %s%s%s  %s API\n", p->bold, api, p->off, p->blue, text(r, "Endpoint"),
                    p->off, text(r, "Kind"));
        }
        bool key = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r, "ApiKeyRequired"));
        fprintf(p->to, "    %-7s %-*s  %s%s%s%s\n", text(r, "Method"), paths, text(r, "Path"), p->dim,
                text(r, "Function"), key ? ", API key" : "", p->off);
    }
}

static void print_keys(const struct paint *p, const cJSON *keys)
{
    if (cJSON_GetArraySize(keys) == 0)
        return;
    fprintf(p->to, "\n  %sAPI keys%s\n", p->bold, p->off);
    const cJSON *k;
    cJSON_ArrayForEach (k, keys)
        fprintf(p->to, "    %sx-api-key:%s %s\n", p->dim, p->off, text(k, "Value"));
}

static void print_functions(const struct paint *p, const cJSON *functions)
{
    if (cJSON_GetArraySize(functions) == 0)
        return;
    int names = width(functions, "Name");
    fprintf(p->to, "\n  %sfunctions%s\n", p->bold, p->off);
    const cJSON *f, *t;
    cJSON_ArrayForEach (f, functions) {
        fprintf(p->to, "    %-*s  %s", names, text(f, "Name"), p->dim);
        cJSON_ArrayForEach (t, list(f, "Triggers"))
            fprintf(p->to, "%s%s", t->prev && t != list(f, "Triggers")->child ? ", " : "", t->valuestring);
        fprintf(p->to, "%s\n", p->off);
    }
}

static void print_outputs(const struct paint *p, const cJSON *outputs)
{
    if (cJSON_GetArraySize(outputs) == 0)
        return;
    int keys = width(outputs, "Key");
    fprintf(p->to, "\n  %soutputs%s\n", p->bold, p->off);
    const cJSON *o;
    cJSON_ArrayForEach (o, outputs)
        fprintf(p->to, "    %-*s  %s\n", keys, text(o, "Key"), text(o, "Value"));
}

void banner_print(const struct house *h, const cJSON *deployed, int64_t took_us, FILE *to)
{
    struct paint p = paint_for(to);
    fprintf(to, "\n  %stidepool %s%s  %sready in %.1f ms%s\n", p.bold, TIDEPOOL_VERSION, p.off, p.dim,
            (double)took_us / 1000, p.off);
    print_routes(&p, list(deployed, "Routes"));
    print_keys(&p, list(deployed, "ApiKeys"));
    print_functions(&p, list(deployed, "Functions"));
    print_outputs(&p, list(deployed, "Outputs"));
    fprintf(to, "\n  %sAWS endpoint%s\n    export AWS_ENDPOINT_URL=%s%s%s\n", p.bold, p.off, p.blue,
            h->origin, p.off);
    fprintf(to, "\n  %sstate%s\n    %s\n\n", p.bold, p.off,
            h->data[0] ? h->data : "in memory, gone at the end");
    fflush(to);
}

static void print_ids(FILE *to, const char *word, const cJSON *ids)
{
    const cJSON *i;
    cJSON_ArrayForEach (i, ids)
        fprintf(to, "  %s %s\n", word, cJSON_IsObject(i) ? text(i, "Id") : i->valuestring);
}

void banner_print_change(const cJSON *deployed, FILE *to)
{
    fputs("deployed again\n", to);
    print_ids(to, "made", list(deployed, "Made"));
    print_ids(to, "changed", list(deployed, "Changed"));
    print_ids(to, "removed", list(deployed, "Removed"));
    print_ids(to, "kept its data, though no longer in the template:", list(deployed, "Kept"));
    fflush(to);
}
