#include "base/rc.h"
#include "control_inside.h"
#include "door/causes.h"

/* Why: the tree of what caused an id (a request, message, invocation, or an item as Table/key) and what it
 * caused.  Where the event stream does not reach back to the outermost cause, after a restart above all, the
 * rows in the store are asked. */
struct why_in {
    struct str id;
};

static const struct shape_row in[] = {
    IN_STR(why_in, id, "id", .flags = SHAPE_REQ, .min = 1, .max = 4096),
    SHAPE_END,
};

#define ROUNDS 3 /* from a message to what it names as its outermost cause, to all that names that */

static bool is_whole(const cJSON *tree)
{
    return tree && !cJSON_HasObjectItem(tree, "fromStore");
}

static struct str root_of(struct call *c, const cJSON *tree)
{
    return arena_str(&c->arena, json_text(cJSON_GetObjectItem(tree, "id")));
}

/* Asks for all that names the root, until no farther root comes to light. */
static enum rc ask_store(struct call *c, struct causes_search *s, struct str id, cJSON **tree)
{
    enum rc rc = RC_OK;
    causes_search_want(s, id);
    for (int i = 0; i < ROUNDS && rc == RC_OK; i++) {
        struct str root = *tree ? root_of(c, *tree) : id;
        causes_search_want(s, root);
        rc = causes_search_run(s, c);
        cJSON_Delete(*tree);
        *tree = trace_why(c->world, id, s->found, s->count);
        if (!*tree || str_eq(root_of(c, *tree), root))
            break;
    }
    return rc;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct why_in *req = input;
    struct causes_search search;
    enum rc rc = RC_OK;
    cJSON *tree = trace_why(c->world, req->id, NULL, 0);
    causes_search_init(&search, &c->arena);
    if (!is_whole(tree))
        rc = ask_store(c, &search, req->id, &tree);
    causes_search_release(&search);
    cJSON_Delete(c->out);
    c->out = tree;
    if (rc != RC_OK)
        return call_broke(c, rc);
    if (!tree)
        return call_fail(c, &control_not_found, "nothing is known of \"%.*s\"", STR_ARG(req->id));
    return OP_DONE;
}

const struct op_row control_why = {"Why", run, in, sizeof(struct why_in), .flags = OP_QUIET};
