#include "template.h"
#include "base/digest.h"
#include "base/rc.h"
#include "build.h"
#include "core/conf.h"
#include "read.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

/* --- the file */

bool template_find(const char *folder, char *path, size_t size)
{
    static const char *const names[] = {"template.json", "template.yaml", "template.yml"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat st;
        snprintf(path, size, "%s%s%s", folder ? folder : "", folder ? "/" : "", names[i]);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
            return true;
    }
    return false;
}

static bool read_file(struct template *t, struct str *text)
{
    struct stat st;
    FILE *f = fopen(t->path, "rb");
    if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        problem_line(t->problems, 1, "%s", f ? "is not a file" : strerror(errno));
        if (f)
            fclose(f);
        return false;
    }
    bool fits = st.st_size <= TEMPLATE_MAX;
    if (!fits)
        problem_line(t->problems, 1, "is larger than 1 MB");
    char *content = arena_alloc(&t->arena, fits ? (size_t)st.st_size + 1 : 1);
    *text = str_n(content, fits ? fread(content, 1, (size_t)st.st_size, f) : 0);
    fclose(f);
    return fits;
}

static void set_paths(struct template *t, const char *path)
{
    char real[PATH_MAX];
    t->file = arena_z(&t->arena, str_z(path));
    t->path = arena_z(&t->arena, str_z(realpath(path, real) ? real : path));
    const char *slash = strrchr(t->path, '/');
    t->folder = slash ? arena_z(&t->arena, str_n(t->path, (size_t)(slash - t->path))) : (char *)".";
}

/* --- the top level */

static const struct prop_row section_rows[] = {
    TAKES(PROP_ANY, "Resources", .flags = PROP_REQUIRED),
    TAKES(PROP_ANY, "Transform"),
    TAKES(PROP_ANY, "Globals"),
    TAKES(PROP_ANY, "Parameters"),
    TAKES(PROP_ANY, "Mappings"),
    TAKES(PROP_ANY, "Conditions"),
    TAKES(PROP_ANY, "Outputs"),
    KEEPS("AWSTemplateFormatVersion"),
    KEEPS("Description"),
    KEEPS("Metadata"),
    REFUSES("Hooks"),
    REFUSES("Rules"),
    PROPS_END,
};

#define SERVERLESS "AWS::Serverless-2016-10-31"

static void read_transform(struct template *t)
{
    const struct node *transform = node_get(t->root, "Transform"), *one;
    if (!transform)
        return;
    t->serverless = node_is(transform, SERVERLESS);
    if (transform->kind == NODE_LIST)
        node_each (one, transform) {
            t->serverless |= node_is(one, SERVERLESS);
            if (!node_is(one, SERVERLESS))
                problem_soft(t->problems, one, "only the transform " SERVERLESS " is supported by tidepool");
        }
    else if (!t->serverless)
        problem_soft(t->problems, transform, "only the transform " SERVERLESS " is supported by tidepool");
}

static const struct prop_row output_rows[] = {
    TAKES(PROP_ANY, "Value", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Description"),
    TAKES(PROP_TEXT, "Condition"),
    KEEPS("Export"),
    PROPS_END,
};

static void read_output(struct template *t, const struct node *at)
{
    if (at->kind != NODE_MAP) {
        problem_hard(t->problems, at, "an output is a map with a Value");
        return;
    }
    const struct node *condition = node_get(at, "Condition");
    if (condition && !scope_condition(&t->scope, node_scalar(condition), condition))
        return;
    size_t before = t->problems->count;
    struct node *resolved = scope_resolve(&t->scope, at);
    if (t->problems->count > before && !node_get(resolved, "Value"))
        return; /* that it has none now has been explained */
    struct node *out = props_check(&t->arena, t->problems, resolved, output_rows, "an output", false);
    node_drop(out, "Condition");
    node_put(out, "Key", node_text(&t->arena, at->key, at));
    node_add(t->outputs, out);
}

static void read_outputs(struct template *t)
{
    const struct node *section = node_get(t->root, "Outputs"), *at;
    t->outputs = node_new(&t->arena, NODE_LIST, section);
    if (section && section->kind != NODE_MAP)
        problem_hard(t->problems, section, "must be a map");
    else if (section)
        node_each (at, section)
            read_output(t, at);
}

static void build(struct template *t, const struct conf *conf)
{
    props_check(&t->arena, t->problems, t->root, section_rows, "a template", false);
    read_transform(t);
    scope_init(&t->scope, &t->arena, t->problems, t->root, conf);
    t->globals = node_get(t->root, "Globals");
    if (t->globals && t->globals->kind == NODE_MAP)
        globals_check(t);
    else if (t->globals)
        problem_hard(t->problems, t->globals, "must be a map");
    resources_read(t);
    read_outputs(t);
    references_check(t);
    names_check(t);
    if (!problems_stop(t->problems))
        order_resources(t);
}

struct template *template_load(const char *path, const struct conf *conf, struct problems *p)
{
    struct template *t = xcalloc(1, sizeof *t);
    struct str text;
    arena_init(&t->arena);
    map_init(&t->by_id);
    map_init(&t->left_out);
    t->problems = p;
    p->file = arena_str(&p->arena, str_z(path));
    p->lenient = conf->lenient;
    set_paths(t, path);
    t->root = read_file(t, &text) ? read_text(&t->arena, text, p) : NULL;
    if (t->root)
        build(t, conf);
    problems_sort(p);
    t->problems = NULL;
    if (t->root)
        return t;
    template_free(t);
    return NULL;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    if (t->scope.arena)
        scope_release(&t->scope);
    map_release(&t->by_id);
    map_release(&t->left_out);
    arena_release(&t->arena);
    free(t);
}

/* --- what others ask */

const char *template_file(const struct template *t)
{
    return t->file;
}

const char *template_path(const struct template *t)
{
    return t->path;
}

const char *template_folder(const struct template *t)
{
    return t->folder;
}

static cJSON *step_json(const struct resource *r)
{
    char call[128], *id = xmalloc(r->id.n + 1);
    cJSON *step = cJSON_CreateObject();
    cJSON_AddStringToObject(step, "Id", str_copy(r->id, id, r->id.n + 1));
    free(id);
    cJSON_AddStringToObject(step, "Type", r->type->name);
    if (r->type->service) {
        snprintf(call, sizeof call, "%s %s", r->type->service, r->type->operation);
        cJSON_AddStringToObject(step, "Call", call);
    }
    cJSON_AddItemToObject(step, "In", node_show(r->in));
    return step;
}

cJSON *template_plan(const struct template *t)
{
    cJSON *plan = cJSON_CreateArray();
    for (size_t i = 0; t->order && t->order[i]; i++)
        cJSON_AddItemToArray(plan, step_json(t->order[i]));
    return plan;
}

void template_digest(const struct template *t, char out[65])
{
    cJSON *all = cJSON_CreateArray();
    cJSON_AddItemToArray(all, template_plan(t));
    cJSON_AddItemToArray(all, node_show(t->outputs));
    char *text = json_printed(all);
    digest_sha256_hex(str_z(text), out);
    free(text);
    cJSON_Delete(all);
}
