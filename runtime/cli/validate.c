#include "cli.h"
#include "template/template.h"

static int run(struct cli *cli)
{
    char path[4096];
    const char *given = cli->arg_count ? cli->args[0] : cli->conf.template;
    if (!given && !template_find(NULL, path, sizeof(path)))
        return cli_error("no template.json, template.yaml or template.yml here");
    struct problems problems;
    problems_init(&problems);
    struct template *t = template_load(given ? given : path, &cli->conf, &problems);
    problems_print(&problems, stderr);
    int status = !t || problems_stop(&problems) ? 2 : 0;
    if (status == 0)
        printf("%s is valid\n", template_path(t));
    if (t)
        template_free(t);
    problems_release(&problems);
    return status;
}

const struct verb verb_validate = {"validate", "[TEMPLATE]", "checks a template and all that it points to",
                                   run,
                                   "Reads the template, names everything that tidepool would not honour with "
                                   "file, line and path, and starts\n"
                                   "nothing.  Exit status 0: valid, 2: not.\n"};
