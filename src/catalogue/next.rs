//! The table of what to do now (`next` of a reply), by service and code or state, with the section
//! of the documents that says so.
//!
//! Where the documents are silent the row has this library's reason: the patient stands at the
//! counter, so it names what gets them served. What is not in the table is never `settle` or
//! `charge`.

use crate::catalogue::codes::*;
use crate::catalogue::services::{
    GEN_PAY_CERT, SELF_TEST, SIGNED_QUERY, Service, TOKEN_PWD_CHECK_NOTC, TOKEN_PWD_STAS,
};

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Go on and settle.
    Settle,
    /// Ask for the status again.
    Wait,
    /// Send the notice again.
    Resend,
    /// Check the password offline (B §1.5).
    OfflineCheck,
    /// Another app's code, and a new scan.
    OtherApp,
    /// Get the certificate.
    GetCertificate,
    /// Charge exactly the amount, with the certificate.
    Charge,
    /// Pay in another way.
    OtherPayment,
    /// The same again, later.
    RetryLater,
    /// `genPayCert` again with the same serial number and the same amount, never a new serial.
    Retry,
    /// The program that called has to be put right.
    FixRequest,
    /// The configuration or the machine has to be put right.
    FixSetup,
    /// Ask the e-voucher centre.
    AskCentre,
}

impl Next {
    /// As replies spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settle => "settle",
            Self::Wait => "wait",
            Self::Resend => "resend",
            Self::OfflineCheck => "offline_check",
            Self::OtherApp => "other_app",
            Self::GetCertificate => "get_certificate",
            Self::Charge => "charge",
            Self::OtherPayment => "other_payment",
            Self::RetryLater => "retry_later",
            Self::Retry => "retry",
            Self::FixRequest => "fix_request",
            Self::FixSetup => "fix_setup",
            Self::AskCentre => "ask_centre",
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum When {
    /// This code.
    Code(i32),
    /// `code` 0, and the service's state field has this value.
    State(&'static str),
    /// `code` 0, and the service's state field is there with any value.
    AnyState,
}

struct Row {
    /// For these services; empty: for all, and for paths that no document lists.
    services: &'static [&'static Service],
    when: When,
    next: Next,
    /// The documents' section, or our own reason.
    #[expect(dead_code, reason = "for whoever reads or changes the table")]
    section: &'static str,
}

const fn row(
    services: &'static [&'static Service],
    when: When,
    next: Next,
    section: &'static str,
) -> Row {
    Row {
        services,
        when,
        next,
        section,
    }
}

const NOTC: &[&Service] = &[&TOKEN_PWD_CHECK_NOTC];
const STAS: &[&Service] = &[&TOKEN_PWD_STAS];
const SIGNED: &[&Service] = &[&SIGNED_QUERY];
const CERT: &[&Service] = &[&GEN_PAY_CERT];
const PASSWORD: &[&Service] = &[&TOKEN_PWD_CHECK_NOTC, &TOKEN_PWD_STAS];
const PAY: &[&Service] = &[&SIGNED_QUERY, &GEN_PAY_CERT];
const CHECK: &[&Service] = &[&SELF_TEST];
const ANY: &[&Service] = &[];

use Next::*;
use When::{AnyState, Code, State};

/// The first row that fits holds.
#[rustfmt::skip]
static TABLE: &[Row] = &[
    // The self-test: whoever reads it is setting a machine up.
    row(CHECK, Code(-1), AskCentre, "no fault of this machine"),
    row(CHECK, Code(-2), FixSetup, "the request is this library's: the clock, or the key"),
    row(CHECK, Code(-3), RetryLater, "no fault of this machine"),
    row(CHECK, Code(500316), FixSetup, "defaults.orgCodg"),
    row(CHECK, Code(EV_CANCELLED), RetryLater, "somebody ended it"),
    row(CHECK, Code(EV_CONNECT), FixSetup, "address, network, firewall"),
    row(CHECK, Code(EV_TIMEOUT), RetryLater, "the network, or the centre"),
    row(CHECK, Code(EV_CONNECTION_LOST), FixSetup, "scheme and port of localUrl, a firewall"),
    row(CHECK, Code(EV_HTTP_STATUS), FixSetup, "scheme, port and path of localUrl"),
    row(CHECK, Code(EV_BAD_REPLY), FixSetup, "scheme, port and path of localUrl"),

    // The states of the transaction, where `code` is 0.
    row(NOTC, State("1"), Wait, "B §1.4.3.2 (5)(6): the patient verifies, then ask for the status"),
    row(NOTC, State("0"), Resend, "B §1.4.4 (5) A: the notice may be sent again"),
    row(STAS, State("1"), Settle, "B §1.4.3.2 (6) B, §1.6.2 (9) B"),
    row(STAS, State("0"), Wait, "B §1.4.3.2 (6) A, §1.6.2 (9) A"),
    row(SIGNED, State("1"), GetCertificate, "A §1.4.3.2 (6)"),
    row(SIGNED, State("0"), OtherPayment, "A §1.5.1: not signed up"),
    row(SIGNED, State("2"), OtherPayment, "A §1.5.1: signed up, not usable"),
    row(CERT, AnyState, Charge, "A §1.4.3.2 (9)"),

    // The documents' codes (A §1.7, B §1.9).
    row(PASSWORD, Code(NO_PASSWORD_NEEDED), Settle, "B §1.4.3.2 (4) A, (6) B; §1.7.1, §1.7.2"),
    row(NOTC, Code(-1), OfflineCheck, "B §1.4.3.2 (8) A: 特殊情况"),
    row(STAS, Code(-1), Wait, "asking again changes nothing"),
    row(SIGNED, Code(-1), RetryLater, "asking again changes nothing"),
    row(CERT, Code(-1), Retry, "whether a certificate was issued is unknown"),
    row(ANY, Code(-2), FixRequest, "A §1.7, B §1.9: 请求参数异常"),
    row(NOTC, Code(-3), OfflineCheck, "B §1.4.3.2 (8) A: 超时"),
    row(STAS, Code(-3), Wait, "asking again changes nothing"),
    row(SIGNED, Code(-3), RetryLater, "asking again changes nothing"),
    row(CERT, Code(-3), Retry, "whether a certificate was issued is unknown"),
    row(ANY, Code(-4), FixSetup, "A §1.7, B §1.9: 权限校验异常"),
    row(ANY, Code(-5), FixSetup, "A §1.7, B §1.9: 无效的请求地址"),
    row(ANY, Code(-6), RetryLater, "A §1.7, B §1.9: 触发限流"),
    row(ANY, Code(500001), OtherApp, "该电子凭证不存在: a new code, a new scan"),
    row(ANY, Code(500002), OtherApp, "该电子凭证未激活: in that app; another may have it"),
    row(ANY, Code(500003), OtherApp, "该用户在该应用渠道未授权: another app"),
    row(ANY, Code(500008), OtherApp, "非法授权码: a new code, a new scan"),
    row(ANY, Code(500012), OtherApp, "该应用渠道不存在: another app"),
    row(ANY, Code(500014), FixRequest, "非法经办流水号"),
    row(NOTC, Code(500033), Resend, "B §1.4.4 (5) A: the notice may be sent again"),
    row(STAS, Code(500033), Wait, "asking again changes nothing"),
    row(SIGNED, Code(500033), RetryLater, "asking again changes nothing"),
    row(CERT, Code(500033), Retry, "whether a certificate was issued is unknown"),
    row(PASSWORD, Code(500042), OfflineCheck, "B §1.5.1: a face at the terminal counts, where no password is set"),
    row(PAY, Code(500042), OtherPayment, "电子凭证密码未设置"),
    row(ANY, Code(500050), AskCentre, "用户身份信息为空"),
    row(ANY, Code(500054), AskCentre, "参保地为空"),
    row(ANY, Code(500057), AskCentre, "用户身份信息校验不通过"),
    row(ANY, Code(500058), AskCentre, "人员信息错误"),
    row(ANY, Code(500084), RetryLater, "请求过于频繁，请稍后再试"),
    row(ANY, Code(500093), FixRequest, "渠道入参异常"),
    row(ANY, Code(500100), FixSetup, "无接口权限: A §1.4.2, B §1.4.2 (1)"),
    row(ANY, Code(500208), AskCentre, "该渠道认证记录不存在"),
    row(ANY, Code(500209), AskCentre, "该渠道认证记录已停用"),
    row(ANY, Code(500156), FixRequest, "线上业务类型编码不存在"),
    row(PAY, Code(500242), OtherPayment, "签约信息缺失，请联系展码渠道检查"),
    row(PAY, Code(500243), OtherPayment, "用户未在展码渠道签约，不可使用一码付"),
    row(PAY, Code(500244), OtherPayment, "该支付渠道暂未接入"),
    row(ANY, Code(500316), FixRequest, "B §1.6.2 (2) A: 国标的机构代码，H 或 P 开头"),
    row(ANY, Code(500318), OtherApp, "可选择国家医保服务平台 APP 办理"),
    row(PASSWORD, Code(500319), Resend, "请重试或采用线下密码核验认证; B §1.4.4 (5) A"),
    row(ANY, Code(500321), OtherApp, "可选择国家医保服务平台 APP 办理"),

    // This library's own.
    row(ANY, Code(EV_INVALID_ARGUMENT), FixRequest, "the program called wrongly"),
    row(ANY, Code(EV_INVALID_TEXT), FixRequest, "the program passed another charset"),
    row(ANY, Code(EV_INVALID_CONFIG), FixSetup, "the configuration"),
    row(ANY, Code(EV_INVALID_CLIENT), FixRequest, "the program called wrongly"),
    row(ANY, Code(EV_INVALID_REQUEST), FixRequest, "the program passed a wrong request"),
    row(ANY, Code(EV_UNKNOWN_SERVICE), FixRequest, "the program called wrongly"),
    row(ANY, Code(EV_DUPLICATE), RetryLater, "A §1.4.3.3 (3): the one in flight comes to an end"),
    row(NOTC, Code(EV_CANCELLED), Resend, "B §1.4.4 (5) A: the notice may be sent again"),
    row(STAS, Code(EV_CANCELLED), Wait, "asking again changes nothing"),
    row(SIGNED, Code(EV_CANCELLED), RetryLater, "asking again changes nothing"),
    row(CERT, Code(EV_CANCELLED), Retry, "whether a certificate was issued is unknown"),
    row(NOTC, Code(EV_CONNECT), OfflineCheck, "B §1.4.3.2 (8) A: 网络连接失败"),
    row(STAS, Code(EV_CONNECT), Wait, "asking again changes nothing"),
    row(SIGNED, Code(EV_CONNECT), RetryLater, "asking again changes nothing"),
    row(CERT, Code(EV_CONNECT), Retry, "the same serial number may always be used again"),
    row(NOTC, Code(EV_TLS), OfflineCheck, "B §1.4.3.2 (8) A: 网络连接失败"),
    row(ANY, Code(EV_TLS), FixSetup, "the certificate, or what is configured of it"),
    row(NOTC, Code(EV_TIMEOUT), OfflineCheck, "B §1.4.3.2 (8) A: 超时"),
    row(STAS, Code(EV_TIMEOUT), Wait, "asking again changes nothing"),
    row(SIGNED, Code(EV_TIMEOUT), RetryLater, "asking again changes nothing"),
    row(CERT, Code(EV_TIMEOUT), Retry, "whether a certificate was issued is unknown"),
    row(NOTC, Code(EV_CONNECTION_LOST), OfflineCheck, "B §1.4.3.2 (8) A: 网络连接失败"),
    row(STAS, Code(EV_CONNECTION_LOST), Wait, "asking again changes nothing"),
    row(SIGNED, Code(EV_CONNECTION_LOST), RetryLater, "asking again changes nothing"),
    row(CERT, Code(EV_CONNECTION_LOST), Retry, "whether a certificate was issued is unknown"),
    row(NOTC, Code(EV_HTTP_STATUS), OfflineCheck, "B §1.4.3.2 (8) A: 特殊情况"),
    row(STAS, Code(EV_HTTP_STATUS), Wait, "asking again changes nothing"),
    row(SIGNED, Code(EV_HTTP_STATUS), RetryLater, "asking again changes nothing"),
    row(CERT, Code(EV_HTTP_STATUS), Retry, "whether a certificate was issued is unknown"),
    row(NOTC, Code(EV_BAD_REPLY), OfflineCheck, "B §1.4.3.2 (8) A: 特殊情况"),
    row(STAS, Code(EV_BAD_REPLY), Wait, "asking again changes nothing"),
    row(SIGNED, Code(EV_BAD_REPLY), RetryLater, "asking again changes nothing"),
    row(CERT, Code(EV_BAD_REPLY), Retry, "whether a certificate was issued is unknown"),
    row(ANY, Code(EV_DECRYPT), FixSetup, "A and B §1.3.1: the key"),
    row(NOTC, Code(EV_BUSINESS), Resend, "B §1.4.4 (5) A: the notice may be sent again"),
    row(STAS, Code(EV_BUSINESS), Wait, "B §1.4.3.2 (6) A: not verified"),
    row(PAY, Code(EV_BUSINESS), OtherPayment, "A §1.1 判断逻辑: a business failure"),
    row(ANY, Code(EV_NOT_VERIFIED), Resend, "B §1.4.4 (5) A: the notice may be sent again"),
    row(ANY, Code(EV_NOT_ALLOWED), OfflineCheck, "B §1.5.3.2, §1.6.2 (9) A"),
    row(ANY, Code(EV_CANNOT_PAY), OtherPayment, "A §1.5.1: not signed up, or not usable"),
    row(ANY, Code(EV_INTERNAL), AskCentre, "a fault of this library: nobody knows how far it got"),
];

fn find(service: Option<&Service>, fits: impl Fn(When) -> bool) -> Next {
    let for_service = |row: &Row| {
        row.services.is_empty() || service.is_some_and(|service| row.services.contains(&service))
    };
    TABLE
        .iter()
        .find(|row| for_service(row) && fits(row.when))
        .map_or(AskCentre, |row| row.next)
}

/// What to do after any code but a centre's 0.
pub fn after_code(service: Option<&Service>, code: i32) -> Next {
    find(service, |when| matches!(when, Code(c) if c == code))
}

/// What to do after a 0, with the value of the service's state field.
pub fn after_state(service: &Service, state: &str) -> Next {
    find(Some(service), |when| match when {
        State(value) => value == state,
        AnyState => true,
        Code(_) => false,
    })
}
