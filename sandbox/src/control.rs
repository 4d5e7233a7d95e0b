//! `/sandbox/…`: what a tester asks of the sandbox itself, in any language that can speak HTTP.

use crate::centre::Centre;
use crate::ledger::Entry;
use crate::page::Page;
use crate::reply::text;
use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::json;

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

pub(crate) fn answer(centre: &Centre, method: &Method, path: &str) -> Page {
    let token = path
        .strip_prefix("tokens/")
        .and_then(|rest| rest.strip_suffix("/verify"));
    match (method.as_str(), path, token) {
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
        ("POST", _, Some(token)) => {
            let token = percent_decode_str(token).decode_utf8_lossy();
            match centre.books().notices.verify(&token) {
                true => Page::json(StatusCode::OK, json!({"verified": true}).to_string()),
                false => Page::json(
                    StatusCode::NOT_FOUND,
                    json!({"verified": false, "message": "no notice was sent for this token"})
                        .to_string(),
                ),
            }
        }
        _ => Page::new(StatusCode::NOT_FOUND, "text/plain;charset=UTF-8", HELP),
    }
}
