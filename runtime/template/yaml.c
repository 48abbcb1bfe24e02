#include "read.h"
#include <yaml.h>

struct anchor {
    struct anchor *next;
    struct str name;
    const struct node *node;
};

struct reader {
    struct arena *arena;
    struct problems *problems;
    yaml_parser_t parser;
    struct anchor *anchors;
    unsigned nodes;
    int depth;
};

static struct node *read_node(struct reader *r, const yaml_event_t *event);

static int line_of(const yaml_event_t *event)
{
    return (int)event->start_mark.line + 1;
}

static struct str text_of(const yaml_char_t *z)
{
    return str_z((const char *)z);
}

/* False: the parser's own complaint was said. */
static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    const char *problem = r->parser.problem ? r->parser.problem : "cannot be read";
    problem_line(r->problems, (int)r->parser.problem_mark.line + 1, "%s%s%s",
                 r->parser.context ? r->parser.context : "", r->parser.context ? ": " : "", problem);
    return false;
}

static bool grown_too_far(struct reader *r, int line)
{
    if (r->nodes++ < TEMPLATE_NODES_MAX && r->depth < TEMPLATE_DEPTH_MAX)
        return false;
    problem_line(r->problems, line, "nested deeper than %d, or larger than %u values", TEMPLATE_DEPTH_MAX,
                 TEMPLATE_NODES_MAX);
    return true;
}

/* --- scalars */

static bool one_of(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

/* A number as JSON writes it; 007 and an account id like 000000000000 stay texts. */
static bool is_number(struct str s)
{
    size_t at = s.n && s.p[0] == '-', digits = at;
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    if (at == digits || (s.p[digits] == '0' && at > digits + 1))
        return false;
    if (at < s.n && s.p[at] == '.') {
        digits = ++at;
        while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
            at++;
        if (at == digits)
            return false;
    }
    return at == s.n;
}

/* YAML 1.1's words for plain scalars, as CloudFormation reads them. */
static void plain_scalar(struct node *n)
{
    static const char *const nothing[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", NULL};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", NULL};
    if (one_of(n->text, nothing))
        n->kind = NODE_NULL;
    else if (one_of(n->text, yes) || one_of(n->text, no))
        n->kind = NODE_BOOL, n->truth = one_of(n->text, yes);
    else if (is_number(n->text))
        n->kind = NODE_NUMBER;
}

static struct node *read_scalar(struct reader *r, const yaml_event_t *event)
{
    struct node *n = node_new(r->arena, NODE_TEXT, NULL);
    n->line = line_of(event);
    n->text = arena_str(r->arena, str_n(event->data.scalar.value, event->data.scalar.length));
    if (memchr(n->text.p, 0, n->text.n)) {
        problem_line(r->problems, n->line, "a text may not hold a zero byte");
        return NULL;
    }
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag)
        plain_scalar(n);
    return n;
}

/* --- lists and maps */

static struct node *read_list(struct reader *r, const yaml_event_t *start)
{
    struct node *list = node_new(r->arena, NODE_LIST, NULL);
    list->line = line_of(start);
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return NULL;
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        struct node *element = end ? NULL : read_node(r, &event);
        yaml_event_delete(&event);
        if (end)
            return list;
        if (!element)
            return NULL;
        node_add(list, element);
    }
}

static bool read_key(struct reader *r, const struct node *map, const yaml_event_t *event, struct str *key)
{
    if (event->type != YAML_SCALAR_EVENT) {
        problem_line(r->problems, line_of(event), "a name must be a text");
        return false;
    }
    *key = arena_str(r->arena, text_of(event->data.scalar.value));
    const struct node *twin = node_get_str(map, *key);
    if (twin)
        problem_line(r->problems, line_of(event), "\"%.*s\" is here twice, first in line %d", STR_ARG(*key),
                     twin->line);
    else if (str_is(*key, "<<"))
        problem_line(r->problems, line_of(event), "merge keys (<<) are not supported in templates");
    return !twin && !str_is(*key, "<<");
}

static struct node *read_map(struct reader *r, const yaml_event_t *start)
{
    struct node *map = node_new(r->arena, NODE_MAP, NULL);
    map->line = line_of(start);
    for (;;) {
        yaml_event_t event;
        struct str key = STR_NONE;
        if (!next_event(r, &event))
            return NULL;
        int line = line_of(&event);
        bool end = event.type == YAML_MAPPING_END_EVENT;
        bool fine = end || read_key(r, map, &event, &key);
        yaml_event_delete(&event);
        if (end)
            return map;
        if (!fine || !next_event(r, &event))
            return NULL;
        struct node *value = read_node(r, &event);
        yaml_event_delete(&event);
        if (!value)
            return NULL;
        value->line = line;
        node_put_str(map, key, value);
    }
}

/* --- tags, anchors, aliases */

/* !Ref X and !Condition X are {"Ref": X}; every other !Name X is {"Fn::Name": X}, and whether there is such a
 * function is for the intrinsics to say. */
static struct node *tagged(struct reader *r, const char *tag, struct node *value)
{
    if (tag[0] != '!' || !tag[1]) {
        if (strncmp(tag, "tag:yaml.org,2002:", 18) == 0)
            return value;
        problem_line(r->problems, value->line, "the tag %s is not one of CloudFormation's", tag);
        return NULL;
    }
    const char *name = tag + 1;
    bool bare = strcmp(name, "Ref") == 0 || strcmp(name, "Condition") == 0;
    struct node *map = node_new(r->arena, NODE_MAP, NULL);
    map->line = value->line;
    if (strcmp(name, "GetAtt") == 0 && value->kind == NODE_TEXT) {
        struct node *list = node_new(r->arena, NODE_LIST, NULL);
        ptrdiff_t dot = str_find(value->text, '.');
        struct str logical = dot < 0 ? value->text : str_sub(value->text, 0, (size_t)dot);
        list->line = value->line;
        node_add(list, node_text(r->arena, logical, NULL))->line = value->line;
        if (dot >= 0)
            node_add(list, node_text(r->arena, str_sub(value->text, (size_t)dot + 1, value->text.n), NULL))
                ->line = value->line;
        value = list;
    }
    node_put_str(map, arena_printf(r->arena, bare ? "%s" : "Fn::%s", name), value);
    return map;
}

static void remember(struct reader *r, const yaml_char_t *anchor, const struct node *node)
{
    struct anchor *a = arena_zalloc(r->arena, sizeof *a);
    *a = (struct anchor){r->anchors, arena_str(r->arena, text_of(anchor)), node};
    r->anchors = a;
}

static unsigned count_nodes(const struct node *n)
{
    unsigned count = 1;
    const struct node *child;
    node_each (child, n)
        count += count_nodes(child);
    return count;
}

static void set_line(struct node *n, int line)
{
    n->line = line;
    n->from = NULL;
    struct node *child;
    node_each (child, n)
        set_line(child, line);
}

static struct node *read_alias(struct reader *r, const yaml_event_t *event)
{
    struct str name = text_of(event->data.alias.anchor);
    for (const struct anchor *a = r->anchors; a; a = a->next) {
        if (!str_eq(a->name, name))
            continue;
        r->nodes += count_nodes(a->node);
        if (grown_too_far(r, line_of(event)))
            return NULL;
        struct node *copy = node_copy(r->arena, a->node);
        set_line(copy, line_of(event));
        return copy;
    }
    problem_line(r->problems, line_of(event), "no anchor &%.*s stands before *%.*s", STR_ARG(name),
                 STR_ARG(name));
    return NULL;
}

static struct node *read_node(struct reader *r, const yaml_event_t *event)
{
    if (grown_too_far(r, line_of(event)))
        return NULL;
    const yaml_char_t *tag = NULL, *anchor = NULL;
    struct node *n = NULL;
    r->depth++;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        tag = event->data.scalar.tag, anchor = event->data.scalar.anchor;
        n = read_scalar(r, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        tag = event->data.sequence_start.tag, anchor = event->data.sequence_start.anchor;
        n = read_list(r, event);
        break;
    case YAML_MAPPING_START_EVENT:
        tag = event->data.mapping_start.tag, anchor = event->data.mapping_start.anchor;
        n = read_map(r, event);
        break;
    case YAML_ALIAS_EVENT:
        n = read_alias(r, event);
        break;
    default:
        problem_line(r->problems, line_of(event), "expected a value");
        break;
    }
    r->depth--;
    if (n && tag)
        n = tagged(r, (const char *)tag, n);
    if (n && anchor)
        remember(r, anchor, n);
    return n;
}

/* Stream start, document start, the root, and nothing more. */
static struct node *read_document(struct reader *r)
{
    struct node *root = NULL;
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return NULL;
        more = event.type != YAML_STREAM_END_EVENT;
        bool skip = event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT ||
                    event.type == YAML_DOCUMENT_END_EVENT || !more;
        if (!skip && root)
            problem_line(r->problems, line_of(&event), "a template is one document; here begins a second");
        bool fine = skip || (!root && (root = read_node(r, &event)));
        yaml_event_delete(&event);
        if (!fine)
            return NULL;
    }
    if (!root)
        problem_line(r->problems, 1, "the file is empty");
    return root;
}

struct node *read_yaml(struct arena *a, struct str text, struct problems *p)
{
    struct reader r = {.arena = a, .problems = p};
    if (!yaml_parser_initialize(&r.parser)) {
        problem_line(p, 1, "libyaml could not be started");
        return NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.n);
    struct node *root = read_document(&r);
    yaml_parser_delete(&r.parser);
    return root;
}
