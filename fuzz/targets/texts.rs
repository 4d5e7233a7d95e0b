//! What is read and sends nothing: configurations, sealed texts, fields of a reply, codes.

use super::host::{c_string, close, exchange, explain, field, open};
use super::judge::KEY;
use evoucher::catalogue::codes::EV_INVALID_CLIENT;
use evoucher::ffi;
use serde_json::Value;
use std::ffi::CStr;
use std::sync::OnceLock;

/// A configuration. Those that would write files anywhere are left alone.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.starts_with('@')
        || ["log", "journal", "\\u"]
            .iter()
            .any(|word| text.contains(word))
    {
        return;
    }
    if let Some(client) = open(data) {
        close(client);
        // Its number is nobody's from now on.
        let said = exchange(ffi::ev_seal, client, c"{}", 1024);
        assert_eq!(said.returned, EV_INVALID_CLIENT, "{}", said.json);
        let next = open(data).expect("the same once more");
        assert_ne!(next, client, "a number that was given before");
        close(next);
    }
}

/// Byte 0: what is done with the rest; 1: the buffer.
pub fn texts(data: &[u8]) {
    let [what, size, text @ ..] = data else {
        return;
    };
    static CLIENT: OnceLock<i32> = OnceLock::new();
    let client = *CLIENT.get_or_init(|| {
        let config = format!(
            r#"{{"localUrl":"http://127.0.0.1:9","orgId":"o","admdvs":"350000","sm4Key":"{KEY}"}}"#
        );
        open(config.as_bytes()).expect("a client")
    });
    let size = usize::from(*size) * 16;
    let whole = c_string(text);
    match what % 4 {
        0 => {
            exchange(ffi::ev_unseal, client, &whole, size);
        }
        1 => {
            // What is sealed opens to itself.
            let sealed = exchange(ffi::ev_seal, client, &whole, 1 << 16);
            if sealed.returned != 0 {
                return;
            }
            let envelope = sealed.json["data"].to_string();
            let envelope = c_string(envelope.as_bytes());
            let opened = exchange(ffi::ev_unseal, client, &envelope, 1 << 16);
            assert_eq!(opened.returned, 0, "{}", opened.json);
            let opened = opened.json["data"]["text"].as_str().unwrap_or_default();
            assert_eq!(opened.as_bytes(), without_mark(&whole));
        }
        2 => {
            let (path, json) = text.split_at(text.len().min(8));
            let (path, json) = (c_string(path), c_string(json));
            let (returned, value) = field(client, &json, &path, size);
            let name = path.to_string_lossy();
            let found: Option<Value> = serde_json::from_slice(without_mark(&json)).ok();
            if returned == 0 && !name.contains('.') && !value.is_empty() {
                // Nothing is found that is not there.
                let found = found.expect("JSON");
                assert!(
                    found.get(&*name).is_some() || found.is_array(),
                    "{name}: {found}"
                );
            }
        }
        _ => {
            let code = text
                .iter()
                .take(4)
                .fold(0_i32, |code, byte| (code << 8) | i32::from(*byte));
            explain(client, code, size);
        }
    }
}

/// A byte-order mark is none of the text.
fn without_mark(text: &CStr) -> &[u8] {
    let text = text.to_bytes();
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}
