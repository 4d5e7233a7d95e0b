/*
 * What a cashier's program does with evoucher: the online password check before an insurance
 * settlement, then one-code pay for the rest. Start from here.
 *
 *     cashier CONFIG TOKEN AMOUNT SERIAL
 *
 * CONFIG is the configuration's JSON text, or @ and a file's path. TOKEN is the ecToken that
 * decoding the patient's code gave; AMOUNT is what is left to pay ("12.30"), and SERIAL your own
 * number of the transaction.
 *
 *     cc -I include examples/c/cashier.c -L target/release -levoucher -o cashier
 */
#include <stdio.h>
#include <string.h>

#include "evoucher.h"

#ifdef _WIN32
#include <windows.h>
#define pause_a_second() Sleep(1000)
#else
#include <unistd.h>
#define pause_a_second() sleep(1)
#endif

/* How often to ask whether the patient has verified. A form would use a timer, and a button to stop. */
#define ATTEMPTS 30

static int32_t client;
static char reply[8192];
static char value[1024];

/* One field of the reply, as plain text. */
static const char *field(const char *path) {
    if (ev_field(client, reply, path, value, sizeof value) != EV_OK) {
        value[0] = 0;
    }
    return value;
}

/* Every call ends here: show the operator the hint, and go by `next`, never by the eye. */
static int next_is(const char *what) {
    return strcmp(field("next"), what) == 0;
}

static void show(const char *step) {
    printf("%s\n  reply    %s\n", step, reply);
    printf("  hint     %s\n", field("hint"));
    printf("  message  %s\n", field("message"));
    printf("  next     %s\n\n", field("next"));
}

/* Returns 1 when the insurance settlement may go on. */
static int password_check(const char *token) {
    char request[512];
    int attempt;

    sprintf(request, "{\"token\":\"%.40s\"}", token);
    ev_token_pwd_check_notc(client, request, reply, sizeof reply);
    show("notify the patient (tokenPwdCheckNotc)");

    for (attempt = 0; attempt < ATTEMPTS && next_is(EV_NEXT_WAIT); attempt++) {
        pause_a_second();
        ev_token_pwd_stas(client, request, reply, sizeof reply);
        show("has the patient verified? (tokenPwdStas)");
    }
    return next_is(EV_NEXT_SETTLE);
}

/* Returns 1 when the amount may be charged with the certificate in the reply. */
static int one_code_pay(const char *token, const char *amount, const char *serial) {
    char request[1024];

    sprintf(request, "{\"token\":\"%.40s\",\"ownPaySetlAmt\":\"%.20s\",\"fixmedinsTrnsSn\":\"%.200s\"}",
            token, amount, serial);
    ev_signed_query(client, request, reply, sizeof reply);
    show("can this code pay? (signedQuery)");
    if (!next_is(EV_NEXT_GET_CERTIFICATE)) {
        return 0;
    }
    ev_gen_pay_cert(client, request, reply, sizeof reply);
    show("get the certificate (genPayCert)");
    if (next_is(EV_NEXT_RETRY)) {
        /* Nobody knows whether a certificate was issued: the same serial number, the same amount. */
        ev_gen_pay_cert(client, request, reply, sizeof reply);
        show("and once more (genPayCert)");
    }
    return next_is(EV_NEXT_CHARGE);
}

int main(int argc, char **argv) {
    int settled;
    int paid;

    if (argc != 5) {
        printf("cashier CONFIG TOKEN AMOUNT SERIAL\n");
        return 2;
    }
    setbuf(stdout, NULL); /* each step shows at once */
    if (ev_open(argv[1], &client) != EV_OK) {
        ev_last_reply(reply, sizeof reply);
        printf("%s\n", reply);
        return 1;
    }

    settled = password_check(argv[2]);
    printf("==> %s\n\n", settled ? "settle with the insurance" : "do not settle");
    paid = settled && one_code_pay(argv[2], argv[3], argv[4]);
    if (paid) {
        /* What comes next, so that nobody pays twice, is payment.c. */
        printf("==> charge exactly %s at %s with the certificate ", argv[3], field("data.payChnlName"));
        printf("%s\n", field("data.payCert"));
    } else {
        printf("==> the rest has to be paid in another way\n");
    }

    ev_close(client);
    return settled && paid ? 0 : 1;
}
