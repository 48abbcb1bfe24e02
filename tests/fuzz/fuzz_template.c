/* Any bytes as a template: the readers, functions, expansion and plan end. */
#include "core/conf.h"
#include "template/template.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char path[64];
    struct conf conf;
    struct problems problems;
    snprintf(path, sizeof path, "/tmp/fuzz_template_%ld.json", (long)getpid());
    FILE *f = fopen(path, "wb");
    if (!f)
        return 0;
    fwrite(bytes, 1, n, f);
    fclose(f);
    conf_init(&conf);
    problems_init(&problems);
    conf.lenient = n % 2;
    struct template *t = template_load(path, &conf, &problems);
    if (t && !problems_stop(&problems)) {
        char digest[65];
        cJSON_Delete(template_plan(t));
        template_digest(t, digest);
    }
    for (size_t i = 0; i < problems.count; i++)
        problem_text(&problems, i);
    template_free(t);
    problems_release(&problems);
    conf_release(&conf);
    unlink(path);
    return 0;
}
