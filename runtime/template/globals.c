/* Globals: what every resource of a Serverless type has unless it says otherwise.
 *
 * As SAM merges: maps are merged, lists are joined (the global part first), all else is the resource's. */
#include "build.h"

static struct node *merge(struct arena *a, const struct node *global, const struct node *own)
{
    bool maps = global->kind == NODE_MAP && own->kind == NODE_MAP && !node_is_function(global) &&
                !node_is_function(own);
    bool lists = global->kind == NODE_LIST && own->kind == NODE_LIST;
    if (!maps && !lists)
        return node_copy(a, own);
    struct node *out = node_new(a, own->kind, own);
    const struct node *child;
    node_each (child, global) {
        const struct node *twin = maps ? node_get_str(own, child->key) : NULL;
        node_put_str(out, child->key, twin ? merge(a, child, twin) : node_copy(a, child));
    }
    node_each (child, own)
        if (!maps || !node_get_str(global, child->key))
            node_put_str(out, child->key, node_copy(a, child));
    return out;
}

struct node *globals_merge(struct template *t, const struct type_row *type, const struct node *properties)
{
    const struct node *global = type->globals && t->globals ? node_get(t->globals, type->globals) : NULL;
    if (!global || global->kind != NODE_MAP)
        return node_copy(&t->arena, properties);
    return merge(&t->arena, global, properties);
}

static const struct type_row *type_of_section(struct str name)
{
    for (size_t i = 0; type_rows[i]; i++)
        if (type_rows[i]->globals && str_is(name, type_rows[i]->globals))
            return type_rows[i];
    return NULL;
}

/* Each section once, whether or not a resource of its type is there. */
void globals_check(struct template *t)
{
    const struct node *section;
    node_each (section, t->globals) {
        const struct type_row *type = type_of_section(section->key);
        if (!type)
            problem_soft(t->problems, section, "Globals for %.*s are not supported by tidepool yet",
                         STR_ARG(section->key));
        else if (section->kind != NODE_MAP)
            problem_hard(t->problems, section, "must be a map");
        else
            props_check(&t->arena, t->problems, scope_resolve(&t->scope, section), type->props, type->name,
                        true);
    }
}
