//! For joint testing and for setting a machine up, and what this library is.

use super::guard;
use super::memory::{Buffer, Input};
use crate::dispatch;
use std::ffi::c_char;

/// The envelope alone, for joint testing: seals `text` and sends nothing. Reply data: the whole
/// request body ("orgId", "encData", "version", "timestamp", "reqtType") as it would go out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_seal(
    client: i32,
    text: *const c_char,
    reply: *mut c_char,
    reply_size: i32,
) -> i32 {
    // SAFETY: rule 10 of the header.
    let text = unsafe { Input::new(text, "text") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_seal", client, Some(buffer), |call| {
        let (caller, text) = call.client(text.read())?;
        dispatch::seal(caller, text)
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
    // SAFETY: rule 10 of the header.
    let text = unsafe { Input::new(text, "text") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_unseal", client, Some(buffer), |call| {
        let (caller, text) = call.client(text.read())?;
        dispatch::unseal(caller, text)
    })
}

/// Self-test, for setting a machine up: configuration, key, and at each address of localUrl the
/// name, connection, TLS, one harmless call (tokenPwdStas about a patient that does not exist), and
/// the clock against the centre's.
///
/// Reply data: "steps", an array of {"step","address","ok","warning","ms","finding"}: "config",
/// "key", "admdvs" (a warning, only where it is no province's), then for each address "name",
/// "connect", "tls" (with https), "call", "clock" (if the centre tells its own), up to the one that
/// failed; and "journal" (with journal.dir). "riskControl" is the mode ("guard" or "observe"), "guard"
/// where it reaches ("process" or "machine"). `code` is 0 when the centre was seen to accept orgId and key (at one address at least),
/// else the code of the first address' step that failed: EV_CONNECT, EV_TLS, EV_DECRYPT, -4 and so
/// on, or EV_JOURNAL. `message` says in one line which it is, with every warning. With a proxy, "name" and
/// "connect" are the proxy's. Nothing is taken from earlier calls: names are looked up again,
/// certificates judged again. It lasts no longer than a call does at each address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_check(client: i32, reply: *mut c_char, reply_size: i32) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_check", client, Some(buffer), |call| {
        let (caller, ()) = call.client(Ok(()))?;
        Ok(dispatch::check(&caller.client))
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
    guard::call("ev_explain", client, Some(buffer), |call| {
        let (caller, ()) = call.client(Ok(()))?;
        Ok(dispatch::explain(code, caller.client.config().language))
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
    // SAFETY: rule 10 of the header.
    let name = unsafe { Input::new(name, "name") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::call("ev_dictionary", client, Some(buffer), |call| {
        let (caller, name) = call.client(name.read())?;
        dispatch::dictionary(caller, name)
    })
}

/// This library. Reply data: "version", "target", "build" ("release" or "debug") and "features".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_version(reply: *mut c_char, reply_size: i32) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || Ok(dispatch::version()))
}
