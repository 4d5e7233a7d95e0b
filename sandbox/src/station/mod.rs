//! The joint-testing station (联调工作台): the interface under `/sandbox/api/` and the page over it.
//!
//! It looks on: what the centre answers is decided without it.

mod acceptance;
mod assets;
mod channel;
mod error;
mod events;
mod exchanges;
mod faults;
mod guard;
mod patients;
mod setup;

pub(crate) use events::{Bus, tell, tell_of_run};
pub(crate) use setup::{Address, FirstCall, Port, Setup};

use crate::centre::Centre;
use crate::wire::Connection;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use error::Refusal;
use guard::Part;
use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use tower_service::Service;

/// What a handler knows.
#[derive(Clone)]
pub(crate) struct Station(Arc<Centre>);

impl std::ops::Deref for Station {
    type Target = Centre;

    fn deref(&self) -> &Centre {
        &self.0
    }
}

/// Whether a path within `/sandbox/` is the station's. What 0.1 offered there is not.
pub(crate) fn owns(path: &str, accepts_html: bool) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    match first {
        "" => accepts_html,
        "api" | "page" => true,
        first => assets::PARTS.contains(&first),
    }
}

/// Whether what 0.1 offered is for whoever asks; the answer if not.
pub(crate) fn admit(
    centre: &Centre,
    connection: &Connection,
    request: &Request<hyper::body::Incoming>,
) -> Result<(), Box<Response>> {
    guard::check(centre, connection, request, Part::Old)
        .map_err(|answered| Box::new(guard::dressed(*answered)))
}

/// Answers a request to the station.
pub(crate) async fn answer(
    centre: &Arc<Centre>,
    connection: &Connection,
    request: Request<hyper::body::Incoming>,
) -> Response {
    if let Err(answered) = guard::check(centre, connection, &request, Part::Station) {
        return guard::dressed(*answered);
    }
    let mut router = router(Station(Arc::clone(centre)));
    let ready = poll_fn(|cx| <Router as Service<Request>>::poll_ready(&mut router, cx)).await;
    let response = match ready {
        Ok(()) => router.call(request.map(Body::new)).await,
        Err(never) => match never {},
    };
    let response: Result<Response, Infallible> = response;
    match response {
        Ok(response) => guard::dressed(response),
        Err(never) => match never {},
    }
}

fn router(station: Station) -> Router {
    let api = Router::new()
        .merge(acceptance::routes())
        .merge(exchanges::routes())
        .route("/events", get(events::stream))
        .route("/openapi.json", get(openapi))
        .merge(channel::routes())
        .merge(faults::routes())
        .merge(patients::routes())
        .merge(setup::routes())
        .fallback(|| async {
            Refusal::not_found("没有这个接口", "there is no such interface")
        })
        .with_state(station);
    Router::new()
        .nest("/sandbox/api", api)
        .merge(assets::routes())
        .fallback(|| async {
            Refusal::not_found("没有这一页", "there is no such page").into_response()
        })
}

/// What the interface is, for people and for programs.
async fn openapi() -> Response {
    let document = include_str!("openapi.json").replace(
        "\"VERSION\"",
        concat!("\"", env!("CARGO_PKG_VERSION"), "\""),
    );
    ([(CONTENT_TYPE, "application/json")], document).into_response()
}
