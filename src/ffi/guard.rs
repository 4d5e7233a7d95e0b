//! What every function of the C interface does around its own work: the library pinned, the
//! caller's floating-point environment put aside, panics caught, the client found, the reply kept
//! and written.
//!
//! Panics are caught (by `caught`) at the boundary itself, where a number must come back whatever
//! happens, and around what must not cost more than itself: the work, whose fault still gets a
//! reply and a line in the log; the caller's being told of a step, where the flow goes on; and the
//! line of a call, which comes when a reply that may be paid for is written already.

use super::float_env::FloatEnv;
use super::handle::{self, NO_CLIENT};
use super::memory::{Buffer, Input};
use super::{last_reply, lines, progress};
use crate::catalogue::codes::{EV_INTERNAL, EV_OK};
use crate::catalogue::services::{Desk, Target};
use crate::charset::Charset;
use crate::client::Client;
use crate::client::line::{Entry, Line};
use crate::dispatch::{self, Caller, Flow, Told};
use crate::error::{Delivery, Failure, text};
use crate::os::host;
use crate::os::thread_cancel::PutOff;
use crate::reply::{Reply, Started};
use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// A panic of this library's.
#[derive(Debug)]
struct Fault {
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
        // Noted twice is noted; to wait for another thread would be to wait for ever in the child of
        // a fork that came in between.
        static NOTED: AtomicBool = AtomicBool::new(false);
        if !NOTED.swap(true, Ordering::AcqRel) {
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
        }
    }

    /// For the operator's screen.
    fn failure(&self) -> Failure {
        let place = &self.place;
        let detail = text!(
            "请保留现场信息并联系动态库的维护者（{place}）；请求可能已发出",
            "please report it ({place}); the request may have been sent"
        );
        Failure::new(EV_INTERNAL, Delivery::Unknown, detail)
    }

    /// For the log.
    fn describe(&self) -> String {
        let place = &self.place;
        match self.said {
            Some(said) => format!("{place}: {said}"),
            None => place.clone(),
        }
    }
}

/// Runs work that may panic.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
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
    boundary(|_| work())
}

/// Runs work that answers with a reply, and needs no client.
pub fn reply(buffer: Option<Buffer>, work: impl FnOnce() -> Result<Reply, Failure>) -> i32 {
    call("", NO_CLIENT, buffer, |_| work())
}

/// Runs work that answers with a reply, keeps that for the thread, writes it to the buffer, if the
/// function has one, and notes the call.
pub fn call(
    function: &'static str,
    handle: i32,
    buffer: Option<Buffer>,
    work: impl FnOnce(&mut Export<'_>) -> Result<Reply, Failure>,
) -> i32 {
    boundary(|env| {
        let started = Started::now();
        last_reply::keep(Zeroizing::default());
        let size = buffer.map(|buffer| buffer.size());
        let mut export = Export {
            function,
            handle,
            started,
            room: size.unwrap_or(usize::MAX),
            env,
            service: None,
            desk: None,
            caller: None,
        };
        let reply = buffer
            .map_or(Ok(()), |buffer| buffer.check())
            .and_then(|()| caught(|| work(&mut export)).unwrap_or_else(|fault| export.note(&fault)))
            .unwrap_or_else(|failure| export.failed(&failure));
        let caller = export.caller.as_ref();
        let charset = caller.map_or(Charset::Ascii, |caller| caller.charset);
        let mut text = charset.encode_json(reply.to_json(&started));
        let written = buffer.map_or(EV_OK, |buffer| buffer.write(&text));
        let reply_bytes = text.len();
        text.push(0);
        last_reply::keep(text);
        if let Some(caller) = caller
            && caller.entry.is_read
        {
            // The call is done: not even a fault in here may change what it returns.
            let _ = caught(|| {
                let line = caller.entry.line(&reply, reply_bytes, size);
                pass_on(&line, &caller.client, handle, env);
            });
        }
        match reply.code {
            EV_OK => written,
            code => code,
        }
    })
}

/// A line goes to the log and to whoever listens.
fn pass_on(line: &Line, client: &Client, handle: i32, env: &FloatEnv) {
    client.write(line);
    lines::tell(handle, &line.text, client.config().charset, env);
}

fn boundary(work: impl FnOnce(&FloatEnv) -> i32) -> i32 {
    let _put_off = PutOff::begin();
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

/// An export at work, and what is known for its answer by the time it fails.
#[expect(missing_debug_implementations, reason = "a client has none")]
pub struct Export<'a> {
    /// As the log names it.
    function: &'static str,
    handle: i32,
    started: Started,
    room: usize,
    env: &'a FloatEnv,
    /// The service's name, or the path.
    service: Option<Cow<'static, str>>,
    /// The service or the flow.
    desk: Option<&'static Desk>,
    caller: Option<Caller>,
}

impl Export<'_> {
    /// Finds the client. Arguments that cannot be used come before a handle that cannot, but are
    /// answered in the client's charset and language where there is one.
    pub fn client<T>(&mut self, inputs: Result<T, Failure>) -> Result<(&mut Caller, T), Failure> {
        let client = match handle::get(self.handle) {
            Ok(client) => client,
            Err(failure) => return Err(inputs.err().unwrap_or(failure)),
        };
        let mut entry = Entry::new(self.function, self.handle, self.started);
        entry.is_read = client.log().is_some() || lines::is_heard(self.handle);
        let caller = self.caller.insert(Caller {
            charset: client.config().charset,
            client,
            room: self.room,
            entry,
        });
        Ok((caller, inputs?))
    }

    /// Notes what is called, for an answer to come before it is.
    pub(super) fn is_for(&mut self, target: Option<&Target>) {
        self.service = target.map(Target::name);
        self.desk = target.and_then(Target::known).map(|service| &service.desk);
    }

    /// Calls a service.
    pub(super) fn service(
        &mut self,
        target: Result<Target, Failure>,
        request: &Input,
    ) -> Result<Reply, Failure> {
        self.is_for(target.as_ref().ok());
        let inputs = request.read().and_then(|request| Ok((target?, request)));
        let (caller, (target, request)) = self.client(inputs)?;
        dispatch::call(caller, &target, request)
    }

    /// Runs a flow, whose steps this thread's listener is told of in the caller's own
    /// floating-point environment.
    pub(super) fn flow(
        &mut self,
        desk: &'static Desk,
        flow: Flow,
        request: &Input,
    ) -> Result<Reply, Failure> {
        self.service = Some(desk.name.into());
        self.desk = Some(desk);
        let (handle, env) = (self.handle, self.env);
        let (caller, request) = self.client(request.read())?;
        let charset = caller.charset;
        dispatch::flow(caller, flow, request, &mut |client, told| match told {
            Told::Progress(event) => {
                caught(|| progress::tell(handle, event, charset, env)).unwrap_or(true)
            }
            Told::Line(line) => {
                // The step is made, and the flow goes on.
                let _ = caught(|| pass_on(line, client, handle, env));
                true
            }
        })
    }

    /// Sets whom to tell of something: no call of the program's own, so nobody is told of it.
    pub(super) fn set(&mut self, set: impl FnOnce(i32)) -> Result<Reply, Failure> {
        let handle = self.handle;
        let (caller, ()) = self.client(Ok(()))?;
        caller.entry.is_read = false;
        set(handle);
        Ok(caller.done(None))
    }

    fn note(&mut self, fault: &Fault) -> Result<Reply, Failure> {
        if let Some(caller) = &mut self.caller {
            caller.entry.fault = Some(fault.describe());
        }
        Err(fault.failure())
    }

    fn failed(&self, failure: &Failure) -> Reply {
        let language = match &self.caller {
            Some(caller) => caller.client.config().language,
            None => failure.language.unwrap_or_default(),
        };
        Reply {
            service: self.service.clone(),
            ..Reply::failed(failure, language, self.desk)
        }
    }
}
