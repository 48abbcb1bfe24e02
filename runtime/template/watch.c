#include "watch.h"
#include "base/list.h"
#include "base/rc.h"
#include "build.h"
#include "core/conf.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#define QUIET_MS 5        /* editors write in several steps */
#define ABSENT_MS 40      /* ... and some take the file away before they put the new one there */
#define PATIENCE_US 30000 /* ... but a stream of changes must not put a load off for ever */
#define FOLDERS_MAX 1000  /* inotify watches are a shared good */
#define FOLDER_DEPTH_MAX 32

struct folder {
    struct list link;
    struct template_watch *watch;
    struct loop_watch *watched;
    char *path;
    ino_t inode;
    bool code;   /* Lua files below it are of interest */
    bool wanted; /* while the set is made anew */
};

/* A deployment on its way; it may outlive the watch. */
struct pending {
    struct template_watch *watch; /* NULL: nobody listens any more */
};

struct template_watch {
    struct world *world;
    const struct conf *conf;
    const struct template_watch_events *on;
    void *arg;
    struct loop_timer *timer;
    struct list folders;
    size_t folder_count;
    int64_t first_us; /* the first change since the last load; 0: none */
    struct pending *pending;
    bool absent; /* a file was not there, or empty, and we wait for it */
    bool again;  /* something changed while a deployment was on its way */
    bool broken; /* the last edit was refused */
};

/* --- something changed */

static void changed(struct template_watch *w)
{
    int64_t now = clock_mono_us();
    if (w->pending) {
        w->again = true;
        return;
    }
    if (!w->first_us)
        w->first_us = now;
    if (now - w->first_us < PATIENCE_US)
        loop_timer_set(w->timer, QUIET_MS, 0);
}

/* A Lua file, or what is or was a folder. */
static bool is_code(const struct folder *f, const char *name)
{
    char path[4096];
    struct stat st;
    if (name[0] == '.')
        return false;
    if (str_ends(str_z(name), STR(".lua")))
        return true;
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    return stat(path, &st) != 0 ? !strchr(name, '.') : S_ISDIR(st.st_mode);
}

static void folder_changed(void *arg, const char *name)
{
    struct folder *f = arg;
    const struct template *t = template_current(f->watch->world);
    const char *file = t ? strrchr(template_path(t), '/') : NULL;
    bool all = !name || !*name, itself = file && !all && strcmp(file + 1, name) == 0;
    if (all || itself || (f->code && is_code(f, name)))
        changed(f->watch);
}

/* --- the folders */

static void folder_free(struct folder *f)
{
    list_del(&f->link);
    f->watch->folder_count--;
    loop_watch_free(f->watched);
    free(f->path);
    free(f);
}

static struct folder *folder_find(struct template_watch *w, const char *path)
{
    struct list *at;
    list_each (at, &w->folders) {
        struct folder *f = list_of(at, struct folder, link);
        if (strcmp(f->path, path) == 0)
            return f;
    }
    return NULL;
}

/* False: it cannot be watched.  A folder that was made anew is watched anew. */
static bool want(struct template_watch *w, const char *path, bool code)
{
    struct folder *f = folder_find(w, path);
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    if (f && f->inode != st.st_ino) {
        folder_free(f);
        f = NULL;
    }
    if (!f && w->folder_count < FOLDERS_MAX) {
        f = xcalloc(1, sizeof *f);
        f->watch = w;
        f->path = xstrdup(path);
        f->inode = st.st_ino;
        f->watched = loop_watch_new(w->world->loop, path, folder_changed, f);
        list_push(&w->folders, &f->link);
        w->folder_count++;
    }
    if (!f || !f->watched) {
        log_warn(w->world->log, "edits in %s are not noticed: %s", path,
                 f ? strerror(errno) : "there are too many folders");
        return false;
    }
    f->code |= code;
    f->wanted = true;
    return true;
}

static void want_below(struct template_watch *w, const struct code *code, const char *path, int depth);

/* What code reads through a link (code.c) is watched where it lies. */
static void want_link(struct template_watch *w, const struct code *code, const char *path, int depth)
{
    char real[PATH_MAX];
    struct stat st;
    if (!realpath(path, real) || !path_within(str_z(real), code->project) || stat(real, &st) != 0)
        return;
    const struct folder *seen = folder_find(w, real);
    if (S_ISDIR(st.st_mode) && !(seen && seen->wanted && seen->code)) {
        want_below(w, code, real, depth);
    } else if (S_ISREG(st.st_mode) && str_ends(str_z(path), STR(".lua"))) {
        *strrchr(real, '/') = 0;
        want(w, real, true);
    }
}

static void want_below(struct template_watch *w, const struct code *code, const char *path, int depth)
{
    DIR *dir = depth < FOLDER_DEPTH_MAX && want(w, path, true) ? opendir(path) : NULL;
    if (!dir)
        return;
    for (const struct dirent *d; (d = readdir(dir));) {
        char below[4096];
        struct stat st;
        if (d->d_name[0] == '.' || strcmp(d->d_name, "node_modules") == 0 || d->d_type == DT_REG)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, d->d_name);
        if (lstat(below, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            want_below(w, code, below, depth + 1);
        else if (S_ISLNK(st.st_mode))
            want_link(w, code, below, depth + 1);
    }
    closedir(dir);
}

/* Makes the set of watches be what the current template needs. */
static void watch_folders(struct template_watch *w)
{
    struct list *at, *tmp;
    const struct template *t = template_current(w->world);
    list_each (at, &w->folders)
        list_of(at, struct folder, link)->wanted = false;
    if (t)
        want(w, template_folder(t), false);
    for (const struct code *code = t ? t->codes : NULL; code; code = code->next)
        want_below(w, code, code->folder, 0);
    list_each_safe (at, tmp, &w->folders) {
        struct folder *f = list_of(at, struct folder, link);
        if (!f->wanted)
            folder_free(f);
    }
}

/* --- loading and deploying */

static void refuse(struct template_watch *w, struct problems *problems, struct str fault)
{
    w->broken = true;
    w->on->refused(w->arg, problems, fault);
}

static void deployed(struct call *c)
{
    struct pending *pending = c->asker;
    struct template_watch *w = pending->watch;
    free(pending);
    if (w) {
        struct problems none;
        w->pending = NULL;
        problems_init(&none);
        if (c->fault) {
            refuse(w, &none, c->fault_text);
        } else {
            w->broken = false;
            w->on->deployed(w->arg, call_out(c));
        }
        problems_release(&none);
        watch_folders(w);
        if (w->again)
            changed(w);
        w->again = false;
    }
    call_free(c);
}

static void deploy(struct template_watch *w, struct template *t)
{
    w->pending = xcalloc(1, sizeof *w->pending);
    w->pending->watch = w;
    template_deploy(w->world, t, deployed, w->pending);
}

/* A template that would change nothing: the edit was no edit, or put a broken one right again. */
static void same_again(struct template_watch *w)
{
    if (w->broken)
        w->on->deployed(w->arg, NULL);
    w->broken = false;
}

/* The template, or code that was there, is gone or empty. */
static bool is_lacking(const struct template *now, const struct template *current)
{
    struct stat st;
    return stat(template_path(current), &st) != 0 || st.st_size == 0 || (now && code_lacks(now, current));
}

static void judge(struct template_watch *w, struct template *t, const struct template *current,
                  struct problems *problems)
{
    char before[65], now[65];
    if (!t || problems_stop(problems)) {
        template_free(t);
        refuse(w, problems, STR(""));
        return;
    }
    template_digest(current, before);
    template_digest(t, now);
    if (strcmp(before, now) == 0) {
        template_free(t);
        same_again(w);
    } else {
        deploy(w, t);
    }
}

static void load(void *arg)
{
    struct template_watch *w = arg;
    struct problems problems;
    const struct template *current = template_current(w->world);
    w->first_us = 0;
    if (!current)
        return;
    watch_folders(w); /* before the files are read, so that nothing falls between */
    problems_init(&problems);
    struct template *t = template_load(template_file(current), w->conf, &problems);
    w->absent = !w->absent && is_lacking(t, current); /* once for each save: a file may be on its way */
    if (w->absent) {
        template_free(t);
        loop_timer_set(w->timer, ABSENT_MS, 0);
    } else {
        judge(w, t, current, &problems);
    }
    problems_release(&problems);
}

struct template_watch *template_watch_new(struct world *w, const struct conf *conf,
                                          const struct template_watch_events *on, void *arg)
{
    struct template_watch *watch = xcalloc(1, sizeof *watch);
    *watch = (struct template_watch){.world = w, .conf = conf, .on = on, .arg = arg};
    list_init(&watch->folders);
    watch->timer = loop_timer_new(w->loop, load, watch);
    watch_folders(watch);
    changed(watch); /* what was edited between the first load and now */
    return watch;
}

void template_watch_free(struct template_watch *w)
{
    if (!w)
        return;
    if (w->pending)
        w->pending->watch = NULL;
    while (!list_empty(&w->folders))
        folder_free(list_of(w->folders.next, struct folder, link));
    loop_timer_free(w->timer);
    free(w);
}
