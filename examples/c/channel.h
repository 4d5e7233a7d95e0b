/*
 * The payment channel, for payment.c. This one is the channel of evoucher-sandbox, plain JSON over
 * HTTP: REPLACE these functions by your channel's own interface, and keep what they promise.
 *
 *     channel_charge    "paid"     it says that it has charged
 *                       "failed"   it says that it has not charged and never will
 *                       "unknown"  all else: no answer, one that is not understood, "in progress"
 *     channel_confirm   the same words for a charge that nobody knows of. That nothing is charged
 *                       yet proves nothing while a charge may be on its way: so what is not charged
 *                       is closed first, and then the channel's word is final.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <winsock2.h>
typedef SOCKET channel_socket;
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
typedef int channel_socket;
#define INVALID_SOCKET (-1)
#define closesocket close
#endif

/* How long the channel may take for an answer. */
#ifndef CHANNEL_SECONDS
#define CHANNEL_SECONDS 30
#endif

/* Where it is: an address in numbers, and a port. */
static char channel_host[64];
static int channel_port;
static char channel_reply[65536];

/* One request on a connection of its own. 0: there was no whole answer, so nobody knows. */
static int channel_converse(const char *method, const char *path, const char *body) {
    static char request[2048];
    struct sockaddr_in address;
    channel_socket line;
    char *content, *length;
    int have = 0, got, size;
#ifdef _WIN32
    DWORD patience = CHANNEL_SECONDS * 1000;
#else
    struct timeval patience;
    patience.tv_sec = CHANNEL_SECONDS;
    patience.tv_usec = 0;
#endif
    line = socket(AF_INET, SOCK_STREAM, 0);
    if (line == INVALID_SOCKET) {
        return 0;
    }
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, (const char *)&patience, sizeof patience);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)channel_port);
    address.sin_addr.s_addr = inet_addr(channel_host);
    size = sprintf(request,
                   "%s /sandbox/channel/%.400s HTTP/1.1\r\nHost: channel\r\nConnection: close\r\n"
                   "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%.1000s",
                   method, path, (int)strlen(body), body);
    if (connect(line, (struct sockaddr *)&address, sizeof address) == 0 && send(line, request, size, 0) == size) {
        while (have < (int)sizeof channel_reply - 1 &&
               (got = recv(line, channel_reply + have, (int)sizeof channel_reply - 1 - have, 0)) > 0) {
            have += got;
        }
    }
    closesocket(line);
    channel_reply[have] = 0;
    content = strstr(channel_reply, "\r\n\r\n");
    length = strstr(channel_reply, "content-length: ");
    return content != NULL && length != NULL && length < content && (int)strlen(content + 4) == atoi(length + 16);
}

static int channel_says(const char *words) {
    return strstr(channel_reply, words) != NULL;
}

/* Charges this amount with this certificate, once. */
static const char *channel_charge(const char *certificate, const char *serial, const char *amount) {
    char body[1024];

    sprintf(body, "{\"payCert\":\"%.200s\",\"amount\":\"%.20s\",\"fixmedinsTrnsSn\":\"%.200s\"}", certificate, amount,
            serial);
    if (!channel_converse("POST", "charge", body)) {
        return "unknown";
    }
    if (channel_says("\"charged\":true")) {
        return "paid";
    }
    return channel_says("\"reason\":\"insufficient_funds\"") ? "failed" : "unknown";
}

/* What became of the charge under this serial number? */
static const char *channel_confirm(const char *serial) {
    char body[512];

    sprintf(body, "{\"fixmedinsTrnsSn\":\"%.200s\"}", serial);
    if (!channel_converse("POST", "close", body)) {
        return "unknown";
    }
    if (channel_says("\"charged\":true")) {
        return "paid";
    }
    return channel_says("\"charged\":false") ? "failed" : "unknown";
}

/* Before the first of the above. `where`: "10.0.0.1:18080". Returns 1 when that is an address. */
static int channel_open(const char *where) {
#ifdef _WIN32
    WSADATA sockets;
    WSAStartup(MAKEWORD(2, 2), &sockets);
#endif
    return sscanf(where, "%63[0-9.]:%d", channel_host, &channel_port) == 2;
}

#endif
