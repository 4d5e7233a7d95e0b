/*
 * The same job with libcurl and OpenSSL, as a hospital's own programmer would write it, and well:
 * a handle for each thread that keeps its connection and its TLS session, no "Expect", no Nagle.
 * How it is run: driver.h.
 */
#include "driver.h"

#include <curl/curl.h>
#include <openssl/evp.h>

enum { BLOCK = 16 };

static char url[512];
static const char *ca_file;
static unsigned char key[BLOCK];

/* What a thread keeps from one call to the next. */
struct state {
    CURL *curl;
    EVP_CIPHER_CTX *cipher;
    size_t length;
    char reply[8192];
};

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* How many bytes the hex digits at the start of a text stand for. */
static size_t unhex(const char *text, unsigned char *bytes, size_t size)
{
    size_t length = 0;
    while (length < size && digit(text[2 * length]) >= 0 && digit(text[2 * length + 1]) >= 0) {
        bytes[length] = (unsigned char)(digit(text[2 * length]) << 4 | digit(text[2 * length + 1]));
        length++;
    }
    return length;
}

static void open_client(const char *base, const char *ca)
{
    snprintf(url, sizeof url, "%s/cfc/api/tokenPwdStas", base);
    ca_file = ca;
    unhex(SM4_KEY, key, sizeof key);
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t receive(char *bytes, size_t size, size_t count, void *argument)
{
    struct state *state = argument;
    size_t amount = size * count;
    if (amount >= sizeof state->reply - state->length)
        return 0;
    memcpy(state->reply + state->length, bytes, amount);
    state->length += amount;
    state->reply[state->length] = 0;
    return amount;
}

static void *start(void)
{
    struct state *state = calloc(1, sizeof *state);
    state->curl = curl_easy_init();
    state->cipher = EVP_CIPHER_CTX_new();
    struct curl_slist *headers = NULL;
    headers = curl_slist_append(headers, "Content-Type: application/json;charset=UTF-8");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(state->curl, CURLOPT_URL, url);
    curl_easy_setopt(state->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(state->curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(state->curl, CURLOPT_WRITEDATA, state);
    curl_easy_setopt(state->curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(state->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(state->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(state->curl, CURLOPT_CONNECTTIMEOUT_MS, 3000L);
    curl_easy_setopt(state->curl, CURLOPT_TIMEOUT_MS, 15000L);
    curl_easy_setopt(state->curl, CURLOPT_CAINFO, ca_file);
    return state;
}

/* SM4/ECB/PKCS#7, either way; -1 when it fails. */
static int sm4(struct state *state, int encrypt, const unsigned char *in, size_t length,
               unsigned char *out)
{
    int first, last;
    if (!EVP_CipherInit_ex(state->cipher, EVP_sm4_ecb(), NULL, key, NULL, encrypt) ||
        !EVP_CipherUpdate(state->cipher, out, &first, in, (int)length) ||
        !EVP_CipherFinal_ex(state->cipher, out + first, &last))
        return -1;
    return first + last;
}

static int call(void *argument)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    struct state *state = argument;
    char hex[2 * (sizeof REQUEST + BLOCK) + 1], body[1024];
    unsigned char sealed[sizeof REQUEST + BLOCK];

    int length = sm4(state, 1, (const unsigned char *)REQUEST, strlen(REQUEST), sealed);
    if (length < 0)
        return 1;
    for (int i = 0; i < length; i++) {
        hex[2 * i] = DIGITS[sealed[i] >> 4];
        hex[2 * i + 1] = DIGITS[sealed[i] & 15];
    }
    hex[2 * length] = 0;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    length = snprintf(body, sizeof body,
                      "{\"orgId\":\"" ORG_ID "\",\"encData\":\"%s\",\"version\":\"1.0.0\","
                      "\"timestamp\":\"%lld\",\"reqtType\":\"" REQT_TYPE "\"}",
                      hex, (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000);

    state->length = 0;
    curl_easy_setopt(state->curl, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(state->curl, CURLOPT_POSTFIELDS, body);
    CURLcode result = curl_easy_perform(state->curl);
    if (result != CURLE_OK)
        fail("curl_easy_perform", curl_easy_strerror(result));

    if (strstr(state->reply, "\"code\":0,") == NULL)
        return 2;
    const char *field = strstr(state->reply, "\"encData\":\"");
    if (field == NULL)
        return 3;
    unsigned char opened[4096 + 1], received[4096];
    size_t size = unhex(field + strlen("\"encData\":\""), received, sizeof received - BLOCK);
    length = sm4(state, 0, received, size, opened);
    if (length < 0)
        return 4;
    opened[length] = 0;
    return strstr((const char *)opened, "\"checkStas\":\"1\"") == NULL;
}

int main(int argc, char **argv)
{
    static const struct client libcurl = {open_client, start, call};
    return drive(&libcurl, argc, argv);
}
