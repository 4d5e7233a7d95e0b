/* ev_token_pwd_stas, as a hospital's program calls it. How it is run: driver.h. */
#include "driver.h"
#include "evoucher.h"

static int32_t client;

static void open_client(const char *base, const char *ca)
{
    char config[1024], tls[512] = "", reply[8192];
    if (strncmp(base, "https:", 6) == 0)
        snprintf(tls, sizeof tls, ",\"tls\":{\"caFile\":\"%s\"}", ca);
    snprintf(config, sizeof config,
             "{\"localUrl\":\"%s\",\"orgId\":\"" ORG_ID "\",\"reqtType\":\"" REQT_TYPE
             "\",\"sm4Key\":\"" SM4_KEY "\"%s}",
             base, tls);
    if (ev_open(config, &client) != EV_OK) {
        ev_last_reply(reply, sizeof reply);
        fail("ev_open", reply);
    }
}

static void *start(void)
{
    return NULL;
}

static int call(void *state)
{
    (void)state;
    char request[256], reply[8192];
    snprintf(request, sizeof request, "{\"token\":\"%s\",\"orgCodg\":\"%s\"}", TOKEN, ORG_CODG);
    int32_t code = ev_token_pwd_stas(client, request, reply, sizeof reply);
    if (code != EV_OK) {
        fprintf(stderr, "%s\n", reply);
        return code;
    }
    return strstr(reply, "\"next\":\"settle\"") == NULL;
}

int main(int argc, char **argv)
{
    static const struct client evoucher = {open_client, start, call};
    return drive(&evoucher, argc, argv);
}
