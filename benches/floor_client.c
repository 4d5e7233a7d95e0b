/*
 * What no client can go below: the same bytes there and back on a socket, with nothing made and
 * nothing read but the reply's length; over HTTPS with OpenSSL around them, which resumes its
 * session. How it is run: driver.h.
 */
#include "driver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

/* As long as the sealed request. */
enum { HEX = 2 * (sizeof REQUEST - 1 + 16) / 32 * 32 };

static struct sockaddr_in address;
static char request[1024];
static size_t request_length;
static int is_new;
static SSL_CTX *tls;

/* What a thread keeps from one call to the next. */
struct state {
    int socket; /* -1: none */
    SSL *ssl;
    SSL_SESSION *session;
};

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct state *state = SSL_get_app_data(ssl);
    SSL_SESSION_free(state->session);
    state->session = session;
    return 1;
}

static void open_client(const char *base, const char *ca)
{
    char scheme[8], host[64], path[64];
    unsigned port;
    if (sscanf(base, "%7[a-z]://%63[0-9.]:%u%63s", scheme, host, &port, path) != 4)
        fail("not http(s)://IPV4:PORT/PATH", base);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, host, &address.sin_addr);
    is_new = strcmp(path, "/new") == 0;
    char body[1024];
    int length = snprintf(body, sizeof body,
                          "{\"orgId\":\"" ORG_ID "\",\"encData\":\"%0*d\",\"version\":\"1.0.0\","
                          "\"timestamp\":\"1700000000000\",\"reqtType\":\"" REQT_TYPE "\"}",
                          (int)HEX, 0);
    request_length = (size_t)snprintf(request, sizeof request,
                                      "POST %s/cfc/api/tokenPwdStas HTTP/1.1\r\nHost: %s:%u\r\n"
                                      "Content-Type: application/json;charset=UTF-8\r\n"
                                      "Content-Length: %d\r\n\r\n%s",
                                      path, host, port, length, body);
    if (strcmp(scheme, "https") != 0)
        return;
    tls = SSL_CTX_new(TLS_client_method());
    if (!SSL_CTX_load_verify_locations(tls, ca, NULL))
        fail("no authorities", ca);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls, keep_session);
}

static void *start(void)
{
    struct state *state = calloc(1, sizeof *state);
    state->socket = -1;
    return state;
}

static void connect_to(struct state *state)
{
    int yes = 1;
    state->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(state->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(state->socket, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect", "refused");
    if (tls == NULL)
        return;
    state->ssl = SSL_new(tls);
    SSL_set_app_data(state->ssl, state);
    SSL_set_fd(state->ssl, state->socket);
    if (state->session != NULL)
        SSL_set_session(state->ssl, state->session);
    if (SSL_connect(state->ssl) != 1)
        fail("SSL_connect", "refused");
}

static int call(void *argument)
{
    struct state *state = argument;
    if (state->socket < 0)
        connect_to(state);
    long sent = tls == NULL ? send(state->socket, request, request_length, 0)
                            : SSL_write(state->ssl, request, (int)request_length);
    if (sent != (long)request_length)
        return 1;
    char reply[8192];
    size_t length = 0, whole = sizeof reply;
    while (length < whole) {
        size_t room = sizeof reply - 1 - length;
        long read = tls == NULL ? recv(state->socket, reply + length, room, 0)
                                : SSL_read(state->ssl, reply + length, (int)room);
        if (read <= 0)
            return 2;
        length += (size_t)read;
        reply[length] = 0;
        const char *size = strstr(reply, "Content-Length: "), *body = strstr(reply, "\r\n\r\n");
        if (size != NULL && body != NULL)
            whole = (size_t)(body - reply) + 4 + strtoul(size + 16, NULL, 10);
    }
    if (is_new) {
        SSL_free(state->ssl);
        state->ssl = NULL;
        close(state->socket);
        state->socket = -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct client floor = {open_client, start, call};
    return drive(&floor, argc, argv);
}
