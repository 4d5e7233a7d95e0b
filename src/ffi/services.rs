//! The centre's services, one call each.

use super::memory::{Buffer, Input};
use super::{guard, handle};
use crate::catalogue::services::{
    GEN_PAY_CERT, SIGNED_QUERY, TOKEN_PWD_CHECK_NOTC, TOKEN_PWD_STAS, Target,
};
use crate::dispatch;
use std::ffi::c_char;

/// Online password check: notifies the patient (tokenPwdCheckNotc, B 1.7.1).
///
/// `request`: {"token","orgCodg"} of 1 to 40 characters each, "orgName" of 1 to 200, and
/// "totalAmount" (a decimal) if there is one. Reply data: "notcFlag" ("1" sent, "0" failed) and "resBizNo".
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
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_token_pwd_check_notc", client, Some(buffer), |call| {
        call.service(Ok(Target::Known(&TOKEN_PWD_CHECK_NOTC)), &request)
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
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_token_pwd_stas", client, Some(buffer), |call| {
        call.service(Ok(Target::Known(&TOKEN_PWD_STAS)), &request)
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
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_signed_query", client, Some(buffer), |call| {
        call.service(Ok(Target::Known(&SIGNED_QUERY)), &request)
    })
}

/// One-code pay: gets the certificate to charge with (genPayCert, A 1.5.2).
///
/// `request`: as for ev_signed_query, and "ownPaySetlAmt" (a string: up to 17 digits, up to two
/// decimals and zeros behind them, greater than 0, sent as it is given) and "fixmedinsTrnsSn" of 1 to 200 characters. Reply data: "payCert",
/// "payChnlUserName", "payChnlName". Charge exactly `ownPaySetlAmt`, at that channel, only when
/// `next` is "charge", and tell what became of it by ev_report_charge. When `next` is "retry": the
/// same serial number and amount again. EV_DUPLICATE, EV_ISSUED_BEFORE and EV_JOURNAL: see "Risk
/// control" above.
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
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_gen_pay_cert", client, Some(buffer), |call| {
        call.service(Ok(Target::Known(&GEN_PAY_CERT)), &request)
    })
}

/// Tells this library what became of a charge (A 1.4.3.3): sends nothing.
///
/// `request`: {"orgCodg":"...","fixmedinsTrnsSn":"...","ownPaySetlAmt":"12.30","outcome":"paid"}.
/// "outcome" is "paid", "failed" (the payment channel says that nothing was taken) or "unknown"
/// (nobody could be asked); a configured orgCodg fills what is left out. To be called after every
/// charge, and after a restart for each bill whose end the program does not know: without it the
/// same transaction is EV_ISSUED_BEFORE.
///
/// Returns 0, with "known" false in the reply's data for a transaction that this library does not
/// know; `next` is then null after "paid", "retry" after "failed" (ev_gen_pay_cert again, same
/// serial number, same amount), "confirm_charge" after "unknown". EV_DUPLICATE, and nothing
/// changed: it is in flight ("retry_later"), the amount is another, or "failed" or "unknown" comes
/// after "paid". EV_JOURNAL: it could not be noted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_report_charge(
    client: i32,
    request: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_report_charge", client, Some(buffer), |call| {
        let (caller, request) = call.client(request.read())?;
        dispatch::report_charge(caller, request)
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
    // SAFETY: rule 10 of the header.
    let service = unsafe { Input::new(service, "service") };
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_call", client, Some(buffer), |call| {
        call.service(service.read().and_then(dispatch::target), &request)
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
    // SAFETY: rule 10 of the header.
    let url = unsafe { Input::new(url, "url") };
    // SAFETY: rule 10 of the header.
    let request = unsafe { Input::new(request, "request") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_trans", handle::DEFAULT, Some(buffer), |call| {
        let url = url.optional();
        let request = request.read();
        let target = request.as_ref().ok();
        call.is_for(
            target
                .and_then(|request| dispatch::trans_target(request))
                .as_ref(),
        );
        let inputs = url.and_then(|url| Ok((url.unwrap_or_default(), request?)));
        let (caller, (url, request)) = call.client(inputs)?;
        dispatch::trans(caller, url, request)
    })
}
