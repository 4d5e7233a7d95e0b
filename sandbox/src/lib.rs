//! A simulated e-voucher centre (地方电子凭证中心), for joint testing before the real one gives a
//! test slot.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! let centre = evoucher_sandbox::Sandbox::start(evoucher_sandbox::Options::default())?;
//! println!("localUrl: {}", centre.url());
//! assert!(centre.ledger().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! What it answers is chosen by the words of the patient's token, and what goes wrong on the way
//! by the path or the token: `README.md` has the tables.

mod control;
mod envelope;
mod fault;
mod http;
mod json;
mod ledger;
mod options;
mod reply;
mod scenario;
mod server;
mod service;
mod show;
mod tls;
mod wire;

pub use ledger::{Entry, Seen};
pub use options::Options;
pub use tls::Tls;

use ledger::Books;
use options::Account;
use server::Door;
use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};
use tls::Certificates;
use tokio::net::TcpSocket;
use tokio::runtime;
use tokio::sync::oneshot;

/// Locks; a panic elsewhere changes nothing of what these locks guard.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What every connection shares.
struct Centre {
    account: Account,
    books: Mutex<Books>,
    show: Option<Mutex<Box<dyn Write + Send>>>,
    /// Connections ever accepted: their ids, which `clear` does not begin again.
    accepted: AtomicU64,
}

impl Centre {
    fn new(mut options: Options) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            account: Account::new(&options)?,
            books: Mutex::new(Books::new(options.ledger_max, now_ms())),
            show: options.show.take().map(Mutex::new),
            accepted: AtomicU64::new(0),
        }))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }

    /// Counts a connection and gives its id.
    fn accepted(&self) -> u64 {
        self.books().connections += 1;
        self.accepted.fetch_add(1, Relaxed) + 1
    }

    /// Takes a connection out of the count that begins with a request to `/sandbox/…`: asking for
    /// the count must not change it.
    fn uncount(&self) {
        let mut books = self.books();
        books.connections = books.connections.saturating_sub(1);
    }

    /// Prints, if that was asked for. A reader that went away is no reason to stop serving.
    fn show(&self, text: impl FnOnce() -> String) {
        if let Some(show) = &self.show {
            let text = text();
            let mut show = lock(show);
            let _ = show.write_all(text.as_bytes()).and_then(|()| show.flush());
        }
    }
}

/// A running centre; dropping it stops it and closes its ports.
pub struct Sandbox {
    centre: Arc<Centre>,
    certificates: Certificates,
    doors: Doors,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The addresses that are open.
struct Doors {
    http: SocketAddr,
    tls: HashMap<Tls, SocketAddr>,
    slamming: SocketAddr,
    silent: SocketAddr,
    refusing: SocketAddr,
    /// Bound, but never listening, so that nobody else gets its port.
    _refusing: TcpSocket,
}

impl Doors {
    async fn open(
        centre: &Arc<Centre>,
        certificates: &Certificates,
        http: SocketAddr,
        tls: SocketAddr,
    ) -> io::Result<Self> {
        let mut doors = HashMap::new();
        for (kind, shown) in &certificates.shown {
            let address = match kind {
                Tls::Good => tls,
                _ => SocketAddr::new(tls.ip(), 0),
            };
            let door = Door::Https(shown.acceptor.clone());
            doors.insert(*kind, server::open(centre, address, door).await?);
        }
        let socket = match http {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        let any = SocketAddr::new(http.ip(), 0);
        socket.bind(any)?;
        Ok(Self {
            http: server::open(centre, http, Door::Http).await?,
            tls: doors,
            slamming: server::open(centre, any, Door::Slam).await?,
            silent: server::open(centre, SocketAddr::new(tls.ip(), 0), Door::Silence).await?,
            refusing: socket.local_addr()?,
            _refusing: socket,
        })
    }
}

impl Sandbox {
    /// Starts a centre on threads of its own.
    ///
    /// # Errors
    /// When the key is unusable, a port is taken, or `tls_dir` cannot be written.
    pub fn start(options: Options) -> io::Result<Self> {
        let (http, tls) = (options.listen, options.tls);
        let certificates = Certificates::make()?;
        if let Some(dir) = &options.tls_dir {
            certificates.write(dir)?;
        }
        let centre = Centre::new(options)?;

        let (stop, stopped) = oneshot::channel();
        let (opened, doors) = mpsc::channel();
        let (shared, shown) = (Arc::clone(&centre), certificates.clone());
        let thread = thread::Builder::new()
            .name("evoucher-sandbox".to_owned())
            .spawn(move || {
                let runtime = runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build();
                let runtime = match runtime {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(opened.send(Err(error))),
                };
                runtime.block_on(async {
                    let _ = opened.send(Doors::open(&shared, &shown, http, tls).await);
                    // Ends when the Sandbox is dropped.
                    let _ = stopped.await;
                });
            })?;
        let doors = doors.recv().map_err(io::Error::other)??;
        Ok(Self {
            centre,
            certificates,
            doors,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`, for `localUrl`.
    pub fn url(&self) -> String {
        url(self.doors.http)
    }

    /// `https://localhost:PORT` with the good certificate.
    pub fn https_url(&self) -> String {
        self.tls_url(Tls::Good)
    }

    /// `https://localhost:PORT` with that certificate.
    pub fn tls_url(&self, kind: Tls) -> String {
        localhost(self.doors.tls[&kind])
    }

    /// The sandbox's authority, PEM.
    pub fn ca_pem(&self) -> String {
        self.certificates.ca_pem.clone()
    }

    /// The SHA-256 of that certificate's DER, in lower-case hex, for pinning.
    pub fn certificate_sha256(&self, kind: Tls) -> String {
        self.certificates.shown[&kind].sha256.clone()
    }

    /// `http://127.0.0.1:PORT` where nobody listens: connecting is refused.
    pub fn refusing_url(&self) -> String {
        url(self.doors.refusing)
    }

    /// `http://127.0.0.1:PORT` that accepts, and resets at once without reading.
    pub fn slamming_url(&self) -> String {
        url(self.doors.slamming)
    }

    /// `https://localhost:PORT` that accepts and never answers the handshake.
    pub fn silent_tls_url(&self) -> String {
        localhost(self.doors.silent)
    }

    /// Every request that took effect, in order: it passed every check and was answered by its
    /// scenario, whatever its code.
    pub fn ledger(&self) -> Vec<Entry> {
        self.centre.books().entries()
    }

    /// How many requests' heads arrived, processed or not; those to `/sandbox/…` do not count.
    pub fn seen(&self) -> u64 {
        self.centre.books().seen
    }

    /// The last requests (1000, or fewer with huge bodies) as they were on the wire; without those to `/sandbox/…`.
    pub fn requests(&self) -> Vec<Seen> {
        self.centre.books().requests()
    }

    /// How many connections were accepted, on every port; those that began with a request to
    /// `/sandbox/…` do not count.
    pub fn connections(&self) -> u64 {
        self.centre.books().connections
    }

    /// Forgets everything that happened, notices to patients too.
    pub fn clear(&self) {
        self.centre.books().clear();
    }

    /// The patient enters the password; `false` when no notice was sent for this token.
    pub fn verify(&self, token: &str) -> bool {
        self.centre.books().notices.verify(token)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The address to call a port at: one that listens everywhere is called on this machine.
fn url(address: SocketAddr) -> String {
    let mut address = address;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{address}")
}

/// The certificates are for this name.
fn localhost(address: SocketAddr) -> String {
    format!("https://localhost:{}", address.port())
}

/// The tables of `--help`: every word of a token and every fault.
pub fn help() -> String {
    let mut text = "Words of a token, joined by '-', choose what a patient is:\n".to_owned();
    for (word, what) in scenario::WORDS {
        text.push_str(&format!("  {word:<14} {what}\n"));
    }
    text.push_str("A token without any of them does not exist (500001).\n");
    text.push_str("\nFaults, as localUrl = http://127.0.0.1:18080/fault/NAME or as the word fault.NAME of a token:\n");
    for (name, _, what) in fault::NAMED {
        text.push_str(&format!("  {name:<14} {what}\n"));
    }
    text.push_str(&format!("  {:<14} {}\n", "slow-N", fault::SLOW));
    text.push_str("\nThe sandbox itself: GET and DELETE /sandbox/ledger, POST /sandbox/tokens/{token}/verify\n");
    text
}
