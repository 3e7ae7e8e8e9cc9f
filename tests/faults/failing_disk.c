// SPDX-License-Identifier: Apache-2.0
// Calls that fail as on a broken disk, by LD_PRELOAD: writes and syncs of files whose path has a
// certain part give EIO while the control file (HEADWATER_FAULT_CONTROL) says so. It covers every
// file that the server writes, SQLite's too, and nothing of it is in the server.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITES = 1, SYNCS = 2 };

struct control {
    volatile int calls;      // which calls fail: WRITES, SYNCS, both or none
    volatile int failed;     // how many have failed
    volatile int syncs;      // how many syncs were asked for in that place
    char part[244];          // of the path
};

static struct control *control;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("HEADWATER_FAULT_CONTROL");
    int fd = path ? open(path, O_RDWR) : -1;
    if (fd < 0) return;
    void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) control = page;
    close(fd);
}

static int is_there(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, control->part) != NULL;
}

static int fails(int fd, int call) {
    if (!control || !control->part[0]) return 0;
    if (call == WRITES && !(control->calls & WRITES)) return 0;
    int saved = errno, there = is_there(fd);
    errno = saved;
    if (!there) return 0;
    if (call == SYNCS) __atomic_add_fetch(&control->syncs, 1, __ATOMIC_SEQ_CST);
    if (!(control->calls & call)) return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    errno = EIO;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { return fails(fd, SYNCS) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails(fd, SYNCS) ? -1 : REAL(fdatasync)(fd); }
ssize_t write(int fd, const void *bytes, size_t count) {
    return fails(fd, WRITES) ? -1 : REAL(write)(fd, bytes, count);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return fails(fd, WRITES) ? -1 : REAL(writev)(fd, parts, count);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return fails(fd, WRITES) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return fails(fd, WRITES) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}
