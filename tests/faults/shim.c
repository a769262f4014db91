/* Stands between a program and the C library, and lets the disk fail when it is told to.

   Preloaded into a process. What is to fail is read from a small file that tests share with every
   process by mmap (see shim.py, which knows the same layout); while nothing is armed, a call costs one
   comparison. Only files below `folder` count: neither logs nor sockets nor Python's own modules.
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING, WRITE, FLUSH, OPEN, RENAME, LIE };

struct control {
    _Atomic int what;       /* which calls fail; LIE: flushes return at once and do nothing */
    _Atomic int left;       /* how many of them pass before the first one fails */
    _Atomic int number;     /* the errno */
    _Atomic int for_good;   /* all after it fail, too */
    _Atomic int struck;     /* how many have failed */
    char folder[512];
    char place[512];        /* the path that was struck first */
};

static struct control *control;

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) { fprintf(stderr, "shim: no %s\n", name); abort(); }
    return found;
}
#define REAL(name) static __typeof__(name) *next; if (!next) next = real(#name)

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("DOORSTEP_FAULTS");
    if (!file) return;
    int (*open_)(const char *, int, ...) = real("open");
    int descriptor = open_(file, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return;
    void *found = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (found != MAP_FAILED) control = found;
}

static int is_armed(int what) { return control && atomic_load(&control->what) == what; }

static int counts(const char *path) {
    size_t length = strlen(control->folder);
    return length && strncmp(path, control->folder, length) == 0;
}

/* Whether this call fails; errno is set then. */
static int strikes(const char *path) {
    if (!counts(path)) return 0;
    if (atomic_fetch_sub(&control->left, 1) > 0) return 0;
    if (atomic_fetch_add(&control->struck, 1) > 0) {
        if (!atomic_load(&control->for_good)) return 0;
    } else {
        snprintf(control->place, sizeof control->place, "%s", path);
    }
    errno = atomic_load(&control->number);
    return 1;
}

static int strikes_file(int what, int descriptor) {
    char link[64], path[1024];
    if (!is_armed(what)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strikes(path);
}

static int strikes_path(int what, int folder, const char *path) {
    char link[64], whole[2600];
    if (!is_armed(what)) return 0;
    if (path[0] == '/') return strikes(path);
    if (folder == AT_FDCWD) {
        if (!getcwd(whole, 1000)) return 0;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, whole, 1000);
        if (length < 0) return 0;
        whole[length] = 0;
    }
    strncat(whole, "/", 2);
    strncat(whole, path, 500);
    return strikes(whole);
}

/* Writing, and making a file longer. */

ssize_t write(int d, const void *from, size_t size) {
    REAL(write);
    return strikes_file(WRITE, d) ? -1 : next(d, from, size);
}
ssize_t writev(int d, const struct iovec *from, int count) {
    REAL(writev);
    return strikes_file(WRITE, d) ? -1 : next(d, from, count);
}
ssize_t pwrite(int d, const void *from, size_t size, off_t at) {
    REAL(pwrite);
    return strikes_file(WRITE, d) ? -1 : next(d, from, size, at);
}
ssize_t pwrite64(int d, const void *from, size_t size, off64_t at) {
    REAL(pwrite64);
    return strikes_file(WRITE, d) ? -1 : next(d, from, size, at);
}
int ftruncate(int d, off_t size) {
    REAL(ftruncate);
    return strikes_file(WRITE, d) ? -1 : next(d, size);
}
int ftruncate64(int d, off64_t size) {
    REAL(ftruncate64);
    return strikes_file(WRITE, d) ? -1 : next(d, size);
}

/* Flushing. */

int fsync(int d) {
    REAL(fsync);
    if (is_armed(LIE)) return 0;
    return strikes_file(FLUSH, d) ? -1 : next(d);
}
int fdatasync(int d) {
    REAL(fdatasync);
    if (is_armed(LIE)) return 0;
    return strikes_file(FLUSH, d) ? -1 : next(d);
}

/* Opening files and making folders. */

/* A disk can only be too full for what is new. */
static int strikes_open(int folder, const char *path, int flags) {
    if (!is_armed(OPEN)) return 0;
    if (atomic_load(&control->number) == ENOSPC && !(flags & O_CREAT)) return 0;
    return strikes_path(OPEN, folder, path);
}

#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) {
    REAL(open); MODE
    return strikes_open(AT_FDCWD, path, flags) ? -1 : next(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    REAL(open64); MODE
    return strikes_open(AT_FDCWD, path, flags) ? -1 : next(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(openat); MODE
    return strikes_open(folder, path, flags) ? -1 : next(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64); MODE
    return strikes_open(folder, path, flags) ? -1 : next(folder, path, flags, mode);
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return strikes_path(OPEN, AT_FDCWD, path) ? -1 : next(path, mode);
}

/* Renaming. */

int rename(const char *from, const char *to) {
    REAL(rename);
    return strikes_path(RENAME, AT_FDCWD, to) ? -1 : next(from, to);
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    return strikes_path(RENAME, b, to) ? -1 : next(a, from, b, to);
}
