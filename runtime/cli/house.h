/* A whole tidepool in this process: loop, store, world, template.  `start` serves it; `invoke` uses one for a
 * moment when none is running. */
#ifndef CLI_HOUSE_H
#define CLI_HOUSE_H

#include "cli.h"
#include "core/child.h"
#include "core/loop.h"
#include "door/world.h"
#include "template/template.h"

struct house {
    struct cli *cli;
    struct log log;
    struct loop *loop;
    struct nursery *nursery;   /* NULL with --inline */
    struct template *template; /* until it is deployed; NULL: no template, only the AWS endpoint */
    struct world *world;
    char app[4096];  /* the template's folder */
    char data[4200]; /* the state folder; "" in memory */
    char origin[300];
    void (*deployed)(void *arg, struct call *c);
    void *deployed_arg;
};

/* Reads the template (path NULL: the one that lies here, if any), opens the store and the world.  False after
 * saying on stderr what is wrong; house_close is due all the same. */
bool house_open(struct house *h, struct cli *cli, const char *path);
void house_close(struct house *h);

/* Deploys the template and calls on_end with the answer (template.h), then the call is its to free; with
 * NULL, at once, when there is no template. */
void house_deploy(struct house *h, void (*on_end)(void *arg, struct call *c), void *arg);

#endif
