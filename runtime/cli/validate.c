/* validate: the template's own checks, and then a deployment in a world in memory, which asks the services
 * too and compiles the code. */
#include "house.h"

struct trial {
    struct house house;
    int status;
};

static void on_deployed(void *arg, struct call *c)
{
    struct trial *t = arg;
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(c->out, "CodeProblems");
    if (c->fault)
        cli_refused(c->fault_text);
    else if (code)
        say_text(stderr, arena_printf(&c->arena, "%s\n", code->valuestring));
    else
        t->status = 0;
    call_free(c);
    loop_stop(t->house.loop);
}

static int run(struct cli *cli)
{
    char found[4096], path[4096] = "";
    const char *given = cli->arg_count ? cli->args[0] : cli->conf.template;
    if (cli->arg_count > 1)
        return cli_error("validate takes one template");
    if (!given && !template_find(NULL, found, sizeof(found)))
        return cli_error("no template.json, template.yaml or template.yml here");
    struct trial t = {.status = 2};
    cli->conf.ephemeral = cli->conf.run_inline = true;
    cli->conf.log_level = LOG_ERROR; /* what is wrong is said here */
    if (house_open(&t.house, cli, given ? given : found)) {
        snprintf(path, sizeof(path), "%s", template_path(t.house.template));
        house_deploy(&t.house, on_deployed, &t);
        loop_run(t.house.loop);
    }
    house_close(&t.house);
    if (t.status == 0)
        say(stdout, "%s is valid\n", path);
    return t.status;
}

const struct verb verb_validate = {"validate", "[TEMPLATE]", "checks a template and all that it points to",
                                   run,
                                   "Reads the template, names everything that tidepool would not honour with "
                                   "file, line and path, and code\n"
                                   "that does not compile; starts nothing.  Exit status 0: valid, 2: not.\n"};
