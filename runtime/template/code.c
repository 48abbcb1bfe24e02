/* What functions run: folders of Lua files, and a hash that changes when one of them does.
 *
 * Only *.lua files count: nothing else can be read by a handler.  Hidden folders are left out, so a CodeUri
 * of "." does not hash .git or .tidepool.
 *
 * A symbolic link is followed when it leads into the user's own project (project.c), as those of workspaces
 * do; one that leads elsewhere, or to a folder that it lies in, is refused by name.  What is read is copied
 * (keep.c), so workers never see a link. */
#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"
#include "base/rc.h"
#include "build.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CODE_MAX (250u << 20) /* Lambda's limit of an unzipped function */
#define ENTRIES_MAX 50000     /* a CodeUri of "/" is a mistake, not a function */
#define DEPTH_MAX 32

struct walk {
    struct template *t;
    const struct node *uri;
    struct arena *arena;
    const char *chain[DEPTH_MAX]; /* the folders that are being read, outermost first */
    struct code *code;
    struct code_file **last;
    struct buf digests; /* name and digest of each file */
    long entries;
    int depth;
    const char *why; /* why it cannot be used */
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void read_file(struct walk *w, const char *path, const char *inside, int64_t size)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        w->why = arena_printf(w->arena, "%s: %s", path, strerror(errno)).p;
        return;
    }
    unsigned char digest[32];
    struct code_file *file = arena_zalloc(w->arena, sizeof *file);
    char *content = arena_alloc(w->arena, (size_t)size + 1);
    file->name = str_z(inside);
    file->text = str_n(content, fread(content, 1, (size_t)size, f));
    fclose(f);
    *w->last = file;
    w->last = &file->next;
    w->code->bytes += (int64_t)file->text.n;
    digest_sha256(file->text, digest);
    buf_add(&w->digests, inside, strlen(inside) + 1);
    buf_add(&w->digests, digest, sizeof digest);
}

static void read_folder(struct walk *w, const char *folder, const char *inside);

/* A link to a folder in which we are already would never end. */
static bool leads_back(const struct walk *w, const char *real)
{
    for (int i = 0; i < w->depth; i++)
        if (path_within(str_z(w->chain[i]), str_z(real)))
            return true;
    return false;
}

/* Where this link leads, in the arena; NULL: it is not followed, and that was said. */
static const char *follow(struct walk *w, const char *path, const char *inside)
{
    char real[PATH_MAX];
    const char *why = NULL;
    if (!realpath(path, real))
        return NULL; /* it went away meanwhile */
    struct str project = w->code->project;
    if (!path_within(str_z(real), project))
        why = arena_printf(w->arena, "outside of the project in %.*s", STR_ARG(project)).p;
    else if (leads_back(w, real))
        why = "in which it lies";
    if (!why)
        return arena_z(w->arena, str_z(real));
    problem_soft(w->t->problems, w->uri, "%s is a symbolic link to %s, %s: it is not followed", inside, real,
                 why);
    return NULL;
}

static void read_entry(struct walk *w, const char *path, const char *inside)
{
    struct stat st, link;
    if (lstat(path, &link) != 0 || stat(path, &st) != 0)
        return; /* it went away meanwhile; the watch tells again */
    bool lua = S_ISREG(st.st_mode) && str_ends(str_z(path), STR(".lua"));
    if (++w->entries > ENTRIES_MAX || (lua && w->code->bytes + st.st_size > CODE_MAX)) {
        w->why = "the folder holds more than 50000 files or 250 MB of Lua";
    } else if (S_ISLNK(link.st_mode) && (lua || S_ISDIR(st.st_mode)) && !(path = follow(w, path, inside))) {
        return;
    } else if (S_ISDIR(st.st_mode)) {
        read_folder(w, path, inside);
    } else if (lua) {
        read_file(w, path, inside, st.st_size);
    }
}

static void read_folder(struct walk *w, const char *folder, const char *inside)
{
    struct dirent **names;
    int n = w->depth < DEPTH_MAX ? scandir(folder, &names, not_hidden, by_name) : -1;
    if (n < 0) {
        w->why = arena_printf(w->arena, "%s: %s", folder,
                              w->depth < DEPTH_MAX ? strerror(errno) : "the folder is nested too deep")
                     .p;
        return;
    }
    w->chain[w->depth++] = folder;
    for (int i = 0; i < n; i++) {
        const char *path = arena_printf(w->arena, "%s/%s", folder, names[i]->d_name).p;
        const char *below = arena_printf(w->arena, "%s%s%s", inside, *inside ? "/" : "", names[i]->d_name).p;
        if (!w->why && strcmp(names[i]->d_name, "node_modules") != 0)
            read_entry(w, path, below);
        free(names[i]);
    }
    free(names);
    w->depth--;
}

static struct code *read_code(struct template *t, const struct node *uri, const char *folder,
                              const char **why)
{
    struct code *code = arena_zalloc(&t->arena, sizeof *code);
    struct walk w = {.t = t, .uri = uri, .arena = &t->arena, .code = code, .last = &code->files};
    code->project = project_of(t->folder, &t->arena);
    if (!path_within(str_z(folder), code->project))
        code->project = arena_str(&t->arena, str_z(folder)); /* the template names it itself */
    size_t n = strlen(t->folder);
    code->folder = arena_z(&t->arena, str_z(folder));
    bool below = strncmp(folder, t->folder, n) == 0 && folder[n] == '/';
    code->shown = str_z(code->folder + (below ? n + 1 : 0));
    buf_init(&w.digests, 64u << 20);
    read_folder(&w, folder, "");
    digest_sha256_hex(buf_view(&w.digests), code->hash);
    buf_release(&w.digests);
    *why = w.why;
    return w.why ? NULL : code;
}

/* The template names a place in the project, and a link on the way leads elsewhere. */
static bool leaves_project(struct template *t, const char *path, const char *real)
{
    struct str project = project_of(t->folder, &t->arena);
    return path_within(path_plain(path, &t->arena), project) && !path_within(str_z(real), project);
}

/* The real folder of a CodeUri below the template's; false: said. */
static bool find_folder(struct template *t, const struct node *uri, char out[PATH_MAX])
{
    struct str text = node_scalar(uri);
    struct stat st;
    if (str_starts(text, STR("s3://"))) {
        problem_soft(t->problems, uri, "code in S3 is not supported by tidepool yet: name a local folder");
        return false;
    }
    const char *path = text.n && text.p[0] == '/'
                           ? arena_z(&t->arena, text)
                           : arena_printf(&t->arena, "%s/%.*s", t->folder, STR_ARG(text)).p;
    if (!realpath(path, out) || stat(out, &st) != 0)
        problem_hard(t->problems, uri, "there is no folder %.*s", STR_ARG(text));
    else if (!S_ISDIR(st.st_mode))
        problem_hard(t->problems, uri, "%.*s is a file: name the folder it lies in", STR_ARG(text));
    else if (leaves_project(t, path, out))
        problem_hard(t->problems, uri, "%.*s is a symbolic link to %s, outside of the project", STR_ARG(text),
                     out);
    else
        return true;
    return false;
}

const struct code *code_folder(struct template *t, const struct node *uri)
{
    char folder[PATH_MAX];
    const char *why;
    if (!find_folder(t, uri, folder))
        return NULL;
    for (struct code *c = t->codes; c; c = c->next)
        if (strcmp(c->folder, folder) == 0)
            return c;
    struct code *code = read_code(t, uri, folder, &why);
    if (!code) {
        problem_hard(t->problems, uri, "%s", why);
        return NULL;
    }
    code->next = t->codes;
    return t->codes = code;
}

static bool has_file(const struct code *code, const char *module, const char *end)
{
    for (const struct code_file *f = code->files; f; f = f->next)
        if (str_starts(f->name, str_z(module)) && str_is(str_sub(f->name, strlen(module), f->name.n), end))
            return true;
    return false;
}

/* As the worker looks for it: module a.b of handler "a.b.create" is a/b.lua or a/b/init.lua. */
void code_check_handler(struct template *t, const struct code *code, const struct node *handler)
{
    char *module = arena_z(&t->arena, node_scalar(handler)), *dot = strrchr(module, '.');
    if (dot)
        *dot = 0;
    for (char *at = module; *at; at++)
        if (*at == '.')
            *at = '/';
    if (!has_file(code, module, ".lua") && !has_file(code, module, "/init.lua"))
        problem_hard(t->problems, handler, "there is no file %s.lua in the function's CodeUri", module);
}

static bool lacks_any(const struct code *now, const struct code *before)
{
    struct map there;
    bool lacks = false;
    map_init(&there);
    for (struct code_file *f = now->files; f; f = f->next)
        if (f->text.n)
            map_put(&there, f->name, f);
    for (const struct code_file *f = before->files; f && !lacks; f = f->next)
        lacks = f->text.n && !map_get(&there, f->name);
    map_release(&there);
    return lacks;
}

bool code_lacks(const struct template *now, const struct template *before)
{
    for (const struct code *b = before->codes; b; b = b->next)
        for (const struct code *n = now->codes; n; n = n->next)
            if (strcmp(n->folder, b->folder) == 0 && lacks_any(n, b))
                return true;
    return false;
}
