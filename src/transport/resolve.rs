//! From names to addresses: numbers are read, names are looked up once and remembered.
//!
//! ureq asks for every request, kept-alive connections included, so this must cost nothing when the
//! answer is known.

use super::call::Call;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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

/// What has been looked up, and what is being.
#[derive(Debug, Clone, Default)]
pub struct NameResolver {
    names: Arc<Mutex<HashMap<String, Known>>>,
}

#[derive(Debug)]
enum Known {
    /// Not yet: whoever asks waits for the one look-up that is under way.
    Asked(Arc<LookUp>),
    Found(Vec<SocketAddr>, Instant),
}

/// A look-up under way, and what it came to: no address is none found.
#[derive(Debug, Default)]
struct LookUp {
    found: Mutex<Option<Vec<SocketAddr>>>,
    done: Condvar,
}

impl NameResolver {
    /// The addresses of a host, within the time that the call has left to connect.
    pub fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let number = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(number) = number.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(number, port)]);
        }
        let within = Call::current()?.time_left()?;
        let mut found = self.look_up(host, within)?;
        found.iter_mut().for_each(|address| address.set_port(port));
        Ok(found)
    }

    /// The first of them, if it is known without asking anybody.
    pub fn known(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let number = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(number) = number.parse::<IpAddr>() {
            return Some(SocketAddr::new(number, port));
        }
        match self.names().get(host) {
            Some(Known::Found(found, since)) if since.elapsed() < REMEMBER => {
                let found = found.first()?;
                Some(SocketAddr::new(found.ip(), port))
            }
            _ => None,
        }
    }

    /// The same with no port yet.
    fn look_up(&self, host: &str, within: Duration) -> io::Result<Vec<SocketAddr>> {
        let mut names = self.names();
        let look_up = match names.get(host) {
            Some(Known::Found(found, since)) if since.elapsed() < REMEMBER => {
                return Ok(found.clone());
            }
            Some(Known::Asked(look_up)) => Arc::clone(look_up),
            _ => {
                let look_up = self.ask(host.to_owned())?;
                names.insert(host.to_owned(), Known::Asked(Arc::clone(&look_up)));
                look_up
            }
        };
        drop(names);
        look_up.wait(within)
    }

    /// Makes the next call look the name up again.
    pub fn forget(&self, host: &str) {
        let mut names = self.names();
        if let Some(Known::Found(..)) = names.get(host) {
            names.remove(host);
        }
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the operating system. Its look-up can be neither bounded nor stopped, so it has a thread
    /// of its own, which is left behind if it overruns: the one thread that this library ever
    /// starts, one for each name.
    fn ask(&self, host: String) -> io::Result<Arc<LookUp>> {
        let look_up = Arc::new(LookUp::default());
        let (asked, known) = (Arc::clone(&look_up), self.clone());
        thread::Builder::new()
            .name("evoucher-names".to_owned())
            .spawn(move || {
                let found = (host.as_str(), 0).to_socket_addrs();
                let found: Vec<_> =
                    found.map_or(Vec::new(), |found| found.take(MAX_ADDRESSES).collect());
                let mut names = known.names();
                if found.is_empty() {
                    names.remove(&host);
                } else {
                    names.insert(host, Known::Found(found.clone(), Instant::now()));
                }
                drop(names);
                asked.end(found);
            })?;
        Ok(look_up)
    }
}

impl LookUp {
    fn end(&self, found: Vec<SocketAddr>) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        self.done.notify_all();
    }

    fn wait(&self, within: Duration) -> io::Result<Vec<SocketAddr>> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self
            .done
            .wait_timeout_while(found, within, |found| found.is_none());
        let (found, _) = found.unwrap_or_else(PoisonError::into_inner);
        match &*found {
            None => Err(io::ErrorKind::TimedOut.into()),
            Some(none) if none.is_empty() => Err(io::ErrorKind::NotFound.into()),
            Some(found) => Ok(found.clone()),
        }
    }
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
        // Asked for every request, and most often it is numbers.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if let Ok(address) = authority.parse() {
            resolved.push(address);
            return Ok(resolved);
        }
        let host = uri.host().unwrap_or_default();
        for address in self.addresses(host, port_of(uri))? {
            resolved.push(address);
        }
        Ok(resolved)
    }
}
