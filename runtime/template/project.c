#include "build.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

bool path_within(struct str path, struct str folder)
{
    return str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

static bool has(struct str folder, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    int n = snprintf(path, sizeof path, "%.*s/%s", STR_ARG(folder), name);
    return n < (int)sizeof path && stat(path, &st) == 0;
}

static bool is_repository(struct str folder)
{
    return has(folder, ".git") || has(folder, ".hg") || has(folder, ".jj");
}

/* npm and yarn say it in package.json, pnpm in a file of its own. */
static bool is_workspace(struct str folder)
{
    char path[PATH_MAX], text[65536];
    if (has(folder, "pnpm-workspace.yaml"))
        return true;
    snprintf(path, sizeof path, "%.*s/package.json", STR_ARG(folder));
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    return str_search(str_n(text, n), STR("\"workspaces\"")) >= 0;
}

/* Who keeps dotfiles in a repository has one around everything that is theirs. */
static bool is_home(struct str folder)
{
    char path[PATH_MAX];
    struct stat home, it;
    const char *name = getenv("HOME");
    int n = snprintf(path, sizeof path, "%.*s", STR_ARG(folder));
    return name && n < (int)sizeof path && stat(name, &home) == 0 && stat(path, &it) == 0 &&
           home.st_dev == it.st_dev && home.st_ino == it.st_ino;
}

/* The nearest enclosing folder that `is` one, below the user's home, where it encloses; absent: there is
 * none. */
static struct str enclosing(struct str folder, bool (*is)(struct str folder))
{
    while (folder.n && !is_home(folder)) {
        if (is(folder))
            return folder;
        while (folder.n && folder.p[--folder.n] != '/')
            ;
    }
    return STR_NONE;
}

struct str path_plain(const char *path, struct arena *a)
{
    struct str rest = str_z(path);
    char *out = arena_alloc(a, rest.n + 2);
    size_t n = 0;
    while (rest.p) {
        struct str part = str_cut(&rest, '/');
        if (!part.n || str_is(part, "."))
            continue;
        if (str_is(part, "..")) {
            while (n && out[--n] != '/')
                ;
            continue;
        }
        out[n++] = '/';
        memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    return str_n(out, n);
}

struct str project_of(const char *template_folder, struct arena *a)
{
    struct str own = str_z(template_folder), project = enclosing(own, is_repository);
    if (!project.p)
        project = enclosing(own, is_workspace);
    return arena_str(a, project.p ? project : own);
}
