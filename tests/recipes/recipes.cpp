/*
 * The guides' C++, in the program that they leave out: recipes PAGE CASE TOKEN, as in recipes.c.
 *
 * A line that begins with //> is replaced by a snippet of a page. What the snippets call is faked here: the form is a
 * queue of events, and settling is a line of output.
 */
#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include "evoucher.hpp"

static void settle()
{
    std::cout << "settle\n";
}

static void show(const std::string &message)
{
    std::cout << "show " << message << "\n";
}

/* What the worker tells the form. */
struct Form {
    std::mutex lock;
    std::condition_variable changed;
    std::thread worker;
    bool worker_may_run = false, progress = false, ended = false;
    evoucher::Reply reply;

    void set(bool &what)
    {
        std::lock_guard<std::mutex> held(lock);
        what = true;
        changed.notify_all();
    }

    void wait_for(const bool &what)
    {
        std::unique_lock<std::mutex> held(lock);
        changed.wait(held, [&] { return what || ended; });
    }
};

static void post_progress(Form *form, const std::string &)
{
    form->set(form->progress);
}

static void post_result(Form *form, const evoucher::Reply &reply)
{
    form->reply = reply;
    form->set(form->ended);
}

static void start_thread(void (*function)(Form *, const std::string &), Form *form, const std::string &token)
{
    form->worker = std::thread([=] {
        form->wait_for(form->worker_may_run);
        function(form, token);
    });
}

//> docs/integration.md 1
//> docs/integration.md 2

int main(int argc, char **argv)
{
    Form form;

    if (argc != 4) return 2;
    if (!open_centre()) return 0;
    const std::string how = argv[2], token = argv[3];
    verify_clicked(&form, token);
    if (how == "cancel-early") cancel_clicked(token);
    form.set(form.worker_may_run);
    if (how == "cancel-later") {
        form.wait_for(form.progress);
        cancel_clicked(token);
    }
    form.wait_for(form.ended);
    form.worker.join();
    verify_ended(form.reply);
    return 0;
}
