/*
 * A child of fork starts with nothing of its parent's, and touches nothing of it. Argument: the
 * configuration as text. Says "calling" once its thread is about to call, and goes on when it reads a
 * line: the call is in the centre then.
 */
#define _GNU_SOURCE
#include "check.h"
#include "evoucher.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int32_t client;

static void ask(const char *service, const char *token, char *reply) {
    char request[512];
    sprintf(request,
            "{\"token\":\"%s\",\"orgCodg\":\"H35010000001\",\"orgName\":\"hospital\","
            "\"opterId\":\"1\",\"opterName\":\"clerk\",\"devId\":\"AA-BB-CC-DD-EE-FF\","
            "\"devIP\":\"10.1.2.3\",\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"SN-fork\"}",
            token);
    ev_call(client, service, request, reply, 8192);
}

static int is(const char *reply, const char *path, const char *wanted) {
    char value[256];
    return ev_field(client, reply, path, value, sizeof value) == 0 && strcmp(value, wanted) == 0;
}

static void cancelled(const char *wanted, char *reply) {
    CHECK(ev_cancel(client, NULL) == EV_OK, "ev_cancel");
    ev_last_reply(reply, 8192);
    CHECK(is(reply, "data.cancelled", wanted), reply);
}

static void *in_flight(void *reply) {
    printf("calling\n");
    fflush(stdout);
    ask("genPayCert", "signed-fault.silence", reply);
    return NULL;
}

int main(int argc, char **argv) {
    static char parents[8192], reply[8192];
    pthread_t thread;
    pid_t child;
    int status;

    if (argc != 2) {
        return 2;
    }
    CHECK(ev_open(argv[1], &client) == EV_OK, "ev_open");
    /* A connection that is kept, and a transaction in flight. */
    ask("tokenPwdStas", "pwd-before", reply);
    CHECK(is(reply, "next", "wait"), reply);
    CHECK(pthread_create(&thread, NULL, in_flight, parents) == 0, "a thread");
    CHECK(fgets(reply, sizeof reply, stdin) != NULL, "a line");

    child = fork();
    if (child == 0) {
        cancelled("0", reply);
        ask("tokenPwdStas", "nopwd-child", reply);
        CHECK(is(reply, "next", "settle"), reply);
        /* The serial number of the parent's that nobody here will ever end. */
        ask("genPayCert", "signed-child", reply);
        CHECK(is(reply, "next", "charge"), reply);
        ev_close(client);
        fflush(stdout);
        _exit(failures);
    }
    CHECK(waitpid(child, &status, 0) == child, "waitpid");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child");
    ask("tokenPwdStas", "pwd-parent", reply);
    CHECK(is(reply, "next", "wait"), reply);
    CHECK(pthread_tryjoin_np(thread, NULL) == EBUSY, "the parent's call goes on");
    cancelled("1", reply);
    pthread_join(thread, NULL);
    CHECK(is(parents, "code", "-10009"), parents);
    ev_close(client);
    return failures;
}
