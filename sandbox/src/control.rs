//! `/sandbox/…`: what a tester asks of the sandbox itself, and the payment channel, in any language
//! that can speak HTTP.

use crate::centre::{Centre, now_ms};
use crate::channel::{self, Mode, Order};
use crate::fault::Fault;
use crate::ledger::{Books, Entry};
use crate::page::Page;
use crate::reply::text;
use hyper::StatusCode;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::{Value, json};

/// Field names are those of the Rust interface.
#[derive(Serialize)]
struct Ledger {
    seen: u64,
    connections: u64,
    processed: Vec<Entry>,
}

const HELP: &str = "\
evoucher-sandbox: a simulated e-voucher centre

GET    /sandbox/ledger                  what was processed, as JSON
DELETE /sandbox/ledger                  forgets everything that happened
POST   /sandbox/tokens/{token}/verify   the patient enters the password

The payment channel:
POST   /sandbox/channel/charge          {\"payCert\":...,\"amount\":...,\"fixmedinsTrnsSn\":...}
GET    /sandbox/channel/query?fixmedinsTrnsSn=...   what was charged under a serial number
POST   /sandbox/channel/close           {\"fixmedinsTrnsSn\":...}: its certificates are void from now on
GET    /sandbox/channel                 its mode, and everything that was charged
POST   /sandbox/channel/mode            {\"mode\":\"normal|slow|slow-N|silent|silent-after\"}

POST /cfc/api/{tokenPwdCheckNotc,tokenPwdStas,signedQuery,genPayCert} are the centre's services.
Scenarios (words of the token) and faults (/fault/NAME/cfc/api/...): evoucher-sandbox --help
";

/// The path within `/sandbox/`, if it is one.
pub(crate) fn path(path: &str) -> Option<&str> {
    match path.strip_prefix("/sandbox")? {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

/// The reply, and what it meets on its way.
pub(crate) fn answer(centre: &Centre, head: &Parts, path: &str, body: &[u8]) -> (Page, Fault) {
    let method = head.method.as_str();
    if let Some(what) = path.strip_prefix("channel/")
        && let Some(answered) = channel(centre, head, what, body)
    {
        return answered;
    }
    let token = path
        .strip_prefix("tokens/")
        .and_then(|rest| rest.strip_suffix("/verify"));
    let page = match (method, path, token) {
        ("GET", "", _) => Page::new(StatusCode::OK, "text/plain;charset=UTF-8", HELP),
        ("GET", "ledger", _) => {
            let ledger = {
                let books = centre.books();
                Ledger {
                    seen: books.seen,
                    connections: books.connections,
                    processed: books.entries(),
                }
            };
            Page::json(StatusCode::OK, text(&ledger))
        }
        ("DELETE", "ledger", _) => {
            centre.books().clear();
            Page::json(StatusCode::OK, json!({"cleared": true}).to_string())
        }
        ("GET", "channel", _) => {
            let books = centre.books();
            let channel = &books.channel;
            let state = json!({"mode": channel.mode.name(), "charges": channel.charges()});
            Page::json(StatusCode::OK, state.to_string())
        }
        ("POST", _, Some(token)) => {
            let token = percent_decode_str(token).decode_utf8_lossy();
            match centre.books().verify(&token) {
                true => Page::json(StatusCode::OK, json!({"verified": true}).to_string()),
                false => Page::json(
                    StatusCode::NOT_FOUND,
                    json!({"verified": false, "message": "no notice was sent for this token"})
                        .to_string(),
                ),
            }
        }
        _ => Page::new(StatusCode::NOT_FOUND, "text/plain;charset=UTF-8", HELP),
    };
    (page, Fault::None)
}

/// The payment channel; nothing when that is no request of its.
fn channel(centre: &Centre, head: &Parts, what: &str, body: &[u8]) -> Option<(Page, Fault)> {
    let mut books = centre.books();
    let asked_for = (head.method.as_str(), what);
    if asked_for == ("POST", "mode") {
        let page = said(channel::mode(body).map(|mode| {
            books.channel.mode = mode;
            json!({"mode": mode.name()})
        }));
        return Some((page, Fault::None));
    }
    let act: fn(&mut Books, &Parts, &[u8]) -> Result<Value, String> = match asked_for {
        ("POST", "charge") => charge,
        ("GET", "query") => query,
        ("POST", "close") => close,
        _ => return None,
    };
    let mode = match asked(head, "mode") {
        Some(name) => match Mode::from_name(&name) {
            Some(mode) => mode,
            None => return Some((said(Err(channel::no_such_mode(&name))), Fault::None)),
        },
        None => books.channel.mode,
    };
    let page = match mode.acts() {
        true => said(act(&mut books, head, body)),
        // Nobody will see it.
        false => said(Ok(Value::Null)),
    };
    Some((page, mode.fault()))
}

fn charge(books: &mut Books, _: &Parts, body: &[u8]) -> Result<Value, String> {
    let order = Order::read(body)?;
    Ok(match books.charge(order, now_ms()) {
        Ok(charge) => json!({"charged": true, "charge": charge}),
        Err(refusal) => {
            let (reason, message) = refusal.texts();
            json!({"charged": false, "reason": reason, "message": message})
        }
    })
}

fn query(books: &mut Books, head: &Parts, _: &[u8]) -> Result<Value, String> {
    let serial = asked(head, "fixmedinsTrnsSn").filter(|serial| !serial.is_empty());
    Ok(charged(books, &serial.ok_or("fixmedinsTrnsSn 必填")?))
}

fn close(books: &mut Books, _: &Parts, body: &[u8]) -> Result<Value, String> {
    let serial = channel::serial(body)?;
    books.close(&serial);
    Ok(charged(books, &serial))
}

/// What was charged under a serial number.
fn charged(books: &Books, serial: &str) -> Value {
    let charges = books.channel.charges_of(serial);
    json!({"charged": !charges.is_empty(), "charges": charges})
}

/// A parameter of the address.
fn asked(head: &Parts, name: &str) -> Option<String> {
    let pairs = head.uri.query()?.split('&');
    let (_, value) = pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|(known, _)| *known == name)?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// An answer, or what was wrong with the request: that says nothing of charges.
fn said(answer: Result<Value, String>) -> Page {
    match answer {
        Ok(answer) => Page::json(StatusCode::OK, answer.to_string()),
        Err(why) => {
            let refused = json!({"reason": "bad_request", "message": why});
            Page::json(StatusCode::BAD_REQUEST, refused.to_string())
        }
    }
}
