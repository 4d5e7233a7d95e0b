/*
 * A window at a counter: one client for its whole life, and a call for each line of its input.
 *
 *     window CONFIG
 *
 * A line is a service and the request, "tokenPwdStas {...}"; each reply is a line of its output.
 */
#include <stdio.h>
#include <string.h>

#include "evoucher.h"

static char line[65536];
static char reply[65536];

int main(int argc, char **argv) {
    int32_t client;
    char *request;

    if (argc != 2) {
        return 2;
    }
    setbuf(stdout, NULL);
    if (ev_open(argv[1], &client) != EV_OK) {
        ev_last_reply(reply, sizeof reply);
        printf("%s\n", reply);
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        request = strchr(line, ' ');
        if (request == NULL) {
            return 2;
        }
        *request++ = 0;
        ev_call(client, line, request, reply, sizeof reply);
        printf("%s\n", reply);
    }
    ev_close(client);
    return 0;
}
