/*
 * What the benchmark programs share: the threads, the clock and the figures. Each program says in
 * a `struct client` how one call is made; "cargo xtask bench" builds and runs them.
 *
 *   PROGRAM BASE-URL CA-FILE THREADS for MILLISECONDS
 *   PROGRAM BASE-URL CA-FILE THREADS calls NUMBER
 *
 * Prints one line: calls, p50, p99 and mean in microseconds, calls a second, and the processor
 * time of a call within the program and within the kernel, in microseconds.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define TOKEN "cst-0123456789abcdef0123456789abcdef"
#define ORG_CODG "H35010000001"
/* What is asked: the status of a patient's password check. */
#define REQUEST "{\"token\":\"" TOKEN "\",\"orgCodg\":\"" ORG_CODG "\"}"
#define ORG_ID "35010020230001"
#define REQT_TYPE "sys&350000"
#define SM4_KEY "0123456789ABCDEFFEDCBA9876543210"

/* How a program makes its calls. */
struct client {
    /* Once for the process. */
    void (*open)(const char *base, const char *ca);
    /* Once for each thread: the thread's own state. */
    void *(*start)(void);
    /* One call, from the request's JSON to the state read from the reply. Not 0 is a failure. */
    int (*call)(void *state);
};

static inline void fail(const char *what, const char *detail)
{
    fprintf(stderr, "%s: %s\n", what, detail);
    exit(1);
}

/* Calls before the clock starts: connections, name look-ups, TLS sessions, caches. */
enum { WARM_UP = 50, MOST_CALLS = 1 << 20 };

struct worker {
    pthread_t thread;
    const struct client *client;
    pthread_barrier_t *ready;
    int64_t nanoseconds; /* to run for, or */
    long calls;          /* to make */
    int64_t started, ended;
    struct rusage before, after;
    long made;
    float *latencies; /* microseconds */
};

static inline int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline void one_call(const struct client *client, void *state)
{
    int code = client->call(state);
    if (code != 0) {
        char number[16];
        snprintf(number, sizeof number, "%d", code);
        fail("a call failed", number);
    }
}

static inline void *work(void *argument)
{
    struct worker *worker = argument;
    void *state = worker->client->start();
    for (int i = 0; i < WARM_UP; i++)
        one_call(worker->client, state);
    pthread_barrier_wait(worker->ready);
    getrusage(RUSAGE_THREAD, &worker->before);
    worker->started = worker->ended = now();
    while (worker->made < MOST_CALLS) {
        if (worker->calls > 0 ? worker->made >= worker->calls
                              : worker->ended - worker->started >= worker->nanoseconds)
            break;
        int64_t before = worker->ended;
        one_call(worker->client, state);
        worker->ended = now();
        worker->latencies[worker->made++] = (float)(worker->ended - before) / 1e3f;
    }
    getrusage(RUSAGE_THREAD, &worker->after);
    return NULL;
}

static inline int by_size(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

static inline double microseconds(struct timeval before, struct timeval after)
{
    return (double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_usec - before.tv_usec);
}

static inline int drive(const struct client *client, int argc, char **argv)
{
    if (argc != 6)
        fail("usage", "BASE-URL CA-FILE THREADS for|calls NUMBER");
    int threads = atoi(argv[3]);
    long number = atol(argv[5]);
    if (threads < 1 || number < 1)
        fail("usage", "THREADS and NUMBER are 1 or more");
    int is_calls = strcmp(argv[4], "calls") == 0;

    client->open(argv[1], argv[2]);
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    pthread_barrier_t ready;
    pthread_barrier_init(&ready, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        struct worker *worker = &workers[i];
        worker->client = client;
        worker->ready = &ready;
        worker->nanoseconds = is_calls ? 0 : number * 1000000;
        worker->calls = is_calls ? number : 0;
        worker->latencies = malloc(MOST_CALLS * sizeof *worker->latencies);
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            fail("pthread_create", argv[3]);
    }

    long made = 0;
    double rate = 0, inside = 0, kernel = 0, mean = 0;
    float *latencies = malloc((size_t)threads * MOST_CALLS * sizeof *latencies);
    for (int i = 0; i < threads; i++) {
        struct worker *worker = &workers[i];
        pthread_join(worker->thread, NULL);
        memcpy(latencies + made, worker->latencies, (size_t)worker->made * sizeof *latencies);
        made += worker->made;
        rate += (double)worker->made * 1e9 / (double)(worker->ended - worker->started);
        mean += (double)(worker->ended - worker->started) / 1e3;
        inside += microseconds(worker->before.ru_utime, worker->after.ru_utime);
        kernel += microseconds(worker->before.ru_stime, worker->after.ru_stime);
    }
    qsort(latencies, (size_t)made, sizeof *latencies, by_size);
    double count = (double)made;
    printf("%ld %.1f %.1f %.1f %.0f %.1f %.1f\n", made, latencies[made / 2],
           latencies[made - 1 - made / 100], mean / count, rate, inside / count, kernel / count);
    return 0;
}

#endif
