/* What names mean in a template: parameters, mappings, conditions, pseudo parameters, and the functions over
 * them.  One scope per load; everything in it lies in the template's arena. */
#ifndef TEMPLATE_SCOPE_H
#define TEMPLATE_SCOPE_H

#include "base/map.h"
#include "node.h"
#include "problem.h"

struct conf;

#define TEMPLATE_STACK "tidepool" /* AWS::StackName */

/* A Ref or GetAtt of something that must be a resource; looked at once all resources are known. */
struct reference {
    struct reference *next;
    const struct node *at;
    struct str logical, attr; /* attr absent: Ref */
    bool idle;                /* in a branch that Fn::If did not take: it must exist, no more */
};

enum truth { TRUTH_UNKNOWN, TRUTH_ASKING, TRUTH_NO, TRUTH_YES };

struct condition {
    const struct node *expression;
    enum truth truth;
};

struct scope {
    struct arena *arena;
    struct problems *problems;
    struct map parameters;        /* name -> struct node * (a text, number or list) */
    struct map conditions;        /* name -> struct condition * */
    const struct node *mappings;  /* may be NULL */
    struct map pseudo;            /* "AWS::Region" -> struct node * */
    struct reference *references; /* newest first */
    int idle;                     /* > 0: within a branch that was not taken */
};

/* Reads Parameters, Mappings and Conditions of the root.  conf: parameters, account, region. */
void scope_init(struct scope *s, struct arena *a, struct problems *p, const struct node *root,
                const struct conf *conf);
void scope_release(struct scope *s);

/* params.c: fills s->parameters from the section and the command line. */
void scope_read_parameters(struct scope *s, const struct node *section, const struct map *given);

/* A copy with every function applied or made late.  NULL: AWS::NoValue, or a problem was said. */
struct node *scope_resolve(struct scope *s, const struct node *n);

/* Is the condition true?  An unknown name is a problem and counts as false. */
bool scope_condition(struct scope *s, struct str name, const struct node *at);

#endif
