//! Who may ask: nobody from another page, and nobody by another name (DNS rebinding).

use super::error::Refusal;
use crate::centre::Centre;
use crate::wire::Connection;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderMap, HeaderName,
    HeaderValue, LOCATION, ORIGIN, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use std::net::{IpAddr, Ipv6Addr};

/// A request as it comes.
type Request = axum::http::Request<Incoming>;

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

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The page and its interface.
    Station,
    /// What programs have always asked, who call this machine by any name without a dot.
    Old,
}

/// Checks who asks, and by which name; the answer if it is one already.
pub(super) fn check(
    centre: &Centre,
    connection: &Connection,
    head: &Request,
    part: Part,
) -> Result<(), Box<Response>> {
    check_name(centre, connection, head, part)
        .map_err(|refusal| Box::new(refusal.into_response()))?;
    let Some(key) = centre.key.as_deref().filter(|_| !connection.is_local) else {
        return Ok(());
    };
    match shows_key(key, head.headers(), head.uri().query().unwrap_or_default()) {
        Shown::InRequest => Ok(()),
        Shown::InAddress => Err(Box::new(admitted(key, head.uri().path()))),
        Shown::Nowhere => {
            let refusal = Refusal::new(
                StatusCode::UNAUTHORIZED,
                "请用模拟中心启动时打印的 page 地址打开本页，其中带有密钥",
                "open the address that the sandbox printed as page at its start: it holds the key",
            );
            Err(Box::new(refusal.into_response()))
        }
    }
}

/// Where a request shows the key.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    /// In a cookie, or as a bearer's.
    InRequest,
    /// In the address, from where it goes into a cookie.
    InAddress,
    Nowhere,
}

/// The cookie that holds the key.
const COOKIE_NAME: &str = "evoucher-station";

fn shows_key(key: &str, headers: &HeaderMap, query: &str) -> Shown {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let cookies = text(COOKIE).unwrap_or_default().split(';');
    let mut cookies = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let in_cookie = cookies.any(|(name, value)| name == COOKIE_NAME && is_same(value, key));
    let bearer = text(AUTHORIZATION).and_then(|said| said.strip_prefix("Bearer "));
    let mut parts = query.split('&').filter_map(|part| part.split_once('='));
    if in_cookie || bearer.is_some_and(|bearer| is_same(bearer, key)) {
        Shown::InRequest
    } else if parts.any(|(name, value)| name == "key" && is_same(value, key)) {
        Shown::InAddress
    } else {
        Shown::Nowhere
    }
}

/// Compares all of it, whatever is wrong first.
fn is_same(said: &str, key: &str) -> bool {
    let differences = said
        .bytes()
        .zip(key.bytes())
        .fold(0, |all, (a, b)| all | (a ^ b));
    said.len() == key.len() && differences == 0
}

/// The same page again without the key in its address.
fn admitted(key: &str, path: &str) -> Response {
    let cookie = format!("{COOKIE_NAME}={key}; Path=/sandbox; HttpOnly; SameSite=Strict");
    let headers = [(SET_COOKIE, cookie), (LOCATION, path.to_owned())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn check_name(
    centre: &Centre,
    connection: &Connection,
    head: &Request,
    part: Part,
) -> Result<(), Refusal> {
    let headers = head.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default();
    // No foreign page can be made to have a name without a dot.
    let is_old = part == Part::Old && !name_of(host).contains('.');
    if !is_old && !is_ours(name_of(host), &centre.names) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "本页只按 127.0.0.1、localhost 等自己的地址访问，其他主机名请用 --host 指定",
            "this is served by its own addresses only; name another with --host",
        ));
    }
    let changes = !matches!(*head.method(), Method::GET | Method::HEAD);
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
    fn keys() {
        let shown = |name: HeaderName, value: &'static str, query| {
            let headers = [(name, HeaderValue::from_static(value))];
            shows_key("k1", &headers.into_iter().collect(), query)
        };
        for (name, value, query, expected) in [
            (COOKIE, "a=b; evoucher-station=k1", "", Shown::InRequest),
            (COOKIE, "evoucher-station=k2", "", Shown::Nowhere),
            (COOKIE, "evoucher-station=", "", Shown::Nowhere),
            (COOKIE, "other=k1", "", Shown::Nowhere),
            (AUTHORIZATION, "Bearer k1", "", Shown::InRequest),
            (AUTHORIZATION, "Bearer k12", "", Shown::Nowhere),
            (AUTHORIZATION, "Basic k1", "", Shown::Nowhere),
            (COOKIE, "a=b", "x=y&key=k1", Shown::InAddress),
            (COOKIE, "a=b", "key=", Shown::Nowhere),
        ] {
            assert_eq!(shown(name, value, query), expected, "{value} {query}");
        }
    }

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
