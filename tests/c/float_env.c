/*
 * Rule 6: a program that runs with floating-point exceptions unmasked, as Delphi programs do, calls
 * every function, and finds its own control words unchanged. Arguments: the library, the library
 * that does what raises such exceptions inside the guard, and the configuration.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fenv.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"

typedef int32_t (*any_function)(int32_t, ...);

static char reply[8192];
static uint16_t control;
static uint32_t mxcsr;

static void look(uint16_t *control_word, uint32_t *mxcsr_word) {
    __asm__ volatile("fnstcw %0" : "=m"(*control_word));
    __asm__ volatile("stmxcsr %0" : "=m"(*mxcsr_word));
}

static void unchanged(const char *name) {
    uint16_t now_control;
    uint32_t now_mxcsr;
    look(&now_control, &now_mxcsr);
    CHECK(now_control == control, name);
    CHECK(now_mxcsr == mxcsr, name);
}

static void *function(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        printf("no %s\n", name);
        exit(2);
    }
    return found;
}

/* A caller's own function finds the caller's own environment. */
static int32_t progress(void *user, const char *event) {
    ++*(int *)user;
    unchanged(event);
    return 0;
}

static int calls = 0;

static void ended(void *user, const char *line) {
    ++*(int *)user;
    unchanged(line);
}

#define CALL(name, arguments)                                                    \
    do {                                                                         \
        name arguments;                                                          \
        unchanged(#name);                                                        \
    } while (0)

int main(int argc, char **argv) {
    const char *request =
        "{\"token\":\"auto1-signed\",\"orgCodg\":\"H35010000001\",\"orgName\":\"hospital\","
        "\"opterId\":\"1\",\"opterName\":\"clerk\",\"devId\":\"AA-BB-CC-DD-EE-FF\","
        "\"devIP\":\"10.1.2.3\",\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"SN1\"}";
    const char *four[] = {"ev_token_pwd_check_notc", "ev_token_pwd_stas", "ev_signed_query",
                          "ev_gen_pay_cert", "ev_seal", "ev_unseal", "ev_dictionary",
                          "ev_verify_password", "ev_settle_gate", "ev_one_code_pay"};
    int32_t (*open)(const char *, int32_t *);
    int32_t (*one)(int32_t);
    int32_t (*raise)(void);
    int32_t client = -1;
    size_t i;
    int steps = 0;
    void *library;
    void *panics;

    if (argc != 4) {
        return 2;
    }
    library = dlopen(argv[1], RTLD_NOW);
    panics = dlopen(argv[2], RTLD_NOW);
    if (!library || !panics) {
        printf("%s\n", dlerror());
        return 2;
    }
    *(void **)&open = function(library, "ev_open");
    *(void **)&one = function(library, "ev_close");
    *(void **)&raise = function(panics, "test_raise_float_exceptions");

    feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
    look(&control, &mxcsr);
    CHECK((control & 0x0D) == 0, "the exceptions are unmasked");

    raise();
    unchanged("test_raise_float_exceptions");
    /* A flag left over would raise its exception here. */
    __asm__ volatile("fwait");

    CALL(open, ("{}", &client));
    CALL(open, (argv[3], &client));
    CHECK(client > 0, "a client");
    {
        int32_t (*on_progress)(int32_t, int32_t (*)(void *, const char *), void *);
        *(void **)&on_progress = function(library, "ev_on_progress");
        CALL(on_progress, (client, progress, &steps));
    }
    {
        int32_t (*on_call)(int32_t, void (*)(void *, const char *), void *);
        *(void **)&on_call = function(library, "ev_on_call");
        CALL(on_call, (client, ended, &calls));
    }
    for (i = 0; i < sizeof four / sizeof *four; i++) {
        int32_t (*call)(int32_t, const char *, char *, int32_t);
        *(void **)&call = function(library, four[i]);
        call(client, request, reply, sizeof reply);
        unchanged(four[i]);
        call(client, "{", reply, 1024);
        unchanged(four[i]);
        call(-5, NULL, NULL, -1);
        unchanged(four[i]);
    }
    {
        int32_t (*call)(int32_t, const char *, const char *, char *, int32_t);
        int32_t (*trans)(const char *, const char *, char *, int32_t);
        int32_t (*cancel)(int32_t, const char *);
        int32_t (*explain)(int32_t, int32_t, char *, int32_t);
        int32_t (*last)(char *, int32_t);
        int32_t (*size)(void);
        *(void **)&call = function(library, "ev_call");
        CALL(call, (client, "/cfc/api/echo", request, reply, sizeof reply));
        *(void **)&call = function(library, "ev_field");
        CALL(call, (client, reply, "data.echo", reply, sizeof reply));
        *(void **)&trans = function(library, "ev_trans");
        CALL(trans, ("", request, reply, sizeof reply));
        *(void **)&cancel = function(library, "ev_cancel");
        CALL(cancel, (client, "x"));
        *(void **)&explain = function(library, "ev_explain");
        CALL(explain, (client, -1, reply, sizeof reply));
        *(void **)&last = function(library, "ev_last_reply");
        CALL(last, (reply, sizeof reply));
        *(void **)&last = function(library, "ev_version");
        CALL(last, (reply, sizeof reply));
        *(void **)&size = function(library, "ev_last_reply_size");
        CALL(size, ());
    }
    CHECK(steps > 0, "progress was told");
    CHECK(calls > 0, "calls were told");
    CALL(one, (client));
    CALL(one, (12345));

    printf("%d failures\n", failures);
    return failures != 0;
}
