#include "scope.h"
#include "core/conf.h"
#include <stdlib.h>

static void pseudo(struct scope *s, const char *name, struct str value)
{
    map_put(&s->pseudo, str_z(name), node_text(s->arena, value, NULL));
}

static void read_pseudo(struct scope *s, const struct conf *conf)
{
    const char *account = conf->account ? conf->account : "000000000000";
    const char *region = conf->region ? conf->region : "us-east-1";
    pseudo(s, "AWS::AccountId", str_z(account));
    pseudo(s, "AWS::Region", str_z(region));
    pseudo(s, "AWS::Partition", STR("aws"));
    pseudo(s, "AWS::URLSuffix", STR("amazonaws.com"));
    pseudo(s, "AWS::StackName", STR(TEMPLATE_STACK));
    pseudo(s, "AWS::StackId",
           arena_printf(s->arena,
                        "arn:aws:cloudformation:%s:%s:stack/" TEMPLATE_STACK
                        "/00000000-0000-4000-8000-000000000000",
                        region, account));
}

/* Mappings are two levels of names and then a value; checked once so that FindInMap can trust it. */
static void check_mappings(struct scope *s, const struct node *mappings)
{
    const struct node *mapping, *top;
    node_each (mapping, mappings) {
        if (mapping->kind != NODE_MAP)
            problem_hard(s->problems, mapping, "a mapping is a map of maps");
        node_each (top, mapping)
            if (top->kind != NODE_MAP)
                problem_hard(s->problems, top, "a mapping's key holds a map of names and values");
    }
}

static void read_conditions(struct scope *s, const struct node *section)
{
    const struct node *expression;
    node_each (expression, section) {
        struct condition *c = arena_zalloc(s->arena, sizeof *c);
        c->expression = expression;
        map_put(&s->conditions, expression->key, c);
    }
    /* all of them, so that a broken one is found even when nobody asks for it */
    node_each (expression, section)
        scope_condition(s, expression->key, expression);
}

static const struct node *section(struct scope *s, const struct node *root, const char *name)
{
    const struct node *n = node_get(root, name);
    if (!n || n->kind == NODE_MAP)
        return n;
    problem_hard(s->problems, n, "must be a map");
    return NULL;
}

void scope_init(struct scope *s, struct arena *a, struct problems *p, const struct node *root,
                const struct conf *conf)
{
    memset(s, 0, sizeof *s);
    s->arena = a;
    s->problems = p;
    map_init(&s->parameters);
    map_init(&s->conditions);
    map_init(&s->pseudo);
    read_pseudo(s, conf);
    scope_read_parameters(s, section(s, root, "Parameters"), &conf->parameters);
    s->mappings = section(s, root, "Mappings");
    if (s->mappings)
        check_mappings(s, s->mappings);
    const struct node *conditions = section(s, root, "Conditions");
    if (conditions)
        read_conditions(s, conditions);
}

void scope_release(struct scope *s)
{
    map_release(&s->parameters);
    map_release(&s->conditions);
    map_release(&s->pseudo);
}
