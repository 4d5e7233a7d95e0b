//! What a tester reads, in both languages.

use evoucher::catalogue::codes;
use serde::Serialize;
use std::borrow::Cow;

/// A text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Text {
    pub(crate) zh: Cow<'static, str>,
    pub(crate) en: Cow<'static, str>,
}

impl Text {
    pub(crate) fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// The documents' fields: what each is, and in which section. Of the outer request and reply first.
#[rustfmt::skip] // A row is read at a glance.
const FIELDS: &[(&str, &str, &str, &str)] = &[
    ("orgId", "业务系统编码", "calling system", "1.3.2.1"),
    ("encData", "加密数据", "what is sealed", "1.3.2.1"),
    ("version", "版本号", "version", "1.3.2.1"),
    ("timestamp", "时间戳", "time stamp", "1.3.2.1"),
    ("reqtType", "请求方标识", "who asks", "1.3.2.1"),
    ("code", "返回码", "return code", "1.3.2.2"),
    ("type", "返回类型", "kind of reply", "1.3.2.2"),
    ("message", "返回信息", "message", "1.3.2.2"),
    ("success", "业务是否成功", "whether it was done", "1.3.2.2"),
    ("data", "返回数据", "data", "1.3.2.2"),
    ("token", "电子凭证令牌", "the patient's token", ""),
    ("orgCodg", "定点医药机构代码", "code of the institution", ""),
    ("orgName", "定点医药机构名称", "name of the institution", ""),
    ("totalAmount", "医疗费总额", "total of the bill", ""),
    ("opterId", "经办人员编号", "operator's number", ""),
    ("opterName", "经办人员姓名", "operator's name", ""),
    ("devId", "设备 MAC 地址", "hardware address", ""),
    ("devIP", "设备 IP 地址", "IP address", ""),
    ("ownPaySetlAmt", "自费结算金额", "amount to be charged", ""),
    ("fixmedinsTrnsSn", "机构交易流水号", "serial number of the transaction", ""),
    ("resBizNo", "响应流水号", "number of the answer", ""),
    ("notcFlag", "通知结果", "whether the notice was sent", ""),
    ("checkStas", "核验状态", "whether the password was verified", ""),
    ("stasFlag", "签约状态", "whether one-code pay is signed up", ""),
    ("abnRea", "不可用原因", "why it is not usable", ""),
    ("payChnlUserName", "支付渠道用户名", "user at the payment channel", ""),
    ("payChnlName", "支付渠道名称", "payment channel", ""),
    ("payCert", "付款凭据", "certificate to charge with", ""),
];

/// What a field is, and the section of the outer ones.
pub(crate) fn field(name: &str) -> Option<(Text, &'static str)> {
    let row = FIELDS.iter().find(|row| row.0 == name)?;
    Some((Text::new(row.1, row.2), row.3))
}

/// The services' names.
#[rustfmt::skip] // A row is read at a glance.
const SERVICES: &[(&str, &str, &str)] = &[
    ("tokenPwdCheckNotc", "核验通知", "Password notice"),
    ("tokenPwdStas", "核验状态", "Password status"),
    ("signedQuery", "一码付状态", "One-code state"),
    ("genPayCert", "付款凭据", "Certificate"),
];

/// What a service is called; nothing where it is none of the documents'.
pub(crate) fn service(name: &str) -> Text {
    let known = SERVICES.iter().find(|row| row.0 == name);
    known.map_or(Text::new("", ""), |row| Text::new(row.1, row.2))
}

/// What a state of the reply says, by service and value; the certificate's is any.
#[rustfmt::skip] // A row is read at a glance.
const STATES: &[(&str, &str, &str, &str)] = &[
    ("tokenPwdCheckNotc", "1", "已向参保人发送核验通知", "the patient was notified"),
    ("tokenPwdCheckNotc", "0", "核验通知发送失败", "the notice was not sent"),
    ("tokenPwdStas", "1", "参保人已完成密码核验", "the password was verified"),
    ("tokenPwdStas", "0", "参保人尚未完成核验", "the password was not verified yet"),
    ("signedQuery", "0", "未签约一码付", "not signed up for one-code pay"),
    ("signedQuery", "1", "已签约，可以使用一码付", "one-code pay can be used"),
    ("signedQuery", "2", "已签约，但不可用", "signed up, but not usable"),
    ("genPayCert", "*", "已签发付款凭据", "a certificate was issued"),
];

/// What an answer comes to, in words: its code, or the state that it carries.
pub(crate) fn result(service: &str, code: i32, message: &str, state: &str) -> Text {
    if code != 0 {
        let en = codes::meaning(code).map_or("refused", |meaning| meaning.en);
        return Text::new(message.to_owned(), en);
    }
    let fits = |row: &&(&str, &str, _, _)| row.0 == service && (row.1 == state || row.1 == "*");
    match STATES.iter().find(fits) {
        Some(row) if !state.trim().is_empty() => Text::new(row.2, row.3),
        _ => Text::new("成功", "done"),
    }
}
