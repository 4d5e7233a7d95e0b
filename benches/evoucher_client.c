/*
 * ev_token_pwd_stas, as a hospital's program calls it. How it is run: driver.h. With
 * EVOUCHER_BENCH_JOURNAL in the environment it asks for certificates instead, each of a transaction
 * of its own: with a journal in that folder, or without one where it is empty. With
 * EVOUCHER_BENCH_FLOW it makes one call only, of the flow that is named so.
 */
#include "driver.h"
#include "evoucher.h"

#include <unistd.h>

static int32_t client;

static void open_client(const char *base, const char *ca)
{
    char config[2048], tls[512] = "", journal[512] = "", reply[8192];
    const char *folder = getenv("EVOUCHER_BENCH_JOURNAL");
    if (strncmp(base, "https:", 6) == 0)
        snprintf(tls, sizeof tls, ",\"tls\":{\"caFile\":\"%s\"}", ca);
    if (folder != NULL && *folder != 0)
        snprintf(journal, sizeof journal, ",\"journal\":{\"dir\":\"%s\"}", folder);
    snprintf(config, sizeof config,
             "{\"localUrl\":\"%s\",\"orgId\":\"" ORG_ID "\",\"reqtType\":\"" REQT_TYPE
             "\",\"sm4Key\":\"" SM4_KEY "\"%s%s}",
             base, tls, journal);
    if (ev_open(config, &client) != EV_OK) {
        ev_last_reply(reply, sizeof reply);
        fail("ev_open", reply);
    }
}

static void *start(void)
{
    return NULL;
}

/* What a certificate is asked for with, and the password check leaves aside; each another one. */
static void write_payment(char *request, size_t size)
{
    static int count;
    snprintf(request, size,
             "{\"token\":\"%s\",\"orgCodg\":\"%s\",\"orgName\":\"H\",\"opterId\":\"1\","
             "\"opterName\":\"N\",\"devId\":\"D\",\"devIP\":\"10.0.0.1\","
             "\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"%ld-%d\"}",
             TOKEN, ORG_CODG, (long)getpid(), count++);
}

/* The server knows one answer, which is no certificate: its outcome is unknown, and is noted so. */
static int certificate(void)
{
    char request[512], reply[8192];
    write_payment(request, sizeof request);
    return ev_gen_pay_cert(client, request, reply, sizeof reply) != EV_BAD_REPLY;
}

static int flow(const char *name)
{
    char request[512], reply[8192];
    write_payment(request, sizeof request);
    int32_t code = strcmp(name, "ev_one_code_pay") == 0
                       ? ev_one_code_pay(client, request, reply, sizeof reply)
                       : ev_verify_password(client, request, reply, sizeof reply);
    if (code != EV_OK)
        fail(name, reply);
    return 0;
}

static int call(void *state)
{
    (void)state;
    if (getenv("EVOUCHER_BENCH_JOURNAL") != NULL)
        return certificate();
    char reply[8192];
    int32_t code = ev_token_pwd_stas(client, REQUEST, reply, sizeof reply);
    if (code != EV_OK) {
        fprintf(stderr, "%s\n", reply);
        return code;
    }
    return strstr(reply, "\"next\":\"settle\"") == NULL;
}

int main(int argc, char **argv)
{
    static const struct client evoucher = {open_client, start, call};
    const char *name = getenv("EVOUCHER_BENCH_FLOW");
    if (name != NULL && argc > 2) {
        open_client(argv[1], argv[2]);
        return flow(name);
    }
    return drive(&evoucher, argc, argv);
}
