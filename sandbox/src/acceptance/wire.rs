//! What every request has to be: the envelope's rules, judged again from what was kept, and not from
//! what the centre answered.

use super::evidence::{CERTIFICATE, Record};
use super::judge::{Seen, Story};
use super::predicates::seen;
use crate::json::{Held, Object};
use crate::spec;
use serde_json::Value;

/// How many of those that are alike are named.
const NAMED: usize = 20;

/// The five that stand around every request.
const OUTER: [&str; 5] = ["orgId", "encData", "version", "timestamp", "reqtType"];

/// Milliseconds.
const MINUTE: u64 = 60_000;

impl<'a> Story<'a> {
    /// Every request of which this says what is wrong, with the first one's words.
    fn every(&self, wrong: impl Fn(&Record) -> Option<[String; 2]>) -> Option<Seen> {
        let wrong: Vec<_> = self
            .records
            .iter()
            .filter_map(|record| Some((*record, wrong(record)?)))
            .collect();
        let (_, [zh, en]) = wrong.first()?;
        let (zh, en) = match wrong.len() {
            1 => (zh.clone(), en.clone()),
            many => (
                format!("{zh}（共 {many} 次）"),
                format!("{en} ({many} times)"),
            ),
        };
        seen(wrong.iter().take(NAMED).map(|(record, _)| *record), zh, en)
    }

    /// E01.
    pub(super) fn badly_sealed(&self) -> Option<Seen> {
        self.every(|record| {
            let outer = outer(record)?;
            let sealed = outer["encData"].as_str().filter(|text| !text.is_empty())?;
            let is_upper = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
            if !sealed.bytes().all(is_upper) {
                return Some(both(
                    "encData 不是大写十六进制",
                    "encData is not upper-case hex",
                ));
            }
            match record.opened {
                Some(_) => None,
                None => Some(both(
                    "encData 用下发的密钥解不开（SM4/ECB/PKCS#7）",
                    "encData does not open under the key (SM4/ECB/PKCS#7)",
                )),
            }
        })
    }

    /// E02: no time at all, or further off than the centre allows.
    pub(super) fn bad_timestamp(&self) -> Option<Seen> {
        self.every(|record| {
            let outer = outer(record)?;
            let sent = &outer["timestamp"];
            if sent.is_null() || *sent == "" {
                return None;
            }
            match offset(record, sent) {
                Some(off) if off <= 10 * MINUTE => None,
                _ => Some([
                    format!("timestamp 为 {sent}"),
                    format!("timestamp is {sent}"),
                ]),
            }
        })
    }

    pub(super) fn clock_is_off(&self) -> Option<Seen> {
        self.every(|record| {
            let off = offset(record, &outer(record)?["timestamp"])?;
            let seconds = off / 1000;
            let is_off = (MINUTE + 1..=10 * MINUTE).contains(&off);
            is_off.then(|| [format!("相差 {seconds} 秒"), format!("{seconds} s off")])
        })
    }

    /// E03.
    pub(super) fn missing_parameter(&self) -> Option<Seen> {
        self.every(|record| {
            let outer = outer(record)?;
            let is_there = |name: &&str| outer[*name].as_str().is_some_and(|text| !text.is_empty());
            // A number where text should be is the time stamp's own rule.
            let is_other = |name: &&str| *name == "timestamp" && outer["timestamp"].is_number();
            let name = OUTER
                .iter()
                .find(|name| !is_there(name) && !is_other(name))?;
            Some([
                format!("{name} 缺失，或不是字符串"),
                format!("{name} is missing or not text"),
            ])
        })
    }

    pub(super) fn bad_version(&self) -> Option<Seen> {
        self.every(|record| {
            let version = outer(record)?["version"].as_str()?.to_owned();
            (version != "1.0.0").then(|| {
                [
                    format!("version 为 {version}"),
                    format!("version is {version}"),
                ]
            })
        })
    }

    pub(super) fn unregistered(&self) -> Option<Seen> {
        self.every(|record| {
            let outer = outer(record)?;
            let sent = outer["reqtType"].as_str().filter(|text| !text.is_empty())?;
            (!record.registered).then(|| {
                [
                    format!("reqtType 为 {sent}，与登记的形式不符"),
                    format!("reqtType is {sent}"),
                ]
            })
        })
    }

    /// E04.
    pub(super) fn bad_form(&self) -> Option<Seen> {
        self.every(|record| {
            let (kind, charset) = kind(record);
            let said = &record.content_type;
            if record.method != "POST" {
                let method = &record.method;
                Some([
                    format!("请求方式为 {method}"),
                    format!("the method is {method}"),
                ])
            } else if kind != "application/json" {
                Some([
                    format!("Content-Type 为 {said:?}"),
                    format!("Content-Type is {said:?}"),
                ])
            } else if !matches!(&*charset, "" | "utf-8" | "utf8") || !record.utf8 {
                Some(both("编码不是 UTF-8", "it is not UTF-8"))
            } else if outer(record).is_none() && !record.cut {
                Some(both("请求体不是 JSON 对象", "the body is no JSON object"))
            } else {
                None
            }
        })
    }

    pub(super) fn no_charset(&self) -> Option<Seen> {
        self.every(|record| {
            let (kind, charset) = kind(record);
            let is_silent = kind == "application/json" && charset.is_empty();
            is_silent.then(|| {
                both(
                    "Content-Type 没有写 charset",
                    "Content-Type names no charset",
                )
            })
        })
    }

    /// E05. The amount's form is C14's.
    pub(super) fn bad_field(&self) -> Option<Seen> {
        self.every(|record| {
            let opened = record.opened.as_deref()?;
            let Ok(request) = Object::read(opened) else {
                return (!record.cut).then(|| {
                    both(
                        "encData 解开后不是 JSON 对象",
                        "what is sealed is no JSON object",
                    )
                });
            };
            spec::fields(&record.service).find_map(|(name, form)| {
                let held = request.get(name);
                let is_amount = matches!(name, "ownPaySetlAmt" | "totalAmount");
                if is_amount && !matches!(held, Held::Nothing) {
                    return None;
                }
                let what = form.fault(held)?;
                Some([format!("{name} {}", what.zh), format!("{name} {}", what.en)])
            })
        })
    }

    pub(super) fn odd_institution(&self) -> Option<Seen> {
        self.every(|record| {
            let code = record.inner()["orgCodg"].as_str()?.to_owned();
            let is_odd = !code.is_empty() && !code.starts_with(['H', 'P']);
            is_odd.then(|| [format!("orgCodg 为 {code}"), format!("orgCodg is {code}")])
        })
    }

    /// E06: a name that arrives otherwise than it was to be entered.
    pub(super) fn name_arrives_otherwise(&self, field: &str, entered: &str) -> Option<Seen> {
        self.every(|record| {
            let arrived = record.inner()[field].as_str()?.to_owned();
            (arrived != entered).then(|| {
                [
                    format!("{field} 到达时为“{arrived}”"),
                    format!("{field} arrived as \"{arrived}\""),
                ]
            })
        })
    }

    /// C14.
    pub(super) fn bad_amount(&self) -> Option<Seen> {
        self.every(|record| {
            let sent = amount(record)?;
            (!is_amount(&sent)).then(|| {
                [
                    format!("ownPaySetlAmt 为 {sent}"),
                    format!("ownPaySetlAmt is {sent}"),
                ]
            })
        })
    }

    pub(super) fn not_two_decimals(&self) -> Option<Seen> {
        self.every(|record| {
            let sent = amount(record)?;
            let text = sent.as_str().unwrap_or_default();
            let decimals = text.split_once('.').map_or(0, |(_, part)| part.len());
            (is_amount(&sent) && decimals != 2).then(|| {
                [
                    format!("ownPaySetlAmt 为 {sent}"),
                    format!("ownPaySetlAmt is {sent}"),
                ]
            })
        })
    }
}

fn amount(record: &Record) -> Option<Value> {
    let sent = record.inner()["ownPaySetlAmt"].clone();
    (record.is(CERTIFICATE) && !sent.is_null()).then_some(sent)
}

/// A decimal as text, and no longer than the document allows.
fn is_amount(sent: &Value) -> bool {
    let text = sent.as_str().unwrap_or_default();
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_digits(whole) && is_digits(part) && text.len() <= 20
}

fn both(zh: &str, en: &str) -> [String; 2] {
    [zh.to_owned(), en.to_owned()]
}

/// The body as an object.
fn outer(record: &Record) -> Option<Value> {
    let body: Value = serde_json::from_str(&record.body).ok()?;
    body.is_object().then_some(body)
}

/// How far the time stamp is from when the request came; nothing where it is none.
fn offset(record: &Record, sent: &Value) -> Option<u64> {
    let text = sent.as_str()?;
    let is_time = text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit());
    let then: u64 = text.parse().ok().filter(|_| is_time)?;
    Some(then.abs_diff(record.time))
}

/// Content-Type: what it is, and its charset.
fn kind(record: &Record) -> (String, String) {
    let mut parts = record
        .content_type
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    let kind = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| {
        let charset = part.strip_prefix("charset=")?;
        Some(charset.trim_matches('"').to_owned())
    });
    (kind, charset.unwrap_or_default())
}
