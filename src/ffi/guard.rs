//! What every function of the C interface does around its own work: the library pinned, the
//! caller's floating-point environment put aside, panics caught, the reply kept and written.

use super::float_env::FloatEnv;
use super::host;
use super::last_reply;
use super::memory::Buffer;
use crate::code::{EV_INTERNAL, EV_OK};
use crate::error::{Delivery, Failure, text};
use crate::reply::{Reply, Started};
use crate::text::Charset;
use std::panic::{AssertUnwindSafe, catch_unwind};
use zeroize::Zeroizing;

/// A reply, and in which charset its caller reads it.
#[derive(Debug)]
pub struct Answer {
    /// What to say.
    pub reply: Reply,
    /// How to write it.
    pub charset: Charset,
}

impl Answer {
    /// For functions without a client, and about one that does not exist.
    pub(super) fn without_client(result: Result<Reply, Failure>) -> Self {
        let reply = result.unwrap_or_else(|failure| {
            Reply::failed(&failure, failure.language.unwrap_or_default(), None)
        });
        Self {
            reply,
            charset: Charset::Ascii,
        }
    }
}

/// Runs work that answers with a number alone.
pub(super) fn number(work: impl FnOnce() -> i32) -> i32 {
    with_env(|_| work())
}

/// The same for work that calls the caller back.
fn with_env(work: impl FnOnce(&FloatEnv) -> i32) -> i32 {
    let env = FloatEnv::put_aside();
    host::pin();
    inner(|| work(&env))
}

/// Not inlined: nothing of the work may move to before the environment is put aside.
#[inline(never)]
fn inner(work: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(EV_INTERNAL)
}

/// Runs work that answers with a reply, keeps that for the thread, and writes it to the buffer, if
/// the function has one.
pub fn reply(buffer: Option<Buffer>, work: impl FnOnce() -> Answer) -> i32 {
    flow(buffer, |_| work())
}

/// The same for work that calls the caller back, in the caller's own floating-point environment.
pub(super) fn flow(buffer: Option<Buffer>, work: impl FnOnce(&FloatEnv) -> Answer) -> i32 {
    with_env(|env| {
        let started = Started::now();
        last_reply::keep(Zeroizing::default());
        let answer = match buffer.map_or(Ok(()), |buffer| buffer.check()) {
            Ok(()) => catch_unwind(AssertUnwindSafe(|| work(env))).unwrap_or_else(|_| fault()),
            Err(failure) => Answer::without_client(Err(failure)),
        };
        let code = answer.reply.code;
        let json = answer.reply.to_json(&started);
        let mut text = Zeroizing::new(answer.charset.encode_json(&json));
        // SAFETY: `Buffer::new` was promised that it can be written.
        let written = buffer.map_or(EV_OK, |buffer| unsafe { buffer.write(&text) });
        text.push(0);
        last_reply::keep(text);
        if code == EV_OK { written } else { code }
    })
}

fn fault() -> Answer {
    let detail = text!(
        "请保留现场信息并联系动态库的维护者；请求可能已发出",
        "please report it; the request may have been sent"
    );
    Answer::without_client(Err(Failure::new(EV_INTERNAL, Delivery::Unknown, detail)))
}
