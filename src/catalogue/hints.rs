//! The sentence for the operator's screen (`hint` of a reply): why, and what the cashier does now.
//!
//! It stands alone and is safe to show: it claims nothing that is not known, blames no patient for
//! the network, says of what may have been processed that it may, and never sends anybody to a new
//! serial number. What it says to do is `next`, and nothing else.

use super::codes::*;
use super::next::{Next, needs_support};
use super::services::Desk;
use super::{Language, Words};
use Next::*;
use std::borrow::Cow;

/// Why `next` is what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cause {
    /// There is nothing to add to `next`.
    #[default]
    Unsaid,
    /// The centre's answer, as the service's table of states has it.
    Known(Words),
    /// The centre answered with a state that no document lists.
    Unlisted,
    /// A return code, the centre's or this library's own.
    Code(i32),
    /// A gateway on the way did not let the request through.
    Gateway,
    /// The flow's questions for the status came to nothing, so that nobody knows about the patient.
    NotAsked,
    /// Risk control: the same transaction is in flight.
    InFlight,
    /// Risk control: the transaction is of another amount. Both as they were given.
    OtherAmount {
        /// For which a certificate was, or may have been, issued.
        before: String,
        /// That is asked for now.
        now: String,
    },
    /// Risk control: the charge was reported as made.
    Paid,
    /// Tried again three times in a row, and no certificate reached this program.
    Unanswered,
}

const ANY: &[&str] = &[];
const NOTICE: &[&str] = &["tokenPwdCheckNotc", "verifyPassword"];
const STATUS: &[&str] = &["tokenPwdStas", "settleGate"];
const PASSWORD: &[&str] = &[
    "tokenPwdCheckNotc",
    "tokenPwdStas",
    "verifyPassword",
    "settleGate",
];
const CERTIFICATE: &[&str] = &["genPayCert", "oneCodePay"];

/// The request was sent, and the centre's result is not known.
const NO_RESULT: &[i32] = &[
    EV_TIMEOUT,
    EV_CONNECTION_LOST,
    EV_HTTP_STATUS,
    EV_BAD_REPLY,
    -1,
    -3,
];

/// Why, by code and by what was asked; the first that fits.
#[rustfmt::skip] // A row is read at a glance.
const WHY: &[(&[i32], &[&str], &str, &str)] = &[
    (NO_RESULT, CERTIFICATE, "没有得到中心的结果，这笔请求可能已被处理", "The centre's result did not arrive, and the request may have been processed"),
    (NO_RESULT, NOTICE, "没有得到中心的结果，核验通知可能已经发出", "The centre's result did not arrive, and the notice may have been sent"),
    (NO_RESULT, STATUS, "没能向中心查到核验状态", "The centre could not be asked for the status"),
    (NO_RESULT, ANY, "没能从中心得到结果", "The centre gave no result"),
    (&[500033], CERTIFICATE, "国家电子凭证服务出错，这笔请求可能已被处理", "The national e-voucher service failed, and the request may have been processed"),
    (&[500033], ANY, "国家电子凭证服务出错", "The national e-voucher service failed"),
    (&[EV_CONNECT, EV_TLS], STATUS, "连不上电子凭证中心，没能查到核验状态", "The centre cannot be reached, so the status is not known"),
    (&[EV_CONNECT, EV_TLS], ANY, "连不上电子凭证中心，请求没有发出", "The centre cannot be reached, and nothing was sent"),
    (&[EV_DECRYPT], ANY, "中心的应答解不开", "The centre's reply cannot be opened"),
    (&[EV_BUSINESS], ANY, "中心报告没有办成", "The centre reports that it was not done"),
    (&[EV_CANCELLED], ANY, "操作已取消", "It was cancelled"),
    (&[EV_INTERNAL], CERTIFICATE, "程序内部出错，这笔请求可能已被处理", "The program failed, and the request may have been processed"),
    (&[EV_INTERNAL], ANY, "程序内部出错", "The program failed"),
    (&[EV_INVALID_ARGUMENT, EV_INVALID_TEXT, EV_INVALID_REQUEST], ANY, "程序传入的内容有误，请求没有发出", "The program passed something wrong, and nothing was sent"),
    (&[EV_INVALID_CONFIG, EV_INVALID_CLIENT, EV_UNKNOWN_SERVICE], ANY, "电子凭证程序没有设置好，请求没有发出", "The e-voucher program is not set up, and nothing was sent"),
    (&[EV_DUPLICATE], ANY, "这笔交易不能重复办理，请求没有发出", "This transaction cannot be made twice, and nothing was sent"),
    (&[EV_JOURNAL], ANY, "交易流水库不可用，现在不能用一码付；这笔以前若取过凭据，先向支付渠道核对有没有扣款", "The journal cannot be used, so one-code pay cannot be used now; if a certificate was handed out for this bill before, first ask the payment channel whether it was charged"),
    (&[EV_ISSUED_BEFORE], ANY, "这笔已发放过付款凭据，可能已经扣款", "A certificate was handed out for this bill before, and it may have been charged"),
    (&[EV_NOT_VERIFIED], ANY, "参保人没有在限定的时间内核验通过", "The patient has not verified in time"),
    (&[EV_NOT_ALLOWED], ANY, "还没有通过密码核验，不能结算", "The password has not been verified, so this cannot be settled"),
    (&[EV_CANNOT_PAY], ANY, "现在不能用一码付", "One-code pay cannot be used now"),
    (&[-2, 500014, 500093, 500156, 500316], ANY, "中心不接受程序传入的内容", "The centre does not accept what the program passed"),
    (&[-4], ANY, "中心的权限校验没有通过", "The centre does not accept who is calling"),
    (&[-5], ANY, "中心没有这个服务地址", "The centre has no such address"),
    (&[-6, 500084], ANY, "请求太频繁", "The centre was asked too often"),
    (&[500001], ANY, "中心查不到这个医保码", "The centre does not know this code"),
    (&[500002], ANY, "医保电子凭证未激活", "The e-voucher is not activated"),
    (&[500003], ANY, "参保人未授权展码的应用", "The patient has not authorised this app"),
    (&[500008], ANY, "医保码无效，可能已过期", "The code is not valid, and may have expired"),
    (&[500012], ANY, "中心没有登记展码的应用", "The centre does not know this app"),
    (&[500042], PASSWORD, "医保电子凭证的密码未设置，可以刷脸", "No password is set for the e-voucher, and a face will do"),
    (&[500042], ANY, "医保电子凭证的密码未设置", "No password is set for the e-voucher"),
    (&[500050, 500054, 500057, 500058], ANY, "参保人的登记信息有问题", "Something is wrong with what is registered of the patient"),
    (&[500100], ANY, "中心没有开通这项服务", "The centre has not opened this service"),
    (&[500208, 500209], ANY, "渠道的认证记录有问题", "Something is wrong with the channel's record"),
    (&[500242], ANY, "一码付的签约信息缺失", "What was signed up for one-code pay is incomplete"),
    (&[500243], ANY, "参保人未签约一码付", "The patient has not signed up for one-code pay"),
    (&[500244], ANY, "支付渠道未接入一码付", "The payment channel has not joined one-code pay"),
    (&[500318, 500321], ANY, "展码的应用不支持医保结算，国家医保服务平台 App 可以", "This app does no insurance settlements; the national app (国家医保服务平台) does"),
    (&[500319], ANY, "核验通知没有送到参保人的应用", "The notice did not reach the patient's app"),
    (&[500320], PASSWORD, "无需输入密码", "No password is needed"),
];

/// What the cashier does, where it is more than `next` says by itself.
#[rustfmt::skip] // A row is read at a glance.
const WHAT: &[(Next, &[&str], &str, &str)] = &[
    (Wait, NOTICE, "请参保人在展码的应用里核验密码（看手机通知栏，或应用的消息中心）", "have the patient verify in the app that showed the code (among the phone's notifications, or in the app's message centre)"),
    (Wait, STATUS, "请稍后再查一次，仍不行就改用线下密码核验", "ask again in a moment, or else check the password offline"),
    (OfflineCheck, PASSWORD, "请改用线下密码核验（到医保终端刷脸或输入密码）", "check the password offline (face or password at a medical-insurance terminal)"),
    (RetryLater, NOTICE, "请稍候再发一次核验通知", "send the notice again in a moment"),
    (RetryLater, STATUS, "请稍候再查一次", "ask again in a moment"),
];

/// The same where the table has no row.
#[rustfmt::skip] // A row is read at a glance.
const fn in_general(next: Next) -> Words {
    match next {
        Settle => ["请继续结算", "go on and settle"],
        Wait => ["请稍后再查一次", "ask again in a moment"],
        Resend => ["请重新发送核验通知，仍不行就改用线下密码核验", "send the notice again, or else check the password offline"],
        OfflineCheck => ["请改用线下密码核验", "check the password offline"],
        OtherApp => ["请参保人换一个应用展码，重新扫码", "ask for a code from another app, and scan anew"],
        GetCertificate => ["请继续取付款凭据", "go on and get the certificate"],
        Charge => ["请按自费金额原额扣款", "charge exactly the amount"],
        Rescan => ["请参保人刷新医保码，重新扫码", "have the patient refresh the code, and scan again"],
        ConfirmCharge => ["请先向支付渠道核对有没有扣款，登记结果后再继续", "ask the payment channel whether it was charged, note the answer, then go on"],
        AlreadyPaid => ["请不要再收费", "charge nothing more"],
        OtherPayment => ["请参保人换其他支付方式", "have the patient pay in another way"],
        RetryLater => ["请稍候再试", "try again in a moment"],
        Retry => ["请用原账单、原金额再取一次付款凭据", "get the certificate again, with the same bill and the same amount"],
        FixRequest | FixSetup => ["请联系信息科", "call IT support"],
        AskCentre => ["请咨询电子凭证中心", "ask the e-voucher centre"],
    }
}

/// The sentence for what was asked (nothing: no service and no flow), with what to do now and why.
/// Empty where there is nothing to do.
pub fn hint(desk: Option<&Desk>, next: Option<Next>, cause: &Cause, language: Language) -> String {
    let Some(next) = next else {
        return String::new();
    };
    let name = desk.map_or("", |desk| desk.name);
    let is_for = |desks: &[&str]| desks.is_empty() || desks.contains(&name);
    let row = |(of, desks, ..): &&(Next, &[&str], &str, &str)| *of == next && is_for(desks);
    let what = match (cause, WHAT.iter().find(row)) {
        // Nothing that IT support could help with.
        (Cause::OtherAmount { .. }, _) if next == FixRequest => AT_THE_FIRST_AMOUNT,
        (_, Some((_, _, zh, en))) => [*zh, *en],
        (_, None) => in_general(next),
    };
    let is_for_support = match cause {
        Cause::Code(code) => {
            needs_support(*code) && !matches!(next, FixRequest | FixSetup | Rescan)
        }
        _ => false,
    };
    let said = |[between, support, end]: [&str; 3]| {
        let why = why(cause, next, is_for).map(|why| why[language as usize].clone());
        let (why, between) = why.map_or(("".into(), ""), |why| (why, between));
        let support = if is_for_support { support } else { "" };
        [&*why, between, what[language as usize], support, end].concat()
    };
    match language {
        Language::Zh => said(["；", "，并联系信息科", "。"]),
        Language::En => capital(&said(["; ", ", and call IT support", "."])),
    }
}

const AT_THE_FIRST_AMOUNT: Words = [
    "请按原来的金额继续这笔交易",
    "go on with this transaction at the first amount",
];

/// The first half of the sentence, in both languages.
fn why(
    cause: &Cause,
    next: Next,
    is_for: impl Fn(&[&str]) -> bool,
) -> Option<[Cow<'static, str>; 2]> {
    let words = match cause {
        Cause::Unsaid => return None,
        Cause::Known(words) => *words,
        Cause::Unlisted => [
            "中心的答复不在规范之列",
            "The centre's answer is not one of the documents'",
        ],
        // What was scanned is no token.
        Cause::Code(EV_INVALID_REQUEST) if next == Rescan => [
            "扫码得到的内容有误，请求没有发出",
            "What was scanned is no patient's code, and nothing was sent",
        ],
        Cause::Code(code) => {
            let fits = |row: &&(&[i32], &[&str], _, _)| row.0.contains(code) && is_for(row.1);
            let Some((_, _, zh, en)) = WHY.iter().find(fits) else {
                return Some([
                    format!("中心没有受理（返回码 {code}）").into(),
                    format!("The centre did not accept it (code {code})").into(),
                ]);
            };
            [*zh, *en]
        }
        Cause::Gateway => [
            "请求被途中的网关拒绝",
            "A gateway on the way refused the request",
        ],
        Cause::NotAsked => [
            "没能向中心查到核验结果",
            "The centre could not be asked whether the patient has verified",
        ],
        Cause::InFlight => [
            "这笔交易正在办理，请勿重复点击",
            "This transaction is under way: do not click twice",
        ],
        Cause::OtherAmount { before, now } => {
            return Some([
                format!("这笔交易原来的金额是 {before} 元，这次是 {now} 元").into(),
                format!("This transaction was begun with {before}, and this time it is {now}")
                    .into(),
            ]);
        }
        Cause::Paid => ["这笔已经付过", "This has been paid"],
        Cause::Unanswered => [
            "连续多次没有得到中心的结果，没有付款凭据交到本窗口，可以改用别的方式收费",
            "The centre gave no result time and again, and no certificate came to this counter, so the charge may be made in another way",
        ],
    };
    Some(words.map(Cow::Borrowed))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::services::{ONE_CODE_PAY, SERVICES, SETTLE_GATE, VERIFY_PASSWORD};

    #[test]
    fn the_rows_are_of_what_there_is() {
        let flows = [&VERIFY_PASSWORD, &SETTLE_GATE, &ONE_CODE_PAY];
        let desks = SERVICES.iter().map(|service| &service.desk).chain(flows);
        let names: Vec<_> = desks.map(|desk| desk.name).collect();
        for group in [NOTICE, STATUS, PASSWORD, CERTIFICATE] {
            assert!(group.iter().all(|name| names.contains(name)), "{group:?}");
        }
        let codes = WHY.iter().flat_map(|row| row.0);
        for code in codes {
            assert!(meaning(*code).is_some(), "{code}");
        }
    }

    #[test]
    fn every_known_code_has_its_reason() {
        for code in all().map(|known| known.code) {
            let listed = WHY.iter().any(|row| row.0.contains(&code));
            assert!(
                listed || [EV_OK, EV_BUFFER_TOO_SMALL].contains(&code),
                "{code}"
            );
        }
    }
}
