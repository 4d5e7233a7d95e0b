//! One POST to the centre: within its deadline, of bounded size, and with a truthful account of
//! whether the request may have arrived.

mod ahead;
mod authorities;
mod call;
mod certificate;
mod connection;
mod connector;
mod pool;
mod resolve;
mod tls;

pub use call::{Call, Journal, Purpose, Stage};

use crate::catalogue::codes::*;
use crate::config::{BaseUrl, Config};
use crate::error::{Delivery, Failure, Text, text};
use crate::os::addresses::address_towards;
use ahead::Ahead;
use connector::{Keeper, Opener};
use once_cell::sync::OnceCell;
use pool::Pool;
use resolve::{NameResolver, port_of};
use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;
use ureq::Agent;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, USER_AGENT};
use ureq::http::{HeaderMap, HeaderValue, Uri};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};

/// The largest reply that is read.
pub const MAX_REPLY: u64 = 1 << 20;

/// What a request says that its body is.
const JSON: &str = "application/json;charset=UTF-8";

/// A reply, whatever its status.
#[derive(Debug)]
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    headers: HeaderMap,
}

impl HttpReply {
    /// The clock of whoever answered, if it told.
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers.get(DATE)?.to_str().ok()?).ok()
    }
}

/// The way to the centre, shared by all threads of a client.
#[derive(Debug)]
pub struct Transport {
    names: NameResolver,
    pool: Arc<Pool>,
    headers: HeaderMap,
    plain: Agent,
    tls: OnceCell<Agent>,
}

impl Transport {
    /// Sets up what a client needs to send; opens no connection yet.
    pub fn new(config: &Config) -> Result<Self, Failure> {
        let (names, pool) = (NameResolver::default(), Arc::default());
        let transport = Self {
            plain: agent(config, &names, &pool, None),
            tls: OnceCell::new(),
            headers: headers(config),
            names,
            pool,
        };
        if config.local_urls.iter().any(BaseUrl::is_https) {
            transport
                .agent(config, true)
                .map_err(|detail| Failure::not_sent(EV_INVALID_CONFIG, detail))?;
        }
        Ok(transport)
    }

    fn agent(&self, config: &Config, https: bool) -> Result<&Agent, Text> {
        if !https {
            return Ok(&self.plain);
        }
        // The authorities are read once, and only where something asks for TLS.
        self.tls.get_or_try_init(|| {
            let tls = tls::client_config(&config.tls)?;
            Ok(agent(config, &self.names, &self.pool, Some(tls)))
        })
    }

    /// Sends one POST as the given call and reads its reply.
    ///
    /// What changes something goes out once, on a fresh connection. What only reads may use a
    /// kept-alive one, and is repeated once, on a fresh one, when that broke before any byte of a
    /// reply.
    pub fn post(
        &self,
        config: &Config,
        call: &Arc<Call>,
        uri: &Uri,
        body: &[u8],
        changes: bool,
    ) -> Result<HttpReply, Failure> {
        let https = uri.scheme_str() == Some("https");
        let agent = self
            .agent(config, https)
            .map_err(|detail| Failure::not_sent(EV_TLS, detail))?;
        self.attempt(agent, call, uri, body, !changes)
            .or_else(|error| {
                if call.broke_while_reused() && !call.is_cancelled() && !is_timeout(&error) {
                    self.attempt(agent, call, uri, body, false)
                } else {
                    Err(error)
                }
            })
            .map_err(|error| failure(config, call, uri, &error))
    }

    /// Keeps the connection of a call for the next one that only reads. Only for a reply that was
    /// understood: behind any other there may come more, which the next call would take for its
    /// own.
    pub fn keep_connection(&self, call: &Call, changes: bool) {
        match call.take_kept() {
            // Calls that change something take none from among those that are kept: theirs must not
            // become ever more.
            Some(connection) if changes => self.pool.put_in_place(connection),
            Some(connection) => self.pool.put(connection),
            None => {}
        }
    }

    /// Has the next step of a flow open a connection for the step behind it. With a proxy, or a name
    /// that would have to be looked up, nothing is done.
    pub fn connect_ahead(&self, config: &Config, flow: &Call, uri: &Uri) {
        let host = uri.host().unwrap_or_default();
        let address = match &config.proxy {
            Some(_) => None,
            None => self.names.known(host, port_of(uri)),
        };
        *flow.ahead() = address.map_or(Ahead::None, Ahead::Wanted);
    }

    fn attempt(
        &self,
        agent: &Agent,
        call: &Arc<Call>,
        uri: &Uri,
        body: &[u8],
        may_reuse: bool,
    ) -> Result<HttpReply, ureq::Error> {
        call.attempt(may_reuse, || {
            let mut request = agent.post(uri);
            if let Some(headers) = request.headers_mut() {
                headers.clone_from(&self.headers);
                headers.insert(CONTENT_LENGTH, body.len().into());
                headers.insert(HOST, host(uri)?);
            }
            let (head, mut reply) = request.send(body)?.into_parts();
            let length = reply.content_length().unwrap_or_default();
            // With room for more than all of it, so that its end is seen without a copy.
            let mut body = Vec::with_capacity(length.min(MAX_REPLY) as usize + 64);
            let reader = reply.with_config().limit(MAX_REPLY);
            reader.reader().read_to_end(&mut body)?;
            Ok(HttpReply {
                status: head.status.as_u16(),
                body,
                headers: head.headers,
            })
        })
    }

    /// The address of this machine that reaches the centre, or the proxy in front of it. Nothing is
    /// sent for it.
    pub fn local_address(
        &self,
        config: &Config,
        call: &Arc<Call>,
        uri: &Uri,
    ) -> Result<IpAddr, Failure> {
        let (host, port) = match &config.proxy {
            Some(proxy) => (proxy.host(), proxy.port()),
            None => (uri.host().unwrap_or_default(), port_of(uri)),
        };
        call.attempt(false, || self.names.addresses(host, port))
            .and_then(|addresses| address_towards(addresses[0]))
            .map_err(|error| failure(config, call, uri, &error.into()))
    }
}

/// ureq, with the connections and names of ours. Its own pool keeps none.
fn agent(
    config: &Config,
    names: &NameResolver,
    pool: &Arc<Pool>,
    tls: Option<Arc<rustls::ClientConfig>>,
) -> Agent {
    let settings = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(config.proxy.clone())
        // Ours is among the headers, where it is made once; what would be accepted goes without
        // saying.
        .user_agent("")
        .accept("")
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
        .build();
    let keeper = Keeper {
        pool: Arc::clone(pool),
    };
    let opener = Opener {
        names: names.clone(),
        tls,
        server_name: config.tls.server_name.clone(),
        proxied: config.proxy.is_some(),
    };
    let connector = keeper.chain(ConnectProxyConnector::default()).chain(opener);
    Agent::with_parts(settings, connector, names.clone())
}

/// What each request says: what is configured, who sends it, and what its body is.
fn headers(config: &Config) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    // Their places: they are others each time.
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static(""));
    headers.insert(HOST, HeaderValue::from_static(""));
    for (name, value) in &config.headers {
        headers.append(name, value.clone());
    }
    let ours = concat!("evoucher/", env!("CARGO_PKG_VERSION"));
    let agent = headers.entry(USER_AGENT);
    agent.or_insert(HeaderValue::from_static(ours));
    headers
}

/// To whom a request is addressed: the port stands there where it is not the scheme's own. ureq
/// would find the same in five times the time.
fn host(uri: &Uri) -> Result<HeaderValue, ureq::Error> {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let default = match uri.scheme_str() {
        Some("https") => ":443",
        _ => ":80",
    };
    let host = authority.strip_suffix(default).unwrap_or(authority);
    HeaderValue::from_str(host).map_err(|error| ureq::Error::BadUri(error.to_string()))
}

fn is_timeout(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// What an attempt's error means. Whether anything was sent is decided by the wire's account alone,
/// never by the kind of the error.
fn failure(config: &Config, call: &Call, uri: &Uri, error: &ureq::Error) -> Failure {
    if call.is_cancelled() {
        return cancelled(call);
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if !call.is_sent() {
        let (code, detail) = before_sending(config, call.stage(), authority, error);
        return Failure::not_sent(code, detail);
    }
    let (code, detail) = if is_timeout(error) {
        (EV_TIMEOUT, text!("{authority}", "{authority}"))
    } else {
        after_sending(authority, error)
    };
    Failure::new(code, Delivery::Unknown, detail)
}

/// What somebody's ending it leaves of a call.
pub fn cancelled(call: &Call) -> Failure {
    if !call.is_sent() {
        let detail = text!("请求尚未发出", "the request had not gone out");
        return Failure::not_sent(EV_CANCELLED, detail);
    }
    let detail = text!(
        "请求已发出，是否被处理不得而知",
        "the request had gone out; whether it was processed is not known"
    );
    Failure::new(EV_CANCELLED, Delivery::Unknown, detail)
}

fn before_sending(
    config: &Config,
    stage: Stage,
    authority: &str,
    error: &ureq::Error,
) -> (i32, Text) {
    let reason = match error {
        ureq::Error::Io(error) => match rustls_error(error) {
            Some(error) => tls::describe(error),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                text!("对方关闭了连接", "the other side closed the connection")
            }
            None => describe_io(error),
        },
        other => text!("{other}", "{other}"),
    };
    let code = match stage {
        Stage::Handshaking => EV_TLS,
        Stage::Resolving | Stage::Connecting | Stage::Connected => EV_CONNECT,
    };
    let detail = match (&config.proxy, stage) {
        (Some(proxy), Stage::Resolving | Stage::Connecting) => {
            let (host, port) = (proxy.host(), proxy.port());
            let (zh, en) = (reason.zh, reason.en);
            text!(
                "{authority}（经代理 {host}:{port}）：{zh}",
                "{authority} (through the proxy {host}:{port}): {en}"
            )
        }
        _ => reason.about(authority),
    };
    (code, detail)
}

fn after_sending(authority: &str, error: &ureq::Error) -> (i32, Text) {
    let lost = |reason: Text| (EV_CONNECTION_LOST, reason.about(authority));
    match error {
        ureq::Error::Io(error) => lost(describe_io(error)),
        // Closed within what frames the chunks of a body.
        ureq::Error::BodyStalled => lost(describe_io(&io::ErrorKind::UnexpectedEof.into())),
        ureq::Error::BodyExceedsLimit(_) => (
            EV_BAD_REPLY,
            text!(
                "{authority} 的应答超过 {MAX_REPLY} 字节",
                "the reply of {authority} has more than {MAX_REPLY} bytes"
            ),
        ),
        ureq::Error::LargeResponseHeader(_, most) => (
            EV_BAD_REPLY,
            text!(
                "{authority} 的应答头超过 {most} 字节",
                "the head of {authority}'s reply has more than {most} bytes"
            ),
        ),
        other => (
            EV_BAD_REPLY,
            text!(
                "{authority} 的应答不符合 HTTP（{other}）",
                "the reply of {authority} is not HTTP ({other})"
            ),
        ),
    }
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn describe_io(error: &io::Error) -> Text {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => text!(
            "连接被拒绝，请检查地址和端口",
            "connection refused: check address and port"
        ),
        Kind::NotFound => text!(
            "主机名无法解析，请检查或改用 IP 地址",
            "the host name cannot be resolved: check it, or use an address"
        ),
        Kind::TimedOut => text!("超时", "out of time"),
        Kind::HostUnreachable | Kind::NetworkUnreachable => {
            text!("网络不可达", "unreachable")
        }
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => text!(
            "连接被对方中断",
            "the connection was reset by the other side"
        ),
        Kind::UnexpectedEof => text!(
            "对方在应答完整之前关闭了连接",
            "the other side closed before the reply was whole"
        ),
        _ => text!("{error}", "{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9110 §7.2 and §4.2: the port stands there unless it is the scheme's own.
    #[test]
    fn to_whom_a_request_is_addressed() {
        for (uri, expected) in [
            ("http://centre/cfc/api", "centre"),
            ("http://centre:80/cfc/api", "centre"),
            ("http://centre:443/cfc/api", "centre:443"),
            ("http://centre:8080/cfc/api", "centre:8080"),
            ("https://centre:443/cfc/api", "centre"),
            ("https://centre:80/cfc/api", "centre:80"),
            ("https://centre:8443/cfc/api", "centre:8443"),
            ("http://10.1.2.3/cfc/api", "10.1.2.3"),
            ("http://[fe80::80]/cfc/api", "[fe80::80]"),
            ("http://[fe80::80]:80/cfc/api", "[fe80::80]"),
            ("http://[fe80::80]:8080/cfc/api", "[fe80::80]:8080"),
        ] {
            let found = host(&Uri::from_static(uri)).unwrap();
            assert_eq!(found, expected, "{uri}");
        }
    }
}
