//! The ports, and who answers at each.

use crate::centre::Centre;
use crate::http;
use crate::tls::{Certificates, Tls};
use crate::wire::{Connection, Socket, Wire};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// What happens to a connection.
#[derive(Clone)]
enum Door {
    Http,
    /// With the certificate of this name.
    Https(&'static str, TlsAcceptor),
    /// Closed at once, unread.
    Slam,
    /// Kept open, unanswered.
    Silence,
}

/// How long a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// The addresses that are open.
pub(crate) struct Doors {
    pub(crate) http: SocketAddr,
    pub(crate) tls: HashMap<Tls, SocketAddr>,
    pub(crate) slamming: SocketAddr,
    pub(crate) silent: SocketAddr,
    pub(crate) refusing: SocketAddr,
    /// Bound, but never listening, so that nobody else gets its port.
    _refusing: TcpSocket,
}

impl Doors {
    pub(crate) async fn open(
        centre: &Arc<Centre>,
        certificates: &Certificates,
        http: SocketAddr,
        tls: SocketAddr,
    ) -> io::Result<Self> {
        // The ports that were asked for come first, before any free one could take their number.
        let main = open(centre, http, Door::Http).await?;
        let mut doors = HashMap::new();
        for kind in Tls::ALL {
            let address = match kind {
                Tls::Good => tls,
                _ => SocketAddr::new(tls.ip(), 0),
            };
            let door = Door::Https(kind.name(), certificates.shown[&kind].acceptor.clone());
            doors.insert(kind, open(centre, address, door).await?);
        }
        let socket = match http {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        let any = SocketAddr::new(http.ip(), 0);
        socket.bind(any)?;
        Ok(Self {
            http: main,
            tls: doors,
            slamming: open(centre, any, Door::Slam).await?,
            silent: open(centre, SocketAddr::new(tls.ip(), 0), Door::Silence).await?,
            refusing: socket.local_addr()?,
            _refusing: socket,
        })
    }
}

/// Opens a port and serves it from now on. `localhost` may mean `::1` first, so a door on
/// 127.0.0.1 opens the same port there too, if it can.
async fn open(centre: &Arc<Centre>, address: SocketAddr, door: Door) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| {
            let text = match error.kind() {
                io::ErrorKind::AddrInUse => format!(
                    "{address} 已被占用，用 --listen 或 --tls 换一个端口 (in use: --listen and --tls choose another port)"
                ),
                _ => format!("{address}: {error}"),
            };
            io::Error::new(error.kind(), text)
        })?;
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
    let mut port = "";
    let socket = match door {
        Door::Http => Socket::Plain(tcp),
        Door::Https(name, acceptor) => {
            port = name;
            centre.books().stage.knock(name);
            Socket::Tls(Box::new(timeout(HANDSHAKE, acceptor.accept(tcp)).await??))
        }
        Door::Slam => return Socket::Plain(tcp).reset(),
        Door::Silence => return Socket::Plain(tcp).drain().await,
    };
    let connection = Arc::new(Connection::new(id, socket, port));
    let wire = Wire(Arc::clone(&connection));
    let answer = service_fn(move |request| {
        http::handle(Arc::clone(&centre), Arc::clone(&connection), request)
    });
    http1::Builder::new()
        .serve_connection(wire, answer)
        .await
        .map_err(io::Error::other)
}
