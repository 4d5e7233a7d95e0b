/* A C program, linked with the import library, against the simulated centre: joint DIRECTORY TAG.
   DIRECTORY holds evoucher.json (charset utf-8) and refused.json; TAG makes this run's tokens its own. */

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "check.h"
#include "evoucher.h"

static const char *directory, *tag;
static char reply[8192];
static char value[1024];

static int32_t open_config(const char *name)
{
    char config[1024];
    int32_t client = 0;
    snprintf(config, sizeof config, "@%s/%s", directory, name);
    CHECK(ev_open(config, &client) == 0);
    CHECK(client > 0);
    return client;
}

static const char *field(int32_t client, const char *path)
{
    value[0] = 0;
    return ev_field(client, reply, path, value, sizeof value) == 0 ? value : "(no such field)";
}

/* One call, and what its code and its next must be. */
static void expect(int32_t client, const char *service, const char *words, const char *more, int32_t code,
                   const char *next)
{
    char request[1024], label[256];
    int32_t got;
    snprintf(request, sizeof request, "{\"token\":\"%s-%s\"%s}", words, tag, more);
    got = ev_call(client, service, request, reply, sizeof reply);
    snprintf(label, sizeof label, "%s %s: %d %s, wanted %d %s", service, words, (int)got, field(client, "next"),
             (int)code, next);
    check(got == code && strcmp(field(client, "next"), next) == 0, label, __FILE__, __LINE__);
}

static void flows(int32_t client)
{
    const char *pay = ",\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"SN-1\"";
    char request[256];

    expect(client, "tokenPwdCheckNotc", "auto2", ",\"totalAmount\":\"100.00\"", 0, "wait");
    expect(client, "tokenPwdStas", "auto2", "", 0, "wait");
    CHECK(strcmp(field(client, "data.checkStas"), "0") == 0);
    expect(client, "tokenPwdStas", "auto2", "", 0, "settle");
    CHECK(strcmp(field(client, "data.checkStas"), "1") == 0);
    expect(client, "tokenPwdCheckNotc", "nopwd", "", 500320, "settle");
    expect(client, "signedQuery", "signed", "", 0, "get_certificate");
    /* UTF-8, from the centre to the caller */
    CHECK(strcmp(field(client, "data.payChnlUserName"), "\xE5\xBC\xA0*\xE4\xB8\x89") == 0);
    expect(client, "genPayCert", "signed", pay, 0, "charge");
    CHECK(strncmp(field(client, "data.payCert"), "PC", 2) == 0);
    expect(client, "signedQuery", "unsigned", "", 0, "other_payment");
    expect(client, "signedQuery", "codem6", "", -6, "retry_later");

    /* The same four by their own names. */
    snprintf(request, sizeof request, "{\"token\":\"auto1-own-%s\"}", tag);
    CHECK(ev_token_pwd_check_notc(client, request, reply, sizeof reply) == 0);
    CHECK(ev_token_pwd_stas(client, request, reply, sizeof reply) == 0);
    CHECK(strcmp(field(client, "next"), "settle") == 0);
    snprintf(request, sizeof request, "{\"token\":\"signed-own-%s\"%s}", tag, pay);
    CHECK(ev_signed_query(client, request, reply, sizeof reply) == 0);
    CHECK(ev_gen_pay_cert(client, request, reply, sizeof reply) == EV_ISSUED_BEFORE);
    CHECK(strcmp(field(client, "next"), "confirm_charge") == 0);
    CHECK(ev_report_charge(client, "{\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"SN-1\",\"outcome\":\"failed\"}",
                           reply, sizeof reply) == 0);
    CHECK(ev_gen_pay_cert(client, request, reply, sizeof reply) == 0);
    CHECK(strcmp(field(client, "next"), "charge") == 0);
}

static void troubles(int32_t client)
{
    const char *pay = ",\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"SN-2\"";
    int32_t other;

    expect(client, "genPayCert", "signed-fault.half", pay, EV_CONNECTION_LOST, "retry");
    CHECK(strcmp(field(client, "delivery"), "unknown") == 0);
    expect(client, "genPayCert", "signed-fault.process-close", pay, EV_CONNECTION_LOST, "retry");
    CHECK(strcmp(field(client, "delivery"), "unknown") == 0);
    expect(client, "signedQuery", "signed-fault.wrong-key", "", EV_DECRYPT, "other_payment");

    other = open_config("refused.json");
    expect(other, "tokenPwdCheckNotc", "auto1", "", EV_CONNECT, "offline_check");
    CHECK(strcmp(field(other, "delivery"), "not_sent") == 0);
    CHECK(ev_close(other) == 0);
}

static void mistakes(int32_t client)
{
    int32_t none = 1;

    CHECK(ev_open("{\"orgId\":\"x\"}", &none) == EV_INVALID_CONFIG);
    CHECK(none == -1);
    CHECK(ev_last_reply(reply, sizeof reply) == 0);
    CHECK(strstr(reply, "localUrl") != NULL);

    CHECK(ev_signed_query(client, "{}", reply, sizeof reply) == EV_INVALID_REQUEST);
    CHECK(strstr(reply, "token") != NULL);
    CHECK(ev_signed_query(client, NULL, reply, sizeof reply) == EV_INVALID_ARGUMENT);
    CHECK(ev_signed_query(12345678, "{}", reply, sizeof reply) == EV_INVALID_CLIENT);
    CHECK(ev_call(client, "noSuchService", "{}", reply, sizeof reply) == EV_UNKNOWN_SERVICE);
    /* GBK bytes in a UTF-8 client */
    CHECK(ev_signed_query(client, "{\"token\":\"\xB2\xE2\xCA\xD4\"}", reply, sizeof reply) == EV_INVALID_TEXT);
}

static void texts(int32_t client)
{
    const char *text = "{\"orgName\":\"\xE6\xB5\x8B\xE8\xAF\x95\xE5\x8C\xBB\xE9\x99\xA2\"}";
    char sealed[4096];
    int32_t size;

    CHECK(ev_seal(client, text, reply, sizeof reply) == 0);
    CHECK(ev_field(client, reply, "data.encData", sealed, sizeof sealed) == 0);
    CHECK(ev_unseal(client, sealed, reply, sizeof reply) == 0);
    CHECK(strcmp(field(client, "data.text"), text) == 0);

    CHECK(ev_explain(client, 500320, reply, sizeof reply) == 0);
    CHECK(strcmp(field(client, "data.code"), "500320") == 0);
    CHECK(strlen(field(client, "data.meaning")) > 0);

    /* A small buffer: empty, and the reply waits. */
    CHECK(ev_dictionary(client, "idType", reply, 16) == EV_BUFFER_TOO_SMALL);
    CHECK(reply[0] == 0);
    size = ev_last_reply_size();
    CHECK(size > 16 && size <= (int32_t)sizeof reply);
    CHECK(ev_last_reply(reply, size) == 0);
    CHECK((int32_t)strlen(reply) + 1 == size);

    CHECK(ev_version(reply, sizeof reply) == 0);
    CHECK(strcmp(field(client, "data.version"), VERSION) == 0);
    CHECK(strcmp(field(client, "data.build"), "release") == 0);
}

static int32_t shared;
static LONG answered;

static DWORD WINAPI many(void *number)
{
    char request[256], mine[8192], next[64];
    int i;
    for (i = 0; i < 10; i++) {
        snprintf(request, sizeof request, "{\"token\":\"signed-many-%d-%d-%s\"}", (int)(INT_PTR)number, i, tag);
        if (ev_signed_query(shared, request, mine, sizeof mine) == 0 &&
            ev_field(shared, mine, "next", next, sizeof next) == 0 && strcmp(next, "get_certificate") == 0)
            InterlockedIncrement(&answered);
    }
    return 0;
}

static LONG ended;

static DWORD WINAPI silent(void *result)
{
    char request[256], mine[8192];
    snprintf(request, sizeof request, "{\"token\":\"signed-fault.silence-%s\"}", tag);
    *(int32_t *)result = ev_signed_query(shared, request, mine, sizeof mine);
    InterlockedIncrement(&ended);
    return 0;
}

static void threads(int32_t client)
{
    HANDLE thread[8];
    int32_t result = 0;
    int i;

    shared = client;
    for (i = 0; i < 8; i++)
        thread[i] = CreateThread(NULL, 0, many, (void *)(INT_PTR)i, 0, NULL);
    WaitForMultipleObjects(8, thread, TRUE, INFINITE);
    CHECK(answered == 80);
    for (i = 0; i < 8; i++)
        CloseHandle(thread[i]);

    /* Cancel touches only what is under way, so it is asked for until the call is. */
    thread[0] = CreateThread(NULL, 0, silent, &result, 0, NULL);
    while (WaitForSingleObject(thread[0], 5) == WAIT_TIMEOUT)
        ev_cancel(client, NULL);
    CloseHandle(thread[0]);
    CHECK(ended == 1);
    CHECK(result == EV_CANCELLED);
}

int main(int argc, char **argv)
{
    int32_t client;

    if (argc != 3)
        return 2;
    directory = argv[1];
    tag = argv[2];
    client = open_config("evoucher.json");
    flows(client);
    troubles(client);
    mistakes(client);
    texts(client);
    threads(client);
    CHECK(ev_close(client) == 0);
    CHECK(ev_close(client) == 0);
    CHECK(ev_signed_query(client, "{}", reply, sizeof reply) == EV_INVALID_CLIENT);
    return verdict();
}
