/* The service "template": one operation, and the template that is deployed. */
#include "base/rc.h"
#include "core/conf.h"
#include "deploy.h"
#include "door/door.h"
#include "door/stored.h"
#include <stdlib.h>

static const struct shape_row record_form[] = {
    STORED_TEXT("Type"),
    STORED_COUNT("At"),
    OUT(SHAPE_STRUCT, "In", .flags = SHAPE_REQ),
    OUT(SHAPE_STRUCT, "Out", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct stored_form forms[] = {{.space = "template.resource", .texts = 1, .rows = record_form},
                                           {0}};

static enum rc service_open(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    *state = xcalloc(1, sizeof(struct template_state));
    return RC_OK;
}

static void service_close(struct world *w, void *state)
{
    struct template_state *s = state;
    (void)w;
    if (s->scratch)
        scratch_free(s->copies, s->lock);
    else
        free(s->copies);
    template_free(s->current);
    free(s);
}

static const struct op_row *const ops[] = {&template_op_deploy, NULL};

const struct service template_service = {
    .name = "template",
    .ops = ops,
    .open = service_open,
    .close = service_close,
};

const struct template *template_current(const struct world *w)
{
    const struct template_state *state = world_state(w, &template_service);
    return state ? state->current : NULL;
}

/* --- copies of the code, beside the state: in its folder, or (in memory) in one that goes with us.  Hidden,
 * so that they are no code themselves when state lies below a CodeUri. */

static void choose_copies(struct template_state *s, const struct conf *conf, const struct template *t)
{
    char path[4096];
    if (conf->ephemeral) {
        s->copies = scratch_new(&s->lock);
        s->scratch = s->copies;
        return;
    }
    snprintf(path, sizeof path, "%s%s/.code", conf->data ? conf->data : t->folder,
             conf->data ? "" : "/.tidepool");
    s->copies = xstrdup(path);
}

/* A world without options (a test's) has no place for copies. */
static void keep_code(struct world *w, struct template *t)
{
    struct template_state *s = world_state(w, &template_service);
    if (!s->copies && w->conf)
        choose_copies(s, w->conf, t);
    if (s->copies)
        code_keep(t, s->copies, w->log);
}

/* --- deploying */

/* Who asked for a deployment, while it runs. */
struct deployment {
    struct template *template;
    void (*on_end)(struct call *);
    void *asker;
};

static void deployed(struct call *c)
{
    struct template_state *state = world_state(c->world, &template_service);
    struct deployment d = *(struct deployment *)c->plan;
    struct template *unwanted = c->fault ? d.template : state->current;
    if (!c->fault && !state->current && state->copies)
        code_tidy(d.template,
                  state->copies); /* versions of runs before; those of this run may still be read */
    if (!c->fault)
        state->current = d.template;
    if (unwanted != state->current)
        template_free(unwanted);
    c->typed = NULL;
    c->asker = d.asker;
    d.on_end(c);
}

void template_deploy(struct world *w, struct template *t, void (*on_end)(struct call *), void *asker)
{
    struct call *c = door_open(w, NULL, "template", "Deploy");
    if (!c)
        BUG("the service template is not in the world's table");
    struct deployment *d = arena_alloc(&c->arena, sizeof *d);
    *d = (struct deployment){t, on_end, asker};
    keep_code(w, t);
    c->from = CALL_TEMPLATE;
    c->typed = t;
    c->plan = d;
    c->on_end = deployed;
    door_submit(c);
}
