//! Servers that a test writes itself, for what the simulated centre does not do.

use super::KEY;
use evoucher::envelope::{KeyFormat, Sealer};
use serde_json::json;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Waits for a condition; fails the test when it does not come.
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "{what}: waited in vain");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A port that does whatever a test says with each connection, on a thread of its own.
pub struct Server {
    pub address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// `converse` gets the connection and its number, 0 for the first.
    pub fn start(converse: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (count, over, converse) =
            (Arc::clone(&accepted), Arc::clone(&stop), Arc::new(converse));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let number = count.fetch_add(1, SeqCst);
                let converse = Arc::clone(&converse);
                thread::spawn(move || converse(stream, number));
            }
        });
        Self {
            address,
            accepted,
            stop,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections came.
    pub fn accepted(&self) -> usize {
        self.accepted.load(SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// A port whose queue is full: the kernel drops what asks to connect, as a firewall does.
pub fn black_hole() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    loop {
        match TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            Ok(stream) => waiting.push(stream),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return (listener, waiting),
            Err(error) => panic!("after {}: {error}", waiting.len()),
        }
        assert!(waiting.len() < 100_000, "the queue has no end");
    }
}

/// Reads a request, or a reply, with its body; `None` when the other side closed instead.
pub fn read_message(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A whole reply.
pub fn page(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// The body of a reply of code 0 with this content.
pub fn sealed(content: &str) -> String {
    let sealer = Sealer::new(KEY, KeyFormat::Auto).unwrap();
    let data = json!({ "encData": sealer.seal(content.as_bytes()) });
    json!({ "code": 0, "message": "成功", "success": true, "data": data }).to_string()
}

/// What a proxy does once it was asked for a tunnel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tunnel {
    /// Opens it.
    Open,
    /// Says this instead.
    Refuse(&'static str),
    /// Says nothing at all.
    Silent,
    /// Opens it, lets this many bytes of the client through, and closes both ends without a byte
    /// of a reply.
    CloseAfter(usize),
    /// Opens it, and lets nothing back.
    Mute,
}

/// An HTTP proxy that knows CONNECT.
pub struct Proxy {
    server: Server,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start(tunnel: Tunnel) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&asked);
        let server = Server::start(move |mut client, _| {
            let Some(request) = read_message(&mut client) else {
                return;
            };
            let line = request.lines().next().unwrap().to_owned();
            let target = line.split(' ').nth(1).unwrap().to_owned();
            list.lock().unwrap().push(line);
            match tunnel {
                Tunnel::Refuse(reply) => {
                    let _ = client.write_all(reply.as_bytes());
                }
                Tunnel::Silent => {
                    let _ = io::copy(&mut client, &mut io::sink());
                }
                _ => carry(client, &target, tunnel),
            }
        });
        Self { server, asked }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The first lines of what it was asked.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn carry(mut client: TcpStream, target: &str, tunnel: Tunnel) {
    let Ok(mut centre) = TcpStream::connect(target) else {
        let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
        return;
    };
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .unwrap();
    let mut back = (centre.try_clone().unwrap(), client.try_clone().unwrap());
    let returning = thread::spawn(move || {
        let _ = match tunnel {
            Tunnel::Open => io::copy(&mut back.0, &mut back.1),
            _ => io::copy(&mut back.0, &mut io::sink()),
        };
        if tunnel == Tunnel::Open {
            let _ = back.1.shutdown(Shutdown::Write);
        }
    });
    if let Tunnel::CloseAfter(bytes) = tunnel {
        let _ = io::copy(&mut (&mut client).take(bytes as u64), &mut centre);
    } else {
        let _ = io::copy(&mut client, &mut centre);
    }
    let _ = centre.shutdown(Shutdown::Write);
    if matches!(tunnel, Tunnel::CloseAfter(_)) {
        let _ = client.shutdown(Shutdown::Both);
    }
    let _ = returning.join();
}
