//! A host program, through the C interface: its buffers, and what every reply has to be.

use super::judge::KEY;
use encoding_rs::GB18030;
use evoucher::catalogue::codes::{EV_BUFFER_TOO_SMALL, EV_INTERNAL, EV_OK};
use evoucher::ffi;
use serde_json::Value;
use std::ffi::{CStr, CString, c_char};

/// What lies behind each buffer, and must lie there afterwards.
const CANARY: u8 = 0xA5;
const BEHIND: usize = 32;

/// What a client's texts are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Gbk,
    Ascii,
}

impl Charset {
    pub const ALL: [Self; 3] = [Self::Utf8, Self::Gbk, Self::Ascii];

    fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
            Self::Ascii => "ascii",
        }
    }

    /// A request that is none in it. One with a byte-order mark is UTF-8 to everybody.
    pub fn refuses(self, request: &[u8]) -> bool {
        match self {
            Self::Gbk if !request.starts_with(b"\xEF\xBB\xBF") => {
                GB18030.decode_without_bom_handling(request).1
            }
            _ => std::str::from_utf8(request).is_err(),
        }
    }

    fn reply(self, bytes: &[u8]) -> String {
        match self {
            Self::Gbk => {
                let (text, is_garbled) = GB18030.decode_without_bom_handling(bytes);
                assert!(!is_garbled, "GBK");
                text.into_owned()
            }
            Self::Utf8 | Self::Ascii => {
                assert!(self == Self::Utf8 || bytes.is_ascii(), "ASCII");
                String::from_utf8(bytes.to_vec()).expect("UTF-8")
            }
        }
    }
}

/// A client of each charset, of this centre and with these settings more. Nothing is guarded, since what
/// was never understood would make the next wait.
pub fn clients(url: &str, more: &str) -> [(Charset, i32); 3] {
    Charset::ALL.map(|charset| {
        let config = format!(
            r#"{{"localUrl":"{url}","orgId":"o","admdvs":"350000","sm4Key":"{KEY}","timeoutMs":2000,"riskControl":"observe",
            "charset":"{}"{more}}}"#,
            charset.name()
        );
        (charset, open(config.as_bytes()).expect("a client"))
    })
}

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

/// Calls it for a client of UTF-8 with a buffer of this size.
pub fn exchange(function: Exchange, client: i32, text: &CStr, size: usize) -> Reply {
    exchange_in(Charset::Utf8, function, client, text, size)
}

/// Calls it with a buffer of this size.
pub fn exchange_in(
    charset: Charset,
    function: Exchange,
    client: i32,
    text: &CStr,
    size: usize,
) -> Reply {
    call(charset, size, |buffer, size| {
        // SAFETY: the text ends with its NUL, and `raw` has a buffer of this size.
        unsafe { function(client, text.as_ptr(), buffer, size) }
    })
}

/// What a code means.
pub fn explain(client: i32, code: i32, size: usize) {
    call(Charset::Utf8, size, |buffer, size| {
        // SAFETY: `raw` has a buffer of this size.
        unsafe { ffi::ev_explain(client, code, buffer, size) }
    });
}

/// A field of a reply. The last reply stays what it was.
pub fn field(client: i32, json: &CStr, path: &CStr, size: usize) -> (i32, Vec<u8>) {
    let before = last_reply();
    let found = raw(size, |buffer, size| {
        // SAFETY: both texts end with their NUL, and `raw` has a buffer of this size.
        unsafe { ffi::ev_field(client, json.as_ptr(), path.as_ptr(), buffer, size) }
    });
    assert_eq!(last_reply(), before, "ev_field replaced the last reply");
    found
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
    if size == 0 {
        return Vec::new();
    }
    let (returned, text) = raw(usize::try_from(size).expect("a size"), |buffer, size| {
        // SAFETY: `raw` has a buffer of this size.
        unsafe { ffi::ev_last_reply(buffer, size) }
    });
    assert_eq!(returned, 0, "the last reply");
    text
}

/// Makes a call with a buffer of this size. Nothing is written behind it, and the reply, all of which is
/// kept, is JSON in the client's charset that says what was returned.
fn call(charset: Charset, size: usize, function: impl FnOnce(*mut c_char, i32) -> i32) -> Reply {
    let (returned, text) = raw(size, function);
    // What did not fit waits in the library.
    let all = last_reply();
    let json: Value = serde_json::from_str(&charset.reply(&all)).expect("JSON");
    let fits = all.len() < size;
    let wanted = if fits { &*all } else { b"" };
    assert_eq!(
        text, wanted,
        "the buffer has the reply, whole or not at all"
    );
    assert_ne!(json["code"], EV_INTERNAL, "a fault inside: {json}");
    // A code that is 0 gives way to the buffer's, and no other does.
    match returned {
        EV_BUFFER_TOO_SMALL => assert!(!fits),
        code => assert_eq!(json["code"], code, "{json}"),
    }
    Reply { returned, json }
}

/// The floating-point environment of the program.
mod float {
    /// Calls it as a Delphi program does, with exceptions on; and rounding down besides. What the call leaves is
    /// the program's again.
    #[cfg(target_arch = "x86_64")]
    pub fn as_delphi<T>(function: impl FnOnce() -> T) -> T {
        let own = words();
        let delphi = (0x1772, 0x3900);
        load(delphi);
        let returned = function();
        let left = words();
        load(own);
        assert_eq!(left, delphi, "the floating-point environment");
        returned
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub fn as_delphi<T>(function: impl FnOnce() -> T) -> T {
        function()
    }

    /// The x87 control word and MXCSR.
    #[cfg(target_arch = "x86_64")]
    fn words() -> (u16, u32) {
        let (mut control, mut mxcsr) = (0_u16, 0_u32);
        // SAFETY: both are written to where the two words lie.
        unsafe {
            std::arch::asm!("fnstcw [{}]", "stmxcsr [{}]", in(reg) &raw mut control, in(reg) &raw mut mxcsr);
        }
        (control, mxcsr)
    }

    #[cfg(target_arch = "x86_64")]
    fn load((control, mxcsr): (u16, u32)) {
        // SAFETY: both are read from where the two words lie.
        unsafe {
            std::arch::asm!("fldcw [{}]", "ldmxcsr [{}]", in(reg) &raw const control, in(reg) &raw const mxcsr);
        }
    }
}

/// The number, and the text up to its NUL.
fn raw(size: usize, function: impl FnOnce(*mut c_char, i32) -> i32) -> (i32, Vec<u8>) {
    let mut buffer = vec![CANARY; size + BEHIND];
    let length = i32::try_from(size).expect("a small buffer");
    let returned = float::as_delphi(|| function(buffer.as_mut_ptr().cast(), length));
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
        EV_OK => {
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
