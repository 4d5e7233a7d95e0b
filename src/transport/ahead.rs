//! A connection that is opened while the centre works on a question, for the request that is likely
//! to follow and changes something. It carries nothing before that request, so that it counts as
//! fresh: for two seconds, in which nobody tires of waiting for its first byte.
//!
//! It is opened when the question is out, and not before: a server that serves one connection at a
//! time has taken the question's first.

use super::connection::peek_at_once;
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// For how long it counts as fresh.
const FRESH: Duration = Duration::from_secs(2);

/// What a flow opens ahead. Its steps share it.
#[derive(Debug, Default)]
pub enum Ahead {
    /// Nothing.
    #[default]
    None,
    /// A connection there, once the next request is out.
    Wanted(SocketAddr),
    /// A connection in the making.
    Opened {
        /// It does not block yet.
        stream: TcpStream,
        /// Where it leads.
        address: SocketAddr,
        /// When it was begun.
        since: Instant,
    },
}

impl Ahead {
    /// Begins to connect if that is wanted, and waits for nothing. That it cannot is no matter: who
    /// needs a connection makes one.
    pub fn begin(&mut self) {
        if let Self::Wanted(address) = *self {
            *self = Self::open(address).unwrap_or_default();
        }
    }

    fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self::Opened {
            stream: connecting(address)?,
            address,
            since: Instant::now(),
        })
    }

    /// The connection to this address, if that is what it is, it stands, and it is fresh and quiet.
    pub fn take(&mut self, to: SocketAddr) -> Option<TcpStream> {
        let (stream, address, since) = match std::mem::take(self) {
            Self::Opened {
                stream,
                address,
                since,
            } => (stream, address, since),
            other => {
                *self = other;
                return None;
            }
        };
        let stands = matches!(stream.take_error(), Ok(None)) && stream.peer_addr().is_ok();
        if address != to || since.elapsed() > FRESH || !stands {
            return None;
        }
        let peeked = peek_at_once(&stream).ok()?;
        let is_quiet = matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        stream.set_nonblocking(false).ok()?;
        is_quiet.then_some(stream)
    }
}

/// Begins to connect, and waits for nothing.
fn connecting(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // That it takes longer is an error here, and the usual one. All others are found when it is
    // wanted.
    let _ = socket.connect(&address.into());
    Ok(socket.into())
}
