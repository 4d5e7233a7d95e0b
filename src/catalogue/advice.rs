//! What to do about a code, in words: for the operator at the counter, and for whoever wrote the
//! program or looks after the machine (`ev_explain`). Here are the words that several codes share.
//!
//! `next` of a reply is what a program goes by; this is what stands beside it on a screen, so it
//! never says anything else than `next`. Only 500320 may tell anybody to settle.

use super::codes::{UNLISTED, meaning};
use super::{Language, Words};

pub(super) const NOTHING: Words = ["", ""];
/// `fix_request`: nothing that a cashier could put right.
pub(super) const CALL_SUPPORT: Words = [
    "本窗口无法自行解决，请联系信息科。",
    "Nothing can be done at the counter: call IT support.",
];
/// All else: the patient is served in another way.
pub(super) const OTHERWISE: Words = [
    "密码核验：改用线下密码核验；一码付：换其他支付方式。",
    "Password check: check it offline. One-code pay: pay in another way.",
];
/// The same, and somebody has something to put right.
pub(super) const OTHERWISE_AND_SUPPORT: Words = [
    "密码核验：改用线下密码核验；一码付：换其他支付方式；并联系信息科。",
    "Password check: check it offline. One-code pay: pay in another way. And call IT support.",
];
/// The same, about what is registered of the patient or the channel.
pub(super) const OTHERWISE_AND_CENTRE: Words = [
    "参保人或渠道的登记信息有问题。密码核验：改用线下密码核验；一码付：换其他支付方式；事后可咨询电子凭证中心。",
    "Something is wrong with what is registered. Password check: check it offline. One-code pay: pay in another way. The e-voucher centre can be asked afterwards.",
];
/// A code that nobody lists, for the developer.
pub(super) const FOR_THE_CENTRE: Words = [
    "文档未列出此返回码：把返回码、message、时间和日志里这个 requestId 的一行交给电子凭证中心。",
    "No document lists this code: give the e-voucher centre the code, its message, the time and the log's line of this requestId.",
];
/// `rescan`.
pub(super) const SCAN_AGAIN: Words = [
    "请参保人刷新医保码，重新扫码；仍不行，再换一个展码应用，重新扫码。",
    "Have the patient refresh the code, and scan again; if that fails, take a code from another app, and scan anew.",
];
/// `other_app`.
pub(super) const ANOTHER_APP: Words = [
    "密码核验：请参保人换一个展码应用，重新展码、重新扫码；一码付：换其他支付方式。",
    "Password check: ask for a code from another app, and scan anew. One-code pay: pay in another way.",
];
/// No answer of use: the outcome is not known, or nothing was sent.
pub(super) const NO_ANSWER: Words = [
    "发核验通知时：改用线下密码核验；查询时：再查一次；取付款凭据时：流水号和金额都不变，再取一次。",
    "For a notice: check the password offline. For a status: ask again. For a certificate: again with the same serial number and the same amount.",
];
/// The same, where the notice is simply sent again.
pub(super) const AGAIN: Words = [
    "发核验通知时：重新发送；查询时：再查一次；取付款凭据时：流水号和金额都不变，再取一次。",
    "For a notice: send it again. For a status: ask again. For a certificate: again with the same serial number and the same amount.",
];
pub(super) const LATER: Words = ["请稍候再试。", "Wait a moment and try again."];
/// The centre counts how often it is asked.
pub(super) const ASK_LESS_OFTEN: Words = [
    "拉长查询间隔（verify.intervalMs 或自己的定时器），不要连续重试。",
    "Ask less often (verify.intervalMs, or your own timer), and do not retry in a loop.",
];
/// `other_app`, and which.
pub(super) const NATIONAL_APP: Words = [
    "密码核验：该应用不支持，请参保人改用国家医保服务平台 App 展码，重新扫码；一码付：换其他支付方式。",
    "Password check: this app cannot do it, ask for a code from the national app (国家医保服务平台 App), and scan anew. One-code pay: pay in another way.",
];
/// What a reply that never came, or came broken, means for a certificate.
pub(super) const MAY_HAVE_BEEN_PROCESSED: Words = [
    "请求可能已被处理：genPayCert 只能用同一流水号、同一金额再取；tokenPwdCheckNotc 之后可以查询状态。查 timeoutMs、网络和中心的状态，可用 ev_check 自检。",
    "The request may have been processed: repeat genPayCert with the same serial number and the same amount only; after tokenPwdCheckNotc the status may be asked for. Check timeoutMs, the network and the centre; ev_check tests the way there.",
];

/// What the operator does about a code, and what the developer does; empty where there is nothing
/// to add.
pub fn advice(code: i32, language: Language) -> (&'static str, &'static str) {
    let known = meaning(code).unwrap_or(&UNLISTED);
    let language = language as usize;
    (known.operator[language], known.developer[language])
}
