/*
 * Many calls at once to a name that is not known yet: one look-up for all of them. The program's own
 * getaddrinfo takes the place of the system's, and waits until every call waits. Argument: the
 * configuration.
 */
#define _GNU_SOURCE
#include "check.h"
#include "evoucher.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS 30

static int32_t client;
static int look_ups;
static sem_t go_on;
static pid_t callers[CALLS];
static char replies[CALLS][8192];

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    int (*systems)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&systems = dlsym(RTLD_NEXT, "getaddrinfo");
    __sync_fetch_and_add(&look_ups, 1);
    sem_wait(&go_on);
    sem_post(&go_on);
    return systems(name, service, hints, found);
}

static void *ask(void *number) {
    size_t n = (size_t)number;
    __sync_lock_test_and_set(&callers[n], (pid_t)syscall(SYS_gettid));
    ev_signed_query(client,
                    "{\"token\":\"signed\",\"orgCodg\":\"H35010000001\",\"orgName\":\"hospital\","
                    "\"opterId\":\"1\",\"opterName\":\"clerk\",\"devId\":\"1\",\"devIP\":\"2\"}",
                    replies[n], sizeof replies[n]);
    return NULL;
}

/* Whether a thread waits for something, as the system has it. */
static int waits(pid_t thread) {
    char name[64], stat[512] = "";
    const char *state;
    FILE *file;
    if (thread == 0) {
        return 0;
    }
    sprintf(name, "/proc/self/task/%d/stat", (int)thread);
    file = fopen(name, "r");
    if (file == NULL) {
        return 0;
    }
    if (fgets(stat, sizeof stat, file) == NULL) {
        stat[0] = 0;
    }
    fclose(file);
    state = strrchr(stat, ')');
    return state != NULL && state[2] == 'S';
}

int main(int argc, char **argv) {
    pthread_t threads[CALLS];
    char value[64];
    size_t n;

    if (argc != 2) {
        return 2;
    }
    sem_init(&go_on, 0, 0);
    CHECK(ev_open(argv[1], &client) == EV_OK, "ev_open");
    for (n = 0; n < CALLS; n++) {
        CHECK(pthread_create(&threads[n], NULL, ask, (void *)n) == 0, "a thread");
    }
    for (n = 0; n < CALLS; n++) {
        while (!waits(__sync_fetch_and_add(&callers[n], 0))) {
            usleep(1000);
        }
    }
    sem_post(&go_on);
    for (n = 0; n < CALLS; n++) {
        pthread_join(threads[n], NULL);
        CHECK(ev_field(client, replies[n], "code", value, sizeof value) == 0, replies[n]);
        CHECK(strcmp(value, "0") == 0, replies[n]);
    }
    sprintf(value, "%d", look_ups);
    CHECK(look_ups == 1, value);
    ev_close(client);
    return failures;
}
