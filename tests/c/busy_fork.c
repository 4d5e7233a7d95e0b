/*
 * A child of fork whose parent's other threads were opening and closing clients at that moment: it
 * goes on with its parent's handles, and waits for nobody. Argument: the configuration as text; its
 * file is in EVOUCHER_CONFIG.
 */
#define _GNU_SOURCE
#include "check.h"
#include "evoucher.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORKS 300
#define THREADS 4

static const char *config;
static int over;

static void *open_and_close(void *nothing) {
    char reply[1024];
    int32_t client;
    while (!__sync_fetch_and_add(&over, 0)) {
        ev_open(config, &client);
        ev_close(client);
        ev_explain(0, 0, reply, sizeof reply);
        ev_close(0);
    }
    return nothing;
}

static int child(int32_t kept) {
    char reply[1024];
    int32_t client = -1;
    int wrong = 0;
    /* Who waits for a lock that nobody has is ended, and the parent sees that. */
    alarm(60);
    wrong += ev_explain(kept, 0, reply, sizeof reply) != EV_OK;
    wrong += ev_explain(0, 0, reply, sizeof reply) != EV_OK;
    wrong += ev_open(config, &client) != EV_OK;
    wrong += client <= kept;
    wrong += ev_explain(client, 0, reply, sizeof reply) != EV_OK;
    wrong += ev_close(client) != EV_OK;
    wrong += ev_explain(client, 0, reply, sizeof reply) != EV_INVALID_CLIENT;
    wrong += ev_close(kept) != EV_OK;
    return wrong;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    char reply[1024];
    int32_t kept;
    int n;

    if (argc != 2) {
        return 2;
    }
    config = argv[1];
    CHECK(ev_open(config, &kept) == EV_OK, "ev_open");
    for (n = 0; n < THREADS; n++) {
        CHECK(pthread_create(&threads[n], NULL, open_and_close, NULL) == 0, "a thread");
    }
    for (n = 0; n < FORKS && failures == 0; n++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child(kept));
        }
        CHECK(waitpid(pid, &status, 0) == pid, "waitpid");
        CHECK(WIFEXITED(status), "the child waits for ever");
        CHECK(WEXITSTATUS(status) == 0, "the child's calls");
    }
    __sync_fetch_and_add(&over, 1);
    for (n = 0; n < THREADS; n++) {
        pthread_join(threads[n], NULL);
    }
    /* What its children closed is open here. */
    CHECK(ev_explain(kept, 0, reply, sizeof reply) == EV_OK, reply);
    CHECK(ev_close(kept) == EV_OK, "ev_close");
    return failures;
}
