/*
 * What a cashier's program does with evoucher, in C++: the online password check before an insurance
 * settlement, then one-code pay for the rest, each as one flow. Start from here.
 *
 *     cashier CONFIG TOKEN AMOUNT SERIAL
 *
 * CONFIG is the configuration's JSON text, or @ and a file's path. TOKEN is the ecToken that
 * decoding the patient's code gave; AMOUNT is what is left to pay ("12.30"), and SERIAL your own
 * number of the transaction.
 */
#include <iostream>
#include <string>

#include "evoucher.hpp"

using evoucher::Next;
using evoucher::Reply;

/* The operator's line, and what to do now. */
static void show(const char *step, const Reply &reply) {
    std::cout << step << "\n  hint  " << reply.hint() << "\n  next  " << reply.field("next") << "\n\n";
}

/* Whether the insurance settlement may go on. */
static bool password_check(const evoucher::Client &centre, const std::string &token) {
    /* Told at each step and about every second; a form would post it to its window, and give false after "Cancel". */
    const evoucher::Client::Progress progress = [&](const std::string &event) {
        std::cout << "  " << centre.field(event, "step") << std::endl;
        return true;
    };
    Reply reply = centre.verify_password(centre.request().text("token", token), progress);
    show("the patient's password (ev_verify_password)", reply);
    if (reply.next() != Next::settle) {
        return false;
    }
    /* At the moment of the settlement, once more. */
    reply = centre.settle_gate(centre.request()
                                   .flag("settlement", true)
                                   .text("credential", "qrcode")
                                   .text("method", "online")
                                   .text("token", token));
    show("may this settlement go on? (ev_settle_gate)", reply);
    return reply.next() == Next::settle;
}

/* Whether the amount may be charged. */
static bool one_code_pay(const evoucher::Client &centre, const std::string &token, const std::string &amount,
                         const std::string &serial) {
    const Reply reply = centre.one_code_pay(
        centre.request().text("token", token).text("ownPaySetlAmt", amount).text("fixmedinsTrnsSn", serial));
    show("a certificate to charge with (ev_one_code_pay)", reply);
    if (reply.next() != Next::charge) {
        return false;
    }
    /* What comes next, so that nobody pays twice, is examples/c/payment.c: note it, charge, report_charge. */
    std::cout << "==> charge " << reply.field("data.ownPaySetlAmt") << " at " << reply.field("data.payChnlName")
              << " with the certificate " << reply.field("data.payCert") << "\n";
    return true;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        std::cout << "cashier CONFIG TOKEN AMOUNT SERIAL\n";
        return 2;
    }
    /* With exceptions `evoucher::Client centre(config)` throws what is wrong; this way it is asked for. */
    const evoucher::Client centre(argv[1], std::nothrow);
    if (!centre.is_open()) {
        std::cout << centre.opening().message() << "\n";
        return 1;
    }
    if (!password_check(centre, argv[2])) {
        std::cout << "==> do not settle\n";
        return 1;
    }
    std::cout << "==> settle with the insurance\n\n";
    if (!one_code_pay(centre, argv[2], argv[3], argv[4])) {
        std::cout << "==> the rest has to be paid in another way\n";
        return 1;
    }
    return 0;
}
