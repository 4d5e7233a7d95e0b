/*
 * Calls every function of evoucher.hpp, with exceptions and without, with the answers that a program would look at.
 * Arguments: the configuration as text, the same in GBK, and the end of this run's tokens.
 */
#include "../c/check.h"
#include "evoucher.hpp"

#include <atomic>
#ifndef __MINGW32__ /* Debian's has no threads of C++. */
#include <thread>
#endif
#include <type_traits>
#include <vector>

using evoucher::Client;
using evoucher::Next;
using evoucher::Reply;
using evoucher::Request;

static_assert(std::is_nothrow_move_constructible<Client>::value, "a client in a container");
static_assert(!std::is_copy_constructible<Client>::value, "one owner");

/* Named, and not the macro alone: what is wrong is in the reply. */
#define WANT(condition, reply) CHECK(condition, (reply).json().c_str())

static std::string tag;

static Request request(const Client &centre, const std::string &words, const std::string &serial) {
    return centre.request()
        .text("token", words + "-" + tag)
        .text("orgCodg", "H35010000001")
        .text("orgName", "hospital")
        .text("opterId", "1")
        .text("opterName", "clerk")
        .text("devId", "AA-BB-CC-DD-EE-FF")
        .text("devIP", "10.1.2.3")
        .text("ownPaySetlAmt", "12.30")
        .text("fixmedinsTrnsSn", serial + "-" + tag);
}

static Request report(const Client &centre, const std::string &serial, const std::string &outcome) {
    return centre.request()
        .text("orgCodg", "H35010000001")
        .text("fixmedinsTrnsSn", serial + "-" + tag)
        .text("ownPaySetlAmt", "12.30")
        .text("outcome", outcome);
}

static void not_opened() {
    Client none;
    CHECK(!none.is_open() && none.handle() == -1, "never opened");
    CHECK(none.opening().code() == EV_INVALID_CLIENT && none.opening().field("message").empty(), "nothing to say");
    WANT(none.signed_query("{}").code() == EV_INVALID_CLIENT, none.signed_query("{}"));
    WANT(!none.signed_query("{}").message().empty(), none.signed_query("{}"));

    Client wrong("{}", std::nothrow);
    CHECK(!wrong.is_open(), "no field");
    WANT(wrong.opening().code() == EV_INVALID_CONFIG, wrong.opening());
    WANT(wrong.opening().message().find("localUrl") != std::string::npos, wrong.opening());
    /* Readable, although no charset is known: "configuration", in Chinese, in UTF-8. */
    WANT(wrong.opening().message().find("\xE9\x85\x8D\xE7\xBD\xAE") != std::string::npos, wrong.opening());
    WANT(Client(std::string("{}\0", 3), std::nothrow).opening().code() == EV_INVALID_CONFIG, wrong.opening());
#if EVOUCHER_EXCEPTIONS
    try {
        Client thrown("{}");
        CHECK(false, "not thrown");
    } catch (const evoucher::Error &error) {
        CHECK(error.reply().code() == EV_INVALID_CONFIG, error.what());
        CHECK(wrong.opening().message() == error.what(), error.what());
    }
#else
    Client kept("{}");
    CHECK(!kept.is_open(), "an error that is not thrown is in the object");
    WANT(kept.opening().code() == EV_INVALID_CONFIG, kept.opening());
#endif
}

static void services(const Client &centre) {
    const Request all = request(centre, "auto1-signed", "services");
    Reply reply = centre.token_pwd_check_notc(all);
    WANT(reply.code() == EV_OK && reply.next() == Next::wait, reply);
    WANT(reply.delivery() == "answered" && !reply.hint().empty(), reply);
    reply = centre.token_pwd_stas(all);
    WANT(reply.next() == Next::settle && reply.field("data.checkStas") == "1", reply);
    reply = centre.signed_query(all);
    WANT(reply.next() == Next::get_certificate, reply);
    reply = centre.gen_pay_cert(all);
    WANT(reply.next() == Next::charge && !reply.field("data.payCert").empty(), reply);
    reply = centre.gen_pay_cert(all);
    WANT(reply.code() == EV_ISSUED_BEFORE && reply.next() == Next::confirm_charge, reply);
    reply = centre.report_charge(report(centre, "services", "failed"));
    WANT(reply.code() == EV_OK && reply.next() == Next::retry, reply);
    reply = centre.report_charge(report(centre, "services", "paid"));
    WANT(reply.code() == EV_OK && reply.next() == Next::none, reply);
    WANT(centre.call("tokenPwdStas", all).next() == Next::settle, reply);
    reply = centre.call("nothing", "{}");
    WANT(reply.code() == EV_UNKNOWN_SERVICE, reply);

    std::string value = "?";
    WANT(reply.field("next", value) && value == "fix_request", reply);
    WANT(!reply.field("data.payCert", value) && value.empty(), reply);
    /* Refused as a whole, and not cut at the NUL. */
    reply = centre.signed_query(all.json() + std::string("\0", 1));
    WANT(reply.code() == EV_INVALID_REQUEST && reply.delivery() == "not_sent", reply);
    reply = centre.signed_query(request(centre, std::string("signed\0", 7), "nul"));
    WANT(reply.code() == EV_INVALID_REQUEST && reply.delivery() == "not_sent", reply);
}

static void flows(const Client &centre) {
    const Request all = request(centre, "auto1-signed-flow", "flows");
    std::vector<std::string> steps;
    const Client::Progress progress = [&](const std::string &event) {
        steps.push_back(centre.field(event, "step"));
        return true;
    };
    Reply reply = centre.verify_password(all, progress);
    WANT(reply.code() == EV_OK && reply.next() == Next::settle, reply);
    CHECK(steps.size() >= 3 && steps[0] == "begin" && steps[1] == "tokenPwdCheckNotc", "begin, notice, status");
    steps.clear();
    const Request gate = centre.request()
                             .flag("settlement", true)
                             .text("credential", "qrcode")
                             .text("method", "online")
                             .text("token", "auto1-signed-flow-" + tag)
                             .text("orgCodg", "H35010000001");
    reply = centre.settle_gate(gate);
    WANT(reply.code() == EV_OK && reply.next() == Next::settle, reply);
    CHECK(steps.empty(), "the progress of a flow that has ended");
    reply = centre.one_code_pay(all, progress);
    WANT(reply.code() == EV_OK && reply.next() == Next::charge, reply);
    WANT(reply.field("data.ownPaySetlAmt") == "12.30", reply);
    CHECK(steps.size() == 3, "begin, query, certificate");
    reply = centre.one_code_pay(all);
    WANT(reply.code() == EV_ISSUED_BEFORE && reply.next() == Next::confirm_charge, reply);
    reply = centre.report_charge(report(centre, "flows", "paid"));
    reply = centre.one_code_pay(all);
    WANT(reply.code() == EV_DUPLICATE && reply.next() == Next::already_paid, reply);

    reply = centre.verify_password(request(centre, "auto1-ended", "ended"), [](const std::string &) { return false; });
    WANT(reply.code() == EV_CANCELLED && reply.delivery() == "not_sent" && !reply.progress_error(), reply);
#if EVOUCHER_EXCEPTIONS
    reply = centre.one_code_pay(request(centre, "signed-thrown", "thrown"),
                                [](const std::string &) -> bool { throw std::runtime_error("the program's own"); });
    WANT(reply.code() == EV_CANCELLED && reply.progress_error(), reply);
    try {
        std::rethrow_exception(reply.progress_error());
    } catch (const std::runtime_error &error) {
        CHECK(std::strcmp(error.what(), "the program's own") == 0, error.what());
    }
#endif
}

#ifndef __MINGW32__
/* The flag for a cancel before the flow has begun, cancel() for one that comes later. */
static void cancelled(const Client &centre) {
    std::atomic<bool> begun(false), stop(false);
    Reply ended;
    std::thread worker([&] {
        ended = centre.verify_password(request(centre, "pwd", "cancel"), [&](const std::string &event) {
            begun = begun || centre.field(event, "step") == "waiting";
            return !stop;
        });
    });
    while (!begun) {
        std::this_thread::yield();
    }
    stop = true;
    const Reply reply = centre.cancel("pwd-" + tag);
    worker.join();
    WANT(reply.code() == EV_OK && reply.field("data.cancelled").size() == 1, reply);
    WANT(ended.code() == EV_CANCELLED && ended.next() != Next::settle, ended);
    WANT(centre.cancel_all().field("data.cancelled") == "0", reply);
}

static void at_once(const Client &centre) {
    std::atomic<int> settled(0);
    std::vector<std::thread> threads;
    for (int at = 0; at < 4; at++) {
        threads.emplace_back([&, at] {
            const std::string words = "nopwd-" + std::to_string(at);
            settled += centre.verify_password(request(centre, words, words)).next() == Next::settle ? 1 : 0;
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    CHECK(settled == 4, "four threads with one client");
}
#endif

static void the_rest(Client &centre) {
    /* Longer than the buffer: the call is done once, and its reply fetched. */
    const std::string text(20000, 'x');
    Reply reply = centre.seal(text);
    WANT(reply.code() == EV_OK && reply.json().size() > 8192, reply);
    reply = centre.unseal(reply.field("data.encData"));
    WANT(reply.code() == EV_OK && reply.field("data.text") == text, reply);

    WANT(centre.check().field("data.steps.0.step") == "config", centre.check());
    WANT(centre.explain(500320).next() == Next::none, centre.explain(500320));
    WANT(centre.dictionary("idType").field("data.idType.0.code") == "01", centre.dictionary("idType"));
    WANT(evoucher::version().field("data.version").find('.') != std::string::npos, evoucher::version());
    reply = evoucher::trans("", "{}");
    WANT(reply.code() == EV_INVALID_CONFIG && !reply.message().empty(), reply);

    int lines = 0;
    centre.on_call([&](const std::string &line) {
        lines += centre.field(line, "function") == "ev_explain" ? 1 : 100;
#if EVOUCHER_EXCEPTIONS
        throw std::runtime_error("dropped");
#endif
    });
    centre.explain(0);
    centre.on_call(Client::Line());
    centre.explain(0);
    CHECK(lines == 1, "one line for one call");
}

/* A reply outlives its client, and keeps the handle open; the client's own function is told of nothing more. */
static void owners(const char *config) {
    char buffer[2048];
    int lines = 0;
    int32_t handle = -1;
    {
        Reply kept;
        {
            Client first(config);
            first.on_call([&](const std::string &) { lines++; });
            Client second(std::move(first));
            CHECK(!first.is_open() && second.is_open(), "moved");
            handle = second.handle();
            kept = second.explain(500320);
            CHECK(lines == 1, "its function moves with it");
            first = Client(config);
            CHECK(first.is_open() && first.handle() != handle, "another one");
            second = std::move(first);
        }
        WANT(kept.field("data.code") == "500320", kept);
        CHECK(ev_explain(handle, 0, buffer, sizeof buffer) == EV_OK, "open for the reply");
        CHECK(lines == 1, "nobody is told");
    }
    CHECK(ev_explain(handle, 0, buffer, sizeof buffer) == EV_INVALID_CLIENT, "closed with the last of its replies");
}

/* The second byte of the GBK character AD 5C looks like a backslash. */
static void gbk(const char *config) {
    Client centre(config);
    CHECK(centre.is_open(), config);
    const std::string text = "\xAD\x5C\\\"\x01";
    const std::string json = centre.request().text("a", text);
    CHECK(json == "{\"a\":\"\xAD\x5C\\\\\\\"\\u0001\"}", json.c_str());
    const Reply reply = centre.unseal(centre.seal(json).field("data.encData"));
    CHECK(centre.field(reply.field("data.text"), "a") == text, reply.json().c_str());
    /* "settle" in Chinese. */
    CHECK(std::strcmp(evoucher::label_gbk(Next::settle), "\xBD\xE1\xCB\xE3") == 0, "GBK");
    CHECK(std::strcmp(evoucher::label(Next::settle), "\xE7\xBB\x93\xE7\xAE\x97") == 0, "UTF-8");
    CHECK(evoucher::label(Next::unknown)[0] == 0 && evoucher::label_gbk(Next::none)[0] == 0, "no label");
}

int main(int argc, char **argv) {
    if (argc != 4) {
        return 2;
    }
    tag = argv[3];
    not_opened();
    {
        Client centre(argv[1]);
        CHECK(centre.is_open(), centre.opening().json().c_str());
        /* In UTF-8 every backslash is one. */
        CHECK(centre.request().text("a", "\xE4\xB8\xAD\\").json() == "{\"a\":\"\xE4\xB8\xAD\\\\\"}", "UTF-8");
        services(centre);
        flows(centre);
#ifndef __MINGW32__
        cancelled(centre);
        at_once(centre);
#endif
        the_rest(centre);
    }
    owners(argv[1]);
    gbk(argv[2]);
    printf("%d failures\n", failures);
    return failures != 0;
}
