/*
 * A payment that is made once, whenever the power fails: one-code pay, the charge at the payment
 * channel, and what became of it. docs/no-double-charge.zh-CN.md explains each step.
 *
 *     payment CONFIG CHANNEL BILLS [SERIAL AMOUNT TOKEN]
 *
 * CONFIG is the configuration's JSON text, or @ and a file's path; it has "journal" and, in
 * "defaults", who asks. CHANNEL is the payment channel's address ("127.0.0.1:18080"). BILLS is the
 * file of bills, which stands for your database. First it clears up what an earlier run left open;
 * then, if there is a bill, it pays it: SERIAL is the bill's own number, made with the bill and
 * never again, AMOUNT is "12.30", and TOKEN is what the patient's code decoded to.
 *
 *     cc -I include examples/c/payment.c -L target/release -levoucher -o payment
 *
 * and on Windows ws2_32.lib too.
 *
 * Ends with 0 when all is paid, 1 when the bill is certainly not paid, 2 when it could not work, and
 * 3 when nobody knows yet: then take no money for that bill, and start it again later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h" /* replace it by your channel */
#include "evoucher.h"

#ifdef _WIN32
#include <io.h>
#define to_the_disk(file) _commit(_fileno(file))
#define pause_a_second() Sleep(1000)
#else
#define to_the_disk(file) fsync(fileno(file))
#define pause_a_second() sleep(1)
#endif

/* How many answers of the library are followed for one bill, before somebody has to look at it. */
#define ROUNDS 6
#define BILLS 1000

typedef struct {
    char serial[201];
    char amount[24];
    char state[16]; /* "asking", "charging": open; "unpaid": certainly not charged; "paid" */
} bill_t;

static bill_t bills[BILLS];
static int bill_count;
static FILE *bill_file;
static int32_t client;
static char reply[8192];
static char value[1024];

static int same(const char *left, const char *right) {
    return strcmp(left, right) == 0;
}

/* ---- your database: what is noted here is on the disk before the next step is taken ---- */

static void note(bill_t *bill, const char *state) {
    strcpy(bill->state, state);
    if (fprintf(bill_file, "%s %s %s\n", bill->serial, bill->amount, state) < 0 || fflush(bill_file) != 0 ||
        to_the_disk(bill_file) != 0) {
        printf("the bill cannot be noted: nothing is done\n");
        exit(2);
    }
    printf("%s %s\n", bill->serial, state);
}

static bill_t *find(const char *serial) {
    int at;

    for (at = 0; at < bill_count; at++) {
        if (same(bills[at].serial, serial)) {
            return &bills[at];
        }
    }
    return NULL;
}

static bill_t *add(const char *serial, const char *amount) {
    bill_t *bill;

    if (bill_count == BILLS) {
        printf("too many bills\n");
        exit(2);
    }
    bill = &bills[bill_count++];
    sprintf(bill->serial, "%.200s", serial);
    sprintf(bill->amount, "%.20s", amount);
    strcpy(bill->state, "unpaid");
    return bill;
}

/* A bill's last line counts; half a line is a step that was not taken. */
static void read_bills(const char *path) {
    char line[256], serial[201], amount[24], state[16];
    int whole = 1;
    bill_t *bill;
    FILE *file = fopen(path, "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        whole = strchr(line, '\n') != NULL;
        if (whole && sscanf(line, "%200s %23s %15s", serial, amount, state) == 3) {
            bill = find(serial);
            if (bill == NULL) {
                bill = add(serial, amount);
            }
            strcpy(bill->state, state);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    bill_file = fopen(path, "a");
    if (bill_file == NULL) {
        printf("the bills cannot be opened: %s\n", path);
        exit(2);
    }
    if (!whole) {
        fputs("\n", bill_file);
    }
}

/* ---- the library ---- */

static const char *field(const char *path) {
    if (ev_field(client, reply, path, value, sizeof value) != EV_OK) {
        value[0] = 0;
    }
    return value;
}

static int next_is(const char *what) {
    return same(field("next"), what);
}

/* What a person scanned or typed, as JSON. */
static void put_text(char *json, const char *name, const char *text) {
    int room = 250;

    json += strlen(json);
    json += sprintf(json, "%c\"%s\":\"", json[-1] == '{' ? ' ' : ',', name);
    for (; *text != 0 && room > 0; text++, room--) {
        if (*text == '"' || *text == '\\') {
            *json++ = '\\';
        }
        *json++ = *text;
    }
    strcpy(json, "\"");
}

/* Asks for a certificate; for a bill that was asked for before, the same question says where it
   stands. The serial number and the amount are the bill's, every time. */
static void ask(const bill_t *bill, const char *token) {
    char request[2048] = "{";

    put_text(request, "token", token);
    put_text(request, "ownPaySetlAmt", bill->amount);
    put_text(request, "fixmedinsTrnsSn", bill->serial);
    strcat(request, "}");
    ev_one_code_pay(client, request, reply, sizeof reply);
    printf("next %s\n", field("next"));
    printf("hint %s\n", field("hint"));
}

/* Tells the library what the channel said. */
static int32_t report(const bill_t *bill, const char *outcome) {
    char request[2048] = "{";
    int32_t code;

    put_text(request, "fixmedinsTrnsSn", bill->serial);
    put_text(request, "ownPaySetlAmt", bill->amount);
    put_text(request, "outcome", outcome);
    strcat(request, "}");
    code = ev_report_charge(client, request, reply, sizeof reply);
    printf("report %s\n", outcome);
    return code;
}

/* ---- a bill ---- */

/* Goes by `next` until the bill is paid, certainly not paid, or somebody has to look at it. */
static void pay(bill_t *bill, const char *token) {
    const char *outcome = "failed"; /* nothing was charged yet */
    int round;

    note(bill, "asking");
    ask(bill, token);
    for (round = 0; round < ROUNDS; round++) {
        if (next_is(EV_NEXT_CHARGE)) {
            char certificate[256];
            sprintf(certificate, "%.255s", field("data.payCert"));
            note(bill, "charging"); /* before the channel hears of it */
            outcome = channel_charge(certificate, bill->serial, bill->amount);
            report(bill, outcome); /* whatever it was; its `next` says how to go on */
            if (same(outcome, "paid")) {
                note(bill, "paid");
                return;
            }
            if (same(outcome, "failed") && next_is(EV_NEXT_RETRY)) {
                note(bill, "unpaid"); /* no money in the account: the patient decides what now */
                return;
            }
        } else if (next_is(EV_NEXT_CONFIRM_CHARGE)) {
            outcome = channel_confirm(bill->serial);
            report(bill, outcome);
            if (same(outcome, "paid")) {
                note(bill, "paid");
                return;
            }
            pause_a_second();
            ask(bill, token);
        } else if (next_is(EV_NEXT_ALREADY_PAID)) {
            note(bill, "paid");
            return;
        } else if (next_is(EV_NEXT_RETRY) || next_is(EV_NEXT_RETRY_LATER)) {
            pause_a_second();
            ask(bill, token); /* the same serial number, the same amount */
        } else {
            break; /* what is not known means neither */
        }
    }
    /* Only where it is certain that nothing was charged; all else stays open. */
    if (!same(outcome, "unknown") && (next_is(EV_NEXT_OTHER_PAYMENT) || next_is(EV_NEXT_RESCAN) ||
                                      next_is(EV_NEXT_RETRY) || next_is(EV_NEXT_FIX_REQUEST))) {
        note(bill, "unpaid");
    }
}

/* When the program starts: the power may have failed at any moment of `pay`. */
static void clear_up(bill_t *bill) {
    const char *outcome = channel_confirm(bill->serial);

    if (report(bill, outcome) != EV_OK) {
        printf("%s\n", field("message"));
    }
    if (same(outcome, "paid") || next_is(EV_NEXT_ALREADY_PAID)) {
        note(bill, "paid");
    } else if (same(outcome, "failed") && next_is(EV_NEXT_RETRY)) {
        note(bill, "unpaid"); /* the patient may pay it now: the same serial number */
    }
}

static int is_open(const bill_t *bill) {
    return !same(bill->state, "paid") && !same(bill->state, "unpaid");
}

int main(int argc, char **argv) {
    bill_t *bill = NULL;
    int at, left_open = 0;

    if ((argc != 4 && argc != 7) || !channel_open(argv[2])) {
        printf("payment CONFIG CHANNEL BILLS [SERIAL AMOUNT TOKEN]\n");
        return 2;
    }
    if (argc == 7 && (strpbrk(argv[4], " \t\r\n\"\\") != NULL || strlen(argv[4]) > 200 || strlen(argv[5]) > 20)) {
        printf("SERIAL: at most 200 characters, no blanks, no quotes; AMOUNT: at most 20\n");
        return 2;
    }
    setbuf(stdout, NULL); /* each step shows at once */
    if (ev_open(argv[1], &client) != EV_OK) {
        ev_last_reply(reply, sizeof reply);
        printf("%s\n", reply);
        return 2;
    }
    read_bills(argv[3]);
    for (at = 0; at < bill_count; at++) {
        if (is_open(&bills[at])) {
            clear_up(&bills[at]);
        }
    }
    if (argc == 7) {
        bill = find(argv[4]);
        if (bill == NULL) {
            bill = add(argv[4], argv[5]);
        }
        if (!same(bill->amount, argv[5])) {
            printf("%s is a bill of %s: another amount is another bill\n", bill->serial, bill->amount);
            return 2;
        }
        if (same(bill->state, "unpaid")) {
            pay(bill, argv[6]);
        }
    }
    ev_close(client);
    for (at = 0; at < bill_count; at++) {
        left_open += is_open(&bills[at]);
    }
    if (left_open > 0) {
        printf("%d open\n", left_open);
        return 3;
    }
    return bill == NULL || same(bill->state, "paid") ? 0 : 1;
}
