/*
 * Rule 9: load, call, unload, 500 times: nothing grows and nothing falls over.
 * Argument: the library.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"

static int entries(const char *folder) {
    DIR *open = opendir(folder);
    int count = 0;
    while (open && readdir(open)) {
        count++;
    }
    closedir(open);
    return count;
}

int main(int argc, char **argv) {
    char reply[1024];
    int threads = 0;
    int files = 0;
    int i;

    if (argc != 2) {
        return 2;
    }
    for (i = 0; i < 500; i++) {
        int32_t (*version)(char *, int32_t);
        void *library = dlopen(argv[1], RTLD_NOW);
        if (!library) {
            printf("%s\n", dlerror());
            return 2;
        }
        *(void **)&version = dlsym(library, "ev_version");
        CHECK(version(reply, sizeof reply) == 0, reply);
        CHECK(dlclose(library) == 0, "dlclose");
        if (i == 0) {
            threads = entries("/proc/self/task");
            files = entries("/proc/self/fd");
        }
    }
    CHECK(entries("/proc/self/task") == threads, "threads");
    CHECK(entries("/proc/self/fd") == files, "open files");
    printf("%d failures\n", failures);
    return failures != 0;
}
