/*
 * A cancel that comes while `auto` fields are looked up: the program's own getaddrinfo takes the
 * place of the system's, and waits until the flow was cancelled. Argument: the configuration.
 */
#define _GNU_SOURCE
#include "check.h"
#include "evoucher.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>

static int32_t client;
static sem_t looking, cancelled;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    int (*systems)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&systems = dlsym(RTLD_NEXT, "getaddrinfo");
    sem_post(&looking);
    sem_wait(&cancelled);
    return systems(name, service, hints, found);
}

static void *pay(void *reply) {
    ev_one_code_pay(client,
                    "{\"token\":\"signed\",\"orgCodg\":\"H35010000001\",\"orgName\":\"hospital\","
                    "\"opterId\":\"1\",\"opterName\":\"clerk\",\"ownPaySetlAmt\":\"12.30\","
                    "\"fixmedinsTrnsSn\":\"SN-slow-names\"}",
                    reply, 8192);
    return NULL;
}

int main(int argc, char **argv) {
    static char reply[8192];
    char value[64];
    pthread_t thread;

    if (argc != 2) {
        return 2;
    }
    sem_init(&looking, 0, 0);
    sem_init(&cancelled, 0, 0);
    CHECK(ev_open(argv[1], &client) == EV_OK, "ev_open");
    CHECK(pthread_create(&thread, NULL, pay, reply) == 0, "a thread");
    sem_wait(&looking);
    CHECK(ev_cancel(client, "signed") == EV_OK, "ev_cancel");
    ev_last_reply(value, sizeof value);
    sem_post(&cancelled);
    pthread_join(thread, NULL);
    CHECK(ev_field(client, reply, "code", value, sizeof value) == 0, reply);
    CHECK(strcmp(value, "-10009") == 0, reply);
    CHECK(ev_field(client, reply, "delivery", value, sizeof value) == 0, reply);
    CHECK(strcmp(value, "not_sent") == 0, reply);
    ev_close(client);
    return failures;
}
