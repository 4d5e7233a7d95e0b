//! The C interface. The documentation of these functions is the manual in `include/evoucher.h`,
//! which is made from this file; keep it in ASCII, since compilers read headers in any code page.
//!
//! Each function is written out by hand: cbindgen sees neither `extern "system"` nor what a macro
//! made. `stdcall` exports each of them a second time.

#![expect(
    clippy::missing_safety_doc,
    reason = "what a caller must keep to is rules 2, 3 and 10 at the top of the header"
)]

mod float_env;
#[doc(hidden)]
pub mod guard;
mod handle;
mod last_reply;
mod memory;
mod progress;
mod stdcall;

pub use memory::Buffer;

use crate::catalogue::advice::advice;
use crate::catalogue::codes::{
    EV_INVALID_ARGUMENT, EV_INVALID_REQUEST, EV_UNKNOWN_SERVICE, ID_TYPES, MEANINGS, UNLISTED,
    meaning,
};
use crate::catalogue::services::{
    GEN_PAY_CERT, PATH_PREFIX, SERVICES, SIGNED_QUERY, Service, TOKEN_PWD_CHECK_NOTC,
    TOKEN_PWD_STAS, Target,
};
use crate::charset::Charset;
use crate::client::Client;
use crate::client::check::check;
use crate::client::log::{Entry, token_ref};
use crate::config::{BaseUrl, Config};
use crate::error::{Failure, Language, text};
use crate::flow;
use crate::json::{self, Object};
use crate::reply::Reply;
use float_env::FloatEnv;
use guard::Answer;
use memory::{input, optional_input};
use progress::{Function, Listener};
use serde_json::{Value, json};
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What `*client` becomes when `ev_open` fails: never a client, and not the default one either.
const NO_CLIENT: i32 = -1;

/// Opens a client and puts its handle into `*client`.
///
/// `config` is JSON text, or `@path` for a file; it is read by its byte-order mark if it has one,
/// else as UTF-8, else as GB18030. See "Configuration" above. On failure `*client` is -1 and
/// `ev_last_reply` names every field that is wrong. A client is meant to be opened once and kept:
/// it holds the connections. Close it with `ev_close`.
///
/// Returns 0, EV_INVALID_ARGUMENT or EV_INVALID_CONFIG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_open(config: *const c_char, client: *mut i32) -> i32 {
    guard::reply(None, || {
        // SAFETY: rule 10 of the header.
        let config = unsafe { input(config, "config") };
        // SAFETY: rule 10 of the header.
        let Some(client) = (unsafe { client.as_mut() }) else {
            return Answer::without_client(Err(null("client")));
        };
        *client = NO_CLIENT;
        let opened = config.and_then(Config::read).and_then(Client::open);
        Answer::without_client(opened.map(|opened| {
            let language = opened.config().language;
            *client = handle::add(opened);
            Reply::local(language, Some(json!({ "client": *client }).to_string()))
        }))
    })
}

/// Closes a client. Calls that are running on it end as they would; closing a closed client does
/// nothing. Closing 0 drops the default client, so that its next use reads the file again.
///
/// Returns 0, or EV_INVALID_CLIENT for a number that never was a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_close(client: i32) -> i32 {
    guard::reply(None, || {
        let closed = handle::close(client);
        Answer::without_client(closed.map(|()| Reply::local(Language::default(), None)))
    })
}

/// Online password check: notifies the patient (tokenPwdCheckNotc, B 1.7.1).
///
/// `request`: {"token","orgCodg","orgName"} of 1 to 40 characters each, and "totalAmount" (a
/// decimal) if there is one. Reply data: "notcFlag" ("1" sent, "0" failed) and "resBizNo".
/// 500320 means that no password is needed: `next` is "settle".
///
/// Changes something: goes out once, on a fresh connection, and wants a `reply_size` of 1024 or
/// more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_token_pwd_check_notc(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        let target = known(&TOKEN_PWD_CHECK_NOTC);
        serve("ev_token_pwd_check_notc", client, target, request, buffer)
    })
}

/// Online password check: has the patient verified? (tokenPwdStas, B 1.7.2)
///
/// `request`: {"token","orgCodg"} of 1 to 40 characters each; the same token as in the notice.
/// Reply data: "checkStas" ("1" verified, "0" failed or not yet) and "resBizNo". Settle only when
/// `next` is "settle".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_token_pwd_stas(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        let target = known(&TOKEN_PWD_STAS);
        serve("ev_token_pwd_stas", client, target, request, buffer)
    })
}

/// One-code pay: can this patient's code pay? (signedQuery, A 1.5.1)
///
/// `request`: {"token","orgCodg","opterId","opterName","devId","devIP"} of 1 to 40 characters
/// each and "orgName" of 1 to 200. Reply data: "stasFlag" ("0" not signed up, "1" usable, "2" not
/// usable), "abnRea", "payChnlUserName", "payChnlName".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_signed_query(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        let target = known(&SIGNED_QUERY);
        serve("ev_signed_query", client, target, request, buffer)
    })
}

/// One-code pay: gets the certificate to charge with (genPayCert, A 1.5.2).
///
/// `request`: as for ev_signed_query, and "ownPaySetlAmt" (a string: up to 17 digits, up to two
/// decimals, greater than 0) and "fixmedinsTrnsSn" of 1 to 200 characters. Reply data: "payCert",
/// "payChnlUserName", "payChnlName". Charge exactly `ownPaySetlAmt`, at that channel, only when
/// `next` is "charge". When `next` is "retry": the same serial number and amount again.
///
/// Changes something: goes out once, on a fresh connection, and wants a `reply_size` of 1024 or
/// more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_gen_pay_cert(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        let target = known(&GEN_PAY_CERT);
        serve("ev_gen_pay_cert", client, target, request, buffer)
    })
}

/// Any service by its name ("signedQuery"), or another path of the centre ("/cfc/api/...") for
/// services that the documents do not list.
///
/// Of such a path nothing is known: its request is any JSON object, it is treated as something that
/// changes something, and its reply's `next` is null when `code` is 0. A service's path in another
/// spelling (a slash more, other case) is EV_UNKNOWN_SERVICE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_call(
    client: i32,
    service: *const c_char,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let service = unsafe { input(service, "service") };
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        let target = service.and_then(find_target);
        serve("ev_call", client, target, request, buffer)
    })
}

/// The one-function style of the national e-voucher library, on the default client.
///
/// `request`: {"transType":"signedQuery","orgId":"...","data":{...}}: the service, and its request
/// in "data"; an "orgId" other than the configured one is refused. `url` takes the place of the
/// configured localUrl for this call, with or without the service's path at its end; NULL or ""
/// means the configured one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_trans(
    url: *const c_char,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let url = unsafe { optional_input(url, "url") };
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        let inputs = url.and_then(|url| Ok((url.unwrap_or_default(), request?)));
        let handle = handle::DEFAULT;
        with_client(
            "ev_trans",
            handle,
            inputs,
            |client, (url, request), entry| trans(client, url, request, buffer, entry),
        )
    })
}

/// Flow: the online password check from the notice to the verified password (B 1.4.3).
///
/// `request` as for ev_token_pwd_check_notc. Notifies the patient, then asks for the status every
/// verify.intervalMs until the password is verified, ev_cancel or the progress function ends it, or
/// verify.timeoutMs is over. A notice whose outcome is unknown is not sent again: the status is
/// asked for. Backs off where the centre limits the rate.
///
/// Returns 0 only when `next` is "settle" (500320, no password needed, included); EV_NOT_VERIFIED
/// when time ran out; EV_CANCELLED; or the code of the step that ended it. Reply data: "verified",
/// "attempts", "notcFlag", "checkStas", "resBizNo", and "steps", the whole story.
///
/// Changes something: wants a `reply_size` of 1024 or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_verify_password(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::flow(Some(buffer), |env| {
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        run(
            "ev_verify_password",
            client,
            request,
            buffer,
            env,
            flow::verify_password,
        )
    })
}

/// Flow: may this settlement go on? (B 1.5.3.2, 1.6.2 (8)-(9))
///
/// `request`: "settlement" (true: an insurance settlement), "credential" ("qrcode", "card" or
/// "terminal_face"), "method" ("online", "terminal" or "library"), "offlineVerified" (true: the
/// terminal or the national library has checked the password), and for the online method "token"
/// and "orgCodg": then the status is asked for.
///
/// Returns 0 only when it may; else EV_NOT_ALLOWED, with `message` saying what is missing, or
/// EV_CANCELLED. Reply
/// data: "allow", "reason" ("not_a_settlement", "terminal_face", "verified", "no_password_needed",
/// "offline_verified"; "not_verified", "offline_not_verified", "no_answer", "online_needs_qrcode",
/// "unknown_method", "unknown_credential"), "checkStas", "statusCode", "steps".
///
/// Wants a `reply_size` of 1024 or more, like the other flows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_settle_gate(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::flow(Some(buffer), |env| {
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        run(
            "ev_settle_gate",
            client,
            request,
            buffer,
            env,
            flow::settle_gate,
        )
    })
}

/// Flow: one-code pay from the question whether the code can pay to the certificate (A 1.4.3.2).
///
/// `request` as for ev_gen_pay_cert. The certificate is asked for only when the code is signed up
/// and usable.
///
/// Returns 0 only when `next` is "charge": charge exactly "ownPaySetlAmt" at "payChnlName" with
/// "payCert". EV_CANNOT_PAY: not signed up, or not usable ("abnRea" says why). EV_DUPLICATE: stopped
/// by risk control, before anything was sent: a second click gets it at once, with "retry_later" in
/// `next`. Otherwise the code of the step that ended it; "retry" in `next` means the same serial
/// number and the same amount again. Two calls in a row: it may last twice timeoutMs. Reply data: "charge", "payCert", "payChnlName",
/// "payChnlUserName", "stasFlag", "abnRea", "steps", and with a certificate "ownPaySetlAmt" and
/// "fixmedinsTrnsSn".
///
/// Changes something: wants a `reply_size` of 1024 or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_one_code_pay(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::flow(Some(buffer), |env| {
        // SAFETY: rule 10 of the header.
        let request = unsafe { input(request, "request") };
        run(
            "ev_one_code_pay",
            client,
            request,
            buffer,
            env,
            flow::one_code_pay,
        )
    })
}

/// Told of each step of a flow: `event` is JSON in the client's charset, "step" being "begin" (before
/// anything is sent, with "elapsedMs"), a service's name (with "code", "state", "next", "message",
/// "elapsedMs") or "waiting" (about every second, with "elapsedMs" and "remainingMs"). A result other
/// than 0 ends the flow with EV_CANCELLED; after "begin" nothing was sent then. A cancel that may
/// come before the flow's thread runs is a flag that this function looks at, with ev_cancel on top.
#[expect(non_camel_case_types, reason = "the name that C programs use")]
pub type ev_progress = Option<unsafe extern "C" fn(user: *mut c_void, event: *const c_char) -> i32>;

/// Sets the function that is told of the flows that this thread runs on this client; NULL ends it.
///
/// It is called on this thread, with this thread's own floating-point environment, and `user` is
/// handed back to it. It must not raise an exception or jump out, and of this library it may call
/// only ev_field. EvOnProgress takes a __stdcall function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_on_progress(
    client: i32,
    function: ev_progress,
    user: *mut c_void,
) -> i32 {
    guard::reply(None, || {
        let function = function.map(progress::Function::Cdecl);
        on_progress(client, function, user)
    })
}

/// Ends, from another thread, what this client is doing for that patient's token; NULL: all that
/// it is doing. Later calls are not touched. A call that is ended returns EV_CANCELLED with its
/// true `delivery`, or its reply if that came first; a connect in progress ends at
/// connectTimeoutMs at the latest. Reply data (ev_last_reply): "cancelled", how many calls, a flow
/// being one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_cancel(client: i32, token: *const c_char) -> i32 {
    guard::reply(None, || {
        // SAFETY: rule 10 of the header.
        let token = unsafe { optional_input(token, "token") };
        with_client("ev_cancel", client, token, |client, token, entry| {
            let charset = client.config().charset;
            let token = token.map(|token| charset.decode(token)).transpose()?;
            entry.token_ref = token.as_deref().and_then(token_ref);
            let cancelled = client.cancel(token.as_deref());
            let data = json!({ "cancelled": cancelled }).to_string();
            Ok(Reply::local(client.config().language, Some(data)))
        })
    })
}

/// The envelope alone, for joint testing: seals `text` and sends nothing. Reply data: the whole
/// request body ("orgId", "encData", "version", "timestamp", "reqtType") as it would go out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_seal(
    client: i32,
    text: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let text = unsafe { input(text, "text") };
        with_client("ev_seal", client, text, |client, text, entry| {
            entry.request_bytes = Some(text.len());
            let text = client.config().charset.decode(text)?;
            let data = client.seal(&text);
            Ok(Reply::local(client.config().language, Some(data)))
        })
    })
}

/// The envelope alone, for joint testing: opens `text`, which is an encData, or a whole request or
/// reply body that holds one. Reply data: "text", what it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_unseal(
    client: i32,
    text: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let text = unsafe { input(text, "text") };
        with_client("ev_unseal", client, text, |client, text, entry| {
            entry.request_bytes = Some(text.len());
            let text = client.config().charset.decode(text)?;
            let data = json!({ "text": *client.unseal(&text)? }).to_string();
            Ok(Reply::local(client.config().language, Some(data)))
        })
    })
}

/// Self-test, for setting a machine up: configuration, key, name, connection, TLS, one harmless call
/// (tokenPwdStas about a patient that does not exist), and the clock against the centre's.
///
/// Reply data: "steps", an array of {"step","ok","ms","finding"}: "config", "key", "name",
/// "connect", "tls" (with https), "call", "clock" (if the centre tells its own), up to the one that
/// failed. `code` is 0 when the centre was seen to accept orgId and key, else the code of the step
/// that failed: EV_CONNECT, EV_TLS, EV_DECRYPT, -4 and so on. `message` says in one line which it
/// is. With a proxy, "name" and "connect" are the proxy's. Nothing is taken from earlier calls:
/// names are looked up again, certificates judged again. It lasts no longer than a call does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_check(client: i32, reply: *mut c_char, reply_size: i32) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        with_client("ev_check", client, Ok(()), |client, (), _| {
            Ok(check(client))
        })
    })
}

/// What a code means, and what to do about it. Reply data: "code", "name" (EV_..., for this
/// library's own), "scope", "documents" ("AB", "A", or "" for this library's own), "meaning",
/// "advice" (for the operator) and "developerAdvice" (for whoever looks after program and machine),
/// the last three in the client's language; "" where there is nothing to add. A program goes by
/// `next`, not by advice. A code that nobody lists has an empty "scope".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_explain(
    client: i32,
    code: i32,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        with_client("ev_explain", client, Ok(()), |client, (), _| {
            let language = client.config().language;
            Ok(Reply::local(language, Some(explain(code, language))))
        })
    })
}

/// The documents' tables. `name`: "code" (A 1.7, B 1.9) or "idType" (A 1.6.1, B 1.8.1). Reply data:
/// an array under that name, of objects with "code" and "meaning".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_dictionary(
    client: i32,
    name: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        // SAFETY: rule 10 of the header.
        let name = unsafe { input(name, "name") };
        with_client("ev_dictionary", client, name, |client, name, _| {
            let data = dictionary(&client.config().charset.decode(name)?)?;
            Ok(Reply::local(client.config().language, Some(data)))
        })
    })
}

/// One field of a reply as plain text, for languages without a JSON parser: `path` is "next",
/// "data.payCert" or, in an array, "data.code.0.meaning". Text comes unescaped, numbers with their
/// digits, true and false as such, null as "", objects and arrays as JSON. `client` says in which
/// charset; with -1 the text is in the ASCII form, as a failed ev_open, or a failed default client,
/// leaves it in ev_last_reply.
///
/// Returns 0; EV_INVALID_REQUEST when `json` has no such field; EV_BUFFER_TOO_SMALL when it does
/// not fit, and then nothing is kept: call again with a larger buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_field(
    client: i32,
    json: *const c_char,
    path: *const c_char,
    value: *mut c_char,
    value_size: i32,
) -> i32 {
    guard::number(|| {
        // SAFETY: rules 3 and 10 of the header.
        let buffer = unsafe { Buffer::new(value, value_size) };
        if buffer.check().is_err() {
            return EV_INVALID_ARGUMENT;
        }
        // SAFETY: rule 10 of the header.
        let json = unsafe { input(json, "json") };
        // SAFETY: rule 10 of the header.
        let path = unsafe { input(path, "path") };
        let found = field(client, json, path);
        let value = found.as_deref().unwrap_or_default();
        // SAFETY: rule 3 of the header.
        let written = unsafe { buffer.write(value) };
        found.map_or_else(|failure| failure.code, |_| written)
    })
}

/// The full reply of this thread's last call. It stays until the thread's next call other than this
/// one, ev_last_reply_size and ev_field.
///
/// Returns 0; EV_BUFFER_TOO_SMALL when it does not fit (it is still kept); EV_INVALID_REQUEST when
/// this thread has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_last_reply(reply: *mut c_char, reply_size: i32) -> i32 {
    guard::number(|| {
        // SAFETY: rules 3 and 10 of the header.
        let buffer = unsafe { Buffer::new(reply, reply_size) };
        if buffer.check().is_err() {
            return EV_INVALID_ARGUMENT;
        }
        last_reply::with(|last| {
            let text = last.split_last().map_or(&[][..], |(_, text)| text);
            // SAFETY: rule 3 of the header.
            let written = unsafe { buffer.write(text) };
            if last.is_empty() {
                EV_INVALID_REQUEST
            } else {
                written
            }
        })
    })
}

/// The bytes that ev_last_reply needs, with the NUL; 0 when this thread has no reply.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_last_reply_size() -> i32 {
    guard::number(|| last_reply::with(|last| i32::try_from(last.len()).unwrap_or(i32::MAX)))
}

/// This library. Reply data: "version", "target", "build" ("release" or "debug") and "features".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_version(reply: *mut c_char, reply_size: i32) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || {
        let data = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "target": env!("EVOUCHER_TARGET"),
            "build": if cfg!(debug_assertions) { "debug" } else { "release" },
            "features": ["tls1.2", "tls1.3", "gb18030"],
        });
        Answer::without_client(Ok(Reply::local(
            Language::default(),
            Some(data.to_string()),
        )))
    })
}

/// Runs a flow, once its arguments are seen to be usable.
fn run(
    function: &'static str,
    handle: i32,
    request: Result<&[u8], Failure>,
    buffer: Buffer,
    env: &FloatEnv,
    flow: for<'a> fn(&'a Client, &str, &'a mut flow::Progress<'a>) -> Reply,
) -> Answer {
    with_client(function, handle, request, |client, request, entry| {
        entry.request_bytes = Some(request.len());
        buffer.check_for_change()?;
        let charset = client.config().charset;
        let request = charset.decode(request)?;
        note_token(client, &request, entry);
        let mut tell = |event: &str| progress::tell(handle, event, charset, env);
        Ok(flow(client, &request, &mut tell))
    })
}

/// `ev_on_progress` in either convention.
fn on_progress(handle: i32, function: Option<Function>, user: *mut c_void) -> Answer {
    with_client("ev_on_progress", handle, Ok(()), |client, (), _| {
        progress::set(handle, function.map(|function| Listener { function, user }));
        Ok(Reply::local(client.config().language, None))
    })
}

fn null(name: &str) -> Failure {
    Failure::not_sent(
        EV_INVALID_ARGUMENT,
        text!("{name} 为 NULL", "{name} is NULL"),
    )
}

/// Does something with a client and answers in its charset and language. Arguments that cannot be
/// used come before a handle that cannot. The log names the function, and says what the work notes.
#[doc(hidden)]
pub fn with_client<T>(
    function: &'static str,
    handle: i32,
    inputs: Result<T, Failure>,
    work: impl FnOnce(&Client, T, &mut Entry) -> Result<Reply, Failure>,
) -> Answer {
    let client = match (handle::get(handle), &inputs) {
        (Ok(client), _) => client,
        (Err(_), Err(failure)) => return Answer::without_client(Err(failure.clone())),
        (Err(failure), Ok(_)) => return Answer::without_client(Err(failure)),
    };
    let mut entry = Entry::new(function, handle);
    let reply = inputs
        .and_then(|inputs| {
            let done = guard::caught(|| work(&client, inputs, &mut entry));
            done.unwrap_or_else(|fault| {
                entry.fault = Some(fault.describe());
                Err(fault.failure())
            })
        })
        .unwrap_or_else(|failure| Reply::failed(&failure, client.config().language, None));
    Answer {
        reply,
        charset: client.config().charset,
        log: client.log().map(|log| (Arc::clone(log), entry)),
    }
}

/// Makes one call, once its arguments are seen to be usable.
fn serve(
    function: &'static str,
    handle: i32,
    target: Result<Target, Failure>,
    request: Result<&[u8], Failure>,
    buffer: Buffer,
) -> Answer {
    let name = target.as_ref().ok().map(|target| target.name().to_owned());
    let inputs = request.and_then(|request| Ok((target?, request)));
    let mut answer = with_client(
        function,
        handle,
        inputs,
        |client, (target, request), entry| call(client, &target, request, buffer, entry),
    );
    answer.reply.service = name;
    answer
}

fn call(
    client: &Client,
    target: &Target,
    request: &[u8],
    buffer: Buffer,
    entry: &mut Entry,
) -> Result<Reply, Failure> {
    entry.request_bytes = Some(request.len());
    if target.changes() {
        buffer.check_for_change()?;
    }
    let request = client.config().charset.decode(request)?;
    note_token(client, &request, entry);
    Ok(client.call(target, &request, None))
}

/// Notes whom a request is for, if anybody reads it.
fn note_token(client: &Client, request: &str, entry: &mut Entry) {
    if client.log().is_some() {
        let token = json::at_path(request, "token").and_then(json::string);
        entry.token_ref = token.and_then(|token| token_ref(&Zeroizing::new(token)));
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what serve takes")]
fn known(service: &'static Service) -> Result<Target, Failure> {
    Ok(Target::Known(service))
}

fn find_target(name: &[u8]) -> Result<Target, Failure> {
    let name = String::from_utf8_lossy(name);
    Target::find(&name).ok_or_else(|| {
        let names = SERVICES.map(|service| service.name).join(" | ");
        Failure::not_sent(
            EV_UNKNOWN_SERVICE,
            text!(
                "应为 {names}，或 {PATH_PREFIX} 开头的路径",
                "one of {names}, or a path that begins with {PATH_PREFIX}"
            ),
        )
    })
}

/// `{"transType","orgId","data"}`, in the style of the national library.
fn trans(
    client: &Client,
    url: &[u8],
    request: &[u8],
    buffer: Buffer,
    entry: &mut Entry,
) -> Result<Reply, Failure> {
    entry.request_bytes = Some(request.len());
    let refuse = |detail| Failure::not_sent(EV_INVALID_REQUEST, detail);
    let config = client.config();
    let url = config.charset.decode(url)?;
    let request = config.charset.decode(request)?;
    let object = Object::parse_strictly(&request).map_err(refuse)?;
    let name = object
        .get("transType")
        .and_then(json::string)
        .ok_or_else(|| {
            refuse(text!(
                "缺少 transType（字符串）",
                "transType (a string) is missing"
            ))
        })?;
    let target = find_target(name.as_bytes())?;
    if target.changes() {
        buffer.check_for_change()?;
    }
    if let Some(org_id) = object.get("orgId")
        && json::string(org_id).as_deref() != Some(config.org_id.as_str())
    {
        return Err(refuse(text!(
            "orgId 与配置的不同，一个 orgId 须用一个客户端",
            "orgId differs from the configured one; each orgId needs a client of its own"
        )));
    }
    let data = object
        .get("data")
        .ok_or_else(|| refuse(text!("缺少 data（对象）", "data (an object) is missing")))?;
    note_token(client, data.get(), entry);
    let base = match url.trim() {
        "" => None,
        url => Some(
            BaseUrl::parse(url)
                .map_err(|right| {
                    let (zh, en) = (right.zh, right.en);
                    Failure::not_sent(EV_INVALID_ARGUMENT, text!("url：{zh}", "url: {en}"))
                })?
                .without(target.path()),
        ),
    };
    Ok(client.call(&target, data.get(), base.as_ref()))
}

fn explain(code: i32, language: Language) -> String {
    let known = meaning(code).unwrap_or(&UNLISTED);
    let (operator, developer) = advice(code, language);
    json!({
        "code": code,
        "name": known.name,
        "scope": known.scope,
        "documents": known.documents,
        "meaning": match language {
            Language::Zh => known.zh,
            Language::En => known.en,
        },
        "advice": operator,
        "developerAdvice": developer,
    })
    .to_string()
}

fn dictionary(name: &str) -> Result<String, Failure> {
    let items: Vec<Value> = match name {
        "code" => MEANINGS
            .iter()
            .filter(|meaning| !meaning.documents.is_empty())
            .map(|meaning| {
                json!({
                    "code": meaning.code,
                    "scope": meaning.scope,
                    "documents": meaning.documents,
                    "meaning": meaning.zh,
                })
            })
            .collect(),
        "idType" => ID_TYPES
            .iter()
            .map(|(code, meaning)| json!({ "code": code, "meaning": meaning }))
            .collect(),
        _ => {
            return Err(Failure::not_sent(
                EV_INVALID_REQUEST,
                text!("name 应为 code 或 idType", "name must be code or idType"),
            ));
        }
    };
    Ok(json!({ name: items }).to_string())
}

/// The bytes of one field, in the client's charset.
fn field(
    handle: i32,
    json: Result<&[u8], Failure>,
    path: Result<&[u8], Failure>,
) -> Result<Vec<u8>, Failure> {
    let (json, path) = (json?, path?);
    let charset = match handle {
        NO_CLIENT => Charset::Ascii,
        _ => handle::get(handle)?.config().charset,
    };
    let (json, path) = (charset.decode(json)?, charset.decode(path)?);
    let value = json::at_path(&json, &path).ok_or_else(|| {
        Failure::not_sent(EV_INVALID_REQUEST, text!("没有该字段", "no such field"))
    })?;
    let plain = match value.get() {
        "null" => String::new(),
        other => json::string(value).unwrap_or_else(|| other.to_owned()),
    };
    Ok(charset.encode_plain(&plain))
}
