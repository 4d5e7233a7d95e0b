//! The bytes under HTTP: a connection that a fault can take out of hyper's hands, to cut, drip or
//! reset it.

use crate::centre::lock;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

/// HTTP or HTTPS.
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// Says goodbye and lets go: close_notify, then FIN.
    pub(crate) async fn close(mut self) -> io::Result<()> {
        self.shutdown().await
    }

    /// The same with bytes of the client still on their way: they are read and thrown away for a
    /// moment, because a socket closed with bytes unread sends RST instead of FIN.
    pub(crate) async fn close_unread(mut self) -> io::Result<()> {
        self.shutdown().await?;
        match timeout(Duration::from_secs(2), self.drain()).await {
            Ok(drained) => drained,
            Err(_) => Ok(()),
        }
    }

    /// Lets go with RST. Over HTTPS too without a word.
    pub(crate) fn reset(self) -> io::Result<()> {
        self.tcp().set_zero_linger()
    }

    /// Reads and throws away until the client closes.
    pub(crate) async fn drain(&mut self) -> io::Result<()> {
        let mut space = [0; 4096];
        while self.read(&mut space).await? > 0 {}
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// An accepted connection, shared by hyper and the request in progress.
pub(crate) struct Connection {
    pub(crate) id: u64,
    /// Whether it comes from this machine.
    pub(crate) is_local: bool,
    pub(crate) tls: bool,
    pub(crate) resumed: bool,
    /// Which certificate its port shows; nothing without TLS.
    pub(crate) port: &'static str,
    /// Whether its first request is still to come.
    new: AtomicBool,
    /// Empty once a fault has taken it.
    socket: Mutex<Option<Socket>>,
}

impl Connection {
    pub(crate) fn new(id: u64, socket: Socket, port: &'static str) -> Self {
        let resumed = match &socket {
            Socket::Plain(_) => false,
            Socket::Tls(tls) => {
                tls.get_ref().1.handshake_kind()
                    == Some(tokio_rustls::rustls::HandshakeKind::Resumed)
            }
        };
        let tls = matches!(socket, Socket::Tls(_));
        let peer = socket.tcp().peer_addr();
        Self {
            id,
            is_local: peer.is_ok_and(|peer| peer.ip().to_canonical().is_loopback()),
            tls,
            resumed,
            port,
            new: AtomicBool::new(true),
            socket: Mutex::new(Some(socket)),
        }
    }

    /// Whether this is its first request; asked once for each.
    pub(crate) fn is_new(&self) -> bool {
        self.new.swap(false, Relaxed)
    }

    /// Takes the socket away from hyper. Whoever does must end the request with an error, which
    /// makes hyper let go of the connection without a byte.
    pub(crate) fn take(&self) -> Option<Socket> {
        lock(&self.socket).take()
    }

    /// Writes past hyper, which goes on with the connection afterwards: for the request in
    /// progress, before its reply.
    pub(crate) async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match poll_fn(|cx| self.with(|socket| socket.poll_write(cx, bytes))).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => bytes = &bytes[written..],
            }
        }
        poll_fn(|cx| self.with(|socket| socket.poll_flush(cx))).await
    }

    /// Runs on the socket; without one nothing ever comes, and the request in progress, which
    /// hyper polls in the same task, brings the end.
    fn with<T>(&self, run: impl FnOnce(Pin<&mut Socket>) -> Poll<T>) -> Poll<T> {
        match lock(&self.socket).as_mut() {
            Some(socket) => run(Pin::new(socket)),
            None => Poll::Pending,
        }
    }
}

/// What hyper reads from and writes to.
pub(crate) struct Wire(pub(crate) Arc<Connection>);

impl hyper::rt::Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [0; 8192];
        let size = space.len().min(buf.remaining());
        let mut read = ReadBuf::new(&mut space[..size]);
        ready!(self.0.with(|socket| socket.poll_read(cx, &mut read)))?;
        buf.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.with(|socket| socket.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.with(|socket| socket.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.with(|socket| socket.poll_shutdown(cx))
    }
}
