//! What every function of the C interface does around its own work: the library pinned, the
//! caller's floating-point environment put aside, panics caught, the reply kept and written.

use super::float_env::FloatEnv;
use super::last_reply;
use super::memory::Buffer;
use crate::catalogue::codes::{EV_INTERNAL, EV_OK};
use crate::charset::Charset;
use crate::client::log::{Entry, Log};
use crate::error::{Delivery, Failure, text};
use crate::os::host;
use crate::reply::{Reply, Started};
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};
use zeroize::Zeroizing;

/// A reply, and in which charset its caller reads it.
#[derive(Debug)]
pub struct Answer {
    /// What to say.
    pub reply: Reply,
    /// How to write it.
    pub charset: Charset,
    /// Where to note it, if anywhere, and what to say there beside the reply.
    pub log: Option<(Arc<Log>, Entry)>,
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
            log: None,
        }
    }
}

/// A panic of this library's.
#[derive(Debug)]
pub(super) struct Fault {
    /// Where in the source it was.
    place: String,
    /// What it said, if that stands in the source.
    said: Option<&'static str>,
}

thread_local! {
    static LAST_FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

impl Fault {
    /// Lets [`caught`] know where a panic was, in place of a message on the host's standard error.
    ///
    /// Text that was put together when it happened is left out everywhere: it may quote the very
    /// string that could not be cut, a patient's. The hook is that of this library's own copy of
    /// the standard library; a host program that is written in Rust keeps its own.
    fn note_from_now_on() {
        static NOTED: Once = Once::new();
        NOTED.call_once(|| {
            panic::set_hook(Box::new(|panic| {
                let fault = Self {
                    place: panic
                        .location()
                        .map_or_else(String::new, ToString::to_string),
                    said: panic.payload().downcast_ref().copied(),
                };
                // A thread that is ending has no place for it any more.
                let _ = LAST_FAULT.try_with(|last| last.set(Some(fault)));
            }));
        });
    }

    /// For the operator's screen.
    pub(super) fn failure(&self) -> Failure {
        let place = &self.place;
        let detail = text!(
            "请保留现场信息并联系动态库的维护者（{place}）；请求可能已发出",
            "please report it ({place}); the request may have been sent"
        );
        Failure::new(EV_INTERNAL, Delivery::Unknown, detail)
    }

    /// For the log.
    pub(super) fn describe(&self) -> String {
        let place = &self.place;
        match self.said {
            Some(said) => format!("{place}: {said}"),
            None => place.clone(),
        }
    }
}

/// Runs work that may panic.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let fault = LAST_FAULT.try_with(Cell::take).ok().flatten();
        fault.unwrap_or_else(|| Fault {
            place: String::new(),
            said: None,
        })
    })
}

/// Runs work that answers with a number alone.
pub(super) fn number(work: impl FnOnce() -> i32) -> i32 {
    with_env(|_| work())
}

/// The same for work that calls the caller back.
fn with_env(work: impl FnOnce(&FloatEnv) -> i32) -> i32 {
    let env = FloatEnv::put_aside();
    host::pin();
    Fault::note_from_now_on();
    inner(|| work(&env))
}

/// Not inlined: nothing of the work may move to before the environment is put aside.
#[inline(never)]
fn inner(work: impl FnOnce() -> i32) -> i32 {
    caught(work).unwrap_or(EV_INTERNAL)
}

/// Runs work that answers with a reply, keeps that for the thread, writes it to the buffer, if the
/// function has one, and notes the call.
pub fn reply(buffer: Option<Buffer>, work: impl FnOnce() -> Answer) -> i32 {
    flow(buffer, |_| work())
}

/// The same for work that calls the caller back, in the caller's own floating-point environment.
pub(super) fn flow(buffer: Option<Buffer>, work: impl FnOnce(&FloatEnv) -> Answer) -> i32 {
    with_env(|env| {
        let started = Started::now();
        last_reply::keep(Zeroizing::default());
        let answer = match buffer.map_or(Ok(()), |buffer| buffer.check()) {
            Ok(()) => caught(|| work(env))
                .unwrap_or_else(|fault| Answer::without_client(Err(fault.failure()))),
            Err(failure) => Answer::without_client(Err(failure)),
        };
        let code = answer.reply.code;
        let json = answer.reply.to_json(&started);
        let mut text = Zeroizing::new(answer.charset.encode_json(&json));
        // SAFETY: `Buffer::new` was promised that it can be written.
        let written = buffer.map_or(EV_OK, |buffer| unsafe { buffer.write(&text) });
        let reply_bytes = text.len();
        text.push(0);
        last_reply::keep(text);
        if let Some((log, entry)) = &answer.log {
            let size = buffer.map(|buffer| buffer.size());
            // The call is done: not even a fault in here may change what it returns.
            let _ = caught(|| log.write(entry, &answer.reply, &started, reply_bytes, size));
        }
        if code == EV_OK { written } else { code }
    })
}
