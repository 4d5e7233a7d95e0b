//! The public parameters of a request, checked (A and B §1.3.2.1).

use crate::json::{Held, Object};
use crate::options::Account;
use crate::reply::Answer;

/// How far a request's clock may be from ours, in milliseconds.
const CLOCK: u64 = 10 * 60 * 1000;

/// Checks the body and opens what it seals. What it opens to need not be JSON.
pub(crate) fn open(body: &[u8], account: &Account, now_ms: u64) -> Result<Vec<u8>, Answer> {
    let wrong = |why: &str| Answer::because(-2, why);
    let body = std::str::from_utf8(body).map_err(|_| wrong("请求报文不是 UTF-8"))?;
    let body = Object::read(body).map_err(|why| wrong(&format!("请求报文{why}")))?;

    let mut missing = Vec::new();
    let mut text = |name: &str| match body.get(name) {
        Held::Text(text) if !text.is_empty() => text,
        Held::Text(_) | Held::Nothing => {
            missing.push(format!("{name} 必填"));
            String::new()
        }
        Held::Number | Held::Other => {
            missing.push(format!("{name} 须为字符串"));
            String::new()
        }
    };
    let org_id = text("orgId");
    let enc_data = text("encData");
    let version = text("version");
    let timestamp = text("timestamp");
    let reqt_type = text("reqtType");
    if !missing.is_empty() {
        return Err(wrong(&missing.join("；")));
    }

    if version != "1.0.0" {
        return Err(wrong("version 须为 1.0.0"));
    }
    if timestamp.len() != 13 || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("timestamp 须为 13 位毫秒时间戳"));
    }
    if timestamp
        .parse::<u64>()
        .is_ok_and(|then| then.abs_diff(now_ms) > CLOCK)
    {
        return Err(wrong("timestamp 与中心时间相差超过 10 分钟"));
    }
    if org_id != account.org_id {
        return Err(Answer::because(-4, "orgId 未登记"));
    }
    if !account.reqt_type.matches(&reqt_type) {
        return Err(Answer::because(-4, "reqtType 与登记的不符"));
    }
    let plain = account
        .sealer
        .unseal(&enc_data)
        .map_err(|_| Answer::because(-4, "encData 解密失败"))?;
    // The documents ask for it (§1.3.1.1: 加密结果转大写), so a program that forgets it learns here.
    if enc_data.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(wrong("encData 须为大写十六进制"));
    }
    Ok(plain.to_vec())
}
