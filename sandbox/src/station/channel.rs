//! `/channel`: the payment channel's mode, a charge by hand, and what was charged.

use super::Station;
use super::error::{Body, Refusal};
use crate::centre::now_ms;
use crate::channel::{self, Charge, Mode, Order};
use crate::ledger::{Books, Entry};
use crate::texts::Text;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// How many serial numbers are shown: the last ones.
const SHOWN: usize = 1000;

pub(super) fn routes() -> Router<Station> {
    Router::new()
        .route("/channel", get(state).put(change))
        .route("/channel/charge", post(charge))
}

/// The channel as the interface shows it.
pub(super) fn shown(books: &Books) -> Value {
    let channel = &books.channel;
    let mut order: Vec<String> = Vec::new();
    let mut issued: HashMap<String, Vec<Entry>> = HashMap::new();
    for entry in books.issued(SHOWN) {
        if !issued.contains_key(&entry.serial) {
            order.push(entry.serial.clone());
        }
        issued.entry(entry.serial.clone()).or_default().push(entry);
    }
    let serial = |serial: &String| {
        let entries = &issued[serial];
        let charges = channel.charges_of(serial);
        let closed = entries
            .iter()
            .filter(|entry| channel.is_closed(&entry.certificate));
        let amounts: Vec<&str> = charges.iter().map(|charge| &*charge.amount).collect();
        json!({
            "serial": serial,
            "issued": entries.len(),
            "charged": charges.len(),
            "amounts": amounts,
            "closed": closed.count(),
            "charges": charges.iter().map(charged).collect::<Vec<_>>(),
        })
    };
    json!({
        "mode": channel.mode.name(),
        "refuseSecond": channel.refuse_second,
        "serials": order.iter().map(serial).collect::<Vec<_>>(),
    })
}

fn charged(charge: &Charge) -> Value {
    json!({
        "seq": charge.seq,
        "payCert": charge.certificate,
        "amount": charge.amount,
        "time": charge.time_ms,
    })
}

async fn state(State(station): State<Station>) -> Response {
    Json(shown(&station.books())).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    mode: Option<String>,
    refuse_second: Option<bool>,
}

async fn change(
    State(station): State<Station>,
    Body(change): Body<Change>,
) -> Result<Response, Refusal> {
    let mode = change.mode.map(|name| {
        Mode::from_name(&name).ok_or_else(|| {
            let en = "there is no such mode: normal, slow, slow-N, silent or silent-after";
            Refusal::wrong("mode", Text::new(channel::no_such_mode(&name), en))
        })
    });
    let mode = mode.transpose()?;
    let mut books = station.books();
    if let Some(mode) = mode {
        books.channel.mode = mode;
    }
    if let Some(refuse) = change.refuse_second {
        books.channel.refuse_second = refuse;
    }
    books.channel.changed = true;
    Ok(Json(shown(&books)).into_response())
}

/// A charge by hand: never slow, never silent.
async fn charge(State(station): State<Station>, body: Bytes) -> Result<Response, Refusal> {
    let order = Order::read(&body).map_err(|why| {
        let en = "payCert, amount and fixmedinsTrnsSn are required, as texts";
        Refusal::bad(Text::new(why, en))
    })?;
    let answer = match station.books().charge(order, now_ms()) {
        Ok(charge) => json!({ "charged": true, "charge": charge }),
        Err(refusal) => {
            let (reason, message) = refusal.texts();
            json!({ "charged": false, "reason": reason, "message": message })
        }
    };
    Ok(Json(answer).into_response())
}
