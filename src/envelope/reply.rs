//! The outer reply (A and B §1.3.2.2): what it means, and what is sealed in it. Strict in what lets
//! anybody settle or charge, tolerant in all else.

use super::{BLOCK, Sealer, UnsealError};
use crate::catalogue::codes::{
    EV_BAD_REPLY, EV_BUSINESS, EV_DECRYPT, EV_HTTP_STATUS, EV_INVALID_REQUEST, EV_OK,
    is_documented, is_reserved, meaning,
};
use crate::catalogue::hints::Cause;
use crate::catalogue::next::{self, Next};
use crate::catalogue::services::Service;
use crate::charset;
use crate::error::{Delivery, Failure, Text, text};
use crate::json::{self, Characters, Object};
use crate::reply::{Ground, Reply};
use serde_json::value::RawValue;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Reads a reply in the documents' order: code, then success, then the state (§1.1). `status` is
/// the HTTP status that it came with; of a path that no document lists there is no service.
pub fn read(
    sealer: &Sealer,
    service: Option<&Service>,
    status: u16,
    body: &[u8],
) -> Result<Reply, Failure> {
    let is_success = is_success(status);
    // A byte-order mark is passed over.
    let body = text_of(body);
    let body = body.trim_start_matches('\u{feff}');
    let outer = match Outer::read(body) {
        // A gateway on the way answers in JSON, too: with another status only a code that the
        // documents list is the centre's, and a 0 only with something that was sealed.
        Ok(outer) if is_success || outer.is_surely_the_centres() => outer,
        Err(detail) if is_success => return Err(bad_reply(detail)),
        _ => return Err(http_status(status)),
    };
    let reply = |code, next, cause, data| Reply {
        code,
        message: outer.message(),
        log_detail: None,
        from_centre: true,
        delivery: Delivery::Answered,
        next,
        ground: Ground {
            cause,
            ..Ground::default()
        },
        service: None,
        data,
    };
    if outer.code != 0 || outer.failed {
        // Whatever came with it is passed on if it opens, and is no matter if it does not.
        let data = outer
            .enc_data
            .as_deref()
            .and_then(|sealed| open_sealed(sealer, sealed).ok())
            .filter(|data| Object::parse(data).is_ok());
        let code = if outer.code == 0 {
            EV_BUSINESS
        } else {
            outer.code
        };
        let next = next::after_code(service.map(|service| &service.desk), code);
        return Ok(reply(code, Some(next), Cause::Code(code), data));
    }
    let data = match &outer.enc_data {
        Some(sealed) => match open_sealed(sealer, sealed) {
            Ok(data) => Some(data),
            // Of an unlisted path nothing is known: digits may be just that.
            Err(_) if service.is_none() && outer.is_bare => None,
            Err(failure) => return Err(failure),
        },
        None if service.is_none() => None,
        None => {
            return Err(bad_reply(text!(
                "code 为 0 但没有 data.encData",
                "code is 0 without data.encData"
            )));
        }
    };
    let (next, cause) = match (service, &data) {
        (Some(service), Some(data)) => {
            let (next, cause) = next::after_state(service, &state(data, service.state)?);
            (Some(next), cause)
        }
        (None, Some(data)) => {
            // Passed on as it is; but `data` of a reply is an object, or nothing.
            json::whole_object(data).map_err(|detail| bad_content(data, detail))?;
            (None, Cause::Code(EV_OK))
        }
        _ => (None, Cause::Code(EV_OK)),
    };
    Ok(reply(EV_OK, next, cause, data))
}

/// A body that is UTF-8, or GBK: not read byte by byte, since the second byte of a character may
/// look like an escape. What is neither may still have a readable code.
fn text_of(body: &[u8]) -> Cow<'_, str> {
    charset::decode_received(body)
        .filter(|text| matches!(text, Cow::Borrowed(_)) || Object::parse(text).is_ok())
        .unwrap_or_else(|| String::from_utf8_lossy(body))
}

/// Whether an HTTP status is one of success.
pub fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Opens sealed text: the hex itself, or a request or reply that holds it.
pub fn unseal(sealer: &Sealer, sealed: &str) -> Result<Zeroizing<String>, Failure> {
    let sealed = sealed.trim();
    if !sealed.starts_with('{') {
        return open_sealed(sealer, sealed);
    }
    let refuse = |detail| Failure::not_sent(EV_INVALID_REQUEST, detail);
    let object = Object::parse(sealed).map_err(refuse)?;
    let sealed = enc_data(&object).ok_or_else(|| {
        refuse(text!(
            "缺少 encData（字符串）",
            "encData (a string) is missing"
        ))
    })?;
    open_sealed(sealer, &sealed)
}

fn open_sealed(sealer: &Sealer, sealed: &str) -> Result<Zeroizing<String>, Failure> {
    let fail = |detail| Failure::new(EV_DECRYPT, Delivery::Answered, detail);
    let opened = match sealer.unseal(sealed) {
        // As some centres wrap it: in lines.
        Err(UnsealError::NotHex) => sealer.unseal(&without_space(sealed)),
        opened => opened,
    };
    let mut plain = opened.map_err(|error| {
        fail(match error {
            UnsealError::NotHex => text!("encData 不是十六进制", "encData is not hex"),
            UnsealError::Length => text!(
                "encData 的长度不是 16 字节的整数倍",
                "encData is not a whole number of 16-byte blocks"
            ),
            UnsealError::Padding => text!(
                "填充不对，请核对 sm4Key 和 keyFormat",
                "the padding is wrong: check sm4Key and keyFormat"
            ),
        })
    })?;
    // What is GBK instead of UTF-8 must be JSON: a wrong key's bytes may well be characters.
    match charset::decode_received(&plain) {
        Some(Cow::Owned(text)) if json::whole_object(&text).is_ok() => Ok(Zeroizing::new(text)),
        Some(Cow::Borrowed(_)) => {
            // It is UTF-8, and needs no copy.
            let text = String::from_utf8(std::mem::take(&mut *plain));
            Ok(Zeroizing::new(text.unwrap_or_default()))
        }
        _ => Err(fail(text!(
            "内容不是 UTF-8，请核对 sm4Key 和 keyFormat",
            "the content is not UTF-8: check sm4Key and keyFormat"
        ))),
    }
}

/// Hex that may be wrapped, in one line.
fn without_space(hex: &str) -> Cow<'_, str> {
    if hex.contains(char::is_whitespace) {
        hex.split_whitespace().collect()
    } else {
        hex.into()
    }
}

fn bad_reply(detail: Text) -> Failure {
    Failure::new(EV_BAD_REPLY, Delivery::Unknown, detail)
}

fn http_status(status: u16) -> Failure {
    let delivery = if status >= 500 {
        Delivery::Unknown
    } else {
        Delivery::Answered
    };
    let detail = text!("HTTP {status}", "HTTP {status}");
    Failure {
        // Too many requests: as the centre's own -6 and 500084, it passes by itself.
        next: (status == 429).then_some(Next::RetryLater),
        ..Failure::new(EV_HTTP_STATUS, delivery, detail)
    }
}

/// What is wrong with the opened content of a reply.
fn bad_content(data: &str, detail: Text) -> Failure {
    if json::is_object(data) {
        return bad_reply(detail.wrap(|detail| {
            let (zh, en) = (&detail.zh, &detail.en);
            text!("应答内容：{zh}", "the reply's content: {en}")
        }));
    }
    let (zh, en) = (detail.zh, detail.en);
    let detail = text!(
        "解密后的内容{zh}，请核对 sm4Key 和 keyFormat",
        "the opened content is {en}: check sm4Key and keyFormat"
    );
    Failure::new(EV_DECRYPT, Delivery::Answered, detail)
}

/// The opened reply's state field. It is there, once, and a string or a number that says something,
/// or nobody settles or charges on it.
fn state<'d>(data: &'d str, field: &str) -> Result<Characters<'d>, Failure> {
    let object = Object::parse(data).map_err(|detail| bad_content(data, detail))?;
    object
        .get(field)
        .and_then(json::string_or_number)
        .filter(|state| !state.trim().is_empty() && !state.trim().eq_ignore_ascii_case("null"))
        .ok_or_else(|| bad_reply(text!("应答中没有 {field}", "the reply has no {field}")))
}

/// The public parameters of a reply (A and B §1.3.2.2), read tolerantly.
struct Outer<'a> {
    code: i32,
    message: Option<Characters<'a>>,
    failed: bool,
    enc_data: Option<Characters<'a>>,
    /// Whether that may be no more than text of hex digits.
    is_bare: bool,
}

impl<'a> Outer<'a> {
    fn read(body: &'a str) -> Result<Self, Text> {
        let object = Object::parse(body)?;
        let code = object
            .get("code")
            .and_then(json::string_or_number)
            .and_then(|code| whole_number(code.trim()))
            .ok_or_else(|| text!("没有整数 code", "there is no whole number code"))?;
        if is_reserved(code) {
            return Err(text!(
                "code {code} 属于本动态库的号段",
                "code {code} is of this library's own range"
            ));
        }
        if (100..1000).contains(&code) {
            return Err(text!(
                "code {code} 是 HTTP 状态码，像是网关的应答，不是中心的",
                "code {code} is an HTTP status: a gateway's answer, not the centre's"
            ));
        }
        let message = |name| {
            let message = json::string_to_show(object.get(name)?)?;
            (!message.trim().is_empty()).then_some(message)
        };
        Ok(Self {
            code,
            message: message("message").or_else(|| message("msg")),
            failed: object.get("success").is_some_and(|value| !is_true(value)),
            enc_data: enc_data(&object),
            is_bare: object.get("data").and_then(bare_hex).is_some(),
        })
    }

    /// Whether nobody but the centre can have said it.
    fn is_surely_the_centres(&self) -> bool {
        is_documented(self.code) && (self.code != EV_OK || self.enc_data.is_some() && !self.is_bare)
    }

    /// The centre's own text; where it has none, the documents' for the code.
    fn message(&self) -> String {
        let message = self.message.as_deref();
        let message = message.or_else(|| meaning(self.code).map(|meaning| meaning.zh));
        message.unwrap_or_default().to_owned()
    }
}

/// Whether `success` lets a reply pass: whatever else it may be is a failure.
fn is_true(value: &RawValue) -> bool {
    matches!(value.get(), "true" | "null")
        || json::string(value).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// A whole number, which some serializers write with decimals: 0.0.
fn whole_number(text: &str) -> Option<i32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_whole = !decimals.is_empty() && decimals.bytes().all(|digit| digit == b'0');
    is_whole.then(|| whole.parse().ok())?
}

/// What is sealed in a reply: `encData` of its `data`, or `data` itself where that is the bare hex;
/// else `encData` beside `data`, where a request has it.
fn enc_data<'a>(outer: &Object<'a>) -> Option<Characters<'a>> {
    let of = |object: &Object<'a>| object.get("encData").and_then(json::string);
    let within = outer.get("data").and_then(|data| {
        let Some(inner) = json::string(data) else {
            return of(&Object::parse(data.get()).ok()?);
        };
        // An object inside a string.
        let sealed = match Object::parse(&inner) {
            Ok(object) => object.get("encData").and_then(json::string)?.to_owned(),
            Err(_) => bare_hex(data)?,
        };
        Some(Characters::Copied(Zeroizing::new(sealed)))
    });
    within.or_else(|| of(outer))
}

/// A text of nothing but hex, and enough of it for something sealed.
fn bare_hex(data: &RawValue) -> Option<String> {
    let text = json::string(data)?;
    let digits = without_space(&text);
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    (is_hex && digits.len() >= 2 * BLOCK).then(|| digits.into_owned())
}
