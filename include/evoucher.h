/*
 * evoucher: the online password check and one-code pay of China's national medical-insurance
 * platform, behind blocking functions: JSON in, JSON out into your buffer.
 *
 * Made from src/ffi by "cargo xtask gen"; do not edit. This file is the manual of the C
 * interface. "A" and "B" are the platform's two documents (A: one-code pay V1.0, B: online password
 * check); "B 1.7.1" is section 1.7.1 of B. "The centre" is the local e-voucher centre.
 *
 *
 * IN SHORT
 *
 *     char reply[8192], next[32];
 *     int32_t client, code;
 *
 *     code = ev_open("@C:\\HIS\\evoucher.json", &client);
 *     code = ev_token_pwd_stas(client, "{\"token\":\"...\",\"orgCodg\":\"H...\"}",
 *                              reply, sizeof reply);
 *     ev_field(client, reply, "next", next, sizeof next);
 *     if (strcmp(next, "settle") == 0) { ... settle ... }
 *
 *
 * RULES THAT HOLD FOR EVERY FUNCTION
 *
 *  1. Blocking, and an int32_t comes back: the `code` that the reply carries too. It is the
 *     centre's own code passed through (0, -1 to -6, 5xxxxx), or one of EV_* below. From a service
 *     0 says only that the centre answered: it is never by itself a reason to settle or to charge.
 *     That is what the reply's `next` is for. A flow (ev_verify_password, ev_settle_gate,
 *     ev_one_code_pay) returns 0 only when `next` is "settle" or "charge".
 *  2. Text is NUL-terminated char in the client's charset: "utf-8" (the default), "gbk" (GB18030
 *     in truth: what an ANSI program on Chinese Windows holds; "gb18030" means the same), or
 *     "ascii" (UTF-8 in; in replies everything beyond ASCII is a \uXXXX, so that no code page can
 *     garble them). In "gbk" replies a character that not every GBK program reads safely is a
 *     \uXXXX as well. Bytes that are not valid in the charset are refused before anything is sent,
 *     and the message says which charset they look like. On the wire it is always UTF-8. Functions
 *     without a client, and replies about a client that does not exist, are in the "ascii" form.
 *  3. Replies go into your buffer: `reply` and its size in bytes. Whole with a NUL, or not at all:
 *     JSON is never cut. If it does not fit, the buffer gets an empty string (when it has a byte
 *     for it), the reply waits in the library, and EV_BUFFER_TOO_SMALL takes the place of a 0, and
 *     of a 0 only: the call is done, fetch its reply with ev_last_reply. Any other code is returned
 *     as it is. Nothing is ever sent twice because a buffer was small. 8192 bytes are a good size.
 *     What changes something refuses a buffer under 1024 before it sends.
 *  4. The full reply of a thread's last call is always there through ev_last_reply, also for
 *     functions without a buffer. ev_last_reply, ev_last_reply_size and ev_field never replace it;
 *     the thread's next other call does, and it is wiped then.
 *  5. A fault inside the library comes back as EV_INTERNAL; it never crosses into your program.
 *  6. Your floating-point environment (x87 control word, MXCSR) is put aside and restored.
 *  7. Any thread, any number at once. One client serves them all; ev_close while calls run lets
 *     them end. A child of fork goes on with the handles, and with no connection, call or
 *     transaction of its parent's. A pthread_cancel in a call takes effect after it.
 *  8. Handles are small integers; a closed or made-up one is EV_INVALID_CLIENT, never a crash.
 *     Client 0 is the default client, opened on first use from the file that the environment
 *     variable EVOUCHER_CONFIG names, or from evoucher.json beside the library itself.
 *  9. No surprises: no window, no change of current directory or locale, no other environment
 *     variable (but the one that sm4KeyEnv names), no work at load time. The library stays loaded
 *     from its first call on (on Windows once it is loaded), so FreeLibrary and dlclose are always
 *     safe. No thread is started for a call but to look up a host name that is not yet known: one
 *     for each name, however many calls wait for it, and only one whose look-up overran its
 *     deadline is left behind. An address in localUrl avoids that.
 * 10. Pointers are checked before everything else: NULL where text is required is
 *     EV_INVALID_ARGUMENT, and text longer than 1 MiB is refused.
 *
 * Requests: field lengths count characters. Fields that the documents do not list are passed on
 * untouched, in your order; numbers keep their digits. Every wrong field is named at once. White
 * space around "token" and around amounts is taken off (scanners end with CR LF); an optional field
 * that is null or "" counts as left out, and so does a null for which the configuration has a
 * default. Where the value of "token" is all that is wrong, `next` is "rescan".
 *
 *
 * THE REPLY
 *
 *     {"code":0,"message":"...","hint":"...","source":"centre","delivery":"answered",
 *      "next":"settle","service":"tokenPwdStas","data":{"checkStas":"1","resBizNo":"..."},
 *      "requestId":"...","elapsedMs":12}
 *
 * Always these keys. `hint` is for the operator's screen: one sentence, safe to show alone, that
 * says why and what to do now, in Chinese ("language":"en" for English); empty where nobody has
 * anything to do. `message` is for the details: the centre's own text, or this library's. `source`
 * is "centre" or "local". `service` and `data` (an object) may be null.
 *
 * `delivery`: "not_sent" (the centre cannot have seen it: repeat freely), "unknown" (it may have
 * been processed), "answered".
 *
 * `next`, what to do now (EV_NEXT_*); null where the documents have nothing to say. After a service
 * or a flow it is what gets the patient served. A value that your program does not know means
 * neither settle nor charge:
 *     "settle"           go on and settle
 *     "wait"             ask for the status again
 *     "resend"           send the notice again
 *     "offline_check"    check the password offline (B 1.5)
 *     "other_app"        another app's code, a new scan
 *     "get_certificate"  call ev_gen_pay_cert
 *     "charge"           charge exactly ownPaySetlAmt, with payCert, at payChnlName
 *     "rescan"           scan the patient's code again
 *     "confirm_charge"   it may have been charged: ask the payment channel, report it, ask again
 *     "already_paid"     it is paid: charge nothing
 *     "other_payment"    pay in another way
 *     "retry_later"      the same again, later
 *     "retry"            ev_gen_pay_cert again, same serial number, same amount
 *     "fix_request"      the program has to be put right
 *     "fix_setup"        the configuration or the machine has to be put right
 *     "ask_centre"       ask the e-voucher centre
 *
 *
 * CONFIGURATION
 *
 *     {"localUrl":"http://10.0.0.1:8080", "orgId":"...", "admdvs":"350000", "sm4Key":"..."}
 *
 * Required: localUrl (http or https, may have a path; or an array of 1 to 8), orgId, one of reqtType and admdvs (six
 * digits), one of sm4Key, sm4KeyFile and sm4KeyEnv. Unknown fields are refused by name.
 *     localUrl            the centre's; it may have a path. With an array (two lines, two
 *                         machines) the next address is tried only when one could not be
 *                         connected to: nothing was sent there (an address that begins with
 *                         http:// or https://, such as http://10.0.0.1:8080, without query or
 *                         user; or an array of 1 to 8 of them)
 *     orgId               the calling system's, as the centre issued it
 *     reqtType            sent as it is (by default {reqtPrefix}&{admdvs})
 *     reqtPrefix          what reqtType begins with where it is left out (by default {orgId})
 *     admdvs              the province's (a division code of six digits, such as 350000)
 *     sm4Key              the issued key
 *     sm4KeyFile          the path of a file that holds the key. On Windows it may hold
 *                         "dpapi:..." instead, as made by evoucher-tool protect: only that
 *                         machine, or that user, can open it
 *     sm4KeyEnv           the name of a variable that holds the key
 *     keyFormat           how the key is written: 32 hex digits, 16 bytes of text, or 24
 *                         characters of Base64 (auto | hex | text | base64; by default auto)
 *     charset             the charset of requests and replies: see rule 2 (utf-8 | gbk | gb18030
 *                         | ascii; by default utf-8)
 *     language            the language of this library's own messages (zh | en; by default zh)
 *     connectTimeoutMs    milliseconds for the connection to stand: name, TCP and TLS together
 *                         (1 to 600000; by default 3000)
 *     timeoutMs           milliseconds for the whole call (1 to 600000; by default 15000)
 *     defaults.orgCodg    fills what a request leaves out, as do the next five (1 to 40
 *                         characters)
 *     defaults.orgName    the institution's name (1 to 200 characters)
 *     defaults.opterId    the operator's number (1 to 40 characters)
 *     defaults.opterName  the operator's name (1 to 40 characters)
 *     defaults.devId      "auto" is this machine's hardware address (1 to 40 characters)
 *     defaults.devIP      "auto" is the local address that reaches the centre (1 to 40
 *                         characters)
 *     tls.caFile          the path of a PEM file: certificates to trust beside the system's
 *                         authorities
 *     tls.pinSha256       trust exactly these certificates; verification has no off switch (an
 *                         array, each 64 hex digits, the SHA-256 of the certificate's DER)
 *     tls.serverName      the name to expect in place of localUrl's (a host name or an IP
 *                         address)
 *     proxy               the environment's proxies are ignored (http://host:port, or null; by
 *                         default null)
 *     headers             {"name":"value"}, sent with every request
 *     verify.intervalMs   milliseconds between two questions of ev_verify_password (1 to 600000;
 *                         by default 2000)
 *     verify.timeoutMs    milliseconds that ev_verify_password waits (1 to 600000; by default
 *                         120000)
 *     log.dir             the path of the log's folder; without it there is no log: see "The
 *                         log"
 *     log.level           which calls get a line (error | warn | info; by default info)
 *     log.keepDays        for how many days files are kept (1 to 3650; by default 180)
 *     riskControl         "guard" refuses what might be charged twice; "observe", for places
 *                         whose serial numbers repeat or that guard charges themselves, notes
 *                         all and refuses only what is in flight (guard | observe; by default
 *                         guard)
 *     journal.dir         the path of the journal's folder, on a disk of this machine, as made
 *                         by evoucher-tool journal init; without it risk control ends with the
 *                         process
 *     journal.keepDays    for how many days transactions are kept; at least 30 where nobody said
 *                         what became of them (7 to 3650; by default 180)
 * Relative paths in it start at the configuration file's folder; the relative path of the file
 * itself, as of EVOUCHER_CONFIG, at the program's. The current directory is never looked at.
 *
 *
 * RISK CONTROL (A 1.4.3.3)
 *
 * One transaction is (orgId, orgCodg, fixmedinsTrnsSn). What asks for a certificate begins it before
 * anything is sent: ev_gen_pay_cert, ev_call and ev_trans of it, ev_one_code_pay. There is one guard
 * for each process; with journal.dir it is one for the machine and outlives processes, kills and
 * power cuts: "asked" is on the disk before a request leaves, and no certificate reaches you before
 * "issued" is.
 *
 *     what is known of it                  same amount                  another amount
 *     nothing, or the centre refused it    goes on                      goes on
 *     in flight                            EV_DUPLICATE retry_later     EV_DUPLICATE retry_later
 *     asked for, and none reached you      goes on                      EV_DUPLICATE fix_request
 *     issued, or reported "unknown"        EV_ISSUED_BEFORE             EV_DUPLICATE confirm_charge
 *                                          confirm_charge
 *     reported "failed"                    goes on                      EV_DUPLICATE fix_request
 *     reported "paid"                      EV_DUPLICATE already_paid    EV_DUPLICATE already_paid
 *
 * Reply data of these refusals: "reason" ("in_flight", "other_amount", "issued" or "paid"), "amount",
 * and "issuedBefore": an array of "time" and "outcome" ("unknown", "issued", "failed" or "paid") of the
 * last eight certificates, which a certificate's reply has too where there was one before. Nothing was
 * sent. Tell the library what became of each charge by ev_report_charge: a program that does, and obeys
 * `next`, cannot charge twice, whenever it is killed. "retry" is said three times in a row, then
 * "other_payment". With "riskControl":"observe" all is noted and only what is in flight refused.
 *
 * From the question to the payment channel to the report of its answer, lock the bill: of two windows
 * that ask at once, the later "failed" would be about the other's certificate. Report "failed" only
 * when the channel says that nothing was taken and nothing will be. After a restart begin with
 * ev_one_code_pay or ev_gen_pay_cert, not with ev_signed_query, which risk control does not see.
 *
 * The journal is the SQLite database evoucher-journal.db in journal.dir, on a disk of this machine. It
 * has time, event, amount, machine, process, user, orgId, orgCodg and serial number; no certificate,
 * token or name. Where it cannot be used, what asks for a certificate is EV_JOURNAL, and everything
 * else goes on.
 *
 *
 * THE LOG
 *
 * One line of JSON for each call that reached the client and for each step of a flow, in log.dir (a
 * local folder, made if it is not there), in evoucher-YYYYMMDD-PID.log: a file for each day and
 * process. Older ones than keepDays go at a day's first line; none while today is more than 30 days
 * later than the log's last day, since the clock may be wrong. What cannot be written never fails a
 * call. Dates and times are China's (+08:00), text is UTF-8. level: "error" (what failed on this
 * side), "warn" (and what the centre refused), "info" (every call).
 *
 *     {"time":"2026-11-22T23:04:05.123+08:00","level":"info","requestId":"...","client":1,
 *      "function":"ev_verify_password","step":2,"service":"tokenPwdStas","tokenRef":"5f2a90c1",
 *      "serialRef":null,"code":0,"source":"centre","delivery":"answered","next":"settle",
 *      "detail":null,"elapsedMs":12,"requestBytes":52,"replyBytes":null,"bufferBytes":null}
 *
 * Always these keys. `step` counts the steps of a flow, which have its requestId; it is null in the
 * line of a call, or of a flow as a whole. `detail` is this library's own account: why a call failed;
 * of a flow its last step and how that ended; which of several addresses could not be reached. Never
 * in it: tokens, names, certificates, keys, or anything else of a request or a reply but its size;
 * where `message` quotes a field's name, `detail` does not.
 * `tokenRef` is the same for the same token within one process, and tells nobody the token.
 * `serialRef` is the same everywhere: 8 hex digits of the SHA-256 of orgId, orgCodg and
 * fixmedinsTrnsSn with line feeds between them. ev_on_call has the same lines.
 */

#ifndef EVOUCHER_H
#define EVOUCHER_H

/* The words of a reply's `next`. */
#define EV_NEXT_SETTLE "settle"
#define EV_NEXT_WAIT "wait"
#define EV_NEXT_RESEND "resend"
#define EV_NEXT_OFFLINE_CHECK "offline_check"
#define EV_NEXT_OTHER_APP "other_app"
#define EV_NEXT_GET_CERTIFICATE "get_certificate"
#define EV_NEXT_CHARGE "charge"
#define EV_NEXT_RESCAN "rescan"
#define EV_NEXT_CONFIRM_CHARGE "confirm_charge"
#define EV_NEXT_ALREADY_PAID "already_paid"
#define EV_NEXT_OTHER_PAYMENT "other_payment"
#define EV_NEXT_RETRY_LATER "retry_later"
#define EV_NEXT_RETRY "retry"
#define EV_NEXT_FIX_REQUEST "fix_request"
#define EV_NEXT_FIX_SETUP "fix_setup"
#define EV_NEXT_ASK_CENTRE "ask_centre"

#if defined(EV_NO_INT32)
/* The program has an int32_t of its own. */
#elif defined(_MSC_VER) && _MSC_VER < 1600
/* Visual C++ before 2010 has no <stdint.h>. */
typedef int int32_t;
#else
#include <stdint.h>
#endif

/* On 32-bit Windows each function is there twice: ev_name is __cdecl, for C, C++ and C#; EvName is
   __stdcall, undecorated, for PowerBuilder and VB6, and for Delphi either. Elsewhere both are the
   platform's one convention. */
#if defined(_WIN32) && !defined(_WIN64)
#define EV_CDECL __cdecl
#define EV_STDCALL __stdcall
#else
#define EV_CDECL
#define EV_STDCALL
#endif


/*
 The centre answered: what is to be done now stands in the reply's `next`.
 */
#define EV_OK 0

/*
 An argument of the call is unusable: NULL where text is required, a negative or (for what
 changes something) too small `reply_size`, input over 1 MiB. Nothing was sent.
 */
#define EV_INVALID_ARGUMENT -10001

/*
 The bytes of an argument are not valid in the client's `charset`; the message says which
 charset they look like. Nothing was sent.
 */
#define EV_INVALID_TEXT -10002

/*
 The configuration is unusable; the message names each field and what is wrong with it. Nothing
 was sent.
 */
#define EV_INVALID_CONFIG -10003

/*
 No such client: the handle was never opened, or is closed. Nothing was sent.
 */
#define EV_INVALID_CLIENT -10004

/*
 The request is not a JSON object, or fields of it are missing, too long or malformed; the
 message names every one. Nothing was sent.
 */
#define EV_INVALID_REQUEST -10005

/*
 The call is done and its reply waits in the library: fetch it with `ev_last_reply`. Takes the
 place of a 0 only, is only ever returned, and never stands in a reply.
 */
#define EV_BUFFER_TOO_SMALL -10006

/*
 No service of that name, and not a path of the centre. Nothing was sent.
 */
#define EV_UNKNOWN_SERVICE -10007

/*
 Risk control: the same transaction is in flight (`next` is "retry_later"), came before with
 another amount ("fix_request", or "confirm_charge" where a certificate was handed out), or was
 reported as paid ("already_paid"). Nothing was sent.
 */
#define EV_DUPLICATE -10008

/*
 `ev_cancel` ended the call; `delivery` says whether the request may have been sent.
 */
#define EV_CANCELLED -10009

/*
 The journal (`journal.dir`) cannot be read or written: nothing that issues a certificate is sent,
 and a certificate that could not be noted is not handed out (`delivery` "answered").
 */
#define EV_JOURNAL -10010

/*
 Risk control: a certificate was handed out for this transaction before, and nobody has said what
 became of it (`ev_report_charge`). Nothing was sent.
 */
#define EV_ISSUED_BEFORE -10011

/*
 No connection to the centre: no address, refused, unreachable, or out of time. Nothing was
 sent.
 */
#define EV_CONNECT -10020

/*
 The TLS handshake failed: certificate, name, or out of time. Nothing was sent.
 */
#define EV_TLS -10021

/*
 Out of time after the first byte of the request: it may have been processed.
 */
#define EV_TIMEOUT -10022

/*
 The connection broke after the first byte of the request: it may have been processed.
 */
#define EV_CONNECTION_LOST -10023

/*
 An HTTP status other than 2xx without the centre's reply: nothing readable, or a gateway's own
 JSON. For 5xx the request may have been processed.
 */
#define EV_HTTP_STATUS -10024

/*
 The reply is not HTTP, not JSON, not of the documented shape, or too large: the request may
 have been processed.
 */
#define EV_BAD_REPLY -10025

/*
 The reply's `encData` cannot be opened: most often the wrong key.
 */
#define EV_DECRYPT -10026

/*
 The centre answered `code` 0 with `success` false: a business failure (order of judgement, A
 and B 1.1).
 */
#define EV_BUSINESS -10027

/*
 `ev_verify_password` ran out of time without a verified password.
 */
#define EV_NOT_VERIFIED -10030

/*
 `ev_settle_gate` says no.
 */
#define EV_NOT_ALLOWED -10031

/*
 `ev_one_code_pay`: the patient has not signed up, or the code cannot pay now.
 */
#define EV_CANNOT_PAY -10032

/*
 A fault of this library. The request may have been sent.
 */
#define EV_INTERNAL -10099

/*
 Told of each step of a flow: `event` is JSON in the client's charset, "step" being "begin"
 (before anything is sent, with "elapsedMs"), a service's name (with "code", "state", "next",
 "message", "hint", "elapsedMs") or "waiting" (about every second, with "elapsedMs" and
 "remainingMs"). A result other than 0 ends the flow with EV_CANCELLED; after "begin" nothing was sent then. A
 cancel that may come before the flow's thread runs is a flag that this function looks at, with
 ev_cancel on top.
 */
typedef int32_t (EV_CDECL *ev_progress)(void *user, const char *event);

/*
 Told of a call that has ended, or of a flow's step: `line` is JSON in the client's charset, the line
 that the log would have (see "The log").
 */
typedef void (EV_CDECL *ev_line)(void *user, const char *line);

#ifdef __cplusplus
extern "C" {
#endif

/*
 Opens a client and puts its handle into `*client`.

 `config` is JSON text, or `@path` for a file (a relative path starts at the program's folder); it
 is read by its byte-order mark if it has one,
 else as UTF-8, else as GB18030. See "Configuration" above. On failure `*client` is -1 and
 `ev_last_reply` names every field that is wrong. A client is meant to be opened once and kept:
 it holds the connections. Close it with `ev_close`.

 Returns 0, EV_INVALID_ARGUMENT or EV_INVALID_CONFIG.
 */
int32_t EV_CDECL ev_open(const char *config, int32_t *client);

/*
 Closes a client. Calls that are running on it end as they would; closing a closed client does
 nothing. Closing 0 drops the default client, so that its next use reads the file again. Drops the
 client's function of ev_on_call.

 Returns 0, or EV_INVALID_CLIENT for a number that never was a handle.
 */
int32_t EV_CDECL ev_close(int32_t client);

/*
 Online password check: notifies the patient (tokenPwdCheckNotc, B 1.7.1).

 `request`: {"token","orgCodg"} of 1 to 40 characters each, "orgName" of 1 to 200, and
 "totalAmount" (a decimal) if there is one. Reply data: "notcFlag" ("1" sent, "0" failed) and "resBizNo".
 500320 means that no password is needed: `next` is "settle".

 Changes something: goes out once, on a fresh connection, and wants a `reply_size` of 1024 or
 more.
 */
int32_t EV_CDECL ev_token_pwd_check_notc(int32_t client,
                                const char *request,
                                char *reply,
                                int32_t reply_size);

/*
 Online password check: has the patient verified? (tokenPwdStas, B 1.7.2)

 `request`: {"token","orgCodg"} of 1 to 40 characters each; the same token as in the notice.
 Reply data: "checkStas" ("1" verified, "0" failed or not yet) and "resBizNo". Settle only when
 `next` is "settle".
 */
int32_t EV_CDECL ev_token_pwd_stas(int32_t client, const char *request, char *reply, int32_t reply_size);

/*
 One-code pay: can this patient's code pay? (signedQuery, A 1.5.1)

 `request`: {"token","orgCodg","opterId","opterName","devId","devIP"} of 1 to 40 characters
 each and "orgName" of 1 to 200. Reply data: "stasFlag" ("0" not signed up, "1" usable, "2" not
 usable), "abnRea", "payChnlUserName", "payChnlName".
 */
int32_t EV_CDECL ev_signed_query(int32_t client, const char *request, char *reply, int32_t reply_size);

/*
 One-code pay: gets the certificate to charge with (genPayCert, A 1.5.2).

 `request`: as for ev_signed_query, and "ownPaySetlAmt" (a string: up to 17 digits, up to two
 decimals and zeros behind them, greater than 0, sent as it is given) and "fixmedinsTrnsSn" of 1 to 200 characters. Reply data: "payCert",
 "payChnlUserName", "payChnlName". Charge exactly `ownPaySetlAmt`, at that channel, only when
 `next` is "charge", and tell what became of it by ev_report_charge. When `next` is "retry": the
 same serial number and amount again. EV_DUPLICATE, EV_ISSUED_BEFORE and EV_JOURNAL: see "Risk
 control" above.

 Changes something: goes out once, on a fresh connection, and wants a `reply_size` of 1024 or
 more.
 */
int32_t EV_CDECL ev_gen_pay_cert(int32_t client,
                        const char *request,
                        char *reply,
                        int32_t reply_size);

/*
 Tells this library what became of a charge (A 1.4.3.3): sends nothing.

 `request`: {"orgCodg":"...","fixmedinsTrnsSn":"...","ownPaySetlAmt":"12.30","outcome":"paid"}.
 "outcome" is "paid", "failed" (the payment channel says that nothing was taken) or "unknown"
 (nobody could be asked); a configured orgCodg fills what is left out. To be called after every
 charge, and after a restart for each bill whose end the program does not know: without it the
 same transaction is EV_ISSUED_BEFORE.

 Returns 0, with "known" false in the reply's data for a transaction that this library does not
 know; `next` is then null after "paid", "retry" after "failed" (ev_gen_pay_cert again, same
 serial number, same amount), "confirm_charge" after "unknown". EV_DUPLICATE, and nothing
 changed: it is in flight ("retry_later"), the amount is another, or "failed" or "unknown" comes
 after "paid". EV_JOURNAL: it could not be noted.
 */
int32_t EV_CDECL ev_report_charge(int32_t client, const char *request, char *reply, int32_t reply_size);

/*
 Any service by its name ("signedQuery"), or another path of the centre ("/cfc/api/...") for
 services that the documents do not list.

 Of such a path nothing is known: its request is any JSON object, it is treated as something that
 changes something, and its reply's `next` is null when `code` is 0. A service's path in another
 spelling (a slash more, other case) is EV_UNKNOWN_SERVICE.
 */
int32_t EV_CDECL ev_call(int32_t client,
                const char *service,
                const char *request,
                char *reply,
                int32_t reply_size);

/*
 The one-function style of the national e-voucher library, on the default client.

 `request`: {"transType":"signedQuery","orgId":"...","data":{...}}: the service, and its request
 in "data"; an "orgId" other than the configured one is refused. `url` takes the place of the
 configured localUrl for this call, with or without the service's path at its end; NULL or ""
 means the configured one.
 */
int32_t EV_CDECL ev_trans(const char *url, const char *request, char *reply, int32_t reply_size);

/*
 Flow: the online password check from the notice to the verified password (B 1.4.3).

 `request` as for ev_token_pwd_check_notc. Notifies the patient, then asks for the status every
 verify.intervalMs until the password is verified, ev_cancel or the progress function ends it, or
 verify.timeoutMs is over. A notice whose outcome is unknown is not sent again: the status is
 asked for. Backs off where the centre limits the rate.

 Returns 0 only when `next` is "settle" (500320, no password needed, included); EV_NOT_VERIFIED
 when time ran out; EV_CANCELLED; or the code of the step that ended it. Reply data: "verified",
 "attempts", "notcFlag", "checkStas", "resBizNo", and "steps", the whole story.

 Changes something: wants a `reply_size` of 1024 or more.
 */
int32_t EV_CDECL ev_verify_password(int32_t client, const char *request, char *reply, int32_t reply_size);

/*
 Flow: may this settlement go on? (B 1.5.3.2, 1.6.2 (8)-(9))

 `request`: "settlement" (true: an insurance settlement), "credential" ("qrcode", "card" or
 "terminal_face"), "method" ("online", "terminal" or "library"), "offlineVerified" (true: the
 terminal or the national library has checked the password), and for the online method "token"
 and "orgCodg": then the status is asked for.

 Returns 0 only when it may; else EV_NOT_ALLOWED, with `message` saying what is missing, or
 EV_CANCELLED. Reply data: "allow", "reason" ("not_a_settlement", "terminal_face", "verified",
 "no_password_needed", "offline_verified"; "not_verified", "offline_not_verified", "no_answer",
 "online_needs_qrcode", "unknown_method", "unknown_credential"), "checkStas", "statusCode",
 "steps".

 Wants a `reply_size` of 1024 or more, like the other flows.
 */
int32_t EV_CDECL ev_settle_gate(int32_t client, const char *request, char *reply, int32_t reply_size);

/*
 Flow: one-code pay from the question whether the code can pay to the certificate (A 1.4.3.2).

 `request` as for ev_gen_pay_cert. The certificate is asked for only when the code is signed up
 and usable.

 Returns 0 only when `next` is "charge": charge exactly "ownPaySetlAmt" at "payChnlName" with
 "payCert". EV_CANNOT_PAY: not signed up, or not usable ("abnRea" says why). EV_DUPLICATE,
 EV_ISSUED_BEFORE, EV_JOURNAL: stopped by risk control, before anything was sent (a second click
 gets it at once, with "retry_later" in `next`); EV_JOURNAL with `delivery` "answered": a
 certificate came that could not be noted, and is not handed out. Otherwise the code of the step that ended it; "retry" in `next` means
 the same serial number and the same amount again. Two calls in a row: it may last twice
 timeoutMs. Reply data: "charge", "payCert", "payChnlName", "payChnlUserName", "stasFlag",
 "abnRea", "steps", with a certificate "ownPaySetlAmt" and "fixmedinsTrnsSn", and those of risk
 control.

 Changes something: wants a `reply_size` of 1024 or more.
 */
int32_t EV_CDECL ev_one_code_pay(int32_t client,
                        const char *request,
                        char *reply,
                        int32_t reply_size);

/*
 Sets the function that is told of the flows that this thread runs on this client; NULL ends it.

 It is called on this thread, with this thread's own floating-point environment, and `user` is
 handed back to it. It must not raise an exception or jump out, and of this library it may call
 only ev_field. EvOnProgress takes a __stdcall function.
 */
int32_t EV_CDECL ev_on_progress(int32_t client, ev_progress function, void *user);

/*
 Sets the function that is told of every call of this client's, whichever thread makes it; NULL
 ends it. For a program that keeps a table of its own: each call and each step of a flow is a
 line, whatever log.level says, and without a log too.

 It is called on the thread that made the call, when the reply is written already, with that
 thread's own floating-point environment; several threads may be in it at once, and `user` is
 handed back to it. It must not raise an exception or jump out, and of this library it may call
 only ev_field. EvOnCall takes a __stdcall function.

 When ev_on_call (with NULL or another function) or ev_close returns, no thread is in the function
 that was set before, and none will call it: so that must never wait for the thread that ends it
 (post to a window, do not send). A child of fork has none.
 */
int32_t EV_CDECL ev_on_call(int32_t client, ev_line function, void *user);

/*
 Ends, from another thread, what this client is doing for that patient's token; NULL: all that
 it is doing. Later calls are not touched. A call that is ended returns EV_CANCELLED with its
 true `delivery`, or its reply if that came first; a connect in progress ends at
 connectTimeoutMs at the latest. Reply data (ev_last_reply): "cancelled", how many calls, a flow
 being one.
 */
int32_t EV_CDECL ev_cancel(int32_t client, const char *token);

/*
 The envelope alone, for joint testing: seals `text` and sends nothing. Reply data: the whole
 request body ("orgId", "encData", "version", "timestamp", "reqtType") as it would go out.
 */
int32_t EV_CDECL ev_seal(int32_t client, const char *text, char *reply, int32_t reply_size);

/*
 The envelope alone, for joint testing: opens `text`, which is an encData, or a whole request or
 reply body that holds one. Reply data: "text", what it says.
 */
int32_t EV_CDECL ev_unseal(int32_t client, const char *text, char *reply, int32_t reply_size);

/*
 Self-test, for setting a machine up: configuration, key, and at each address of localUrl the
 name, connection, TLS, one harmless call (tokenPwdStas about a patient that does not exist), and
 the clock against the centre's.

 Reply data: "steps", an array of {"step","address","ok","warning","ms","finding"}: "config",
 "key", "admdvs" (a warning, only where it is no province's), then for each address "name",
 "connect", "tls" (with https), "call", "clock" (if the centre tells its own), up to the one that
 failed; and "journal" (with journal.dir). "riskControl" is the mode ("guard" or "observe"), "guard"
 where it reaches ("process" or "machine"). `code` is 0 when the centre was seen to accept orgId and key (at one address at least),
 else the code of the first address' step that failed: EV_CONNECT, EV_TLS, EV_DECRYPT, -4 and so
 on, or EV_JOURNAL. `message` says in one line which it is, with every warning. With a proxy, "name" and
 "connect" are the proxy's. Nothing is taken from earlier calls: names are looked up again,
 certificates judged again. It lasts no longer than a call does at each address.
 */
int32_t EV_CDECL ev_check(int32_t client,
                 char *reply,
                 int32_t reply_size);

/*
 What a code means, and what to do about it. Reply data: "code", "name" (EV_..., for this
 library's own), "scope", "documents" ("AB", "A", or "" for this library's own), "meaning",
 "advice" (for the operator) and "developerAdvice" (for whoever looks after program and machine),
 the last three in the client's language; "" where there is nothing to add. A program goes by
 `next`, not by advice. A code that nobody lists has an empty "scope".
 */
int32_t EV_CDECL ev_explain(int32_t client, int32_t code, char *reply, int32_t reply_size);

/*
 The documents' tables. `name`: "code" (A 1.7, B 1.9) or "idType" (A 1.6.1, B 1.8.1). Reply data:
 an array under that name, of objects with "code" and "meaning".
 */
int32_t EV_CDECL ev_dictionary(int32_t client, const char *name, char *reply, int32_t reply_size);

/*
 This library. Reply data: "version", "target", "build" ("release" or "debug") and "features".
 */
int32_t EV_CDECL ev_version(char *reply, int32_t reply_size);

/*
 One field of a reply as plain text, for languages without a JSON parser: `path` is "next",
 "data.payCert" or, in an array, "data.code.0.meaning". Text comes unescaped, numbers with their
 digits, true and false as such, null as "", objects and arrays as JSON. Half of a surrogate pair
 comes as U+FFFD. `client` says in which
 charset; with -1 the text is in the ASCII form, as a failed ev_open, or a failed default client,
 leaves it in ev_last_reply.

 Returns 0; EV_INVALID_REQUEST when `json` has no such field; EV_BUFFER_TOO_SMALL when it does
 not fit, and then nothing is kept: call again with a larger buffer.
 */
int32_t EV_CDECL ev_field(int32_t client,
                 const char *json,
                 const char *path,
                 char *value,
                 int32_t value_size);

/*
 The full reply of this thread's last call. It stays until the thread's next call other than this
 one, ev_last_reply_size and ev_field.

 Returns 0; EV_BUFFER_TOO_SMALL when it does not fit (it is still kept); EV_INVALID_REQUEST when
 this thread has none.
 */
int32_t EV_CDECL ev_last_reply(char *reply, int32_t reply_size);

/*
 The bytes that ev_last_reply needs, with the NUL; 0 when this thread has no reply.
 */
int32_t EV_CDECL ev_last_reply_size(void);

/* The same functions in the other convention. */
typedef int32_t (EV_STDCALL *EvProgress)(void *user, const char *event);
typedef void (EV_STDCALL *EvLine)(void *user, const char *line);
int32_t EV_STDCALL EvOpen(const char *config, int32_t *client);
int32_t EV_STDCALL EvClose(int32_t client);
int32_t EV_STDCALL EvTokenPwdCheckNotc(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvTokenPwdStas(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvSignedQuery(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvGenPayCert(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvReportCharge(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvCall(int32_t client, const char *service, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvTrans(const char *url, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvVerifyPassword(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvSettleGate(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvOneCodePay(int32_t client, const char *request, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvOnProgress(int32_t client, EvProgress function, void *user);
int32_t EV_STDCALL EvOnCall(int32_t client, EvLine function, void *user);
int32_t EV_STDCALL EvCancel(int32_t client, const char *token);
int32_t EV_STDCALL EvSeal(int32_t client, const char *text, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvUnseal(int32_t client, const char *text, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvCheck(int32_t client, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvExplain(int32_t client, int32_t code, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvDictionary(int32_t client, const char *name, char *reply, int32_t reply_size);
int32_t EV_STDCALL EvVersion(char *reply, int32_t reply_size);
int32_t EV_STDCALL EvField(int32_t client, const char *json, const char *path, char *value, int32_t value_size);
int32_t EV_STDCALL EvLastReply(char *reply, int32_t reply_size);
int32_t EV_STDCALL EvLastReplySize(void);

#ifdef __cplusplus
}
#endif 

#endif
