/*
 * Calls every function of the header, in C89, with the answers that a program would look at.
 * Arguments: the configuration as text, and a token with a scenario like auto1-signed.
 */
#include "check.h"
#include "evoucher.h"

static char reply[8192];
static char value[256];

static const char *field(int32_t client, const char *path) {
    value[0] = '?';
    CHECK(ev_field(client, reply, path, value, sizeof value) == 0, path);
    return value;
}

static int32_t EV_CDECL progress(void *user, const char *event) {
    CHECK(strstr(event, "\"step\"") != NULL, event);
    ++*(int *)user;
    return 0;
}

static void EV_CDECL ended(void *user, const char *line) {
    CHECK(strstr(line, "\"requestId\"") != NULL, line);
    ++*(int *)user;
}

typedef int32_t (EV_CDECL *service)(int32_t, const char *, char *, int32_t);
typedef int32_t (EV_STDCALL *Service)(int32_t, const char *, char *, int32_t);

/* The services by both their names. */
static const struct {
    service cdecl_name;
    Service stdcall_name;
} services[] = {
    /* <gen:services> */
    {ev_token_pwd_check_notc, EvTokenPwdCheckNotc},
    {ev_token_pwd_stas, EvTokenPwdStas},
    {ev_signed_query, EvSignedQuery},
    {ev_gen_pay_cert, EvGenPayCert},
    /* </gen:services> */
};

static void refuse_nothing(int32_t client) {
    size_t i;
    for (i = 0; i < sizeof services / sizeof *services; i++) {
        service ask = services[i].cdecl_name;
        Service Ask = services[i].stdcall_name;
        CHECK(ask(client, "{}", reply, sizeof reply) == EV_INVALID_REQUEST, reply);
        CHECK(strcmp(field(client, "next"), EV_NEXT_FIX_REQUEST) == 0, reply);
        CHECK(field(client, "hint")[0] != 0, reply);
        CHECK(Ask(client, NULL, reply, sizeof reply) == EV_INVALID_ARGUMENT, reply);
    }
}

int main(int argc, char **argv) {
    int steps = 0, calls = 0;
    char gate[256];
    int32_t client = -7;
    char request[1024];
    char sealed[512];

    if (argc != 3) {
        return 2;
    }
    sprintf(request,
            "{\"token\":\"%s\",\"orgCodg\":\"H35010000001\",\"orgName\":\"hospital\","
            "\"opterId\":\"1\",\"opterName\":\"clerk\",\"devId\":\"AA-BB-CC-DD-EE-FF\","
            "\"devIP\":\"10.1.2.3\",\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"SN1\"}",
            argv[2]);

    CHECK(ev_last_reply_size() == 0, "a thread without a call");
    CHECK(ev_version(reply, sizeof reply) == EV_OK, reply);
    CHECK(ev_open("{}", &client) == EV_INVALID_CONFIG, "no field");
    CHECK(client == -1, "a failed open");
    CHECK(ev_open(argv[1], &client) == EV_OK, argv[1]);
    CHECK(client > 0, "a handle");

    CHECK(ev_token_pwd_check_notc(client, request, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "next"), EV_NEXT_WAIT) == 0, reply);
    CHECK(ev_token_pwd_stas(client, request, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "next"), EV_NEXT_SETTLE) == 0, reply);
    CHECK(strcmp(field(client, "data.checkStas"), "1") == 0, reply);
    CHECK(ev_signed_query(client, request, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "next"), EV_NEXT_GET_CERTIFICATE) == 0, reply);
    CHECK(ev_gen_pay_cert(client, request, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "next"), EV_NEXT_CHARGE) == 0, reply);
    CHECK(field(client, "data.payCert")[0] != 0, reply);

    CHECK(ev_gen_pay_cert(client, request, reply, sizeof reply) == EV_ISSUED_BEFORE, reply);
    CHECK(strcmp(field(client, "next"), "confirm_charge") == 0, reply);
    CHECK(ev_report_charge(client,
                           "{\"orgCodg\":\"H35010000001\",\"fixmedinsTrnsSn\":\"SN1\","
                           "\"ownPaySetlAmt\":\"12.30\",\"outcome\":\"failed\"}",
                           reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "next"), "retry") == 0, reply);

    CHECK(ev_on_progress(client, progress, &steps) == EV_OK, "progress");
    CHECK(ev_verify_password(client, request, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "next"), EV_NEXT_SETTLE) == 0, reply);
    CHECK(steps >= 3, "notice, wait, status");
    CHECK(ev_on_progress(client, NULL, NULL) == EV_OK, "no progress");
    CHECK(ev_on_call(client, ended, &calls) == EV_OK, "calls");
    sprintf(gate, "{\"settlement\":true,\"credential\":\"qrcode\",\"method\":\"online\","
                  "\"token\":\"%s\",\"orgCodg\":\"H35010000001\"}", argv[2]);
    CHECK(ev_settle_gate(client, gate, reply, sizeof reply) == EV_OK, reply);
    CHECK(calls == 2, "the gate's step, and the gate");
    CHECK(ev_on_call(client, NULL, NULL) == EV_OK, "no calls");
    CHECK(ev_one_code_pay(client, request, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "data.ownPaySetlAmt"), "12.30") == 0, reply);

    CHECK(ev_call(client, "tokenPwdStas", request, reply, sizeof reply) == EV_OK, reply);
    CHECK(ev_call(client, "nothing", request, reply, sizeof reply) == EV_UNKNOWN_SERVICE, reply);
    CHECK(ev_trans(NULL, "{}", reply, sizeof reply) == EV_INVALID_CONFIG, reply);
    CHECK(ev_cancel(client, NULL) == EV_OK, "nothing to cancel");
    CHECK(ev_cancel(client, "somebody") == EV_OK, "nobody to cancel");

    CHECK(ev_seal(client, "{\"a\":1}", reply, sizeof reply) == EV_OK, reply);
    CHECK(ev_field(client, reply, "data.encData", sealed, sizeof sealed) == EV_OK, reply);
    CHECK(ev_unseal(client, sealed, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "data.text"), "{\"a\":1}") == 0, reply);

    CHECK(ev_check(client, reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "data.steps.0.step"), "config") == 0, reply);
    CHECK(ev_explain(client, 500320, reply, sizeof reply) == EV_OK, reply);
    CHECK(ev_dictionary(client, "idType", reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "data.idType.0.code"), "01") == 0, reply);

    CHECK(ev_token_pwd_stas(client, request, reply, 20) == EV_BUFFER_TOO_SMALL, reply);
    CHECK(reply[0] == 0, "nothing cut");
    CHECK(ev_last_reply_size() > 20, "the reply waits");
    CHECK(ev_last_reply(reply, sizeof reply) == EV_OK, reply);
    CHECK(strcmp(field(client, "next"), EV_NEXT_SETTLE) == 0, reply);

    refuse_nothing(client);

    /* The other set of names. */
    CHECK(EvTokenPwdStas(client, request, reply, sizeof reply) == EV_OK, reply);
    CHECK(EvField(client, reply, "next", value, sizeof value) == EV_OK, reply);
    CHECK(EvClose(client) == EV_OK, "close");
    CHECK(ev_close(client) == EV_OK, "close again");
    CHECK(ev_signed_query(client, request, reply, sizeof reply) == EV_INVALID_CLIENT, reply);

    printf("%d failures\n", failures);
    return failures != 0;
}
