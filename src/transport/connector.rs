//! Where connections come from: from among those that were kept, or opened anew.

use super::call::{Call, Stage};
use super::connection::{Connection, Lower, Stream, Tcp};
use super::pool::{Pool, Way};
use super::resolve::NameResolver;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::fmt;
use std::io;
use std::sync::Arc;
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, Either, Transport, TransportAdapter,
};

/// Hands out connections that were kept, to calls that may use them.
#[derive(Debug)]
pub struct Keeper {
    /// Where they are kept.
    pub pool: Arc<Pool>,
}

impl Connector for Keeper {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        if !Call::current()?.may_reuse() {
            return Ok(None);
        }
        Ok(self.pool.take(&Way::to(details.uri)))
    }
}

/// What ureq's proxy connector hands on: a connection that was kept, or its tunnel.
type Chained = Either<Connection, Box<dyn Transport>>;

/// Makes connections, to the centre or through the tunnel that ureq opened at a proxy.
pub struct Opener {
    /// Shared with ureq's resolver.
    pub names: NameResolver,
    /// For HTTPS only.
    pub tls: Option<Arc<ClientConfig>>,
    /// The name to expect in place of the address's host.
    pub server_name: Option<String>,
    /// Whether connections go through a proxy.
    pub proxied: bool,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

impl Connector<Chained> for Opener {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<Chained>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let call = Call::current()?;
        let tunnel = match chained {
            Some(Either::A(kept)) => return Ok(Some(kept)),
            Some(Either::B(tunnel)) => Some(tunnel),
            None => None,
        };
        // With a proxy this connector is asked twice: first without a tunnel, for the connection to
        // the proxy itself, which carries no request.
        let carries_requests = tunnel.is_some() || !self.proxied;
        let lower = match tunnel {
            Some(tunnel) => {
                let clock = Arc::clone(&details.current_time);
                Lower::Tunnel(TransportAdapter::new(tunnel, clock))
            }
            None => Lower::Tcp(self.connect_tcp(&call, details)?),
        };
        let stream = if details.needs_tls() {
            call.enter(Stage::Handshaking);
            let stream = self.handshake(details, lower)?;
            call.note(|journal| journal.tls = stream.conn.protocol_version());
            Stream::Tls(Box::new(stream))
        } else {
            Stream::Plain(lower)
        };
        let way = carries_requests.then(|| Way::to(details.uri));
        Ok(Some(Connection::new(stream, call.socket()?, way)))
    }
}

impl Opener {
    /// Tries each address in turn; the time that is left is shared among those that are left.
    fn connect_tcp(&self, call: &Call, details: &ConnectionDetails<'_>) -> io::Result<Tcp> {
        call.enter(Stage::Connecting);
        call.note(|journal| journal.addresses = details.addrs.to_vec());
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        let mut left = u32::try_from(details.addrs.len()).unwrap_or(u32::MAX);
        for address in &details.addrs {
            let within = call.time_left()? / left;
            left -= 1;
            let connected = match call.ahead().take(*address) {
                Some(stream) => Tcp::new(stream, None),
                None => Tcp::connect(*address, within),
            };
            match connected {
                Ok(tcp) => {
                    call.watch(&tcp.stream)?;
                    call.note(|journal| {
                        let (here, there) = (tcp.stream.local_addr(), tcp.stream.peer_addr());
                        journal.ends = here.ok().zip(there.ok());
                    });
                    return Ok(tcp);
                }
                Err(error) => failure = error,
            }
        }
        self.names.forget(details.uri.host().unwrap_or_default());
        Err(failure)
    }

    fn handshake(
        &self,
        details: &ConnectionDetails<'_>,
        lower: Lower,
    ) -> io::Result<StreamOwned<ClientConnection, Lower>> {
        let config = self
            .tls
            .clone()
            .ok_or_else(|| io::Error::other("no TLS configuration"))?;
        let host = details.uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = self.server_name.as_deref().unwrap_or(host).to_owned();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, lower);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }
}
