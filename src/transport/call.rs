//! What is known about one call while it runs: how far it has got, how long it may take, and which
//! socket ends it.
//!
//! ureq stays on the calling thread, so the connectors, the resolver and the connection find their
//! call in a thread-local; other threads only cancel it.

use super::ahead::Ahead;
use super::connection::Open;
use rustls::ProtocolVersion;
use std::cell::RefCell;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// One call from its start to its end.
#[derive(Debug)]
pub struct Call {
    token: Zeroizing<String>,
    is_step: bool,
    is_test: bool,
    deadline: Instant,
    connect_timeout: Duration,
    cancelled: AtomicBool,
    /// Told when the call is cancelled, for whoever waits with `progress`.
    ended: Condvar,
    sent: AtomicBool,
    progress: Mutex<Progress>,
    /// Shared by a flow and its steps.
    ahead: Arc<Mutex<Ahead>>,
}

/// What a call is made for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// For itself, or it stands for a whole flow.
    Call,
    /// As a step of this flow, which is in flight as well.
    Step(&'a Call),
    /// To see how the centre is reached: a journal is kept.
    Test,
}

/// How an attempt's connection came about, for the self-test.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// The stages it has been in, each from when.
    pub stages: Vec<(Stage, Instant)>,
    /// What the host's name came to; the proxy's, where there is one.
    pub addresses: Vec<SocketAddr>,
    /// Our end of the connection, and the other.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    /// What the handshake agreed on.
    pub tls: Option<ProtocolVersion>,
}

#[derive(Debug)]
struct Progress {
    stage: Stage,
    /// Of a test only.
    journal: Option<Journal>,
    /// When the present attempt's connection must stand.
    connect_deadline: Instant,
    /// Whether a connection that was kept may be used.
    may_reuse: bool,
    /// Whether the connection had carried a request before.
    reused: bool,
    /// Whether a byte of a reply came on it.
    replied: bool,
    /// The connection in use. Shut down only under this lock, and given up under it before the
    /// connection goes back to the pool: a cancel never hits somebody else's call.
    socket: Option<Arc<TcpStream>>,
    /// The connection on which the reply was read to its end.
    kept: Option<Box<Open>>,
}

impl Progress {
    fn new(connect_deadline: Instant, may_reuse: bool, is_test: bool) -> Self {
        let mut progress = Self {
            stage: Stage::Resolving,
            journal: is_test.then(Journal::default),
            connect_deadline,
            may_reuse,
            reused: false,
            replied: false,
            socket: None,
            kept: None,
        };
        progress.enter(Stage::Resolving);
        progress
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        if let Some(journal) = &mut self.journal {
            journal.stages.push((stage, Instant::now()));
        }
    }
}

/// How far an attempt has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding an address.
    Resolving,
    /// Making a TCP connection, through the proxy where there is one.
    Connecting,
    /// In the TLS handshake.
    Handshaking,
    /// A connection stands.
    Connected,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Call>>> = const { RefCell::new(None) };
}

impl Call {
    /// Starts the clock.
    pub fn start(
        token: Zeroizing<String>,
        purpose: Purpose<'_>,
        connect_timeout: Duration,
        timeout: Duration,
    ) -> Self {
        let now = Instant::now();
        let is_test = matches!(purpose, Purpose::Test);
        Self {
            token,
            is_step: matches!(purpose, Purpose::Step(_)),
            is_test,
            deadline: now + timeout,
            connect_timeout,
            cancelled: AtomicBool::new(false),
            ended: Condvar::new(),
            sent: AtomicBool::new(false),
            progress: Mutex::new(Progress::new(now + connect_timeout, false, is_test)),
            ahead: match purpose {
                Purpose::Step(flow) => Arc::clone(&flow.ahead),
                Purpose::Call | Purpose::Test => Arc::default(),
            },
        }
    }

    /// The call that this thread is making.
    pub fn current() -> io::Result<Arc<Self>> {
        CURRENT
            .with_borrow(Clone::clone)
            .ok_or_else(|| io::Error::other("no call on this thread"))
    }

    /// Does one attempt as this thread's call, on a fresh connection unless it `may_reuse` one.
    pub fn attempt<T>(self: &Arc<Self>, may_reuse: bool, attempt: impl FnOnce() -> T) -> T {
        /// Also gives the socket up when the attempt panics.
        struct Leave<'a>(&'a Call);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.progress().socket = None;
                CURRENT.set(None);
            }
        }

        let connect_deadline = self.deadline.min(Instant::now() + self.connect_timeout);
        *self.progress() = Progress::new(connect_deadline, may_reuse, self.is_test);
        CURRENT.set(Some(Arc::clone(self)));
        let _leave = Leave(self);
        attempt()
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The patient's token that the call is for.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether it is a step of a flow, which counts by itself.
    pub fn is_step(&self) -> bool {
        self.is_step
    }

    /// How far the present attempt has got.
    pub fn stage(&self) -> Stage {
        self.progress().stage
    }

    /// Notes how far the present attempt has got.
    pub fn enter(&self, stage: Stage) {
        self.progress().enter(stage);
    }

    /// How the present attempt's connection came about; nothing is known of a call that is no test.
    pub fn journal(&self) -> Journal {
        self.progress().journal.clone().unwrap_or_default()
    }

    /// Adds to it, if this is a test.
    pub fn note(&self, note: impl FnOnce(&mut Journal)) {
        if let Some(journal) = &mut self.progress().journal {
            note(journal);
        }
    }

    /// What is left of the time for what is being done now; an error when it is over.
    pub fn time_left(&self) -> io::Result<Duration> {
        let progress = self.progress();
        let end = match progress.stage {
            Stage::Resolving | Stage::Connecting | Stage::Handshaking => progress.connect_deadline,
            Stage::Connected => self.deadline,
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(left)
    }

    /// Whether the time for the whole of it is over.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Ends the call, from any thread.
    pub fn cancel(&self) {
        let progress = self.progress();
        self.cancelled.store(true, Ordering::SeqCst);
        self.ended.notify_all();
        if let Some(socket) = &progress.socket {
            // An error means that it is closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Waits, unless somebody ends it; `false` if somebody did.
    pub fn wait(&self, within: Duration) -> bool {
        let waited = self
            .ended
            .wait_timeout_while(self.progress(), within, |_| !self.is_cancelled());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        !self.is_cancelled()
    }

    /// Whether somebody ended it.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Whether a byte of the request may have left this machine, in any attempt.
    pub fn is_sent(&self) -> bool {
        self.sent.load(Ordering::SeqCst)
    }

    /// Whether the attempt failed in the one way that a call that only reads may be repeated after:
    /// on a connection that had been kept alive, before any byte of a reply.
    pub fn broke_while_reused(&self) -> bool {
        let progress = self.progress();
        progress.reused && !progress.replied
    }

    /// Whether the attempt may use a connection that was kept.
    pub fn may_reuse(&self) -> bool {
        self.progress().may_reuse
    }

    /// Told before the first byte of a request is written. From here on it may arrive.
    pub fn begin_sending(&self, socket: &Arc<TcpStream>, reused: bool) -> io::Result<()> {
        let mut progress = self.progress();
        if self.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        progress.enter(Stage::Connected);
        progress.reused = reused;
        progress.socket = Some(Arc::clone(socket));
        self.sent.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Told when bytes of a reply have come.
    pub fn begin_receiving(&self) {
        self.progress().replied = true;
    }

    /// Holds the connection until it is known whether its reply was understood.
    pub fn keep(&self, connection: Box<Open>) {
        self.progress().kept = Some(connection);
    }

    /// The connection that is held, to be kept for other calls.
    pub fn take_kept(&self) -> Option<Box<Open>> {
        self.progress().kept.take()
    }

    /// Gives up the connection; `false` if it must not be used again.
    pub fn release(&self) -> bool {
        self.progress().socket = None;
        !self.is_cancelled()
    }

    /// The connection in use.
    pub fn socket(&self) -> io::Result<Arc<TcpStream>> {
        let socket = self.progress().socket.clone();
        socket.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// What the flow that this is, or is a step of, opens ahead.
    pub fn ahead(&self) -> std::sync::MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a cancel reach a connection that is still being made.
    pub fn watch(&self, socket: &Arc<TcpStream>) -> io::Result<()> {
        let mut progress = self.progress();
        if self.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        progress.socket = Some(Arc::clone(socket));
        Ok(())
    }
}
