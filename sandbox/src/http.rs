//! A request from its head to the end of its reply.

use crate::acceptance::Met;
use crate::centre::{Centre, now_ms};
use crate::choice::Choice;
use crate::control;
use crate::deliver::deliver;
use crate::envelope;
use crate::exchanges::{self, By, Decided};
use crate::fault::Fault;
use crate::json::Object;
use crate::ledger::{Books, Held, Seen, Texts};
use crate::page::{Chunks, HTML, Page};
use crate::reply::Answer;
use crate::rules::{Chooser, When};
use crate::scenario::{self, Words};
use crate::service::Service;
use crate::show;
use crate::station;
use crate::wire::Connection;
use axum::body::Body;
use http_body_util::Either;
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::Notify;

/// The longest request body that is read: the library's own limit is 1 MiB of text, twice that
/// when sealed.
const LONGEST: usize = 8 << 20;

/// What a request's path asks for.
struct Target<'a> {
    /// The path before `/cfc/api/`.
    prefix: &'a str,
    /// The same without the fault.
    front: String,
    /// The fault that the path names, or the name that is no fault's.
    fault: Option<Result<Choice, &'a str>>,
    /// What stands behind `/cfc/api/`.
    name: &'a str,
}

impl<'a> Target<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (prefix, name) = path.rsplit_once("/cfc/api/")?;
        let mut parts: Vec<_> = prefix.split('/').skip(1).collect();
        if parts.contains(&"") {
            return None;
        }
        let at = parts.iter().rposition(|part| *part == "fault");
        let fault = at.filter(|at| at + 1 < parts.len()).map(|at| {
            let name = parts[at + 1];
            parts.drain(at..at + 2);
            Choice::from_name(name).ok_or(name)
        });
        let front = parts.iter().flat_map(|part| ["/", part]).collect();
        Some(Self {
            prefix,
            front,
            fault,
            name,
        })
    }

    /// The fault that the path has for this request; asked once for each, which counts it.
    fn met(&self, centre: &Centre) -> Option<Fault> {
        let choice = self.fault?.ok()?;
        Some(centre.books().met(&choice, self.prefix, self.name))
    }
}

/// A request, and what was decided about it.
pub(crate) struct Exchange {
    pub(crate) seen: Seen,
    pub(crate) fault: Fault,
    pub(crate) answer: Answer,
    status: StatusCode,
    decided: Decided,
    by: By,
}

/// However an exchange ends, also when the client goes away.
struct End<'a>(&'a Centre, u64);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut books = self.0.books();
        books.exchanges.end(self.1);
        keep(self.0, &mut books, self.1);
    }
}

/// Keeps an exchange with the acceptance run, if there is one.
fn keep(centre: &Centre, books: &mut Books, number: u64) {
    let Books {
        stage, exchanges, ..
    } = books;
    if stage.run.is_some()
        && let Some(exchange) = exchanges.get(number)
    {
        stage.take(number, exchange, &centre.account, now_ms());
    }
}

fn note(centre: &Centre, number: u64, data: &[u8]) {
    let mut books = centre.books();
    books
        .exchanges
        .tell(number, |exchange| exchange.body.extend_from_slice(data));
}

/// Records what was made of a request, and what goes out.
fn record(centre: &Centre, number: u64, exchange: &mut Exchange, page: &Page) {
    let mut decided = std::mem::take(&mut exchange.decided);
    let (answer, fault) = (&exchange.answer, exchange.fault);
    if fault != Fault::None {
        decided.fault = Some((fault.name(), exchange.by));
    }
    decided.code = Some(answer.code);
    let state = answer.state(decided.service);
    decided.result = Some(exchanges::result(decided.service, answer, &state));
    let reply = exchanges::Reply {
        status: page.status.as_u16(),
        headers: page.shown_headers(),
        body: page.body.clone(),
        plain: answer.plain.clone(),
        is_sent: fault.replies(),
        issued: answer
            .issued
            .as_ref()
            .map_or(String::new(), |issued| issued.certificate.clone()),
    };
    let mut books = centre.books();
    books.exchanges.tell(number, |kept| {
        kept.decided = decided;
        kept.reply = Some(reply);
    });
    keep(centre, &mut books, number);
}

/// Answers a request. An error means that the connection is over: hyper lets go of it without
/// writing.
pub(crate) async fn handle(
    centre: Arc<Centre>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> io::Result<Response<Either<Chunks, Body>>> {
    let first = connection.is_new();
    if let Some(path) = control::path(request.uri().path()) {
        if first {
            centre.uncount();
        }
        let accepts = request.headers().get(ACCEPT);
        let accepts = accepts
            .and_then(|kinds| kinds.to_str().ok())
            .unwrap_or_default();
        if station::owns(path, accepts.contains("text/html")) {
            let response = station::answer(&centre, &connection, request).await;
            return Ok(response.map(Either::Right));
        }
        if let Err(refused) = station::admit(&centre, &connection, &request) {
            return Ok(refused.map(Either::Right));
        }
    }
    let response = converse(centre, connection, request).await?;
    Ok(response.map(Either::Left))
}

/// A request to the centre itself, or to what a program asks of the sandbox.
async fn converse(
    centre: Arc<Centre>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> io::Result<Response<Chunks>> {
    let (head, body) = request.into_parts();
    if let Some(path) = control::path(head.uri.path()) {
        let Some(body) = read(body, |_| {}).await? else {
            return Ok(too_large());
        };
        let (page, fault) = control::answer(&centre, &head, path, &body);
        return deliver(&connection, fault, page).await;
    }

    let seen = see(&head, &connection);
    let number = centre.books().see(seen.clone(), now_ms());
    let _end = End(&centre, number);
    let target = Target::of(head.uri.path());
    let early = target.as_ref().and_then(|target| target.met(&centre));
    let body = match early {
        // Left unread: what ends the connection here is the head.
        Some(Fault::CloseEarly | Fault::ResetEarly) => Some(Vec::new()),
        _ => read(body, |data| note(&centre, number, data)).await?,
    };
    let Some(body) = body else {
        return Ok(too_large());
    };
    let mut exchange = Exchange {
        seen,
        fault: early.unwrap_or(Fault::None),
        answer: Answer::refused(-5),
        status: StatusCode::OK,
        decided: Decided::default(),
        by: By::Address,
    };
    let examined = examine(
        &centre,
        &head,
        target.as_ref(),
        &body,
        number,
        &mut exchange,
    );
    exchange.answer = match examined {
        Err(answer) => answer,
        Ok(ready) => {
            let held = |when| ready.hold.filter(|(held, _)| *held == when);
            if let Some(rule) = held(When::Before) {
                hold(&centre, number, &ready, &exchange.decided, rule).await;
            }
            let answer = take_effect(&centre, &ready, &mut exchange);
            if let Some(rule) = held(When::After) {
                hold(&centre, number, &ready, &exchange.decided, rule).await;
            }
            answer
        }
    };
    let mut page = page(&centre, &head, target.as_ref(), &exchange);
    page.date = centre.date();
    record(&centre, number, &mut exchange, &page);
    centre.show(|| {
        exchange.seen.body = String::from_utf8_lossy(&body).into_owned();
        show::conversation(number + 1, &exchange, &page)
    });
    deliver(&connection, exchange.fault, page).await
}

/// What the wire shows of a request's head.
fn see(head: &Parts, connection: &Connection) -> Seen {
    let header = |(name, value): (&hyper::header::HeaderName, &HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    Seen {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: head.headers.iter().map(header).collect(),
        body: String::new(),
        opened: None,
        connection: connection.id,
        tls: connection.tls,
        resumed: connection.resumed,
        port: connection.port,
    }
}

fn too_large() -> Response<Chunks> {
    Page::html(StatusCode::PAYLOAD_TOO_LARGE).response(false)
}

/// Reads the body, noting it as it comes; `None` when it is too long.
async fn read(body: Incoming, note: impl Fn(&[u8])) -> io::Result<Option<Vec<u8>>> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > LONGEST {
            return Ok(None);
        }
        note(&data);
        bytes.extend_from_slice(&data);
    }
    Ok(Some(bytes))
}

/// A request that passed every check.
struct Ready {
    service: Option<Service>,
    token: String,
    words: Words,
    opened: String,
    /// What a notice says of the hospital: its code, its name, and the amount.
    notice: [String; 3],
    hold: Option<(When, u64)>,
    /// Whether its certificate is void as soon as it is issued.
    voids: bool,
}

/// Checks a request, and sees what it meets. Refusals are errors.
fn examine(
    centre: &Centre,
    head: &Parts,
    target: Option<&Target<'_>>,
    body: &[u8],
    number: u64,
    exchange: &mut Exchange,
) -> Result<Ready, Answer> {
    let Some(target) = target else {
        exchange.status = StatusCode::NOT_FOUND;
        return Err(Answer::refused(-5));
    };
    if let Some(Err(name)) = target.fault {
        return Err(no_such_fault(name));
    }
    let service = Service::from_name(target.name);
    exchange.decided.service = match service {
        Some(service) => Some(service.name),
        None => (target.name == ECHO).then_some(ECHO),
    };
    if service.is_none() && target.name != ECHO {
        return Err(Answer::refused(-5));
    }
    if head.method != Method::POST {
        exchange.status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(Answer::because(-2, "请求方式须为 POST"));
    }
    if !is_json(head) {
        return Err(Answer::because(
            -2,
            "Content-Type 须为 application/json，编码 UTF-8",
        ));
    }

    let plain = envelope::open(body, &centre.account, centre.now_ms())?;
    let opened = String::from_utf8_lossy(&plain).into_owned();
    centre
        .books()
        .exchanges
        .tell(number, |kept| kept.seen.opened = Some(opened.clone()));
    let usable = match std::str::from_utf8(&plain) {
        Ok(text) => Object::read(text),
        Err(_) => Err("不是 UTF-8".to_owned()),
    };
    exchange.seen.opened = Some(opened.clone());
    let request = usable.map_err(|why| Answer::because(-2, &format!("encData 解密后{why}")))?;
    let token = request.text("token");
    exchange.decided = Decided {
        service: exchange.decided.service,
        token: clip(token.clone()),
        dev_id: clip(request.text("devId")),
        org_codg: clip(request.text("orgCodg")),
        serial: clip(request.text("fixmedinsTrnsSn")),
        amount: clip(request.text("ownPaySetlAmt")),
        ..Decided::default()
    };
    let mut words = Words::of(&token);
    let staged = centre.books().stage.meet(&token, target.name);
    if let Some(Met::Words(other)) = staged {
        words = Words::of(other);
    }
    if let (None, Some(choice)) = (target.fault, &words.fault) {
        let choice = choice.as_ref().map_err(|name| no_such_fault(name))?;
        exchange.fault = centre.books().met(choice, &token, target.name);
        exchange.by = By::Token;
    }
    if let (None, Some(Met::Fault(fault))) = (target.fault, &staged) {
        exchange.fault = *fault;
        exchange.by = By::Rule;
    }
    // A patient of an acceptance case meets what the case plays, and nothing else.
    let chosen = target.fault.is_some() || words.fault.is_some() || staged.is_some();
    let met = centre
        .books()
        .rules
        .meet(&token, target.name, chosen, now_ms());
    if let (None, Some((fault, chooser))) = (&staged, met.fault) {
        exchange.fault = fault;
        exchange.by = match chooser {
            Chooser::Rule => By::Rule,
            Chooser::Chaos => By::Chaos,
            Chooser::Rate => By::Rate,
        };
    }
    if let Some(service) = service {
        service.check(&request)?;
    }
    // A gateway that limits the rate lets nothing through.
    if !exchange.fault.processes() || exchange.by == By::Rate {
        return Err(Answer::refused(-5));
    }

    let notice = ["orgCodg", "orgName", "totalAmount"].map(|name| clip(request.shown(name)));
    Ok(Ready {
        service,
        token,
        words,
        notice,
        hold: met.hold,
        voids: matches!(staged, Some(Met::Void)),
        opened,
    })
}

/// Lets a request take effect.
fn take_effect(centre: &Centre, ready: &Ready, exchange: &mut Exchange) -> Answer {
    exchange.decided.processed = true;
    let mut books = centre.books();
    let books = &mut *books;
    let token = &ready.token;
    let mut words = ready.words.clone();
    words.standing = books.patients.standing(token);
    let answer = match ready.service {
        Some(service) => scenario::run(
            service,
            token,
            &words,
            exchange.fault,
            &mut books.notices,
            &mut books.numbers,
        ),
        None => scenario::echo(&ready.opened, &words),
    };
    if answer.code == 0 {
        let state = answer.state(exchange.decided.service);
        match exchange.decided.service {
            Some("tokenPwdCheckNotc") if state == "1" => {
                books
                    .patients
                    .notified(token, ready.notice.clone(), now_ms());
            }
            Some("tokenPwdStas") => books.patients.asked(token, state == "1", now_ms()),
            _ => {}
        }
    }
    let decided = &exchange.decided;
    let texts = Texts {
        token: &decided.token,
        org_codg: &decided.org_codg,
        serial: &decided.serial,
        amount: &decided.amount,
    };
    books.enter(
        ready.service.map_or(ECHO, |service| service.name),
        exchange.seen.connection,
        &answer,
        &texts,
    );
    if let Some(issued) = answer.issued.as_ref().filter(|_| ready.voids) {
        books.channel.close(&issued.certificate);
    }
    answer
}

/// Holds an exchange until a tester lets it go. Who hangs up meanwhile is held no longer.
async fn hold(
    centre: &Centre,
    number: u64,
    ready: &Ready,
    decided: &Decided,
    (when, rule): (When, u64),
) {
    /// No longer among those that are held.
    struct Gone<'a>(&'a Centre, u64);
    impl Drop for Gone<'_> {
        fn drop(&mut self) {
            let mut books = self.0.books();
            books.held.retain(|held| held.exchange != self.1);
            books.rules.changed = true;
            books
                .exchanges
                .tell(self.1, |exchange| exchange.is_held = false);
        }
    }
    let go = Arc::new(Notify::new());
    {
        let mut books = centre.books();
        books.exchanges.tell(number, |kept| {
            kept.is_held = true;
            kept.decided = decided.clone();
        });
        books.held.push(Held {
            exchange: number,
            when,
            since: now_ms(),
            service: ready.service.map_or(ECHO, |service| service.name),
            token: ready.token.clone(),
            rule,
            go: Arc::clone(&go),
        });
        books.rules.changed = true;
    }
    let _gone = Gone(centre, number);
    go.notified().await;
}

fn no_such_fault(name: &str) -> Answer {
    Answer::because(-2, &format!("模拟中心没有名为 {name} 的故障"))
}

/// The service that no document lists.
pub(crate) const ECHO: &str = "echo";

/// The longest field that a documented service takes; the undocumented one's are cut to it, so
/// that ledger entries stay small.
fn clip(text: String) -> String {
    text.chars().take(200).collect()
}

fn is_json(head: &Parts) -> bool {
    let kind = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("application/json")
        && parts.all(|part| match part.strip_prefix("charset=") {
            Some(charset) => matches!(charset.trim_matches('"'), "utf-8" | "utf8"),
            None => true,
        })
}

/// The reply as the fault has it.
fn page(centre: &Centre, head: &Parts, target: Option<&Target<'_>>, exchange: &Exchange) -> Page {
    let fault = exchange.fault;
    let body = || exchange.answer.body(&centre.account.sealer, fault);
    match fault {
        Fault::Redirect => redirect(StatusCode::FOUND, head, target, exchange),
        Fault::Redirect307 => redirect(StatusCode::TEMPORARY_REDIRECT, head, target, exchange),
        Fault::Error500Empty => Page::new(StatusCode::INTERNAL_SERVER_ERROR, HTML, ""),
        Fault::Error500Text => Page::html(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Error500Json => Page::json(StatusCode::INTERNAL_SERVER_ERROR, body()),
        Fault::Error503Html => Page::html(StatusCode::SERVICE_UNAVAILABLE),
        Fault::Error404Html => Page::html(StatusCode::NOT_FOUND),
        Fault::Html => Page::html(StatusCode::OK),
        Fault::GatewayJson(status) => Page::gateway(status),
        Fault::GatewayHtml(status) => Page::html(status),
        Fault::NotJson => Page::json(exchange.status, "code=0&message=成功"),
        Fault::Empty => Page::json(exchange.status, ""),
        Fault::Bom => Page::json(exchange.status, format!("\u{feff}{}", body())),
        Fault::Gbk => Page::json(
            exchange.status,
            encoding_rs::GBK.encode(&body()).0.into_owned(),
        ),
        _ => Page::json(exchange.status, body()),
    }
}

/// To the same service without the fault.
fn redirect(
    status: StatusCode,
    head: &Parts,
    target: Option<&Target<'_>>,
    exchange: &Exchange,
) -> Page {
    let mut page = Page::html(status);
    if let Some(target) = target {
        let scheme = if exchange.seen.tls { "https" } else { "http" };
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
        let site = host
            .map(|host| format!("{scheme}://{host}"))
            .unwrap_or_default();
        // A fault that the token names would meet the client there again.
        let off = if target.fault.is_some() {
            ""
        } else {
            "/fault/none"
        };
        page.location = Some(format!(
            "{site}{}{off}/cfc/api/{}",
            target.front, target.name
        ));
    }
    page
}
