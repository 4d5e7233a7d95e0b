//! A host program, through the C interface: its buffers, and what every reply has to be.

use evoucher::ffi;
use serde_json::Value;
use std::ffi::{CStr, CString, c_char};

/// What lies behind each buffer, and must lie there afterwards.
const CANARY: u8 = 0xA5;
const BEHIND: usize = 32;

/// What a call left.
#[derive(Debug)]
pub struct Reply {
    pub returned: i32,
    pub json: Value,
}

impl Reply {
    pub fn text(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or_default()
    }
}

/// A C string of these bytes; what stands behind a NUL nobody sees.
pub fn c_string(bytes: &[u8]) -> CString {
    let end = bytes.iter().position(|byte| *byte == 0);
    CString::new(&bytes[..end.unwrap_or(bytes.len())]).expect("no NUL")
}

/// An export that takes a request, or a text.
pub type Exchange = unsafe extern "C" fn(i32, *const c_char, *mut c_char, i32) -> i32;

/// Calls it with a buffer of this size.
pub fn exchange(function: Exchange, client: i32, text: &CStr, size: usize) -> Reply {
    call(size, |buffer, size| {
        // SAFETY: the text ends with its NUL, and `raw` has a buffer of this size.
        unsafe { function(client, text.as_ptr(), buffer, size) }
    })
}

/// What a code means.
pub fn explain(client: i32, code: i32, size: usize) {
    call(size, |buffer, size| {
        // SAFETY: `raw` has a buffer of this size.
        unsafe { ffi::ev_explain(client, code, buffer, size) }
    });
}

/// A field of a reply.
pub fn field(client: i32, json: &CStr, path: &CStr, size: usize) -> (i32, Vec<u8>) {
    raw(size, |buffer, size| {
        // SAFETY: both texts end with their NUL, and `raw` has a buffer of this size.
        unsafe { ffi::ev_field(client, json.as_ptr(), path.as_ptr(), buffer, size) }
    })
}

/// Closes a client.
pub fn close(client: i32) {
    // SAFETY: it takes any number.
    let returned = unsafe { ffi::ev_close(client) };
    assert_eq!(returned, 0);
}

/// The whole of this thread's last reply.
fn last_reply() -> Vec<u8> {
    // SAFETY: it takes nothing.
    let size = unsafe { ffi::ev_last_reply_size() };
    let (returned, text) = raw(usize::try_from(size).expect("a size"), |buffer, size| {
        // SAFETY: `raw` has a buffer of this size.
        unsafe { ffi::ev_last_reply(buffer, size) }
    });
    assert_eq!(returned, 0, "the last reply");
    text
}

/// Makes a call with a buffer of this size. Nothing is written behind it, and the reply, all of which is
/// kept, is JSON in UTF-8 that says what was returned.
fn call(size: usize, function: impl FnOnce(*mut c_char, i32) -> i32) -> Reply {
    let (returned, text) = raw(size, function);
    // What did not fit waits in the library.
    let all = last_reply();
    let json: Value = serde_json::from_slice(&all).expect("JSON in UTF-8");
    let fits = all.len() < size;
    if fits {
        assert_eq!(text, all, "the buffer has the reply");
    }
    assert_ne!(json["code"], -10099, "a fault inside: {json}");
    // A code that is 0 gives way to the buffer's, and no other does.
    match returned {
        -10006 => assert!(!fits),
        code => assert_eq!(json["code"], code, "{json}"),
    }
    Reply { returned, json }
}

/// The number, and the text up to its NUL.
fn raw(size: usize, function: impl FnOnce(*mut c_char, i32) -> i32) -> (i32, Vec<u8>) {
    let mut buffer = vec![CANARY; size + BEHIND];
    let length = i32::try_from(size).expect("a small buffer");
    let returned = function(buffer.as_mut_ptr().cast(), length);
    assert!(
        buffer[size..].iter().all(|byte| *byte == CANARY),
        "written behind the buffer"
    );
    if size == 0 {
        return (returned, Vec::new());
    }
    let end = buffer[..size].iter().position(|byte| *byte == 0);
    buffer.truncate(end.expect("a NUL within the buffer"));
    (returned, buffer)
}

/// Opens a client; `None` where the configuration is refused, which is said in words.
pub fn open(config: &[u8]) -> Option<i32> {
    let config = c_string(config);
    let mut client = 7;
    // SAFETY: the text ends with its NUL, and the number is written to.
    let returned = unsafe { ffi::ev_open(config.as_ptr(), &raw mut client) };
    let said: Value = serde_json::from_slice(&last_reply()).expect("JSON in UTF-8");
    assert_eq!(said["code"], returned);
    match returned {
        0 => {
            assert!(client > 0, "{client}");
            Some(client)
        }
        _ => {
            assert_eq!(client, -1);
            assert!(!said["message"].as_str().expect("words").is_empty());
            None
        }
    }
}
