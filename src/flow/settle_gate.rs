//! May this settlement go on? (B §1.5.3.2, §1.6.2 (8)–(9)): judged by the program, with nobody's
//! eye. Whatever is not a clear yes is a no.

use super::{Progress, Run, cancelled, field};
use crate::catalogue::codes::{EV_INVALID_REQUEST, EV_NOT_ALLOWED, EV_OK};
use crate::catalogue::hints::Cause;
use crate::catalogue::next::Next;
use crate::catalogue::services::{SETTLE_GATE, TOKEN_PWD_STAS};
use crate::client::Client;
use crate::error::{Delivery, Failure, Text, text};
use crate::json::{self, Object};
use crate::reply::Reply;
use serde_json::json;

/// What was found, before it is put into a reply.
struct Verdict {
    allow: bool,
    /// One word for the program.
    reason: &'static str,
    /// For the operator, where it is a no.
    detail: Text,
    next: Next,
    /// For the operator's screen.
    cause: Cause,
}

fn yes(reason: &'static str, cause: Cause) -> Verdict {
    Verdict {
        allow: true,
        reason,
        detail: text!("", ""),
        next: Next::Settle,
        cause,
    }
}

fn no(reason: &'static str, next: Next, cause: Cause, detail: Text) -> Verdict {
    Verdict {
        allow: false,
        reason,
        detail,
        next,
        cause,
    }
}

/// Judges a settlement: `settlement`, `credential`, `method`, `offlineVerified`, and for the online
/// method `token` and `orgCodg`. Asks for the status itself where the method is online.
pub fn settle_gate<'a>(client: &'a Client, request: &str, progress: &'a mut Progress<'a>) -> Reply {
    let language = client.config().language;
    let refuse = |detail| {
        let failure = Failure::not_sent(EV_INVALID_REQUEST, detail);
        Reply::failed(&failure, language, Some(&SETTLE_GATE))
    };
    let object = match Object::parse_strictly(request) {
        Ok(object) => object,
        Err(detail) => return refuse(detail),
    };
    let word = |name| object.get(name).and_then(json::string).unwrap_or_default();
    let settlement = match object.get("settlement").map(|value| value.get()) {
        Some("true") => true,
        Some("false") => false,
        _ => {
            return refuse(text!(
                "settlement 应为 true 或 false：是否办理医保结算",
                "settlement must be true or false: is this an insurance settlement?"
            ));
        }
    };
    let mut run = Run::start(client, &SETTLE_GATE, request, progress);
    if run.is_cancelled() {
        return run.refused(&cancelled(Delivery::NotSent));
    }
    let offline = object.get("offlineVerified").map(|value| value.get()) == Some("true");
    let (credential, method) = (word("credential"), word("method"));
    let mut last = None;
    let verdict = match (settlement, &*credential, &*method) {
        (false, _, _) => yes(
            "not_a_settlement",
            Cause::Known([
                "不是医保结算，无需核验",
                "No insurance settlement, so no check",
            ]),
        ),
        (true, "terminal_face", _) => yes(
            "terminal_face",
            Cause::Known(["已在医保终端刷脸核验", "Verified by face at the terminal"]),
        ),
        (true, "qrcode", "online") => online(&mut run, request, &mut last),
        (true, "qrcode" | "card", "terminal" | "library") => offline_check(offline),
        (true, "card", "online") => no(
            "online_needs_qrcode",
            Next::OfflineCheck,
            Cause::Known(["实体卡不能线上核验", "A card cannot be checked online"]),
            text!(
                "实体卡不能采用线上密码核验，请采用线下密码核验",
                "a card cannot be checked online: check the password offline"
            ),
        ),
        (true, "qrcode" | "card", _) => no(
            "unknown_method",
            Next::FixRequest,
            Cause::Code(EV_INVALID_REQUEST),
            text!(
                "method 应为 online、terminal 或 library",
                "method must be online, terminal or library"
            ),
        ),
        (true, _, _) => no(
            "unknown_credential",
            Next::FixRequest,
            Cause::Code(EV_INVALID_REQUEST),
            text!(
                "credential 应为 qrcode、card 或 terminal_face",
                "credential must be qrcode, card or terminal_face"
            ),
        ),
    };
    let story = json!({
        "allow": verdict.allow,
        "reason": verdict.reason,
        "checkStas": last.as_ref().and_then(|last| field(last, "checkStas")),
        // The status' own code: EV_NOT_ALLOWED alone does not say what went wrong.
        "statusCode": last.as_ref().map(|last| last.code),
    });
    let reply = if verdict.allow {
        match last {
            Some(last) => Reply {
                code: EV_OK,
                ..last
            },
            None => Reply::local(language, None).advising(Next::Settle, verdict.cause),
        }
    } else if let Some(last) = last.as_ref().filter(|_| run.is_cancelled()) {
        run.cancelled(last)
    } else {
        let delivery = last.map_or(Delivery::NotSent, |last| last.delivery);
        let failure = Failure::new(EV_NOT_ALLOWED, delivery, verdict.detail);
        let reply = Reply::failed(&failure, language, Some(&SETTLE_GATE));
        reply.advising(verdict.next, verdict.cause)
    };
    run.end(reply, story)
}

/// B §1.6.2 (8) B, (9): the centre knows.
fn online(run: &mut Run<'_>, request: &str, last: &mut Option<Reply>) -> Verdict {
    let reply = run.ask(&TOKEN_PWD_STAS, &question(request));
    let cause = reply.ground.cause.clone();
    let verdict = match (reply.next, reply.code) {
        (Some(Next::Settle), EV_OK) => yes("verified", cause),
        (Some(Next::Settle), _) => yes("no_password_needed", cause),
        (next, EV_OK) => no(
            "not_verified",
            next.unwrap_or(Next::OfflineCheck),
            cause,
            text!(
                "参保人尚未完成密码核验，请先在展码的应用里完成，或采用线下密码核验",
                "the patient has not verified the password: have it done in the app, or check offline"
            ),
        ),
        (next, _) => {
            let message = &reply.message;
            no(
                "no_answer",
                next.unwrap_or(Next::OfflineCheck),
                cause,
                text!(
                    "未能查到核验状态：{message}",
                    "the status is not known: {message}"
                ),
            )
        }
    };
    *last = Some(reply);
    verdict
}

/// B §1.5.3.2 (3)–(4): the terminal or the national library has checked.
fn offline_check(verified: bool) -> Verdict {
    if verified {
        return yes(
            "offline_verified",
            Cause::Known(["已通过线下密码核验", "The offline check was passed"]),
        );
    }
    no(
        "offline_not_verified",
        Next::OfflineCheck,
        Cause::Known([
            "还没有通过线下密码核验",
            "The offline check was not passed yet",
        ]),
        text!(
            "参保人尚未通过线下密码核验",
            "the patient has not passed the offline check"
        ),
    )
}

/// The request without what is the gate's own.
fn question(request: &str) -> String {
    let own = ["settlement", "credential", "method", "offlineVerified"];
    match Object::parse(request) {
        Ok(object) => object.keep(|name| !own.contains(&name)),
        Err(_) => request.to_owned(),
    }
}
