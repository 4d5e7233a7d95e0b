//! Rule 5: a panic inside an export comes back as a code. The product has no way to be made to
//! panic, so a second library around the same guard does it, built like the product.

mod common;

use common::{Library, config_with};
use evoucher::catalogue::codes::EV_INTERNAL;
use serde_json::{Value, json};
use std::ffi::{CString, c_char};
use std::fs;
use std::path::Path;

/// Where the second library panics.
const PLACE: &str = "tests/panics/src/lib.rs:";

#[test]
#[expect(unsafe_code, reason = "calls C functions")]
fn a_panic_comes_back_as_ev_internal() {
    let panics = Library::load("libevoucher_panics.so");
    type Panic = unsafe extern "C" fn(*mut c_char, i32) -> i32;
    let with_buffer = panics.function::<Panic>("test_panic");
    let without = panics.function::<unsafe extern "C" fn() -> i32>("test_panic_without_buffer");
    for _ in 0..3 {
        let mut buffer = [0x55_u8; 2048];
        // SAFETY: the buffer has as many bytes as it is said to have.
        let code = unsafe { with_buffer(buffer.as_mut_ptr().cast(), 2048) };
        assert_eq!(code, EV_INTERNAL);
        let end = buffer.iter().position(|byte| *byte == 0).unwrap();
        let reply: serde_json::Value = serde_json::from_slice(&buffer[..end]).unwrap();
        assert_eq!(reply["code"], EV_INTERNAL);
        assert_eq!(reply["delivery"], "unknown");
        assert_eq!(reply["next"], "ask_centre");
        assert!(
            !reply.to_string().contains("on purpose"),
            "the payload is not for the screen"
        );
        let message = reply["message"].as_str().unwrap();
        assert!(message.contains(PLACE), "{message}");

        // SAFETY: it takes nothing.
        assert_eq!(unsafe { without() }, EV_INTERNAL);
        assert_eq!(panics.last_reply().at("code"), EV_INTERNAL.to_string());
    }
}

/// What a panic says may quote the very text that caused it. The log has its place, and its words
/// only where they stand in the source.
#[test]
#[expect(unsafe_code, reason = "calls C functions")]
fn a_panic_is_in_the_log_without_what_it_quotes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("panics");
    let _ = fs::remove_dir_all(&folder);
    let panics = Library::load("libevoucher_panics.so");
    let more = json!({ "log": { "dir": folder, "level": "error" }, "language": "en" });
    let config = config_with("http://127.0.0.1:9", more);
    let (code, client) = panics.open_bytes(config.to_string().as_bytes());
    assert_eq!(code, 0);
    let fixed = panics.function::<unsafe extern "C" fn(i32) -> i32>("test_panic_with_client");
    // SAFETY: it takes a number.
    assert_eq!(unsafe { fixed(client) }, EV_INTERNAL);
    type Quotes = unsafe extern "C" fn(i32, *const c_char) -> i32;
    let quotes = panics.function::<Quotes>("test_panic_that_quotes");
    let secret = CString::new("a patient's token").unwrap();
    // SAFETY: the text is NUL-terminated.
    assert_eq!(unsafe { quotes(client, secret.as_ptr()) }, EV_INTERNAL);
    let reply = panics.last_reply();
    assert!(reply.at("message").contains(PLACE), "{reply:?}");
    assert!(
        reply.at("message").contains("please report"),
        "the client's language"
    );
    assert!(!reply.text().contains("token"), "{reply:?}");
    panics.close(client);

    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    let text = fs::read_to_string(file.path()).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    for (line, function, words) in [
        (&lines[0], "test_panic_with_client", true),
        (&lines[1], "test_panic_that_quotes", false),
    ] {
        assert_eq!(line["level"], "error");
        assert_eq!(line["function"], function);
        assert_eq!(line["code"], EV_INTERNAL);
        assert_eq!(line["delivery"], "unknown");
        let detail = line["detail"].as_str().unwrap();
        assert!(detail.starts_with(PLACE), "{detail}");
        assert_eq!(detail.ends_with(": on purpose"), words, "{detail}");
    }
    assert!(!text.contains("patient's"), "{text}");
}
