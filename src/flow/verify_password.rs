//! The online password check from the notice to the verified password (B §1.4.3, §1.4.4).

use super::{Progress, Run, fields, request_for};
use crate::catalogue::codes::{EV_HTTP_STATUS, EV_NOT_VERIFIED, EV_OK};
use crate::catalogue::hints::Cause;
use crate::catalogue::next::Next;
use crate::catalogue::services::{TOKEN_PWD_CHECK_NOTC, TOKEN_PWD_STAS, VERIFY_PASSWORD};
use crate::client::Client;
use crate::error::{Delivery, text};
use crate::reply::Reply;
use serde_json::json;
use std::time::{Duration, Instant};

/// The longest pause that a centre's rate limit leads to, unless the configured one is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pause after one that was too short for the centre.
fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE).max(pause)
}

/// Notifies the patient, and asks for the status until the password is verified, somebody cancels,
/// or `verify.timeoutMs` is over. The token stays the same from first to last.
///
/// A notice whose outcome is unknown is not sent again: it may have arrived, so the status is asked
/// for instead (B §1.4.3.2 (8) A leads the patient to the offline check if nothing comes of it).
pub fn verify_password<'a>(
    client: &'a Client,
    request: &str,
    progress: &'a mut Progress<'a>,
) -> Reply {
    let mut run = Run::start(client, &VERIFY_PASSWORD, request, progress);
    let request = match run.prepare(&TOKEN_PWD_CHECK_NOTC, request) {
        Ok(request) => request,
        Err(failure) => return run.refused(&failure),
    };
    let verify = client.config().verify;
    let question = request_for(&TOKEN_PWD_STAS, &request, &TOKEN_PWD_CHECK_NOTC);
    let deadline = Instant::now() + verify.timeout;

    let notice = run.ask(&TOKEN_PWD_CHECK_NOTC, &request.json);
    let may_have_arrived = notice.delivery == Delivery::Unknown;
    let mut last = notice.clone();
    let mut attempts = 0;
    let mut pause = verify.interval;
    let mut asking = notice.next == Some(Next::Wait) || may_have_arrived;
    while asking && !run.is_cancelled() {
        let left = deadline.saturating_duration_since(Instant::now());
        // The last question comes when time is up, but never sooner after the one before it than was
        // configured.
        if left.is_zero() || attempts > 0 && left < verify.interval {
            break;
        }
        if !run.wait(pause.min(left), deadline) {
            break;
        }
        last = run.ask(&TOKEN_PWD_STAS, &question);
        attempts += 1;
        pause = match last.next {
            Some(Next::Wait) => verify.interval,
            // 触发限流, 请求过于频繁.
            Some(Next::RetryLater) => longer(pause),
            // A gateway's, whatever its status: the centre may be there for the next question.
            _ if last.code == EV_HTTP_STATUS => verify.interval,
            _ => {
                asking = false;
                pause
            }
        };
    }

    let settles = last.next == Some(Next::Settle);
    let mut story = fields(&notice, &["notcFlag"]);
    let state = fields(&last, &["checkStas", "resBizNo"]);
    story["checkStas"] = state["checkStas"].clone();
    story["resBizNo"] = state["resBizNo"].clone();
    story["verified"] = json!(settles);
    story["attempts"] = json!(attempts);
    let reply = if settles {
        // 500320, no password needed, counts as much as a verified one.
        Reply {
            code: EV_OK,
            ..last
        }
    } else if run.is_cancelled() {
        run.cancelled(&last)
    } else if asking {
        let seconds = verify.timeout.as_secs();
        // Whether the patient has verified is known only where the centre said so last.
        let detail = if last.code == EV_OK {
            text!(
                "{seconds} 秒内参保人没有完成核验，可重新发送通知，或采用线下密码核验",
                "the patient did not verify within {seconds} s: send the notice again, or check offline"
            )
        } else {
            text!(
                "{seconds} 秒内没能向中心查到核验结果，可重新发送通知，或采用线下密码核验",
                "the centre could not be asked for the result within {seconds} s: send the notice again, or check offline"
            )
        };
        let reply = run.failed(EV_NOT_VERIFIED, detail, &last);
        let next = match notice.next {
            Some(Next::OfflineCheck) => Next::OfflineCheck,
            _ => Next::Resend,
        };
        let cause = match last.code {
            EV_OK => Cause::Code(EV_NOT_VERIFIED),
            _ => Cause::NotAsked,
        };
        reply.advising(next, cause)
    } else if last.code == EV_OK {
        let detail = text!(
            "核验通知没有发送成功，或中心的答复不在文档之列",
            "the notice was not sent, or the centre's answer is not one of the documents'"
        );
        let reply = run.failed(EV_NOT_VERIFIED, detail, &last);
        Reply {
            next: last.next,
            ground: last.ground,
            ..reply
        }
    } else {
        last
    };
    run.end(reply, story)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_the_configured_interval_and_never_shrink() {
        for (interval, pauses) in [
            (2, [4, 8, 16, 30, 30]),
            (29, [30, 30, 30, 30, 30]),
            (30, [30, 30, 30, 30, 30]),
            (600, [600, 600, 600, 600, 600]),
        ] {
            let mut pause = Duration::from_secs(interval);
            for expected in pauses {
                pause = longer(pause);
                assert_eq!(pause, Duration::from_secs(expected), "from {interval} s");
            }
        }
    }
}
