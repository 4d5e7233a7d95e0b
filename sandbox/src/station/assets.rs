//! The page: one shell for every part, and its files.

use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The parts of the page, each with an address of its own.
pub(super) const PARTS: [&str; 5] = ["live", "patients", "faults", "acceptance", "setup"];

const HTML: &str = "text/html;charset=UTF-8";
const SCRIPT: &str = "text/javascript;charset=UTF-8";

/// A file of the page, with its type.
macro_rules! file {
    ($name:literal, $kind:expr) => {
        ($name, $kind, include_bytes!(concat!("../../page/", $name)))
    };
}

const SHELL: &[u8] = include_bytes!("../../page/index.html");

const FILES: &[(&str, &str, &[u8])] = &[
    file!("acceptance.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("channel.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("exchange.js", SCRIPT),
    file!("faults.js", SCRIPT),
    file!("i18n.js", SCRIPT),
    file!("icon.svg", "image/svg+xml"),
    file!("live.js", SCRIPT),
    file!("main.js", SCRIPT),
    file!("patients.js", SCRIPT),
    file!("phone.js", SCRIPT),
    file!("setup.js", SCRIPT),
    file!("store.js", SCRIPT),
    file!("style.css", "text/css;charset=UTF-8"),
];

pub(super) fn routes() -> Router {
    let mut router = Router::new()
        .route("/sandbox", get(shell))
        .route("/sandbox/", get(shell))
        .route("/sandbox/page/{name}", get(file));
    for part in PARTS {
        router = router
            .route(&format!("/sandbox/{part}"), get(shell))
            .route(&format!("/sandbox/{part}/{{*within}}"), get(shell));
    }
    router
}

async fn shell() -> Response {
    ([(CONTENT_TYPE, HTML)], SHELL).into_response()
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, bytes)) => ([(CONTENT_TYPE, *kind)], *bytes).into_response(),
        None => super::Refusal::not_found("没有这个文件", "there is no such file").into_response(),
    }
}
