#include "happened.h"
#include "base/say.h"

static const char *text(const cJSON *o, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return z ? z : "";
}

static int print_list(const cJSON *list, const char *mark)
{
    int n = 0;
    const cJSON *e;
    cJSON_ArrayForEach (e, list) {
        say(stdout, "%s  %s  %s  %s\n", mark, text(e, "at"), text(e, "what"), text(e, "detail"));
        n++;
    }
    return n;
}

int print_happened(const cJSON *out)
{
    print_list(cJSON_GetObjectItemCaseSensitive(out, "happened"), "ok    ");
    return print_list(cJSON_GetObjectItemCaseSensitive(out, "failed"), "failed");
}
