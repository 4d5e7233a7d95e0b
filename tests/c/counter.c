/*
 * One cashier's counter, scripted, for the tests that kill it: it works through bills, writes down
 * each step before it takes it, as a HIS should, and does what `next` says and nothing else. A kill
 * at any moment may cost a step, and must never cost a patient's money twice.
 *
 *     counter LIBRARY CONFIG CHANNEL BILLS BOOK [STEPS MILLISECONDS]
 *
 * CHANNEL is the host and port of the payment channel (evoucher-sandbox), an address in numbers.
 * BILLS has one line for each bill: serial number, amount, token, and how it is paid: "flow"
 * (ev_one_code_pay), "calls" (ev_signed_query, ev_gen_pay_cert), or "shared" (flow, and other
 * counters have this bill too); with "-" the bills come on standard input for as long as that is open,
 * what is left open is said on standard output, and the library remembers all that it ever will before
 * the first. BOOK is this counter's own: "serial step" for each step. With STEPS
 * it kills itself so long after that many steps, on Windows: under Wine no signal reaches it.
 *
 * Ends with 0 when every bill is paid or openly unpaid, 3 when one is left open, 1 when it could
 * not work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
typedef SOCKET socket_t;
typedef HMODULE library_t;
#else
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
typedef int socket_t;
typedef void *library_t;
#define INVALID_SOCKET (-1)
#define closesocket close
#endif

#include "evoucher.h"

/* Milliseconds: how long the channel may take, and what lies between two tries. */
#define PATIENCE 100
#define PAUSE 3
/* What a hand takes before and after a bill: a moment to be killed in. */
#define HAND 2
/* How often a bill is asked for again before it is left unpaid, and the channel before the bill is
 * left open; a shared one waits for the other counters. */
#define TRIES 2
#define SHARED_TRIES 2000

#define ORG_CODG "H35010000001"

typedef int32_t (EV_CDECL *service_t)(int32_t, const char *, char *, int32_t);
typedef int32_t (EV_CDECL *open_t)(const char *, int32_t *);
typedef int32_t (EV_CDECL *field_t)(int32_t, const char *, const char *, char *, int32_t);
typedef int32_t (EV_CDECL *last_t)(char *, int32_t);

static service_t one_code_pay, signed_query, gen_pay_cert, report_charge;
static field_t field_of;
static int32_t client;

typedef struct {
    char serial[64];
    char amount[24];
    char token[48];
    char way[16];
    int noted;
    int finished;
} bill_t;

static bill_t *bills;
static int bill_count;
static FILE *book;
static char next[32];
static char reply[8192];
static char channel_reply[65536];
static struct sockaddr_in channel;

static int is(const char *word) { return strcmp(next, word) == 0; }
static int shared(const bill_t *bill) { return strcmp(bill->way, "shared") == 0; }

static void die(const char *what, const char *detail) {
    fprintf(stderr, "counter: %s: %s\n", what, detail);
    exit(1);
}

static void wait_ms(int ms) {
#ifdef _WIN32
    Sleep((DWORD)ms);
#else
    usleep((useconds_t)ms * 1000);
#endif
}

/* ---- being killed ---- */

/* After how many steps, and then how many milliseconds; -1: not at all. */
static int kill_steps = -1, kill_ms;

#ifdef _WIN32
static DWORD WINAPI killer(LPVOID unused) {
    DWORD written;
    (void)unused;
    wait_ms(kill_ms);
    /* For whoever watches: under Wine a thread may outlive this, for ever. Past the C library, whose
     * lock another thread may hold. */
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "killed\n", 7, &written, NULL);
    TerminateProcess(GetCurrentProcess(), 137);
    return 0;
}
#endif

static void kill_when_due(void) {
#ifdef _WIN32
    if (kill_steps == 0) {
        CloseHandle(CreateThread(NULL, 0, killer, NULL, 0, NULL));
    }
#endif
    kill_steps--;
}

/* ---- the book ---- */

/* Unbuffered and one write: a kill is no power cut, what the system took is kept. */
static void note(const bill_t *bill, const char *step) {
    char line[128];
    int length = snprintf(line, sizeof line, "%s %s\n", bill->serial, step);
    if (fwrite(line, 1, (size_t)length, book) != (size_t)length) {
        die("the book", "cannot be written");
    }
    /* For whoever watches. */
    fputs(line, stdout);
    fflush(stdout);
    kill_when_due();
}

static bill_t *find(const char *serial) {
    int at;
    for (at = 0; at < bill_count; at++) {
        if (strcmp(bills[at].serial, serial) == 0) {
            return &bills[at];
        }
    }
    return NULL;
}

/* The next bill of a file; 0 when there is none. */
static int next_bill(FILE *file, bill_t *bill) {
    memset(bill, 0, sizeof *bill);
    return fscanf(file, "%63s %23s %47s %15s", bill->serial, bill->amount, bill->token, bill->way) == 4;
}

static void read_bills(const char *path) {
    FILE *file = fopen(path, "rb");
    bill_t bill;
    if (file == NULL) {
        die("no bills", path);
    }
    while (next_bill(file, &bill)) {
        bills = realloc(bills, sizeof bill * (size_t)(bill_count + 1));
        bills[bill_count++] = bill;
    }
    fclose(file);
}

/* What is finished is never touched again. Of the rest only its serial number and amount count:
 * where it stands the library is asked. */
static void read_book(const char *path) {
    char line[128];
    int whole = 1;
    FILE *file = fopen(path, "rb");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char serial[64], step[32];
        bill_t *bill;
        whole = strchr(line, '\n') != NULL;
        if (whole && sscanf(line, "%63s %31s", serial, step) == 2 && (bill = find(serial)) != NULL) {
            bill->noted = 1;
            bill->finished = strcmp(step, "paid") == 0 || strncmp(step, "unpaid", 6) == 0;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    book = fopen(path, "ab");
    if (book == NULL) {
        die("no book", path);
    }
    setvbuf(book, NULL, _IONBF, 0);
    if (!whole) {
        fputs("\n", book);
    }
}

/* ---- the library ---- */

static void field(const char *json, const char *path, char *value, int32_t size) {
    if (field_of(client, json, path, value, size) != EV_OK) {
        value[0] = 0;
    }
}

/* Asks for a certificate, or where the bill stands: the same question. */
static void ask(const bill_t *bill) {
    char request[1024];
    note(bill, "asking");
    snprintf(request, sizeof request,
             "{\"token\":\"%s\",\"orgCodg\":\"" ORG_CODG "\",\"orgName\":\"Test\",\"opterId\":\"1\",\"opterName\":\"T\","
             "\"devId\":\"AA-BB-CC-DD-EE-FF\",\"devIP\":\"10.0.0.9\",\"ownPaySetlAmt\":\"%s\",\"fixmedinsTrnsSn\":\"%s\"}",
             bill->token, bill->amount, bill->serial);
    if (strcmp(bill->way, "calls") == 0) {
        signed_query(client, request, reply, sizeof reply);
        field(reply, "next", next, sizeof next);
        if (!is("get_certificate")) {
            return;
        }
        gen_pay_cert(client, request, reply, sizeof reply);
    } else {
        one_code_pay(client, request, reply, sizeof reply);
    }
    field(reply, "next", next, sizeof next);
}

/* Tells what became of the charge, again while `next` says so; 0 when it stays untold. */
static int report(const bill_t *bill, const char *outcome) {
    char request[512], step[32];
    int tries = 0;
    snprintf(step, sizeof step, "reporting-%s", outcome);
    note(bill, step);
    if (report_charge == NULL) {
        /* A library before 0.2 does not want to know. */
        strcpy(next, strcmp(outcome, "failed") == 0 ? "retry" : "confirm_charge");
        return 1;
    }
    snprintf(request, sizeof request,
             "{\"orgCodg\":\"" ORG_CODG "\",\"fixmedinsTrnsSn\":\"%s\",\"ownPaySetlAmt\":\"%s\",\"outcome\":\"%s\"}",
             bill->serial, bill->amount, outcome);
    for (;;) {
        report_charge(client, request, reply, sizeof reply);
        field(reply, "next", next, sizeof next);
        if (!is("retry_later")) {
            return 1;
        }
        if (++tries > TRIES) {
            return 0;
        }
        wait_ms(PAUSE);
    }
}

/* ---- the payment channel ---- */

/* One request on a connection of its own; 0 when there was no whole answer. */
static int converse(const char *method, const char *path, const char *body) {
    char request[1024];
    size_t have = 0;
    int length, got, whole = 0;
    char *content, *says;
    socket_t line = socket(AF_INET, SOCK_STREAM, 0);
#ifdef _WIN32
    DWORD patience = PATIENCE;
#else
    struct timeval patience = {PATIENCE / 1000, PATIENCE % 1000 * 1000};
#endif
    if (line == INVALID_SOCKET) {
        die("the channel", "no socket");
    }
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, (const char *)&patience, sizeof patience);
    length = snprintf(request, sizeof request,
                      "%s /sandbox/channel/%s HTTP/1.1\r\nHost: channel\r\nConnection: close\r\n"
                      "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                      method, path, (int)strlen(body), body);
    if (connect(line, (struct sockaddr *)&channel, sizeof channel) == 0 && send(line, request, length, 0) == length) {
        while (have < sizeof channel_reply - 1 &&
               (got = recv(line, channel_reply + have, (int)(sizeof channel_reply - 1 - have), 0)) > 0) {
            have += (size_t)got;
        }
    }
    closesocket(line);
    channel_reply[have] = 0;
    content = strstr(channel_reply, "\r\n\r\n");
    says = strstr(channel_reply, "content-length: ");
    if (content != NULL && says != NULL && says < content) {
        content += 4;
        whole = strlen(content) == (size_t)atoi(says + 16);
        memmove(channel_reply, content, strlen(content) + 1);
    }
    return whole;
}

static int channel_says(const char *path, const char *word) {
    char value[64];
    field(channel_reply, path, value, sizeof value);
    return strcmp(value, word) == 0;
}

/* Charges with the certificate that `next` says to charge with. */
static const char *charge(const bill_t *bill) {
    char certificate[256], body[512];
    field(reply, "data.payCert", certificate, sizeof certificate);
    note(bill, "charging");
    snprintf(body, sizeof body, "{\"payCert\":\"%s\",\"amount\":\"%s\",\"fixmedinsTrnsSn\":\"%s\"}", certificate,
             bill->amount, bill->serial);
    if (!converse("POST", "charge", body)) {
        return "unknown";
    }
    if (channel_says("charged", "true")) {
        return "paid";
    }
    return channel_says("reason", "insufficient_funds") ? "failed" : "unknown";
}

/* Asks whether it was charged. That nothing was charged yet proves nothing while a charge may be on
 * its way; so the certificates are closed, and then it is certain. Those of a shared bill may be in
 * another counter's hands: that one will report. */
static const char *confirm(const bill_t *bill) {
    char path[128], body[128];
    note(bill, "confirming");
    snprintf(path, sizeof path, "query?fixmedinsTrnsSn=%s", bill->serial);
    if (converse("GET", path, "") && channel_says("charged", "true")) {
        return "paid";
    }
    snprintf(body, sizeof body, "{\"fixmedinsTrnsSn\":\"%s\"}", bill->serial);
    if (shared(bill) || !converse("POST", "close", body)) {
        return "unknown";
    }
    if (channel_says("charged", "true")) {
        return "paid";
    }
    return channel_says("charged", "false") ? "failed" : "unknown";
}

/* ---- a bill ---- */

static void finish(bill_t *bill, const char *step) {
    note(bill, step);
    bill->finished = 1;
    wait_ms(HAND);
}

/* Goes by `next` until the bill is paid or openly unpaid, or has to stay open. */
static void work(bill_t *bill) {
    int tries = 0;
    int most = shared(bill) ? SHARED_TRIES : TRIES;
    if (!bill->noted) {
        note(bill, "bill");
        bill->noted = 1;
        wait_ms(HAND);
    }
    ask(bill);
    for (;;) {
        if (is("charge")) {
            const char *outcome = charge(bill);
            int told = report(bill, outcome);
            if (strcmp(outcome, "paid") == 0) {
                finish(bill, "paid");
            }
            if (bill->finished || !told) {
                return;
            }
        } else if (is("confirm_charge")) {
            if (++tries > most || !report(bill, confirm(bill))) {
                return;
            }
            wait_ms(PAUSE);
            ask(bill);
        } else if (is("already_paid")) {
            finish(bill, "paid");
            return;
        } else if ((is("retry") || is("retry_later")) && ++tries <= most) {
            wait_ms(PAUSE);
            ask(bill);
        } else if (is("retry_later")) {
            /* Nothing was learnt of the bill: it may have been charged before. */
            return;
        } else {
            char step[64], code[16];
            field(reply, "code", code, sizeof code);
            if (strcmp(code, "-10010") == 0) {
                /* EV_JOURNAL: no test means this to happen, so why it did is worth knowing. */
                fprintf(stderr, "counter: %s: %s\n", bill->serial, reply);
            }
            snprintf(step, sizeof step, "unpaid-%s(%s)", next, code);
            finish(bill, step);
            return;
        }
    }
}

/* ---- the start ---- */

#ifdef _WIN32
#define SYMBOL(name) ((void (*)(void))GetProcAddress(library, name))
#else
/* C has no cast from a pointer to a function; POSIX has. */
static void (*symbol(library_t library, const char *name))(void) {
    void (*function)(void);
    void *found = dlsym(library, name);
    memcpy(&function, &found, sizeof function);
    return function;
}
#define SYMBOL(name) symbol(library, name)
#endif

static open_t open_client;

static void load(const char *path, const char *config) {
    last_t last_reply;
#ifdef _WIN32
    library_t library = LoadLibraryA(path);
    WSADATA sockets;
    WSAStartup(MAKEWORD(2, 2), &sockets);
#else
    library_t library = dlopen(path, RTLD_NOW);
    signal(SIGPIPE, SIG_IGN);
#endif
    if (library == NULL) {
        die("cannot be loaded", path);
    }
    open_client = (open_t)SYMBOL("ev_open");
    last_reply = (last_t)SYMBOL("ev_last_reply");
    one_code_pay = (service_t)SYMBOL("ev_one_code_pay");
    signed_query = (service_t)SYMBOL("ev_signed_query");
    gen_pay_cert = (service_t)SYMBOL("ev_gen_pay_cert");
    report_charge = (service_t)SYMBOL("ev_report_charge");
    field_of = (field_t)SYMBOL("ev_field");
    if (open_client == NULL || last_reply == NULL || one_code_pay == NULL || signed_query == NULL ||
        gen_pay_cert == NULL || field_of == NULL) {
        die("not this library", path);
    }
    if (open_client(config, &client) != EV_OK) {
        last_reply(reply, sizeof reply);
        die("ev_open", reply);
    }
}

/* The library remembers 10,000 transactions of a process. With as many that never left, what grows
 * from here on grows without an end. Nobody listens at port 1. */
static void remember_many(void) {
    static const char config[] =
        "{\"localUrl\":\"http://127.0.0.1:1\",\"orgId\":\"nobody\",\"reqtType\":\"sys&350000\","
        "\"sm4Key\":\"0123456789ABCDEFFEDCBA9876543210\",\"defaults\":{\"orgCodg\":\"" ORG_CODG "\","
        "\"orgName\":\"hospital\",\"opterId\":\"1\",\"opterName\":\"clerk\","
        "\"devId\":\"AA-BB-CC-DD-EE-FF\",\"devIP\":\"127.0.0.1\"}}";
    char request[128];
    int32_t nobody;
    int number;
    if (open_client(config, &nobody) != EV_OK) {
        die("ev_open", config);
    }
    for (number = 0; number < 10000; number++) {
        sprintf(request, "{\"token\":\"none\",\"ownPaySetlAmt\":\"1\",\"fixmedinsTrnsSn\":\"never-%d\"}", number);
        if (gen_pay_cert(nobody, request, reply, sizeof reply) != EV_CONNECT) {
            die("somebody answered", reply);
        }
    }
}

int main(int argc, char **argv) {
    char host[64];
    int at, port, open_bills = 0;

    if (argc != 6 && argc != 8) {
        die("call it so", "counter LIBRARY CONFIG CHANNEL BILLS BOOK [STEPS MILLISECONDS]");
    }
    if (argc == 8) {
        kill_steps = atoi(argv[6]);
        kill_ms = atoi(argv[7]);
    }
    kill_when_due();
    if (sscanf(argv[3], "%63[0-9.]:%d", host, &port) != 2) {
        die("no address", argv[3]);
    }
    load(argv[1], argv[2]);
    channel.sin_family = AF_INET;
    channel.sin_port = htons((unsigned short)port);
    channel.sin_addr.s_addr = inet_addr(host);
    if (strcmp(argv[4], "-") == 0) {
        bill_t bill;
        remember_many();
        read_book(argv[5]);
        while (next_bill(stdin, &bill)) {
            work(&bill);
            if (!bill.finished) {
                open_bills++;
                printf("%s open\n", bill.serial);
                fflush(stdout);
            }
        }
        return open_bills == 0 ? 0 : 3;
    }
    read_bills(argv[4]);
    read_book(argv[5]);
    for (at = 0; at < bill_count; at++) {
        if (!bills[at].finished) {
            work(&bills[at]);
            open_bills += !bills[at].finished;
        }
    }
    return open_bills == 0 ? 0 : 3;
}
