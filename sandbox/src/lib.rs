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

mod acceptance;
mod centre;
mod channel;
mod choice;
mod control;
mod deliver;
mod envelope;
mod exchanges;
mod fault;
mod help;
mod http;
mod json;
mod ledger;
mod options;
mod page;
mod patients;
mod reply;
mod rules;
mod scenario;
mod server;
mod service;
mod show;
mod spec;
mod station;
mod texts;
mod tls;
mod wire;

pub use channel::{Charge, Mode};
pub use help::help;
pub use ledger::{Entry, Seen};
pub use options::Options;
pub use tls::Tls;

use centre::Centre;
use server::Doors;
use station::{Address, FirstCall, Port, Setup};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use texts::Text;
use tls::Certificates;
use tokio::runtime;
use tokio::sync::oneshot;

/// A running centre; dropping it stops it and closes its ports.
pub struct Sandbox {
    centre: Arc<Centre>,
    certificates: Certificates,
    doors: Doors,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
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
        let key = options.key.clone();
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
                    tokio::spawn(station::tell(Arc::downgrade(&shared)));
                    tokio::spawn(station::tell_of_run(Arc::downgrade(&shared)));
                    // Ends when the Sandbox is dropped.
                    let _ = stopped.await;
                });
            })?;
        let doors = doors.recv().map_err(io::Error::other)??;
        let sandbox = Self {
            centre,
            certificates,
            doors,
            stop: Some(stop),
            thread: Some(thread),
        };
        // Nobody else sets it.
        let _ = sandbox.centre.setup.set(sandbox.setup(key));
        Ok(sandbox)
    }

    /// What the station tells of it.
    fn setup(&self, key: String) -> Setup {
        let (http, https) = (self.url(), self.https_url());
        let sha256 = self.certificate_sha256(Tls::Good);
        let org_id = self.centre.account.org_id.clone();
        let of_tls = |kind: Tls| Port {
            name: format!("https-{}", kind.name()),
            url: self.tls_url(kind),
            sha256: Some(self.certificate_sha256(kind)),
            what: kind.what(),
        };
        let others = [
            (
                "https-silent",
                self.silent_tls_url(),
                "连接后从不完成握手",
                "never answers the handshake",
            ),
            (
                "http-refusing",
                self.refusing_url(),
                "拒绝连接",
                "refuses to connect",
            ),
            (
                "http-slamming",
                self.slamming_url(),
                "连接后立即重置",
                "accepts, and resets at once",
            ),
        ];
        let others = others.map(|(name, url, zh, en)| Port {
            name: name.to_owned(),
            url,
            sha256: None,
            what: Text::new(zh, en),
        });
        Setup {
            addresses: Address::all(&http, &https, &sha256, &org_id, &key),
            org_id,
            version: env!("CARGO_PKG_VERSION"),
            tls: Tls::ALL.into_iter().map(of_tls).chain(others).collect(),
            ca_pem: self.ca_pem(),
            first_call: FirstCall::new(),
        }
    }

    /// `http://127.0.0.1:PORT`, for `localUrl`.
    pub fn url(&self) -> String {
        url(self.doors.http)
    }

    /// The address of the station's page, with its key where other machines need one.
    pub fn page_url(&self) -> String {
        let page = format!("{}/sandbox/", self.url());
        match &self.centre.key {
            Some(key) => format!("{page}?key={key}"),
            None => page,
        }
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

    /// The last requests ([`Options::exchanges_max`], or fewer with huge bodies) as they were on the
    /// wire; without those to `/sandbox/…`.
    pub fn requests(&self) -> Vec<Seen> {
        self.centre.books().requests()
    }

    /// How many connections were accepted, on every port; those that began with a request to
    /// `/sandbox/…` do not count.
    pub fn connections(&self) -> u64 {
        self.centre.books().connections
    }

    /// The entries of the ledger that issued a certificate.
    pub fn issued(&self) -> Vec<Entry> {
        let mut entries = self.ledger();
        entries.retain(|entry| !entry.certificate.is_empty());
        entries
    }

    /// The payment channel that charges by this centre's certificates.
    pub fn channel(&self) -> Channel<'_> {
        Channel(&self.centre)
    }

    /// Forgets everything that happened, notices to patients, the counts of faults and the payment
    /// channel's charges too.
    pub fn clear(&self) {
        self.centre.books().clear();
    }

    /// The patient enters the password; `false` when no notice was sent for this token.
    pub fn verify(&self, token: &str) -> bool {
        self.centre.books().verify(token)
    }
}

/// The payment channel of a [`Sandbox`].
#[derive(Clone, Copy)]
pub struct Channel<'a>(&'a Centre);

impl Channel<'_> {
    /// `http://127.0.0.1:PORT/sandbox/channel` behind this, for whoever charges.
    pub const PATH: &'static str = "/sandbox/channel";

    /// What was charged, in order.
    pub fn charges(self) -> Vec<Charge> {
        self.0.books().channel.charges().to_vec()
    }

    /// How it answers from now on, unless a request says otherwise itself.
    pub fn set_mode(self, mode: Mode) {
        self.0.books().channel.mode = mode;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // What came since it was saved last; nobody is there any more to hear of a failure.
        let _ = self.centre.save_run();
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
