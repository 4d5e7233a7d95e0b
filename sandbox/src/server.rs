//! The ports, and who answers at each.

use crate::Centre;
use crate::http;
use crate::wire::{Connection, Socket, Wire};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// What happens to a connection.
#[derive(Clone)]
pub(crate) enum Door {
    Http,
    Https(TlsAcceptor),
    /// Closed at once, unread.
    Slam,
    /// Kept open, unanswered.
    Silence,
}

/// How long a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// Opens a port and serves it from now on. `localhost` may mean `::1` first, so a door on
/// 127.0.0.1 opens the same port there too, if it can.
pub(crate) async fn open(
    centre: &Arc<Centre>,
    address: SocketAddr,
    door: Door,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    if bound.ip().is_loopback() && bound.is_ipv4() {
        let twin = SocketAddr::from((Ipv6Addr::LOCALHOST, bound.port()));
        if let Ok(twin) = TcpListener::bind(twin).await {
            tokio::spawn(serve(Arc::clone(centre), twin, door.clone()));
        }
    }
    tokio::spawn(serve(Arc::clone(centre), listener, door));
    Ok(bound)
}

async fn serve(centre: Arc<Centre>, listener: TcpListener, door: Door) {
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => {
                let id = centre.accepted();
                // How a conversation ended is the client's affair: it sees it.
                tokio::spawn(converse(Arc::clone(&centre), id, tcp, door.clone()));
            }
            // Out of handles, most likely: they come back when others close.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn converse(centre: Arc<Centre>, id: u64, tcp: TcpStream, door: Door) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let socket = match door {
        Door::Http => Socket::Plain(tcp),
        Door::Https(acceptor) => {
            Socket::Tls(Box::new(timeout(HANDSHAKE, acceptor.accept(tcp)).await??))
        }
        Door::Slam => return Socket::Plain(tcp).reset(),
        Door::Silence => return Socket::Plain(tcp).drain().await,
    };
    let connection = Arc::new(Connection::new(id, socket));
    let wire = Wire(Arc::clone(&connection));
    let answer = service_fn(move |request| {
        http::handle(Arc::clone(&centre), Arc::clone(&connection), request)
    });
    http1::Builder::new()
        .serve_connection(wire, answer)
        .await
        .map_err(io::Error::other)
}
