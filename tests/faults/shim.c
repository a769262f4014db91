/* Stands between a program and the C library, and lets the disk fail when it is told to.

   Preloaded into a process. What is to fail is read from a small file that tests share with every
   process by mmap (see shim.py, which knows the same layout); while nothing is armed, a call costs one
   comparison. Only files below `folder` count: neither logs nor sockets nor Python's own modules.

   Beside failing on order, the disk below `folder` can be made small: then what makes a file longer takes
   from `room`, what shortens or deletes one gives back, and whoever asks is told of the small disk.
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
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING, WRITE, FLUSH, OPEN, RENAME, LIE, CHANGE };

struct control {
    _Atomic int what;       /* which calls fail; LIE: flushes return at once and do nothing; CHANGE: all but reading */
    _Atomic int left;       /* how many of them pass before the first one fails */
    _Atomic int number;     /* the errno */
    _Atomic int for_good;   /* all after it fail, too */
    _Atomic int struck;     /* how many have failed */
    char folder[512];
    char place[512];        /* the path that was struck first */
    _Atomic long long disk; /* the bytes of a small disk; 0: as large as it is */
    _Atomic long long room; /* how many of them are free */
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

static int is_armed(int what) {
    if (!control) return 0;
    int armed = atomic_load(&control->what);
    return armed == what || (armed == CHANGE && what != LIE);
}

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

enum { LONGEST = 2600 };

/* The path of an open file; 0 where it has none. */
static int path_of(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, 1000);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static int strikes_file(int what, int descriptor) {
    char path[LONGEST];
    return is_armed(what) && path_of(descriptor, path) && strikes(path);
}

/* The whole path of one that may begin in a folder. */
static int whole_path(int folder, const char *path, char *whole) {
    if (path[0] == '/') {
        snprintf(whole, LONGEST, "%s", path);
        return 1;
    }
    if (folder == AT_FDCWD ? !getcwd(whole, 1000) : !path_of(folder, whole)) return 0;
    strncat(whole, "/", 2);
    strncat(whole, path, 500);
    return 1;
}

static int strikes_path(int what, int folder, const char *path) {
    char whole[LONGEST];
    return is_armed(what) && whole_path(folder, path, whole) && strikes(whole);
}

/* The room on a small disk. */

static int is_small(void) { return control && atomic_load(&control->disk) > 0; }

static void give_back(long long bytes) { atomic_fetch_add(&control->room, bytes); }

/* Whether so many more bytes find room; they have it from now on. errno is set where they do not. */
static int takes(long long bytes) {
    if (bytes <= 0 || atomic_fetch_sub(&control->room, bytes) >= bytes) return 1;
    give_back(bytes);
    errno = ENOSPC;
    return 0;
}

/* The size of a file on the small disk; -1 for anything else. */
static long long size_here(int descriptor) {
    char path[LONGEST];
    struct stat found;
    if (!is_small() || fstat(descriptor, &found) || !S_ISREG(found.st_mode)) return -1;
    return path_of(descriptor, path) && counts(path) ? found.st_size : -1;
}

/* What goes when this file is deleted, replaced or emptied: 0 for a file that has other names, and elsewhere. */
static long long size_at(int folder, const char *path) {
    char whole[LONGEST];
    struct stat found;
    if (!is_small() || !whole_path(folder, path, whole) || !counts(whole)) return 0;
    if (lstat(whole, &found) || !S_ISREG(found.st_mode) || found.st_nlink > 1) return 0;
    return found.st_size;
}

/* Takes the room for a file that is to reach up to `end`: how many bytes, or -1 where there is none. */
static long long grows(int descriptor, long long end) {
    long long size = size_here(descriptor);
    if (size < 0 || end <= size) return 0;
    return takes(end - size) ? end - size : -1;
}

static long long end_of_write(int descriptor, size_t bytes) {
    if (!is_small()) return 0;
    int flags = fcntl(descriptor, F_GETFL);
    long long at = flags & O_APPEND ? size_here(descriptor) : lseek(descriptor, 0, SEEK_CUR);
    return at < 0 ? 0 : at + (long long)bytes;
}

static size_t length_of(const struct iovec *from, int count) {
    size_t total = 0;
    while (count--) total += from++->iov_len;
    return total;
}

/* Lets a write take place with the room that it has taken. */
#define WITH_ROOM(d, end, call) \
    long long taken = grows(d, end); \
    if (taken < 0) return -1; \
    ssize_t done = call; \
    if (done < 0 && taken) give_back(taken); \
    return done;

static int tells_small(const char *path, struct statvfs *told) {
    if (!is_small() || !counts(path)) return 0;
    told->f_bsize = told->f_frsize = 4096;
    told->f_blocks = atomic_load(&control->disk) / 4096;
    told->f_bfree = told->f_bavail = atomic_load(&control->room) / 4096;
    return 1;
}
int statvfs(const char *path, struct statvfs *told) {
    REAL(statvfs);
    int failed = next(path, told);
    if (!failed) tells_small(path, told);
    return failed;
}
int statvfs64(const char *path, struct statvfs64 *told) {
    REAL(statvfs64);
    int failed = next(path, told);
    if (!failed) tells_small(path, (struct statvfs *)told); /* the same on 64 bits */
    return failed;
}

/* Writing, and making a file longer. */

ssize_t write(int d, const void *from, size_t size) {
    REAL(write);
    if (strikes_file(WRITE, d)) return -1;
    WITH_ROOM(d, end_of_write(d, size), next(d, from, size))
}
ssize_t writev(int d, const struct iovec *from, int count) {
    REAL(writev);
    if (strikes_file(WRITE, d)) return -1;
    WITH_ROOM(d, end_of_write(d, length_of(from, count)), next(d, from, count))
}
ssize_t pwrite(int d, const void *from, size_t size, off_t at) {
    REAL(pwrite);
    if (strikes_file(WRITE, d)) return -1;
    WITH_ROOM(d, at + (long long)size, next(d, from, size, at))
}
ssize_t pwrite64(int d, const void *from, size_t size, off64_t at) {
    REAL(pwrite64);
    if (strikes_file(WRITE, d)) return -1;
    WITH_ROOM(d, at + (long long)size, next(d, from, size, at))
}
int ftruncate(int d, off_t size) {
    REAL(ftruncate);
    if (strikes_file(WRITE, d)) return -1;
    long long before = size_here(d);
    if (before > size) give_back(before - size);
    WITH_ROOM(d, size, next(d, size))
}
int ftruncate64(int d, off64_t size) {
    REAL(ftruncate64);
    if (strikes_file(WRITE, d)) return -1;
    long long before = size_here(d);
    if (before > size) give_back(before - size);
    WITH_ROOM(d, size, next(d, size))
}

int fallocate(int d, int mode, off_t at, off_t size) {
    REAL(fallocate);
    if (strikes_file(WRITE, d)) return -1;
    WITH_ROOM(d, mode ? 0 : at + size, next(d, mode, at, size))
}
int fallocate64(int d, int mode, off64_t at, off64_t size) {
    REAL(fallocate64);
    if (strikes_file(WRITE, d)) return -1;
    WITH_ROOM(d, mode ? 0 : at + size, next(d, mode, at, size))
}
/* These two return the error. */
int posix_fallocate(int d, off_t at, off_t size) {
    REAL(posix_fallocate);
    if (strikes_file(WRITE, d) || grows(d, at + size) < 0) return errno;
    return next(d, at, size);
}
int posix_fallocate64(int d, off64_t at, off64_t size) {
    REAL(posix_fallocate64);
    if (strikes_file(WRITE, d) || grows(d, at + size) < 0) return errno;
    return next(d, at, size);
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

/* A disk can only be too full for what is new; one that takes no change can still be read. */
static int strikes_open(int folder, const char *path, int flags) {
    if (is_small() && flags & O_TRUNC) give_back(size_at(folder, path));
    if (!is_armed(OPEN)) return 0;
    if (atomic_load(&control->number) == ENOSPC && !(flags & O_CREAT)) return 0;
    if (atomic_load(&control->what) == CHANGE && !(flags & (O_CREAT | O_TRUNC))) return 0;
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

/* Renaming and deleting. */

int rename(const char *from, const char *to) {
    REAL(rename);
    if (strikes_path(RENAME, AT_FDCWD, to)) return -1;
    long long replaced = size_at(AT_FDCWD, to);
    int failed = next(from, to);
    if (!failed && replaced) give_back(replaced);
    return failed;
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    if (strikes_path(RENAME, b, to)) return -1;
    long long replaced = size_at(b, to);
    int failed = next(a, from, b, to);
    if (!failed && replaced) give_back(replaced);
    return failed;
}
int unlink(const char *path) {
    REAL(unlink);
    long long gone = size_at(AT_FDCWD, path);
    int failed = next(path);
    if (!failed && gone) give_back(gone);
    return failed;
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    long long gone = size_at(folder, path);
    int failed = next(folder, path, flags);
    if (!failed && gone) give_back(gone);
    return failed;
}
