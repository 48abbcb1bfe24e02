/* A template on its way from tree to plan; for the files of this folder.
 *
 *   read -> scope -> resources (properties resolved and checked) -> expand (events, implicit APIs, usage
 * plans)
 *        -> plan (one door call each) -> references looked at -> order
 */
#ifndef TEMPLATE_BUILD_H
#define TEMPLATE_BUILD_H

#include "late.h"
#include "props.h"
#include "scope.h"
#include "template.h"

struct resource;

/* What Fn::GetAtt gives, from the member of the operation's answer (or input, or a kept resource's values).
 */
struct attr_row {
    const char *name, *member;
    const char *needs; /* the property without which it is not there; NULL: none */
};

/* How a resource leaves: an operation of the same service, and its input from the stored answer or input. */
struct removal {
    const char *operation;
    struct {
        const char *to, *from;
    } members[2];
    const char *list_to, *list_from; /* a list with one id: RemoveTargets' Ids */
};

struct type_row {
    const char *name;
    const char *globals; /* its section of Globals; NULL: none */
    const struct prop_row *props;
    const char *service, *operation; /* NULL: read and kept, no call */
    const char *ref;                 /* the member that Ref gives */
    const struct attr_row *attrs;    /* ended by a NULL name; NULL: none */
    const struct removal *removal;   /* NULL: it is state, and stays when it leaves the template */
    const char *name_member;         /* its physical name, for people */
    bool unique;                     /* ... which no other of the same operation may have */
    const char *const *joins;        /* input members that no two may have in common, as a pair; NULL: none */

    /* Makes what it stands for besides itself (events, plans); NULL: nothing. */
    void (*expand)(struct template *t, struct resource *r);
    /* The call's input; for kept types their values.  Never NULL. */
    struct node *(*plan)(struct template *t, struct resource *r);
};

struct resource {
    struct resource *next;
    struct str id;
    const struct type_row *type;
    const struct node *at; /* the written node that it is of, for problems */
    struct node *props;    /* checked */
    struct node *in;       /* of its call */
    struct node *routes;   /* of an API */
    struct node *triggers; /* of a function: texts for people */
    const struct node *depends;
    int port; /* of an API */
    int mark; /* while ordering */
};

#define TEMPLATE_CONDITION_FALSE "its Condition is false"
#define TEMPLATE_TYPE_UNKNOWN "its type is not supported"

struct code;

struct template
{
    struct arena arena;
    char *file, *path, *folder; /* as it was named; absolute */
    bool serverless;            /* the Transform is there */
    struct node *root, *globals;
    struct problems *problems; /* while loading */
    struct scope scope;
    struct resource *first, *last;
    size_t count;
    struct map by_id;    /* logical id, or an alias like "Shop.Stage" -> struct resource * */
    struct map left_out; /* ids that are not there -> one of the reasons below */
    struct resource **order;
    struct node *outputs; /* list of {Key, Value, Description} */
    struct code *codes;   /* folders seen */
    int ports;
};

/* --- resources.c */
void resources_read(struct template *t);
struct resource *resource_get(const struct template *t, struct str id);
/* A resource that another one stands for; props as its rows would have left them.  NULL: the name is taken
 * (said). */
struct resource *resource_make(struct template *t, struct str id, const char *type, struct node *props,
                               const struct node *at);
void resource_alias(struct template *t, struct str alias, struct resource *r);
/* The physical name: the property, or StackName-LogicalId where AWS makes one up. */
struct node *resource_name(struct template *t, const struct resource *r, const char *property);
/* Moves the property over under another name, when it is there. */
void resource_give(struct template *t, const struct resource *r, const char *property, struct node *in,
                   const char *as);
/* The resource that a property refers to with Ref; NULL: it is no Ref of a resource here. */
struct resource *resource_referred(const struct template *t, const struct node *value);
/* Adds a text about what makes the function run; `function`: a reference to it.  Nothing when it is
 * elsewhere. */
void function_trigger(struct template *t, const struct node *function, const char *what,
                      const struct node *source);
struct node *ref_to(struct template *t, const struct resource *r);
struct node *att_of(struct template *t, const struct resource *r, const char *attr);
/* JSON text of a tree that may still be late; a text stays as it is. */
struct node *as_json_text(struct template *t, const struct node *n);
/* [{Key,Value}] to {k: v} and back. */
struct node *tags_map(struct template *t, const struct node *list);
struct node *tags_list(struct template *t, const struct node *map);

/* --- globals.c */
struct node *globals_merge(struct template *t, const struct type_row *type, const struct node *properties);
void globals_check(struct template *t);

/* --- types.c */
const struct type_row *type_find(struct str name);
extern const struct type_row *const type_rows[];

/* --- sam_events.c */
void events_expand(struct template *t, struct resource *function, const struct node *events);

/* --- order.c */
void references_check(struct template *t);
void names_check(struct template *t);
bool order_resources(struct template *t);

/* --- project.c: what belongs to the user's own project */

/* Is `path` this folder, or below it?  Both are real paths. */
bool path_within(struct str path, struct str folder);

/* An absolute path without ".", ".." and empty parts, as it is written: links are not looked at.  In the
 * arena. */
struct str path_plain(const char *path, struct arena *a);

/* The real folder into which links of the code may lead: the repository that encloses the template's folder
 * (a real path), else the workspace (npm, pnpm, yarn), else that folder.  In the arena. */
struct str project_of(const char *template_folder, struct arena *a);

/* --- code.c: what functions run, read once and kept in memory while the template is the world's */
struct code_file {
    struct code_file *next;
    struct str name, text; /* name: below the folder, "lib/money.lua" */
};

struct code {
    struct code *next;
    char *folder;     /* absolute, real */
    struct str shown; /* for people: "functions" */
    struct str kept;  /* the copy that workers read; absent: they read the folder itself */
    char hash[65];
    int64_t bytes;
    struct code_file *files; /* in order of names */
    struct str project;      /* links may lead into this real folder */
};

/* The folder that a CodeUri means; NULL: a problem was said. */
const struct code *code_folder(struct template *t, const struct node *uri);

/* A file that had code in `before` is gone or empty now: perhaps it is just being saved. */
bool code_lacks(const struct template *now, const struct template *before);

/* Is the handler's file there?  Says so when not. */
void code_check_handler(struct template *t, const struct code *code, const struct node *handler);

/* --- keep.c: copies of the code below `folder`, so that what serves is what was deployed */
/* Sets code->kept of each folder of the template; one that cannot be written is said in the log and read in
 * place. */
void code_keep(struct template *t, const char *folder, const struct log *log);
/* Takes all copies away that the template (NULL: none) does not use. */
void code_tidy(const struct template *t, const char *folder);
/* Takes a folder away with all that is in it. */
void folder_remove(const char *path);

#endif
