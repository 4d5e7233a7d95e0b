//! From names to addresses: numbers are read, names are looked up once and remembered.
//!
//! ureq asks for every request, kept-alive connections included, so this must cost nothing when the
//! answer is known.

use super::call::Call;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How long a name's addresses are used before they are looked up again. A connection that fails
/// makes them forgotten at once.
const REMEMBER: Duration = Duration::from_secs(600);

/// ureq takes no more than these.
const MAX_ADDRESSES: usize = 16;

#[derive(Debug)]
struct Known {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

/// What has been looked up.
#[derive(Debug, Clone, Default)]
pub struct NameResolver {
    known: Arc<Mutex<HashMap<(String, u16), Known>>>,
}

impl NameResolver {
    /// The addresses of a host, within the time that the call has left to connect.
    pub fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let number = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(number) = number.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(number, port)]);
        }
        let key = (host.to_owned(), port);
        if let Some(known) = self.known().get(&key)
            && known.since.elapsed() < REMEMBER
        {
            return Ok(known.addresses.clone());
        }
        let addresses = look_up(key.clone(), Call::current()?.time_left()?)?;
        let known = Known {
            addresses: addresses.clone(),
            since: Instant::now(),
        };
        self.known().insert(key, known);
        Ok(addresses)
    }

    /// Makes the next call look the name up again.
    pub fn forget(&self, host: &str, port: u16) {
        self.known().remove(&(host.to_owned(), port));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<(String, u16), Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the operating system. Its look-up can be neither bounded nor stopped, so it has a thread of
/// its own, which is left behind if it overruns: the one thread that this library ever starts.
fn look_up(name: (String, u16), within: Duration) -> io::Result<Vec<SocketAddr>> {
    let (found, answer) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("evoucher-names".to_owned())
        .spawn(move || {
            let addresses = (name.0.as_str(), name.1).to_socket_addrs();
            // Nobody waits any longer when the call ran out of time.
            let _ = found.send(addresses.map(|found| found.take(MAX_ADDRESSES).collect()));
        })?;
    let addresses: Vec<SocketAddr> = match answer.recv_timeout(within) {
        Ok(answer) => answer.map_err(|_| io::ErrorKind::NotFound)?,
        Err(_) => return Err(io::ErrorKind::TimedOut.into()),
    };
    if addresses.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(addresses)
}

/// The port of an address, or its scheme's own.
pub fn port_of(uri: &Uri) -> u16 {
    let default = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    uri.port_u16().unwrap_or(default)
}

impl Resolver for NameResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut resolved = self.empty();
        let host = uri.host().unwrap_or_default();
        for address in self.addresses(host, port_of(uri))? {
            resolved.push(address);
        }
        Ok(resolved)
    }
}
