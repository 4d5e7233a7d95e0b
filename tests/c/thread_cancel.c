/*
 * pthread_cancel during a call: the call goes on to its end, and the thread ends after it. Argument:
 * the configuration as text. Goes on when it reads a line: the call is in the centre then.
 */
#define _GNU_SOURCE
#include "check.h"
#include "evoucher.h"

#include <pthread.h>

static int32_t client;
static int returned, went_on;

static void *in_flight(void *reply) {
    ev_token_pwd_stas(client, "{\"token\":\"pwd-fault.silence\",\"orgCodg\":\"H35010000001\"}", reply, 8192);
    returned = 1;
    pthread_testcancel();
    went_on = 1;
    return NULL;
}

int main(int argc, char **argv) {
    static char reply[8192], line[16];
    char value[64];
    void *result = NULL;
    pthread_t thread;

    if (argc != 2) {
        return 2;
    }
    CHECK(ev_open(argv[1], &client) == EV_OK, "ev_open");
    CHECK(pthread_create(&thread, NULL, in_flight, reply) == 0, "a thread");
    CHECK(fgets(line, sizeof line, stdin) != NULL, "a line");
    CHECK(pthread_cancel(thread) == 0, "pthread_cancel");
    CHECK(ev_cancel(client, NULL) == EV_OK, "ev_cancel");
    pthread_join(thread, &result);
    CHECK(result == PTHREAD_CANCELED, "it ends as its host wants it to");
    CHECK(returned && !went_on, "after the call");
    CHECK(ev_field(client, reply, "code", value, sizeof value) == 0, reply);
    CHECK(strcmp(value, "-10009") == 0, reply);
    CHECK(ev_token_pwd_stas(client, "{\"token\":\"nopwd\",\"orgCodg\":\"H35010000001\"}", reply, sizeof reply) == 500320,
          reply);
    ev_close(client);
    return failures;
}
