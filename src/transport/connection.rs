//! The connections themselves: TCP, TLS over it, and the account of what has been written.
//!
//! Everything here keeps the deadline of the call on this thread ([`Call`]); ureq's own time-outs
//! are not used, since they cost a thread or a call each.

use super::call::Call;
use super::pool::Way;
use rustls::{ClientConnection, StreamOwned};
#[cfg(unix)]
use socket2::SockRef;
#[cfg(target_os = "linux")]
use socket2::{Domain, Socket, Type};
use std::fmt;
use std::io::{self, Read, Write};
#[cfg(unix)]
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use ureq::unversioned::transport::{
    Buffers, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

/// Requests and replies are a few hundred bytes; ureq's own 128 KiB are zeroed for every
/// connection.
const BUFFER: usize = 16 * 1024;

/// Head and body leave together up to this size: one system call, one packet.
const FLUSH_AT: usize = 64 * 1024;

/// A time-out that is set already is kept while it is no more than this too long.
const TIMEOUT_SLACK: Duration = Duration::from_millis(10);

/// Whether it may be shorter than the call: on Windows a socket is not to be used any more once its
/// time-out is over.
const MAY_END_EARLY: bool = cfg!(unix);

/// A TCP connection that keeps the deadline of the call on this thread.
pub struct Tcp {
    /// Shared with the call, so that a cancel can end it.
    pub stream: Arc<TcpStream>,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Tcp {
    /// Connects within that time.
    pub fn connect(address: SocketAddr, within: Duration) -> io::Result<Self> {
        let (stream, write_timeout) = connect_within(address, within)?;
        Self::new(stream, write_timeout)
    }

    /// A connection that stands, with its time-out for writing.
    pub fn new(stream: TcpStream, write_timeout: Option<Duration>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: Arc::new(stream),
            read_timeout: None,
            write_timeout,
        })
    }
}

/// Connects, and says what the socket's time-out for writing is from then on.
#[cfg(target_os = "linux")]
fn connect_within(
    address: SocketAddr,
    within: Duration,
) -> io::Result<(TcpStream, Option<Duration>)> {
    // Here that time-out bounds connecting as well (socket(7)): two system calls, and not the six of
    // not blocking, waiting, and blocking again.
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // A fraction of this would be no time-out at all.
    let within = within.max(Duration::from_millis(1));
    socket.set_write_timeout(Some(within))?;
    match socket.connect(&address.into()) {
        Ok(()) => Ok((socket.into(), Some(within))),
        Err(error) => match error.raw_os_error() {
            Some(libc::EINPROGRESS) => Err(io::ErrorKind::TimedOut.into()),
            // A signal handler ran. The connection goes on being made, but not so that it could be
            // waited for in this way.
            Some(libc::EINTR) => {
                drop(socket);
                Ok((TcpStream::connect_timeout(&address, within)?, None))
            }
            _ => Err(error),
        },
    }
}

/// Connects, and says what the socket's time-out for writing is from then on.
#[cfg(not(target_os = "linux"))]
fn connect_within(
    address: SocketAddr,
    within: Duration,
) -> io::Result<(TcpStream, Option<Duration>)> {
    Ok((TcpStream::connect_timeout(&address, within)?, None))
}

/// Does what a socket's time-out bounds, within what is left of the call.
fn within_call<T>(
    previous: &mut Option<Duration>,
    set: impl Fn(Option<Duration>) -> io::Result<()>,
    mut work: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let call = Call::current()?;
    loop {
        let left = call.time_left()?;
        let fits = |set: &Duration| *set <= left + TIMEOUT_SLACK && (MAY_END_EARLY || *set >= left);
        if !previous.as_ref().is_some_and(fits) {
            set(Some(left))?;
            *previous = Some(left);
        }
        match work() {
            // What Unix calls an elapsed time-out; whether it is the call's is asked again.
            Err(error) if MAY_END_EARLY && error.kind() == io::ErrorKind::WouldBlock => {
                *previous = None;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl Read for Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stream = &*self.stream;
        within_call(
            &mut self.read_timeout,
            |left| stream.set_read_timeout(left),
            || (&*stream).read(buffer),
        )
    }
}

impl Write for Tcp {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let stream = &*self.stream;
        within_call(
            &mut self.write_timeout,
            |left| stream.set_write_timeout(left),
            || (&*stream).write(buffer),
        )
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What TLS, or plain HTTP, runs over.
pub enum Lower {
    Tcp(Tcp),
    Tunnel(TransportAdapter),
}

impl Read for Lower {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.read(buffer),
            Self::Tunnel(tunnel) => tunnel.read(buffer),
        }
    }
}

impl Write for Lower {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.write(buffer),
            Self::Tunnel(tunnel) => tunnel.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(tcp) => tcp.flush(),
            Self::Tunnel(tunnel) => tunnel.flush(),
        }
    }
}

pub enum Stream {
    Plain(Lower),
    Tls(Box<StreamOwned<ClientConnection, Lower>>),
}

impl Lower {
    /// Whether bytes have been read that nobody has taken yet.
    fn holds_input(&mut self) -> bool {
        match self {
            Self::Tcp(_) => false,
            Self::Tunnel(tunnel) => !tunnel.get_mut().buffers().input().is_empty(),
        }
    }
}

impl Stream {
    fn holds_input(&mut self) -> bool {
        match self {
            Self::Plain(lower) => lower.holds_input(),
            Self::Tls(tls) => {
                // A goodbye counts: nothing that is said after it would be heard.
                let holds = match tls.conn.process_new_packets() {
                    Ok(state) => state.plaintext_bytes_to_read() > 0 || state.peer_has_closed(),
                    Err(_) => true,
                };
                holds || tls.sock.holds_input()
            }
        }
    }
}

/// Where a connection stands between one request and the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It has carried none.
    New,
    /// A request is going out, or its reply coming in.
    InUse,
    /// The reply was read to its end.
    Done,
    /// It has left that call, and may be used by another.
    Kept,
}

/// An open connection.
pub struct Open {
    stream: Stream,
    socket: Arc<TcpStream>,
    buffers: LazyBuffers,
    /// Written by ureq, not yet sent.
    pending: Vec<u8>,
    /// What its requests are addressed to; `None` for the connection to a proxy, which carries
    /// none.
    way: Option<Way>,
    turn: Turn,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Open")
    }
}

impl Open {
    /// Whether its requests are addressed there.
    pub fn leads(&self, way: &Way) -> bool {
        self.way.as_ref() == Some(way)
    }

    /// Whether requests on both are addressed to the same.
    pub fn is_like(&self, other: &Self) -> bool {
        self.way == other.way
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if self.turn != Turn::InUse {
            if self.way.is_some() {
                let reused = self.turn == Turn::Kept;
                Call::current()?.begin_sending(&self.socket, reused)?;
            }
            self.turn = Turn::InUse;
        }
        match &mut self.stream {
            Stream::Plain(lower) => {
                lower.write_all(&self.pending)?;
                lower.flush()?;
            }
            Stream::Tls(tls) => {
                tls.write_all(&self.pending)?;
                tls.flush()?;
            }
        }
        self.pending.clear();
        Ok(())
    }

    /// Whether the other side has neither closed nor said anything unasked: what it said would be
    /// taken for the next call's reply. It may have been read already, along with the last reply.
    pub fn is_quiet(&mut self) -> io::Result<bool> {
        if self.stream.holds_input() {
            return Ok(false);
        }
        let peeked = peek_at_once(&self.socket)?;
        Ok(matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock))
    }
}

/// A connection as ureq sees it, for one call.
#[derive(Debug)]
pub struct Connection {
    /// Taken only when this is dropped.
    open: Option<Box<Open>>,
}

impl Connection {
    /// One that has carried nothing.
    pub fn new(stream: Stream, socket: Arc<TcpStream>, way: Option<Way>) -> Self {
        Self::from(Box::new(Open {
            stream,
            socket,
            buffers: LazyBuffers::new(BUFFER, BUFFER),
            pending: Vec::new(),
            way,
            turn: Turn::New,
        }))
    }

    fn open(&self) -> &Open {
        let open = self.open.as_deref();
        open.unwrap_or_else(|| unreachable!("it is dropped"))
    }

    fn open_mut(&mut self) -> &mut Open {
        let open = self.open.as_deref_mut();
        open.unwrap_or_else(|| unreachable!("it is dropped"))
    }
}

impl From<Box<Open>> for Connection {
    fn from(open: Box<Open>) -> Self {
        Self { open: Some(open) }
    }
}

/// Looks at what has come, without waiting: one system call, before every kept-alive request.
#[cfg(unix)]
pub fn peek_at_once(socket: &TcpStream) -> io::Result<io::Result<usize>> {
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    Ok(SockRef::from(socket).recv_with_flags(&mut [MaybeUninit::uninit()], flags))
}

/// Looks at what has come, without waiting.
#[cfg(not(unix))]
pub fn peek_at_once(socket: &TcpStream) -> io::Result<io::Result<usize>> {
    socket.set_nonblocking(true)?;
    let peeked = socket.peek(&mut [0]);
    socket.set_nonblocking(false)?;
    Ok(peeked)
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.open_mut().buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let open = self.open_mut();
        open.pending
            .extend_from_slice(&open.buffers.output()[..amount]);
        if open.pending.len() >= FLUSH_AT {
            open.flush()?;
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let open = self.open_mut();
        if !open.pending.is_empty() {
            open.flush()?;
            Call::current()?.ahead().begin();
        }
        let input = open.buffers.input_append_buf();
        if input.is_empty() {
            // Reading into no space would look like the other side's end.
            return Err(ureq::Error::LargeResponseHeader(BUFFER, BUFFER));
        }
        let amount = match &mut open.stream {
            Stream::Plain(lower) => lower.read(input)?,
            Stream::Tls(tls) => tls.read(input)?,
        };
        if amount > 0 && open.way.is_some() {
            Call::current()?.begin_receiving();
        }
        open.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// ureq asks when a reply was read to its end, before it would give the connection back to a
    /// pool of its own, which holds none.
    fn is_open(&mut self) -> bool {
        let open = self.open_mut();
        if open.turn == Turn::InUse && Call::current().is_ok_and(|call| call.release()) {
            open.turn = Turn::Done;
        }
        open.turn == Turn::Done
    }

    fn is_tls(&self) -> bool {
        matches!(self.open().stream, Stream::Tls(_))
    }
}

/// After a reply that was read to its end the call keeps the connection, until it is known whether
/// that reply was understood.
impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        if open.turn == Turn::Done
            && open.way.is_some()
            && let Ok(call) = Call::current()
        {
            open.turn = Turn::Kept;
            call.keep(open);
        }
    }
}
