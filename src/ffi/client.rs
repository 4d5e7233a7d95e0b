//! Clients: opened, and closed.

use super::guard;
use super::handle::{self, NO_CLIENT};
use super::lines;
use super::memory::{Input, null};
use crate::dispatch;
use crate::error::Language;
use crate::reply::Reply;
use serde_json::json;
use std::ffi::c_char;

/// Opens a client and puts its handle into `*client`.
///
/// `config` is JSON text, or `@path` for a file (a relative path starts at the program's folder); it
/// is read by its byte-order mark if it has one,
/// else as UTF-8, else as GB18030. See "Configuration" above. On failure `*client` is -1 and
/// `ev_last_reply` names every field that is wrong. A client is meant to be opened once and kept:
/// it holds the connections. Close it with `ev_close`.
///
/// Returns 0, EV_INVALID_ARGUMENT or EV_INVALID_CONFIG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_open(config: *const c_char, client: *mut i32) -> i32 {
    // SAFETY: rule 10 of the header.
    let config = unsafe { Input::new(config, "config") };
    guard::reply(None, || {
        // SAFETY: rule 10 of the header.
        let client = unsafe { client.as_mut() }.ok_or_else(|| null("client"))?;
        *client = NO_CLIENT;
        let opened = dispatch::open(config.read()?)?;
        let language = opened.config().language;
        *client = handle::add(opened);
        let data = json!({ "client": *client }).to_string();
        Ok(Reply::local(language, Some(data)))
    })
}

/// Closes a client. Calls that are running on it end as they would; closing a closed client does
/// nothing. Closing 0 drops the default client, so that its next use reads the file again. Drops the
/// client's function of ev_on_call.
///
/// Returns 0, or EV_INVALID_CLIENT for a number that never was a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_close(client: i32) -> i32 {
    guard::reply(None, || {
        handle::close(client)?;
        lines::set(client, None, std::ptr::null_mut());
        Ok(Reply::local(Language::default(), None))
    })
}
