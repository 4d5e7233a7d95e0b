//! Replies, read field by field and fetched again.

use super::handle::{self, NO_CLIENT};
use super::memory::{Buffer, Input};
use super::{guard, last_reply};
use crate::catalogue::codes::EV_INVALID_REQUEST;
use crate::charset::Charset;
use crate::dispatch;
use crate::error::Failure;
use std::ffi::c_char;

/// One field of a reply as plain text, for languages without a JSON parser: `path` is "next",
/// "data.payCert" or, in an array, "data.code.0.meaning". Text comes unescaped, numbers with their
/// digits, true and false as such, null as "", objects and arrays as JSON. Half of a surrogate pair
/// comes as U+FFFD. `client` says in which
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
    // SAFETY: rule 10 of the header.
    let json = unsafe { Input::new(json, "json") };
    // SAFETY: rule 10 of the header.
    let path = unsafe { Input::new(path, "path") };
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(value, value_size) };
    guard::number(|| match field(client, &json, &path, &buffer) {
        Ok(value) => buffer.write(&value),
        Err(failure) => {
            buffer.write(&[]);
            failure.code
        }
    })
}

/// The full reply of this thread's last call. It stays until the thread's next call other than this
/// one, ev_last_reply_size and ev_field.
///
/// Returns 0; EV_BUFFER_TOO_SMALL when it does not fit (it is still kept); EV_INVALID_REQUEST when
/// this thread has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_last_reply(reply: *mut c_char, reply_size: i32) -> i32 {
    // SAFETY: rules 3 and 10 of the header.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::number(|| {
        last_reply::with(|last| match (buffer.check(), last.split_last()) {
            (Err(failure), _) => failure.code,
            (Ok(()), Some((_, text))) => buffer.write(text),
            (Ok(()), None) => {
                buffer.write(&[]);
                EV_INVALID_REQUEST
            }
        })
    })
}

/// The bytes that ev_last_reply needs, with the NUL; 0 when this thread has no reply.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ev_last_reply_size() -> i32 {
    guard::number(|| last_reply::with(|last| i32::try_from(last.len()).unwrap_or(i32::MAX)))
}

/// One field's bytes, in the client's charset.
fn field(client: i32, json: &Input, path: &Input, buffer: &Buffer) -> Result<Vec<u8>, Failure> {
    buffer.check()?;
    let (json, path) = (json.read()?, path.read()?);
    let charset = match client {
        NO_CLIENT => Charset::Ascii,
        _ => handle::get(client)?.config().charset,
    };
    dispatch::field(charset, json, path)
}
