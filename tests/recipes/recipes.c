/*
 * The guides' C, in the program that they leave out: recipes PAGE CASE TOKEN.
 *
 * A line that begins with //> is replaced by a snippet of a page. What the snippets call is faked here: the form is a
 * queue of events, and settling is a line of output. The centre's configuration is in the current directory, under
 * the names that the snippets open.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evoucher.h"

static void settle(void)
{
    printf("settle\n");
}

static void show(const char *message)
{
    printf("show %s\n", message);
}

/* What the worker tells the form. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int progress, ended, worker_may_run;
static char ended_next[1024], ended_message[1024];

static void post_progress(void *form, const char *event)
{
    (void)form;
    (void)event;
    pthread_mutex_lock(&lock);
    progress = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void post_result(void *form, const char *next, const char *message)
{
    (void)form;
    pthread_mutex_lock(&lock);
    snprintf(ended_next, sizeof ended_next, "%s", next);
    snprintf(ended_message, sizeof ended_message, "%s", message);
    ended = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void (*work)(void *form, const char *request);
static const char *work_request;
static pthread_t worker;

static void *run(void *form)
{
    pthread_mutex_lock(&lock);
    while (!worker_may_run) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    work(form, work_request);
    return NULL;
}

static void start_thread(void (*function)(void *form, const char *request), void *form, const char *request)
{
    work = function;
    work_request = request;
    if (pthread_create(&worker, NULL, run, form) != 0) exit(3);
}

static void let_worker_run(void)
{
    pthread_mutex_lock(&lock);
    worker_may_run = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Until the form has been told something. */
static void wait_for(const int *told)
{
    pthread_mutex_lock(&lock);
    while (!*told && !ended) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

//> docs/integration.md 1
//> docs/integration.md 2

static void form(const char *how, const char *token, const char *request)
{
    if (!open_client()) return;
    verify_clicked(NULL, request);
    if (strcmp(how, "cancel-early") == 0) cancel_clicked(token);
    let_worker_run();
    if (strcmp(how, "cancel-later") == 0) {
        wait_for(&progress);
        cancel_clicked(token);
    }
    wait_for(&ended);
    pthread_join(worker, NULL);
    verify_ended(ended_next, ended_message);
    ev_close(client);
}

static void readme(const char *request)
{
//> README.md 1
}

static void readme_in_chinese(const char *request)
{
//> README.zh-CN.md 1
}

//> docs/nationectrans.zh-CN.md 1

static void one_function(const char *request)
{
    char wrapped[512];

    snprintf(wrapped, sizeof wrapped, "{\"transType\":\"tokenPwdStas\",\"data\":%s}", request);
    ask_status(wrapped);
}

/* The pages ask for the status: somebody has to have notified the patient. */
static void notify(const char *request)
{
    char reply[8192];
    int32_t other;

    if (ev_open("@evoucher.json", &other) != EV_OK) return;
    ev_token_pwd_check_notc(other, request, reply, sizeof reply);
    ev_close(other);
}

int main(int argc, char **argv)
{
    char request[256];

    if (argc != 4) return 2;
    setbuf(stdout, NULL);
    snprintf(request, sizeof request, "{\"token\":\"%s\"}", argv[3]);
    if (strcmp(argv[1], "form") == 0) {
        form(argv[2], argv[3], request);
    } else {
        notify(request);
        if (strcmp(argv[1], "trans") == 0) one_function(request);
        else if (strcmp(argv[1], "readme") == 0) readme(request);
        else readme_in_chinese(request);
    }
    return 0;
}
