//! A client of raw sockets, so that the tests see what is on the wire and nothing made nicer.
#![allow(dead_code, reason = "every test program uses its own part")]

use evoucher::envelope::{KeyFormat, Sealer};
use evoucher_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub(crate) const KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

pub(crate) fn centre() -> Sandbox {
    Sandbox::start(Options::default()).unwrap()
}

pub(crate) fn seal(plain: &str) -> String {
    Sealer::new(KEY, KeyFormat::Hex)
        .unwrap()
        .seal(plain.as_bytes())
}

pub(crate) fn unseal(sealed: &str) -> String {
    let opened = Sealer::new(KEY, KeyFormat::Hex)
        .unwrap()
        .unseal(sealed)
        .unwrap();
    String::from_utf8(opened.to_vec()).unwrap()
}

pub(crate) fn now() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis()
}

/// A request that every service accepts.
pub(crate) fn request(token: &str) -> Value {
    json!({
        "token": token, "orgCodg": "H35010000001", "orgName": "第一医院", "opterId": "001",
        "opterName": "张三", "devId": "AA-BB-CC-DD-EE-FF", "devIP": "10.0.0.9",
        "ownPaySetlAmt": "12.50", "fixmedinsTrnsSn": "SN-1", "totalAmount": 100.5,
    })
}

/// The public parameters around a sealed text.
pub(crate) fn parameters(plain: &str) -> Value {
    json!({
        "orgId": "testOrgId", "encData": seal(plain), "version": "1.0.0",
        "timestamp": now().to_string(), "reqtType": "sys&350000",
    })
}

pub(crate) fn body(token: &str) -> String {
    parameters(&request(token).to_string()).to_string()
}

pub(crate) fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: centre\r\nContent-Type: application/json;charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A connection.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    /// The same socket, for its time-out.
    tcp: TcpStream,
    /// What was read and not used yet.
    rest: Vec<u8>,
}

/// A reply with a length or in chunks.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What `encData` opens to, as text.
    pub(crate) fn plain(&self) -> String {
        unseal(self.json()["data"]["encData"].as_str().unwrap())
    }
}

/// A client configuration that trusts this authority only.
pub(crate) fn trusting(ca_pem: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

pub(crate) fn tcp(url: &str) -> io::Result<TcpStream> {
    let address = url.split_once("://").unwrap().1;
    let stream = TcpStream::connect(address)?;
    // Long enough for any machine; only a hanging test ever sees it.
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}

impl Wire {
    pub(crate) fn http(url: &str) -> Self {
        let tcp = tcp(url).unwrap();
        Self::new(tcp.try_clone().unwrap(), tcp)
    }

    fn new(stream: impl Stream + 'static, tcp: TcpStream) -> Self {
        Self {
            stream: Box::new(stream),
            tcp,
            rest: Vec::new(),
        }
    }

    /// How long the next reads wait.
    pub(crate) fn patience(&self, wait: Duration) {
        self.tcp.set_read_timeout(Some(wait)).unwrap();
    }

    pub(crate) fn https(url: &str, config: &Arc<ClientConfig>) -> Self {
        Self::try_https(url, config).unwrap()
    }

    /// Connects and shakes hands.
    pub(crate) fn try_https(url: &str, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::clone(config), name).unwrap();
        let tcp = tcp(url)?;
        let mut stream = StreamOwned::new(client, tcp.try_clone()?);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self::new(stream, tcp))
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    pub(crate) fn read_some(&mut self) -> io::Result<Vec<u8>> {
        let mut space = [0; 65536];
        let size = self.stream.read(&mut space)?;
        Ok(space[..size].to_vec())
    }

    /// Everything up to the end of the connection, and how it ended.
    pub(crate) fn read_to_end(&mut self) -> (Vec<u8>, io::Result<()>) {
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            match self.read_some() {
                Ok(some) if some.is_empty() => return (bytes, Ok(())),
                Ok(some) => bytes.extend(some),
                Err(error) => return (bytes, Err(error)),
            }
        }
    }

    pub(crate) fn reply(&mut self) -> Reply {
        let end = loop {
            match self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => self.more(),
            }
        };
        let head = String::from_utf8(self.rest.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply {
            status,
            head,
            body: Vec::new(),
        };
        if let Some(length) = reply.header("content-length") {
            let length = length.parse().unwrap();
            reply.body = self.take(length);
        } else if reply.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).unwrap();
                let chunk = self.take(size);
                assert_eq!(self.line(), "");
                if size == 0 {
                    break;
                }
                reply.body.extend(chunk);
            }
        } else {
            panic!("no length: {}", reply.head);
        }
        reply
    }

    fn more(&mut self) {
        let some = self.read_some().unwrap();
        assert!(
            !some.is_empty(),
            "ended after {:?}",
            String::from_utf8_lossy(&self.rest)
        );
        self.rest.extend(some);
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        while self.rest.len() < length {
            self.more();
        }
        self.rest.drain(..length).collect()
    }

    fn line(&mut self) -> String {
        loop {
            if let Some(at) = self.rest.windows(2).position(|two| two == b"\r\n") {
                let line = self.rest.drain(..at + 2).collect::<Vec<_>>();
                return String::from_utf8(line[..at].to_vec()).unwrap();
            }
            self.more();
        }
    }
}

/// One request on a connection of its own.
pub(crate) fn exchange(url: &str, text: &str) -> Reply {
    let mut wire = Wire::http(url);
    wire.send(text);
    wire.reply()
}

/// Asks a service about a token.
pub(crate) fn ask(centre: &Sandbox, service: &str, token: &str) -> Reply {
    exchange(
        &centre.url(),
        &post(&format!("/cfc/api/{service}"), &body(token)),
    )
}

/// The code, and the opened result or null.
pub(crate) fn result(centre: &Sandbox, service: &str, token: &str) -> (i64, Value) {
    let reply = ask(centre, service, token);
    assert_eq!(reply.status, 200);
    let json = reply.json();
    let data = match json["data"]["encData"].as_str() {
        Some(sealed) => serde_json::from_str(&unseal(sealed)).unwrap(),
        None => Value::Null,
    };
    (json["code"].as_i64().unwrap(), data)
}

/// Waits until it is so.
pub(crate) fn wait_for(is_so: impl Fn() -> bool) {
    for _ in 0..6000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited for a minute");
}

/// A directory of the test's own, gone afterwards.
pub(crate) struct Dir {
    pub(crate) path: std::path::PathBuf,
}

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("evoucher-sandbox-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self { path }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
