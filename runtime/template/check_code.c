/* Code that does not compile is found before it serves. */
#include "deploy.h"
#include "door/door.h"

static const struct code_file *file_in(const struct template *t, const struct code *code, struct str name)
{
    for (const struct code *other = t ? t->codes : NULL; other; other = other->next)
        if (strcmp(other->folder, code->folder) == 0)
            for (const struct code_file *file = other->files; file; file = file->next)
                if (str_eq(file->name, name))
                    return file;
    return NULL;
}

static void add_text(cJSON *list, struct str name, struct str text)
{
    cJSON *file = cJSON_CreateObject();
    cJSON_AddItemToObject(file, "Name", node_json(&(struct node){.kind = NODE_TEXT, .text = name}));
    cJSON_AddItemToObject(file, "Text", node_json(&(struct node){.kind = NODE_TEXT, .text = text}));
    cJSON_AddItemToArray(list, file);
}

/* What this template has and `current` has not, or otherwise. */
static cJSON *new_code(struct call *c, const struct template *t, const struct template *current)
{
    cJSON *list = cJSON_CreateArray();
    for (const struct code *code = t->codes; code; code = code->next)
        for (const struct code_file *file = code->files; file; file = file->next) {
            const struct code_file *old = file_in(current, code, file->name);
            if (!old || !str_eq(old->text, file->text))
                add_text(list,
                         arena_printf(&c->arena, "%.*s/%.*s", STR_ARG(code->shown), STR_ARG(file->name)),
                         file->text);
        }
    for (const struct resource *r = t->first; r; r = r->next) {
        const struct resource *old = current ? resource_get(current, r->id) : NULL;
        const struct node *text = node_get(r->in, "InlineCode"),
                          *old_text = old ? node_get(old->in, "InlineCode") : NULL;
        if (text && text->kind == NODE_TEXT && !(old_text && str_eq(text->text, node_scalar(old_text))))
            add_text(list, arena_printf(&c->arena, "%.*s.InlineCode", STR_ARG(r->id)), text->text);
    }
    return list;
}

enum op_end check_code(struct call *c, const struct template *t, const struct template *current)
{
    struct call *k = door_open(c->world, c, "lambda", "CheckCode");
    enum op_end end = OP_DONE;
    if (!k)
        return OP_DONE;
    k->from = CALL_TEMPLATE;
    k->in = cJSON_CreateObject();
    cJSON_AddItemToObject(k->in, "Files", new_code(c, t, current));
    struct str all = STR("");
    const cJSON *one;
    if (door_call(k))
        cJSON_ArrayForEach (one, cJSON_GetObjectItemCaseSensitive(k->out, "Problems"))
            all = arena_printf(&c->arena, "%.*s%s%s", STR_ARG(all), all.n ? "\n" : "", one->valuestring);
    if (all.n && current)
        end = call_fail(c, &template_failed, "%.*s", STR_ARG(all));
    else if (all.n) {
        log_warn(c->world->log, "%.*s", STR_ARG(all));
        cJSON_AddStringToObject(call_out(c), "CodeProblems", arena_z(&c->arena, all));
    }
    call_free(k);
    return end;
}
