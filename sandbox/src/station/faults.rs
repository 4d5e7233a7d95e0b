//! `/faults`: rules, hold, chaos, rate and clock, at a switch.

use super::Station;
use super::error::{Body, Refusal};
use crate::centre::Centre;
use crate::fault::{Fault, NAMED, NUMBERED};
use crate::ledger::Books;
use crate::rules::{Act, Chaos, Rule, When};
use crate::spec;
use crate::texts::Text;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::Ordering::Relaxed;

/// The most that the clock can be off, in seconds.
const DECADE: i64 = 315_360_000;

pub(super) fn routes() -> Router<Station> {
    Router::new()
        .route("/faults", get(state).delete(all_off))
        .route("/faults/kinds", get(kinds))
        .route("/faults/rules", post(add))
        .route("/faults/rules/{id}", delete(remove))
        .route("/faults/clock", put(clock))
        .route("/faults/rate", put(rate))
        .route("/faults/chaos", put(chaos))
        .route("/faults/held/{exchange}/release", post(release))
}

/// Everything that is switched on.
pub(super) fn shown(centre: &Centre, books: &Books) -> Value {
    let held = books.held.iter().map(|held| {
        json!({
            "exchange": held.exchange,
            "when": held.when,
            "since": held.since,
            "service": held.service,
            "token": held.token,
            "rule": held.rule,
        })
    });
    json!({
        "rules": books.rules.rules.iter().map(rule).collect::<Vec<_>>(),
        "clockOffsetSeconds": centre.clock_offset.load(Relaxed) / 1000,
        "rate": books.rules.rate.map(|per_second| json!({ "perSecond": per_second })),
        "chaos": books.rules.chaos,
        "held": held.collect::<Vec<_>>(),
    })
}

fn rule(rule: &Rule) -> Value {
    let mut shown = json!({
        "id": rule.id,
        "met": rule.met,
        "fitted": rule.fitted,
        "over": rule.is_over(),
    });
    match rule.act {
        Act::Meet(fault) => shown["fault"] = json!(fault.name()),
        Act::Hold(when) => shown["hold"] = json!(when),
    }
    if !rule.token.is_empty() {
        shown["token"] = json!(rule.token);
    }
    for (name, value) in [("nth", rule.nth), ("count", rule.count)] {
        if let Some(value) = value {
            shown[name] = json!(value);
        }
    }
    if let Some(service) = rule.service {
        shown["service"] = json!(service);
    }
    shown
}

async fn state(State(station): State<Station>) -> Response {
    now(&station, &station.books())
}

fn now(centre: &Centre, books: &Books) -> Response {
    Json(shown(centre, books)).into_response()
}

async fn kinds() -> Response {
    let named = NAMED.iter().filter(|(_, fault, _)| *fault != Fault::None);
    let named = named.map(|(name, fault, [zh, en])| {
        json!({
            "name": name,
            "parameter": null,
            "what": Text::new(*zh, *en),
            "takesEffect": fault.processes(),
        })
    });
    let numbered = NUMBERED.iter().map(|(name, [zh, en])| {
        let is_status = name.contains("NNN");
        let parameter = match is_status {
            true => json!({"name": "status", "default": 504, "min": 200, "max": 599}),
            false => json!({"name": "ms", "default": 3000, "min": 0, "max": 3_600_000}),
        };
        json!({
            "name": name.replace("NNN", "N"),
            "parameter": parameter,
            "what": Text::new(*zh, *en),
            "takesEffect": true,
        })
    });
    Json(json!({ "kinds": named.chain(numbered).collect::<Vec<_>>() })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    fault: Option<String>,
    hold: Option<When>,
    #[serde(default)]
    token: String,
    service: Option<String>,
    nth: Option<u64>,
    count: Option<u64>,
}

async fn add(
    State(station): State<Station>,
    Body(asked): Body<Asked>,
) -> Result<Response, Refusal> {
    let act = match (&asked.fault, asked.hold) {
        (Some(name), None) => Act::Meet(Fault::from_name(name).ok_or_else(|| {
            let zh = format!("没有名为 {name} 的故障，名称见 /sandbox/api/faults/kinds");
            let en = format!("there is no fault {name}: see /sandbox/api/faults/kinds");
            Refusal::wrong("fault", Text::new(zh, en))
        })?),
        (None, Some(when)) => Act::Hold(when),
        _ => {
            let text = Text::new(
                "fault 和 hold 须有一个，且只有一个",
                "one of fault and hold, and not both",
            );
            return Err(Refusal::wrong("fault", text));
        }
    };
    let service = match asked.service.as_deref().filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => {
            let known = spec::services().find(|service| service.name == name);
            let no_such = || {
                Refusal::wrong(
                    "service",
                    Text::new("没有这个服务", "there is no such service"),
                )
            };
            Some(known.ok_or_else(no_such)?.name)
        }
    };
    for (name, value) in [("nth", asked.nth), ("count", asked.count)] {
        if value == Some(0) {
            return Err(Refusal::wrong(name, Text::new("从 1 起", "1 is the least")));
        }
    }
    let new = Rule {
        id: 0,
        act,
        token: asked.token,
        service,
        nth: asked.nth,
        count: asked.count,
        fitted: 0,
        met: 0,
    };
    let mut books = station.books();
    let added = books.rules.add(new).map(rule).ok_or_else(|| {
        Refusal::new(
            StatusCode::CONFLICT,
            "规则太多，请先关掉一些",
            "too many rules: switch some off",
        )
    })?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

async fn remove(
    State(station): State<Station>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let mut books = station.books();
    if !id.parse().is_ok_and(|id| books.rules.remove(id)) {
        return Err(Refusal::not_found("没有这条规则", "there is no such rule"));
    }
    Ok(now(&station, &books))
}

async fn all_off(State(station): State<Station>) -> Response {
    let mut books = station.books();
    books.rules.clear();
    station.clock_offset.store(0, Relaxed);
    for held in &books.held {
        held.go.notify_one();
    }
    now(&station, &books)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Clock {
    offset_seconds: i64,
}

async fn clock(
    State(station): State<Station>,
    Body(Clock { offset_seconds }): Body<Clock>,
) -> Result<Response, Refusal> {
    if !(-DECADE..=DECADE).contains(&offset_seconds) {
        let text = Text::new("至多十年", "ten years at most");
        return Err(Refusal::wrong("offsetSeconds", text));
    }
    station.clock_offset.store(offset_seconds * 1000, Relaxed);
    let mut books = station.books();
    books.rules.changed = true;
    Ok(now(&station, &books))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rate {
    per_second: Option<u64>,
}

async fn rate(
    State(station): State<Station>,
    Body(Rate { per_second }): Body<Rate>,
) -> Result<Response, Refusal> {
    let mut books = station.books();
    books.rules.rate = per_second;
    books.rules.changed = true;
    Ok(now(&station, &books))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chance {
    #[serde(default)]
    seed: u64,
    share: f64,
}

async fn chaos(
    State(station): State<Station>,
    Body(Chance { seed, share }): Body<Chance>,
) -> Result<Response, Refusal> {
    if !(0.0..=1.0).contains(&share) {
        return Err(Refusal::wrong(
            "share",
            Text::new("须在 0 到 1 之间", "must be 0 to 1"),
        ));
    }
    let mut books = station.books();
    books.rules.chaos = (share > 0.0).then_some(Chaos {
        seed,
        share,
        decided: 0,
    });
    books.rules.changed = true;
    Ok(now(&station, &books))
}

async fn release(
    State(station): State<Station>,
    Path(exchange): Path<String>,
) -> Result<Response, Refusal> {
    let mut books = station.books();
    let mut held = books.held.iter();
    let at = held.position(|held| held.exchange.to_string() == exchange);
    let at =
        at.ok_or_else(|| Refusal::not_found("没有扣住这次请求", "this exchange is not held"))?;
    let held = books.held.remove(at);
    books.rules.changed = true;
    held.go.notify_one();
    Ok(now(&station, &books))
}
