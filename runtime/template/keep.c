/* Copies of the code, one folder for each version: what serves is what was deployed, also when a worker
 * starts after the next edit, and no half saved file is ever read. */
#include "base/log.h"
#include "build.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool there = mkdir(path, 0755) == 0 || errno == EEXIST;
        *slash = '/';
        if (!there)
            return false;
    }
    return true;
}

static bool write_file(const char *folder, const struct code_file *file)
{
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARG(file->name)) >= (int)sizeof path ||
        !make_folders(path))
        return false;
    FILE *f = fopen(path, "wb");
    if (!f)
        return false;
    bool fine = fwrite(file->text.p, 1, file->text.n, f) == file->text.n;
    return fclose(f) == 0 && fine;
}

void folder_remove(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (const struct dirent *d; (d = readdir(dir));) {
        char below[PATH_SIZE];
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, d->d_name);
        if (unlink(below) != 0)
            folder_remove(below);
    }
    closedir(dir);
    rmdir(path);
}

/* A copy gets its name when it is whole, so one that is there can be used. */
static bool keep(const struct code *code, const char *path)
{
    char unfinished[PATH_SIZE];
    struct stat st;
    if (stat(path, &st) == 0)
        return true;
    snprintf(unfinished, sizeof unfinished, "%s.new/", path);
    bool fine = make_folders(unfinished);
    unfinished[strlen(unfinished) - 1] = 0;
    for (const struct code_file *file = code->files; file && fine; file = file->next)
        fine = write_file(unfinished, file);
    if (fine && rename(unfinished, path) == 0)
        return true;
    int error = errno;
    folder_remove(unfinished);
    errno = error;
    return false;
}

void code_keep(struct template *t, const char *folder, const struct log *log)
{
    for (struct code *code = t->codes; code; code = code->next) {
        struct str path = arena_printf(&t->arena, "%s/%s", folder, code->hash);
        if (keep(code, path.p))
            code->kept = path;
        else
            log_warn(log, "%s cannot be written (%s): functions run from %s itself", path.p, strerror(errno),
                     code->folder);
    }
}

static bool is_used(const struct template *t, const char *name)
{
    for (const struct code *code = t ? t->codes : NULL; code; code = code->next)
        if (strcmp(code->hash, name) == 0)
            return true;
    return false;
}

void code_tidy(const struct template *t, const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (const struct dirent *d; (d = readdir(dir));) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
        if (d->d_name[0] != '.' && !is_used(t, d->d_name))
            folder_remove(path);
    }
    closedir(dir);
}
