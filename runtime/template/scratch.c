/* The folder for the copies of a tidepool that keeps nothing (--ephemeral).  It goes with us; one whose owner
 * was killed goes with the next that starts: who lives holds a lock on its folder, and a lock ends with its
 * process. */
#include "base/rc.h"
#include "deploy.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "tidepool-code-"
#define TRIES 16

/* -1: it is gone, another's, or locked by who lives. */
static int lock_folder(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void take_away_left(const char *tmp)
{
    DIR *dir = opendir(tmp);
    if (!dir)
        return;
    for (const struct dirent *d; (d = readdir(dir));) {
        char path[4096];
        if (strncmp(d->d_name, PREFIX, strlen(PREFIX)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", tmp, d->d_name);
        int lock = lock_folder(path);
        if (lock < 0)
            continue;
        folder_remove(path);
        close(lock);
    }
    closedir(dir);
}

/* Between its making and its lock another start may have taken it for one that was left: then once more. */
char *scratch_new(int *lock)
{
    char path[4096];
    const char *tmp = getenv("TMPDIR");
    tmp = tmp && *tmp ? tmp : "/tmp";
    take_away_left(tmp);
    for (int i = 0; i < TRIES; i++) {
        snprintf(path, sizeof path, "%s/%sXXXXXX", tmp, PREFIX);
        if (!mkdtemp(path))
            break;
        if ((*lock = lock_folder(path)) >= 0)
            return xstrdup(path);
        rmdir(path);
    }
    return NULL;
}

void scratch_free(char *path, int lock)
{
    folder_remove(path);
    close(lock);
    free(path);
}
