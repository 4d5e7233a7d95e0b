//! The documents' flows, who is told of their steps, and what ends them.

use super::guard;
use super::lines;
use super::memory::{Buffer, Input};
use super::progress::{self, Function};
use crate::catalogue::services::{ONE_CODE_PAY, SETTLE_GATE, VERIFY_PASSWORD};
use crate::{dispatch, flow};
use std::ffi::{c_char, c_void};

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
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_verify_password", client, Some(buffer), |call| {
        call.flow(&VERIFY_PASSWORD, flow::verify_password, &request)
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
/// EV_CANCELLED. Reply data: "allow", "reason" ("not_a_settlement", "terminal_face", "verified",
/// "no_password_needed", "offline_verified"; "not_verified", "offline_not_verified", "no_answer",
/// "online_needs_qrcode", "unknown_method", "unknown_credential"), "checkStas", "statusCode",
/// "steps".
///
/// Wants a `reply_size` of 1024 or more, like the other flows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_settle_gate(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_settle_gate", client, Some(buffer), |call| {
        call.flow(&SETTLE_GATE, flow::settle_gate, &request)
    })
}

/// Flow: one-code pay from the question whether the code can pay to the certificate (A 1.4.3.2).
///
/// `request` as for ev_gen_pay_cert. The certificate is asked for only when the code is signed up
/// and usable.
///
/// Returns 0 only when `next` is "charge": charge exactly "ownPaySetlAmt" at "payChnlName" with
/// "payCert". EV_CANNOT_PAY: not signed up, or not usable ("abnRea" says why). EV_DUPLICATE,
/// EV_ISSUED_BEFORE, EV_JOURNAL: stopped by risk control, before anything was sent (a second click
/// gets it at once, with "retry_later" in `next`); EV_JOURNAL with `delivery` "answered": a
/// certificate came that could not be noted, and is not handed out. Otherwise the code of the step that ended it; "retry" in `next` means
/// the same serial number and the same amount again. Two calls in a row: it may last twice
/// timeoutMs. Reply data: "charge", "payCert", "payChnlName", "payChnlUserName", "stasFlag",
/// "abnRea", "steps", with a certificate "ownPaySetlAmt" and "fixmedinsTrnsSn", and those of risk
/// control.
///
/// Changes something: wants a `reply_size` of 1024 or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_one_code_pay(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_one_code_pay", client, Some(buffer), |call| {
        call.flow(&ONE_CODE_PAY, flow::one_code_pay, &request)
    })
}

/// Told of each step of a flow: `event` is JSON in the client's charset, "step" being "begin"
/// (before anything is sent, with "elapsedMs"), a service's name (with "code", "state", "next",
/// "message", "hint", "elapsedMs") or "waiting" (about every second, with "elapsedMs" and
/// "remainingMs"). A result other than 0 ends the flow with EV_CANCELLED; after "begin" nothing was sent then. A
/// cancel that may come before the flow's thread runs is a flag that this function looks at, with
/// ev_cancel on top.
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
    guard::call("ev_on_progress", client, None, |call| {
        call.set(|client| progress::set(client, function.map(Function::Cdecl), user))
    })
}

/// Told of a call that has ended, or of a flow's step: `line` is JSON in the client's charset, the line
/// that the log would have (see "The log").
#[expect(non_camel_case_types, reason = "the name that C programs use")]
pub type ev_line = Option<unsafe extern "C" fn(user: *mut c_void, line: *const c_char)>;

/// Sets the function that is told of every call of this client's, whichever thread makes it; NULL
/// ends it. For a program that keeps a table of its own: each call and each step of a flow is a
/// line, whatever log.level says, and without a log too.
///
/// It is called on the thread that made the call, when the reply is written already, with that
/// thread's own floating-point environment; several threads may be in it at once, and `user` is
/// handed back to it. It must not raise an exception or jump out, and of this library it may call
/// only ev_field. EvOnCall takes a __stdcall function.
///
/// When ev_on_call (with NULL or another function) or ev_close returns, no thread is in the function
/// that was set before, and none will call it: so that must never wait for the thread that ends it
/// (post to a window, do not send). A child of fork has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_on_call(client: i32, function: ev_line, user: *mut c_void) -> i32 {
    guard::call("ev_on_call", client, None, |call| {
        call.set(|client| lines::set(client, function.map(lines::Function::Cdecl), user))
    })
}

/// Ends, from another thread, what this client is doing for that patient's token; NULL: all that
/// it is doing. Later calls are not touched. A call that is ended returns EV_CANCELLED with its
/// true `delivery`, or its reply if that came first; a connect in progress ends at
/// connectTimeoutMs at the latest. Reply data (ev_last_reply): "cancelled", how many calls, a flow
/// being one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_cancel(client: i32, token: *const c_char) -> i32 {
    // SAFETY: rule 10 of the header.
    let token = unsafe { Input::new(token, "token") };
    guard::call("ev_cancel", client, None, |call| {
        let (caller, token) = call.client(token.optional())?;
        dispatch::cancel(caller, token)
    })
}
