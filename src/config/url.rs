//! The addresses of a configuration: the centre's, and a proxy's.

use super::fields;
use super::reader::should_be;
use crate::catalogue::services::SERVICES;
use crate::error::{Text, text};
use once_cell::sync::OnceCell;
use ureq::http::Uri;

/// An address in front of the services' paths: scheme, host, and a path without a slash at its
/// end.
#[derive(Debug, Clone)]
pub struct BaseUrl {
    url: String,
    /// The whole address of each service, once it was asked for.
    services: [OnceCell<Uri>; SERVICES.len()],
}

impl BaseUrl {
    /// Reads an address; `Err` says what is wrong with it.
    pub fn parse(url: &str) -> Result<Self, Text> {
        let right = || should_be(fields::ADDRESS);
        let url = url.trim().trim_end_matches('/');
        let (scheme, rest) = url.split_once("://").ok_or_else(right)?;
        let url = format!("{}://{rest}", scheme.to_ascii_lowercase());
        let uri: Uri = url.parse().map_err(|_| right())?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.host().unwrap_or_default();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if !is_http || host.is_empty() || authority.contains('@') || url.contains(['?', '#']) {
            return Err(right());
        }
        check_port(authority)?;
        Ok(Self::from(url))
    }

    /// The same without a service's path at its end, for callers that pass whole addresses.
    pub fn without(self, path: &str) -> Self {
        match self.url.strip_suffix(path) {
            Some(base) => Self::from(base.to_owned()),
            None => self,
        }
    }

    /// The whole address of a service.
    pub fn join(&self, path: &str) -> Uri {
        // Both were checked on their way in, and a path only ever lengthens the address's path.
        let whole = || Uri::try_from(format!("{}{path}", self.url)).unwrap_or_default();
        match SERVICES.iter().position(|service| service.path == path) {
            Some(known) => self.services[known].get_or_init(whole).clone(),
            None => whole(),
        }
    }

    fn from(url: String) -> Self {
        Self {
            url,
            services: Default::default(),
        }
    }

    /// Whether it asks for TLS.
    pub fn is_https(&self) -> bool {
        self.url.starts_with("https:")
    }
}

/// Reads a proxy's address.
pub(super) fn proxy(url: &str) -> Result<ureq::Proxy, Text> {
    let right = || should_be(fields::PROXY);
    let (scheme, rest) = url.split_once("://").ok_or_else(right)?;
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(right());
    }
    // A user and a password may stand before the host.
    let authority = rest.split('/').next().unwrap_or_default();
    check_port(authority.rsplit('@').next().unwrap_or_default())?;
    ureq::Proxy::new(&format!("http://{rest}")).map_err(|_| right())
}

/// What follows the host must be a port, or nothing: what is no port would be passed over, and the
/// scheme's own connected to.
fn check_port(authority: &str) -> Result<(), Text> {
    // The colons of an IPv6 address stand within brackets.
    let behind_host = authority.rsplit(']').next().unwrap_or(authority);
    let is_right = behind_host
        .split_once(':')
        .is_none_or(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
    let wrong = || text!("端口应为 1 到 65535", "a port is a number from 1 to 65535");
    is_right.then_some(()).ok_or_else(wrong)
}
