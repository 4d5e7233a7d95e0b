//! Who may ask: nobody from another page, and nobody by another name (DNS rebinding).

use super::error::Refusal;
use crate::centre::Centre;
use crate::wire::Connection;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use std::net::{IpAddr, Ipv6Addr};

/// What the page may do: run its own scripts, and talk to nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// What every answer says of itself.
const HEADERS: [(HeaderName, &str); 4] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
];

/// Checks who asks, and by which name.
pub(super) fn check(
    centre: &Centre,
    connection: &Connection,
    headers: &HeaderMap,
    method: &Method,
) -> Result<(), Refusal> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default();
    if !is_ours(name_of(host), &centre.names) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "本页只按 127.0.0.1、localhost 等自己的地址访问，其他主机名请用 --host 指定",
            "this is served by its own addresses only; name another with --host",
        ));
    }
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    let scheme = if connection.tls { "https" } else { "http" };
    let foreign = headers
        .get(ORIGIN)
        .is_some_and(|origin| origin.as_bytes() != format!("{scheme}://{host}").as_bytes());
    if changes && foreign {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "来自其他网页的请求不受理",
            "requests of other pages are refused",
        ));
    }
    Ok(())
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether that is how this centre is called: by a number, which no other page can take, or by a
/// name of its own.
fn is_ours(name: &str, names: &[String]) -> bool {
    let number = name.trim_start_matches('[').trim_end_matches(']');
    let is_number = name.parse::<IpAddr>().is_ok() || number.parse::<Ipv6Addr>().is_ok();
    let is_named = |known: &str| known.eq_ignore_ascii_case(name);
    is_number || is_named("localhost") || names.iter().any(|known| is_named(known))
}

/// The answer with what it says of itself.
pub(super) fn dressed(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let named = ["station.hospital.local".to_owned()];
        for ours in [
            "127.0.0.1:18080",
            "127.0.0.1",
            "localhost:18080",
            "LOCALHOST",
            "[::1]:18080",
            "10.0.0.5:80",
            "station.hospital.local:18080",
        ] {
            assert!(is_ours(name_of(ours), &named), "{ours}");
        }
        for foreign in [
            "",
            "evil.example:18080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[::1].evil.example",
        ] {
            assert!(!is_ours(name_of(foreign), &named), "{foreign}");
        }
    }
}
