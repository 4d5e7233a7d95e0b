//! Whether a reply's bytes could be read as a yes by anybody: simple, and more generous than any
//! reader. What is a yes to the library and not here is a fault.

use encoding_rs::GB18030;
use evoucher::envelope::{KeyFormat, Sealer};
use serde_json::Value;

pub const KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

pub fn sealer() -> Sealer {
    Sealer::new(KEY, KeyFormat::Hex).expect("the key is one")
}

/// The bytes say that the patient has verified, or need not.
pub fn lets_settle(reply: &[u8]) -> bool {
    is_yes(reply, "checkStas", is_one) || mentions(reply, "500320")
}

/// The bytes hold a certificate.
pub fn lets_charge(reply: &[u8]) -> bool {
    is_yes(reply, "payCert", |value| {
        value.as_str().is_some_and(|text| !text.trim().is_empty())
    })
}

fn is_one(value: &Value) -> bool {
    *value == 1
        || value.as_str().is_some_and(|text| text.trim() == "1")
        || value.as_f64() == Some(1.0)
}

/// Sealed or not, somewhere in the reply this field says yes; and nothing says that all has failed.
fn is_yes(reply: &[u8], field: &str, says: fn(&Value) -> bool) -> bool {
    let body = body(reply);
    let is_refused = |whole: Value| {
        let code = &whole["code"];
        whole["success"] == false || !code.is_null() && *code != 0 && *code != "0"
    };
    if readings(body).into_iter().any(is_refused) {
        return false;
    }
    let sealer = sealer();
    let opened = runs(&String::from_utf8_lossy(body))
        .into_iter()
        .filter_map(|run| sealer.unseal(&run).ok());
    let mut values: Vec<Value> = opened.flat_map(|plain| readings(&plain)).collect();
    values.extend(readings(body));
    values.iter().any(|value| {
        let fields = [&value[field], &value["data"][field]];
        fields.into_iter().any(says)
    })
}

/// What is behind the head.
fn body(reply: &[u8]) -> &[u8] {
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n");
    &reply[end.map_or(0, |end| end + 4)..]
}

/// JSON as UTF-8, and as GBK, in which the second byte of a character may be a backslash.
fn readings(json: &[u8]) -> [Value; 2] {
    let texts = [
        String::from_utf8_lossy(json),
        GB18030.decode_without_bom_handling(json).0,
    ];
    texts.map(|text| {
        let text = text.trim_start_matches('\u{feff}').trim();
        serde_json::from_str(text).unwrap_or_default()
    })
}

fn mentions(reply: &[u8], word: &str) -> bool {
    String::from_utf8_lossy(body(reply)).contains(word)
}

/// Every long run of hex digits, without the white space and escapes in it.
fn runs(text: &str) -> Vec<String> {
    let text: String = text
        .replace("\\n", "")
        .replace("\\r", "")
        .replace("\\t", "")
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let runs = text.split(|c: char| !c.is_ascii_hexdigit());
    let runs = runs.filter(|run| run.len() >= 32);
    runs.map(str::to_ascii_uppercase).collect()
}
