//! `/exchanges`: what came and what was answered, opened and explained.

use super::Station;
use super::error::Refusal;
use crate::exchanges::{Exchange, Exchanges, Problem, Summary};
use crate::json::{Held, Object};
use crate::spec;
use crate::texts::{self, Text};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The longest body that is shown.
const LONGEST: usize = 256 << 10;

pub(super) fn routes() -> Router<Station> {
    Router::new()
        .route("/exchanges", get(list).delete(clear))
        .route("/exchanges/wait", get(wait))
        .route("/exchanges/{id}", get(one))
}

/// Which exchanges are asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    limit: Option<usize>,
    before: Option<u64>,
    after: Option<u64>,
    #[serde(default)]
    service: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    dev_id: String,
    failed: Option<bool>,
    timeout_ms: Option<u64>,
}

impl Asked {
    fn fits(&self, id: u64, exchange: &Exchange) -> bool {
        let decided = &exchange.decided;
        let within = |part: &str, whole: &str| whole.to_lowercase().contains(&part.to_lowercase());
        self.before.is_none_or(|before| id < before)
            && self.after.is_none_or(|after| id > after)
            && (self.service.is_empty() || decided.service == Some(&*self.service))
            && within(&self.token, &decided.token)
            && within(&self.dev_id, &decided.dev_id)
            && self.failed.is_none_or(|failed| exchange.failed() == failed)
    }
}

#[derive(Serialize)]
struct List<'a> {
    exchanges: Vec<Summary<'a>>,
    kept: usize,
    oldest: Option<u64>,
    newest: Option<u64>,
}

async fn list(
    State(station): State<Station>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(asked) = asked.map_err(|error| Refusal::unasked(&error))?;
    let books = station.books();
    let exchanges = &books.exchanges;
    let fitting = exchanges
        .all()
        .rev()
        .filter(|(id, one)| asked.fits(*id, one));
    let limit = asked.limit.unwrap_or(100).min(1000);
    Ok(Json(List {
        exchanges: fitting
            .take(limit)
            .map(|(id, one)| one.summary(id))
            .collect(),
        kept: exchanges.all().count(),
        oldest: exchanges.all().next().map(|(id, _)| id),
        newest: exchanges.all().next_back().map(|(id, _)| id),
    })
    .into_response())
}

async fn clear(State(station): State<Station>) -> Response {
    station.books().clear();
    station.bus.publish("cleared", "{}");
    Json(json!({ "cleared": true })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Save {
    #[serde(default)]
    save: bool,
}

async fn one(
    State(station): State<Station>,
    Path(id): Path<String>,
    save: Result<Query<Save>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(save) = save.map_err(|error| Refusal::unasked(&error))?;
    let gone = || {
        Refusal::not_found(
            "没有这次交互，或已不再保留",
            "there is no such exchange, or it is no longer kept",
        )
    };
    let id = id.parse().map_err(|_| gone())?;
    let detail = detail(&station.books().exchanges, id).ok_or_else(gone)?;
    let mut response = ([(CONTENT_TYPE, "application/json")], detail).into_response();
    if save.save {
        let name = format!("attachment; filename=\"exchange-{id}.json\"");
        if let Ok(name) = name.try_into() {
            response.headers_mut().insert(CONTENT_DISPOSITION, name);
        }
    }
    Ok(response)
}

/// The first exchange that fits and is over, when it comes.
async fn wait(
    State(station): State<Station>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(asked) = asked.map_err(|error| Refusal::unasked(&error))?;
    let within = asked.timeout_ms.unwrap_or(10_000);
    if within > 60_000 {
        let text = Text::new("timeoutMs 至多 60000", "timeoutMs is 60000 at most");
        return Err(Refusal::wrong("timeoutMs", text));
    }
    let end = Instant::now() + Duration::from_millis(within);
    loop {
        let found = {
            let books = station.books();
            let mut all = books.exchanges.all();
            let found = all.find(|(id, one)| one.is_over() && asked.fits(*id, one));
            found.and_then(|(id, _)| detail(&books.exchanges, id))
        };
        if let Some(detail) = found {
            return Ok(([(CONTENT_TYPE, "application/json")], detail).into_response());
        }
        let soon = Instant::now() + Duration::from_millis(20);
        if timeout_at(end, sleep_until(soon)).await.is_err() {
            return Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "在时限内没有等到这样的交互",
                "no such exchange came in time",
            ));
        }
    }
}

#[derive(Serialize)]
struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    request: Shown<'a>,
    reply: Option<ShownReply<'a>>,
    command: String,
}

/// One half of an exchange.
#[derive(Serialize)]
struct Shown<'a> {
    headers: &'a [(String, String)],
    body: Cow<'a, str>,
    opened: Option<&'a str>,
    fields: Vec<Field>,
    problems: Vec<Problem>,
    cut: bool,
}

#[derive(Serialize)]
struct ShownReply<'a> {
    status: u16,
    #[serde(flatten)]
    shown: Shown<'a>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    title: Option<Text>,
    section: Option<String>,
    value: String,
    problem: Option<Text>,
    layer: &'static str,
}

/// Everything about one, as JSON.
fn detail(exchanges: &Exchanges, id: u64) -> Option<String> {
    let exchange = exchanges.get(id)?;
    let service = exchange.decided.service;
    let opened = exchange.seen.opened.as_deref();
    let (body, cut) = text(&exchange.body);
    let mut fields = outer(&body);
    fields.extend(opened.into_iter().flat_map(|opened| inner(opened, service)));
    if let Some(opened) = opened {
        fields.extend(missing(opened, service, &fields));
    }
    let problems = fields.iter().filter_map(|field| {
        Some(Problem {
            field: Some(field.name.clone()),
            what: field.problem.clone()?,
            section: field.section.clone(),
        })
    });
    let problems = problems.collect();
    let detail = Detail {
        summary: exchange.summary(id),
        request: Shown {
            headers: &exchange.seen.headers,
            body,
            opened,
            fields,
            problems,
            cut,
        },
        reply: exchange.reply.as_ref().map(|reply| {
            let (body, cut) = text(&reply.body);
            let plain = reply.plain.as_deref();
            let mut fields = outer(&body);
            fields.extend(plain.into_iter().flat_map(|plain| named(plain, service)));
            ShownReply {
                status: reply.status,
                shown: Shown {
                    headers: &reply.headers,
                    body,
                    opened: plain,
                    fields,
                    problems: Vec::new(),
                    cut,
                },
            }
        }),
        command: command(service, opened),
    };
    serde_json::to_string(&detail).ok()
}

/// A body as text, cut where it is long.
fn text(body: &[u8]) -> (Cow<'_, str>, bool) {
    let cut = body.len() > LONGEST;
    let body = String::from_utf8_lossy(&body[..body.len().min(LONGEST)]);
    (body, cut)
}

/// The public parameters of a request or a reply.
fn outer(body: &str) -> Vec<Field> {
    fields(body, "outer", |name| {
        texts::field(name).map(|(title, section)| (title, format!("A/B §{section}")))
    })
}

/// The service's own fields, without what is wrong with them.
fn named(opened: &str, service: Option<&'static str>) -> Vec<Field> {
    let section = service.and_then(spec::section).unwrap_or_default();
    fields(opened, "inner", |name| {
        texts::field(name).map(|(title, _)| (title, section.to_owned()))
    })
}

/// The same of a request, with what is wrong.
fn inner(opened: &str, service: Option<&'static str>) -> Vec<Field> {
    let mut fields = named(opened, service);
    let (Some(service), Ok(object)) = (service, Object::read(opened)) else {
        return fields;
    };
    for field in &mut fields {
        let form = spec::fields(service).find(|(name, _)| *name == field.name);
        field.problem = form.and_then(|(name, form)| form.fault(object.get(name)));
    }
    fields
}

/// The fields that should be there and are not.
fn missing(opened: &str, service: Option<&'static str>, there: &[Field]) -> Vec<Field> {
    if Object::read(opened).is_err() {
        return Vec::new();
    }
    let section = service.and_then(spec::section);
    let wanted = service.into_iter().flat_map(spec::fields);
    let missing = wanted.filter_map(|(name, form)| {
        let is_there = there
            .iter()
            .any(|field| field.layer == "inner" && field.name == name);
        let problem = form.fault(Held::Nothing).filter(|_| !is_there)?;
        Some(Field {
            name: name.to_owned(),
            title: texts::field(name).map(|(title, _)| title),
            section: section.map(str::to_owned),
            value: String::new(),
            problem: Some(problem),
            layer: "inner",
        })
    });
    missing.collect()
}

fn fields(
    json: &str,
    layer: &'static str,
    known: impl Fn(&str) -> Option<(Text, String)>,
) -> Vec<Field> {
    let Ok(object) = Object::read(json) else {
        return Vec::new();
    };
    let field = |(name, value): (&str, &str)| {
        let (title, section) = known(name).unzip();
        Field {
            name: name.to_owned(),
            title,
            section: section.filter(|section| !section.is_empty()),
            value: serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()),
            problem: None,
            layer,
        }
    };
    object.fields().map(field).collect()
}

/// The command line that sends the same request.
fn command(service: Option<&str>, opened: Option<&str>) -> String {
    let request = opened.unwrap_or("{}").replace('\'', r"'\''");
    let service = service.unwrap_or("tokenPwdStas");
    format!("evoucher-tool call evoucher.json {service} '{request}'")
}
