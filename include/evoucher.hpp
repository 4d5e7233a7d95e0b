/*
 * evoucher.hpp: the functions of evoucher.h for C++11 and later (Visual C++ 2015 and later).
 *
 * Nothing but evoucher.h and the standard library is needed, and nothing is compiled beside it. What each function
 * does, its request and its reply are in evoucher.h, under the name with an "ev_" before it.
 *
 *     evoucher::Client centre("@C:\\HIS\\evoucher.json"); // once, for the whole program
 *
 *     evoucher::Reply reply = centre.verify_password(centre.request().text("token", token));
 *     if (reply.next() == evoucher::Next::settle) settle(); else show(reply.hint());
 *
 * RULES
 *
 *  1. Act on `next()`, never on `code()`: 0 of a service says only that the centre answered.
 *  2. Text is std::string in the client's charset, both ways. Only where there is no client to ask (it could not be
 *     opened, evoucher::version) do fields come in UTF-8.
 *  3. Whatever is scanned or typed, a call ends in a Reply, and the reply is whole. A std::bad_alloc is all that a call
 *     throws; the memory for a reply of usual size is taken before anything is sent.
 *  4. Threads: open one Client and share it. Any number of threads may be in its const functions at once, each with a
 *     Reply of its own. on_call, assigning and destroying want that no other thread uses the Client. Calls block: in
 *     a program with windows call from a thread of its own, and post the Reply to the window.
 *  5. Progress is told on the thread that called. A cancel that may come before that thread runs is a flag that the
 *     progress function looks at, with cancel() on top.
 *  6. A Reply outlives its Client: the handle is closed when the Client and its replies are gone.
 *  7. Without exceptions (-fno-exceptions, or no /EH) nothing is thrown: look at is_open() after opening.
 */

#ifndef EVOUCHER_HPP
#define EVOUCHER_HPP

#if defined(_MSC_VER) ? _MSC_VER < 1900 : __cplusplus < 201103L
#error "evoucher.hpp needs C++11; evoucher.h does without"
#endif

#include "evoucher.h"

#include <cstddef>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define EVOUCHER_EXCEPTIONS 1
#else
#define EVOUCHER_EXCEPTIONS 0
#endif

namespace evoucher {

/* What to do now. Whatever is not settle or charge means neither. */
enum class Next {
    none,    /* the documents have nothing to say */
    unknown, /* a word that is newer than this header */
    /* <gen:next> */
    settle, /* go on and settle */
    wait, /* ask for the status again */
    resend, /* send the notice again */
    offline_check, /* check the password offline (B 1.5) */
    other_app, /* another app's code, a new scan */
    get_certificate, /* call ev_gen_pay_cert */
    charge, /* charge exactly ownPaySetlAmt, with payCert, at payChnlName */
    rescan, /* scan the patient's code again */
    confirm_charge, /* it may have been charged: ask the payment channel, report it, ask again */
    already_paid, /* it is paid: charge nothing */
    other_payment, /* pay in another way */
    retry_later, /* the same again, later */
    retry, /* ev_gen_pay_cert again, same serial number, same amount */
    fix_request, /* the program has to be put right */
    fix_setup, /* the configuration or the machine has to be put right */
    ask_centre, /* ask the e-voucher centre */
    /* </gen:next> */
};

namespace detail {

struct Word {
    Next next;
    const char *word;
    const char *utf8;
    const char *gbk;
};

/* Every word, with its label. In escapes: a compiler reads this file in the code page of its machine. */
inline const Word *words(std::size_t &count) {
    static const Word all[] = {
        /* <gen:words> */
        {Next::settle, EV_NEXT_SETTLE, "\xE7\xBB\x93\xE7\xAE\x97", "\xBD\xE1\xCB\xE3"},
        {Next::wait, EV_NEXT_WAIT, "\xE7\xAD\x89\xE5\xBE\x85\xE6\xA0\xB8\xE9\xAA\x8C", "\xB5\xC8\xB4\xFD\xBA\xCB\xD1\xE9"},
        {Next::resend, EV_NEXT_RESEND, "\xE9\x87\x8D\xE5\x8F\x91\xE9\x80\x9A\xE7\x9F\xA5", "\xD6\xD8\xB7\xA2\xCD\xA8\xD6\xAA"},
        {Next::offline_check, EV_NEXT_OFFLINE_CHECK, "\xE7\xBA\xBF\xE4\xB8\x8B\xE6\xA0\xB8\xE9\xAA\x8C", "\xCF\xDF\xCF\xC2\xBA\xCB\xD1\xE9"},
        {Next::other_app, EV_NEXT_OTHER_APP, "\xE6\x8D\xA2\xE5\xBA\x94\xE7\x94\xA8\xE5\xB1\x95\xE7\xA0\x81", "\xBB\xBB\xD3\xA6\xD3\xC3\xD5\xB9\xC2\xEB"},
        {Next::get_certificate, EV_NEXT_GET_CERTIFICATE, "\xE5\x8F\x96\xE4\xBB\x98\xE6\xAC\xBE\xE5\x87\xAD\xE6\x8D\xAE", "\xC8\xA1\xB8\xB6\xBF\xEE\xC6\xBE\xBE\xDD"},
        {Next::charge, EV_NEXT_CHARGE, "\xE6\x89\xA3\xE6\xAC\xBE", "\xBF\xDB\xBF\xEE"},
        {Next::rescan, EV_NEXT_RESCAN, "\xE9\x87\x8D\xE6\x96\xB0\xE6\x89\xAB\xE7\xA0\x81", "\xD6\xD8\xD0\xC2\xC9\xA8\xC2\xEB"},
        {Next::confirm_charge, EV_NEXT_CONFIRM_CHARGE, "\xE6\xA0\xB8\xE5\xAF\xB9\xE6\x89\xA3\xE6\xAC\xBE", "\xBA\xCB\xB6\xD4\xBF\xDB\xBF\xEE"},
        {Next::already_paid, EV_NEXT_ALREADY_PAID, "\xE5\xB7\xB2\xE4\xBB\x98\xE6\xAC\xBE", "\xD2\xD1\xB8\xB6\xBF\xEE"},
        {Next::other_payment, EV_NEXT_OTHER_PAYMENT, "\xE5\x85\xB6\xE4\xBB\x96\xE6\x94\xAF\xE4\xBB\x98", "\xC6\xE4\xCB\xFB\xD6\xA7\xB8\xB6"},
        {Next::retry_later, EV_NEXT_RETRY_LATER, "\xE7\xA8\x8D\xE5\x90\x8E\xE5\x86\x8D\xE8\xAF\x95", "\xC9\xD4\xBA\xF3\xD4\xD9\xCA\xD4"},
        {Next::retry, EV_NEXT_RETRY, "\xE5\x8E\x9F\xE6\xA0\xB7\xE5\x86\x8D\xE5\x8F\x96", "\xD4\xAD\xD1\xF9\xD4\xD9\xC8\xA1"},
        {Next::fix_request, EV_NEXT_FIX_REQUEST, "\xE8\x81\x94\xE7\xB3\xBB\xE4\xBF\xA1\xE6\x81\xAF\xE7\xA7\x91", "\xC1\xAA\xCF\xB5\xD0\xC5\xCF\xA2\xBF\xC6"},
        {Next::fix_setup, EV_NEXT_FIX_SETUP, "\xE8\x81\x94\xE7\xB3\xBB\xE4\xBF\xA1\xE6\x81\xAF\xE7\xA7\x91", "\xC1\xAA\xCF\xB5\xD0\xC5\xCF\xA2\xBF\xC6"},
        {Next::ask_centre, EV_NEXT_ASK_CENTRE, "\xE5\x92\xA8\xE8\xAF\xA2\xE4\xB8\xAD\xE5\xBF\x83", "\xD7\xC9\xD1\xAF\xD6\xD0\xD0\xC4"},
        /* </gen:words> */
    };
    count = sizeof all / sizeof *all;
    return all;
}

inline const Word *find(Next next) {
    std::size_t count;
    const Word *all = words(count);
    for (std::size_t at = 0; at < count; at++) {
        if (all[at].next == next) {
            return &all[at];
        }
    }
    return nullptr;
}

/* What stands behind a NUL would not be seen. As a control character it makes the text what no JSON is: the library
   refuses it, with a reply, and nothing is sent. */
inline std::string whole(std::string text) {
    for (std::size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
        text[at] = '\x01';
    }
    return text;
}

/* One field as that client reads it, and what ev_field returns. */
inline int32_t read(int32_t client, const std::string &json, const std::string &path, std::string &value) {
    std::string buffer(256, '\0');
    int32_t code = ev_field(client, json.c_str(), whole(path).c_str(), &buffer[0], static_cast<int32_t>(buffer.size()));
    if (code == EV_BUFFER_TOO_SMALL) {
        /* No field is longer than what it is in, but that two bytes may become a \uXXXX. */
        buffer.assign(3 * json.size() + 1, '\0');
        code = ev_field(client, json.c_str(), whole(path).c_str(), &buffer[0], static_cast<int32_t>(buffer.size()));
    }
    value = code == EV_OK ? buffer.c_str() : "";
    return code;
}

/* Whether there is a \uXXXX, and which. */
inline bool escape(const std::string &text, std::size_t at, unsigned long &unit) {
    unit = 0;
    if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') {
        return false;
    }
    for (std::size_t digit = at + 2; digit < at + 6; digit++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *found = text[digit] == '\0' ? nullptr : std::strchr(digits, text[digit]);
        if (found == nullptr) {
            return false;
        }
        unit = (unit << 4) | static_cast<unsigned long>((found - digits) & 15);
    }
    return true;
}

/* The ASCII form of text, in UTF-8. */
inline std::string unescape(const std::string &text) {
    std::string made;
    unsigned long unit, low;
    for (std::size_t at = 0; at < text.size();) {
        if (!escape(text, at, unit)) {
            made += text[at++];
            continue;
        }
        at += 6;
        if (unit >= 0xD800 && unit < 0xDC00 && escape(text, at, low) && low >= 0xDC00 && low < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
        }
        const int more = unit < 0x80 ? 0 : unit < 0x800 ? 1 : unit < 0x10000 ? 2 : 3;
        static const unsigned char lead[] = {0x00, 0xC0, 0xE0, 0xF0};
        made += static_cast<char>(lead[more] | (unit >> (6 * more)));
        for (int shift = 6 * (more - 1); shift >= 0; shift -= 6) {
            made += static_cast<char>(0x80 | ((unit >> shift) & 0x3F));
        }
    }
    return made;
}

/* An open client, which its Client and its replies own together. */
struct Handle {
    Handle() : number(-1), gbk(false) {}
    ~Handle() {
        if (number > 0) {
            ev_close(number);
        }
    }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;

    int32_t number;
    bool gbk;
    std::function<void(const std::string &)> line;
};

} // namespace detail

/* A few characters in Chinese for a label or a button, in UTF-8; "" for none and unknown. */
inline const char *label(Next next) {
    const detail::Word *word = detail::find(next);
    return word == nullptr ? "" : word->utf8;
}

/* The same in GBK. */
inline const char *label_gbk(Next next) {
    const detail::Word *word = detail::find(next);
    return word == nullptr ? "" : word->gbk;
}

/* What came back. */
class Reply {
public:
    /* That of a client which was never opened. */
    Reply() : client_(-1), code_(EV_INVALID_CLIENT) {}

    /* What to do now. */
    Next next() const {
        const std::string is = field("next");
        std::size_t count;
        const detail::Word *all = detail::words(count);
        for (std::size_t at = 0; at < count; at++) {
            if (is == all[at].word) {
                return all[at].next;
            }
        }
        return is.empty() ? Next::none : Next::unknown;
    }

    /* For the operator's screen: why, and what to do now. */
    std::string hint() const { return field("hint"); }

    /* For the details: the centre's own words, or the library's. */
    std::string message() const { return field("message"); }

    /* "not_sent", "unknown" or "answered". */
    std::string delivery() const { return field("delivery"); }

    /* The centre's code, or one of EV_*. */
    int32_t code() const { return code_; }

    /* The whole reply. */
    const std::string &json() const { return json_; }

    /* One field, such as "data.payCert"; "" where there is none. */
    std::string field(const std::string &path) const {
        std::string value;
        field(path, value);
        return value;
    }

    /* The same, and whether there is one. */
    bool field(const std::string &path, std::string &value) const {
        int32_t code = EV_INVALID_CLIENT;
        if (client_ >= 0) {
            code = detail::read(client_, json_, path, value);
        }
        /* There is no client, or no default client. */
        if (code == EV_INVALID_CLIENT || code == EV_INVALID_CONFIG) {
            code = detail::read(-1, json_, path, value);
            value = detail::unescape(value);
        }
        return code == EV_OK;
    }

    /* What a flow's progress function threw, which ended the flow. */
    std::exception_ptr progress_error() const { return thrown_; }

private:
    friend class Client;
    friend Reply trans(const std::string &url, const std::string &request);
    friend Reply version();

    /* One call and its reply. When the buffer was small the call is done all the same, and its reply waits in the
       library, for this thread: nothing is sent twice. */
    template <typename Call>
    static Reply of(int32_t client, const std::shared_ptr<const detail::Handle> &handle, Call call) {
        Reply reply;
        std::string buffer(8192, '\0');
        reply.client_ = client;
        reply.handle_ = handle;
        reply.code_ = call(&buffer[0], static_cast<int32_t>(buffer.size()));
        const int32_t size = ev_last_reply_size();
        if (buffer[0] == '\0' && size > 0) {
            buffer.assign(static_cast<std::size_t>(size), '\0');
            ev_last_reply(&buffer[0], size);
            if (reply.code_ == EV_BUFFER_TOO_SMALL) {
                reply.code_ = EV_OK;
            }
        }
        buffer.resize(std::strlen(buffer.c_str()));
        reply.json_ = std::move(buffer);
        return reply;
    }

    std::shared_ptr<const detail::Handle> handle_;
    int32_t client_;
    int32_t code_;
    std::string json_;
    std::exception_ptr thrown_;
};

#if EVOUCHER_EXCEPTIONS
/* The configuration cannot be used; what() says in UTF-8 what is wrong with it. */
class Error : public std::runtime_error {
public:
    explicit Error(const Reply &reply) : std::runtime_error(reply.message()), reply_(reply) {}

    const Reply &reply() const { return reply_; }

private:
    Reply reply_;
};
#endif

/* JSON for a request, without a JSON library: centre.request().text("token", token).flag("settlement", true).
   Amounts are text: "12.30". */
class Request {
public:
    /* `gbk`: whether the texts are in GBK, whose second bytes may look like a backslash. */
    explicit Request(bool gbk) : gbk_(gbk) {}

    Request &text(const std::string &name, const std::string &value) { return add(name, quoted(value)); }

    Request &flag(const std::string &name, bool value) { return add(name, value ? "true" : "false"); }

    std::string json() const { return "{" + fields_ + "}"; }

    operator std::string() const { return json(); }

private:
    Request &add(const std::string &name, const std::string &value) {
        fields_ += (fields_.empty() ? "" : ",") + quoted(name) + ":" + value;
        return *this;
    }

    std::string quoted(const std::string &text) const {
        std::string json = "\"";
        for (std::size_t at = 0; at < text.size(); at++) {
            const unsigned char byte = static_cast<unsigned char>(text[at]);
            if (byte == '"' || byte == '\\') {
                json += '\\';
            }
            if (byte < ' ' && byte != 0) {
                json += "\\u00";
                json += "01"[byte >> 4];
                json += "0123456789abcdef"[byte & 15];
                continue;
            }
            json += text[at];
            if (gbk_ && byte > 0x80 && at + 1 < text.size()) {
                json += text[++at];
            }
        }
        return json + "\"";
    }

    bool gbk_;
    std::string fields_;
};

/* A client of the local e-voucher centre. */
class Client {
public:
    /* Told of each step of a flow, in JSON; false ends the flow. */
    typedef std::function<bool(const std::string &event)> Progress;

    /* Told of a call that has ended: the line that the log would have. */
    typedef std::function<void(const std::string &line)> Line;

    /* Not open, until an open one is moved here. */
    Client() {}

    /* `config` is JSON text, or "@" and a file's path. Throws Error when it cannot be used. */
    explicit Client(const std::string &config) {
        open(config);
#if EVOUCHER_EXCEPTIONS
        if (!is_open()) {
            throw Error(opening_);
        }
#endif
    }

    /* The same, but that is_open() says how it went, and opening() why. */
    Client(const std::string &config, const std::nothrow_t &) { open(config); }

    ~Client() { on_call(Line()); }

    Client(Client &&other) noexcept : handle_(std::move(other.handle_)), opening_(std::move(other.opening_)) {}

    Client &operator=(Client &&other) noexcept {
        Client moved(std::move(other));
        handle_.swap(moved.handle_);
        std::swap(opening_, moved.opening_);
        return *this;
    }

    bool is_open() const { return handle_ != nullptr; }

    /* What opening came to: code(), and in message() every field that is wrong. */
    const Reply &opening() const { return opening_; }

    /* For what is called from evoucher.h; -1 when it is not open. */
    int32_t handle() const { return handle_ ? handle_->number : -1; }

    /* An empty request in this client's charset. */
    Request request() const { return Request(handle_ && handle_->gbk); }

    /* One field of a progress event, or of a line of on_call. */
    std::string field(const std::string &json, const std::string &path) const {
        std::string value;
        detail::read(handle(), detail::whole(json), path, value);
        return value;
    }

    /* The four services. */
    Reply token_pwd_check_notc(const std::string &request) const { return ask(ev_token_pwd_check_notc, request); }
    Reply token_pwd_stas(const std::string &request) const { return ask(ev_token_pwd_stas, request); }
    Reply signed_query(const std::string &request) const { return ask(ev_signed_query, request); }
    Reply gen_pay_cert(const std::string &request) const { return ask(ev_gen_pay_cert, request); }

    /* What became of a charge: to be told after each. */
    Reply report_charge(const std::string &request) const { return ask(ev_report_charge, request); }

    /* The flows. Settle only when next() is settle, charge only when it is charge. */
    Reply verify_password(const std::string &request, const Progress &progress = Progress()) const {
        return flow(ev_verify_password, request, progress);
    }
    Reply settle_gate(const std::string &request, const Progress &progress = Progress()) const {
        return flow(ev_settle_gate, request, progress);
    }
    Reply one_code_pay(const std::string &request, const Progress &progress = Progress()) const {
        return flow(ev_one_code_pay, request, progress);
    }

    /* From any thread: ends what this client is doing for a patient's token. "data.cancelled": how many calls. */
    Reply cancel(const std::string &token) const {
        return call_of([&](char *, int32_t) { return ev_cancel(handle(), detail::whole(token).c_str()); });
    }

    /* The same for all that it is doing. */
    Reply cancel_all() const {
        return call_of([&](char *, int32_t) { return ev_cancel(handle(), nullptr); });
    }

    /* Any service by its name, or another path of the centre. */
    Reply call(const std::string &service, const std::string &request) const {
        const std::string name = detail::whole(service), text = detail::whole(request);
        return call_of([&](char *reply, int32_t size) {
            return ev_call(handle(), name.c_str(), text.c_str(), reply, size);
        });
    }

    /* Self-test, for setting a machine up. */
    Reply check() const {
        return call_of([&](char *reply, int32_t size) { return ev_check(handle(), reply, size); });
    }

    /* What a code means, and what to do about it. */
    Reply explain(int32_t code) const {
        return call_of([&](char *reply, int32_t size) { return ev_explain(handle(), code, reply, size); });
    }

    /* The documents' tables: "code" or "idType". */
    Reply dictionary(const std::string &name) const { return ask(ev_dictionary, name); }

    /* The envelope alone, for joint testing. */
    Reply seal(const std::string &text) const { return ask(ev_seal, text); }
    Reply unseal(const std::string &text) const { return ask(ev_unseal, text); }

    /* Sets the function that is told of every call, on the thread that made it, several at once; an empty one ends
       it. What it throws is dropped. It must not wait for a thread that sets or ends it. */
    void on_call(Line line) {
        if (handle_) {
            /* From here on no thread is in the one before. */
            ev_on_call(handle_->number, nullptr, nullptr);
            handle_->line = std::move(line);
            if (handle_->line) {
                ev_on_call(handle_->number, tell_line, handle_.get());
            }
        }
    }

private:
    typedef int32_t(EV_CDECL *Exchange)(int32_t client, const char *request, char *reply, int32_t reply_size);

    /* What a flow's progress function gets back, for as long as the flow runs. */
    struct Told {
        Told(int32_t number, const Progress &function) : client(number), progress(function) {
            ev_on_progress(client, tell_step, this);
        }
        ~Told() { ev_on_progress(client, nullptr, nullptr); }
        Told(const Told &) = delete;
        Told &operator=(const Told &) = delete;

        int32_t client;
        const Progress &progress;
        std::exception_ptr thrown;
    };

    /* No exception may cross the library, and none may take the place of the reply, which may hold a certificate. */
    static int32_t EV_CDECL tell_step(void *user, const char *event) {
        Told &told = *static_cast<Told *>(user);
#if EVOUCHER_EXCEPTIONS
        try {
            return told.progress(event) ? 0 : 1;
        } catch (...) {
            told.thrown = std::current_exception();
            return 1;
        }
#else
        return told.progress(event) ? 0 : 1;
#endif
    }

    static void EV_CDECL tell_line(void *user, const char *line) {
        const detail::Handle &handle = *static_cast<const detail::Handle *>(user);
#if EVOUCHER_EXCEPTIONS
        try {
            handle.line(line);
        } catch (...) {
            /* The call is done. */
        }
#else
        handle.line(line);
#endif
    }

    void open(const std::string &config) {
        const std::shared_ptr<detail::Handle> handle = std::make_shared<detail::Handle>();
        const std::string text = detail::whole(config);
        opening_ = Reply::of(-1, nullptr, [&](char *, int32_t) { return ev_open(text.c_str(), &handle->number); });
        if (opening_.code() == EV_OK) {
            /* The two bytes are a character in GBK alone. */
            std::string value;
            handle->gbk = detail::read(handle->number, "{\"probe\":\"\xD5\xEF\"}", "probe", value) == EV_OK;
            handle_ = handle;
        }
    }

    template <typename Call>
    Reply call_of(Call call) const {
        return Reply::of(handle(), handle_, call);
    }

    Reply ask(Exchange function, const std::string &request) const {
        const std::string text = detail::whole(request);
        return call_of([&](char *reply, int32_t size) { return function(handle(), text.c_str(), reply, size); });
    }

    Reply flow(Exchange function, const std::string &request, const Progress &progress) const {
        if (!progress) {
            return ask(function, request);
        }
        Told told(handle(), progress);
        Reply reply = ask(function, request);
        reply.thrown_ = told.thrown;
        return reply;
    }

    std::shared_ptr<detail::Handle> handle_;
    Reply opening_;
};

/* The one-function style, on the default client; with "" as `url` the configured localUrl is used. */
inline Reply trans(const std::string &url, const std::string &request) {
    const std::string address = detail::whole(url), text = detail::whole(request);
    return Reply::of(0, nullptr, [&](char *reply, int32_t size) {
        return ev_trans(address.c_str(), text.c_str(), reply, size);
    });
}

/* This library: "data.version" and so on. */
inline Reply version() {
    return Reply::of(-1, nullptr, [](char *reply, int32_t size) { return ev_version(reply, size); });
}

} // namespace evoucher

#endif
