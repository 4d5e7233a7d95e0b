//! `/patients`: make one in words, look at the phone, and answer for the patient.

use super::Station;
use super::error::{Body, Refusal};
use crate::centre::now_ms;
use crate::ledger::Books;
use crate::patients::{Answer, Notice};
use crate::scenario::{self, Kind, Standing, WORDS, Word, Words};
use crate::texts::Text;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The longest token (A §1.5, B §1.7).
const TOKEN: usize = 40;

pub(super) fn routes() -> Router<Station> {
    Router::new()
        .route("/patients", get(list).post(make))
        .route("/patients/kinds", get(kinds))
        .route("/patients/{token}", get(one))
        .route("/patients/{token}/answer", post(answer))
        .route("/patients/{token}/sign", post(sign))
        .route("/patients/{token}/qr.svg", get(qr))
}

/// A patient as the interface shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'a> {
    token: &'a str,
    words: Vec<&'a str>,
    title: Text,
    time: u64,
    notices: Vec<&'a Notice>,
    sign: Standing,
    certificates: Vec<Certificate<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Certificate<'a> {
    pay_cert: &'a str,
    serial: &'a str,
    amount: &'a str,
    time: u64,
    closed: bool,
    charges: usize,
}

/// What is known of a patient.
pub(super) fn shown<'a>(books: &'a Books, token: &'a str) -> Option<Shown<'a>> {
    let patient = books.patients.get(token)?;
    let mut words = Words::of(token);
    words.standing = patient.standing;
    let certificates = patient.certificates.iter().map(|known| Certificate {
        pay_cert: &known.pay_cert,
        serial: &known.serial,
        amount: &known.amount,
        time: known.time,
        closed: books.channel.is_closed(&known.pay_cert),
        charges: books.channel.charges_with(&known.pay_cert),
    });
    let parts: Vec<&str> = token.split('-').collect();
    let known: Vec<(&str, &Word)> = parts
        .iter()
        .filter_map(|part| Some((*part, word_of(part)?)))
        .collect();
    let titles = known.iter().filter_map(|(_, word)| word.title);
    let (zh, en): (Vec<_>, Vec<_>) = titles.map(|[zh, en]| (zh, en)).unzip();
    Some(Shown {
        token,
        words: known.iter().map(|(part, _)| *part).collect(),
        title: Text::new(zh.join("，"), en.join(", ")),
        time: patient.time,
        notices: patient.notices.iter().collect(),
        sign: scenario::standing(&words),
        certificates: certificates.collect(),
    })
}

/// The word of the table that this is, with its number.
fn word_of(part: &str) -> Option<&'static Word> {
    let part = part.to_ascii_lowercase();
    let exact = WORDS
        .iter()
        .find(|word| word.word.to_ascii_lowercase() == part);
    exact.or_else(|| {
        WORDS.iter().find(|word| {
            let digits = word
                .word
                .strip_suffix('N')
                .and_then(|name| part.strip_prefix(name));
            let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.is_some_and(|digits| !digits.is_empty() && is_number(digits))
        })
    })
}

async fn kinds() -> Response {
    let groups = [
        (Kind::Password, "密码核验", "Password check"),
        (Kind::OneCodePay, "一码付", "One-code pay"),
        (
            Kind::Money,
            "支付渠道里的钱",
            "Money at the payment channel",
        ),
        (Kind::Answer, "中心的答复", "What the centre answers"),
        (Kind::Odd, "少见的应答", "Odd replies"),
    ];
    let of = |kind: Kind| WORDS.iter().filter(move |word| word.kind == kind);
    let groups = groups.map(|(kind, zh, en)| {
        let kinds = of(kind).filter_map(|word| {
            let [title_zh, title_en] = word.title?;
            // Odd ones go with each other.
            let excludes = of(kind).filter(|other| kind != Kind::Odd && other.word != word.word);
            Some(json!({
                "word": word.word,
                "parameter": word.number.map(|[default, min, max]| json!({"default": default, "min": min, "max": max})),
                "title": Text::new(title_zh, title_en),
                "what": Text::new(word.zh, word.en),
                "excludes": excludes.map(|other| other.word).collect::<Vec<_>>(),
            }))
        });
        json!({ "title": Text::new(zh, en), "kinds": kinds.collect::<Vec<_>>() })
    });
    Json(json!({ "groups": groups })).into_response()
}

async fn list(State(station): State<Station>) -> Response {
    let books = station.books();
    let patients = books
        .patients
        .tokens()
        .filter_map(|token| shown(&books, token));
    Json(json!({ "patients": patients.collect::<Vec<_>>() })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    words: Vec<String>,
}

async fn make(
    State(station): State<Station>,
    Body(Make { words }): Body<Make>,
) -> Result<Response, Refusal> {
    for word in &words {
        if word_of(word).is_none() && !word.starts_with("fault.") {
            let text = Text::new(
                format!("没有 {word} 这个词，可用的词见 /sandbox/api/patients/kinds"),
                format!("there is no word {word}: see /sandbox/api/patients/kinds"),
            );
            return Err(Refusal::wrong("words", text));
        }
    }
    let mut books = station.books();
    let token = books.patients.make(&words, now_ms());
    if token.len() > TOKEN {
        let text = Text::new(
            "令牌最长 40 个字符，请少选几项",
            "a token has 40 characters at most: choose fewer",
        );
        return Err(Refusal::wrong("words", text));
    }
    let patient = shown(&books, &token);
    Ok((StatusCode::CREATED, Json(patient)).into_response())
}

fn unknown() -> Refusal {
    Refusal::not_found("没有这位参保人", "there is no such patient")
}

/// The patient as it is now.
fn now(books: &Books, token: &str) -> Result<Response, Refusal> {
    shown(books, token)
        .map(|patient| Json(patient).into_response())
        .ok_or_else(unknown)
}

async fn one(
    State(station): State<Station>,
    Path(token): Path<String>,
) -> Result<Response, Refusal> {
    now(&station.books(), &token)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    answer: Said,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Said {
    Right,
    Wrong,
    Ignore,
}

async fn answer(
    State(station): State<Station>,
    Path(token): Path<String>,
    Body(Answered { answer }): Body<Answered>,
) -> Result<Response, Refusal> {
    let mut books = station.books();
    if books.patients.get(&token).is_none() {
        return Err(unknown());
    }
    let state = match answer {
        Said::Right => Answer::Right,
        Said::Wrong => Answer::Wrong,
        Said::Ignore => Answer::Ignored,
    };
    if !books.patients.answer(&token, state, now_ms()) {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "没有等待回答的通知",
            "no notice waits for an answer",
        ));
    }
    if state == Answer::Right {
        books.notices.verify(&token);
    }
    if state != Answer::Ignored {
        books.stage.phone(&token, state == Answer::Right, now_ms());
    }
    now(&books, &token)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    sign: Standing,
}

async fn sign(
    State(station): State<Station>,
    Path(token): Path<String>,
    Body(Signed { sign }): Body<Signed>,
) -> Result<Response, Refusal> {
    let mut books = station.books();
    if books.patients.get(&token).is_none() {
        return Err(unknown());
    }
    books.patients.sign(&token, sign, now_ms());
    now(&books, &token)
}

/// The token as a scanner reads it from a screen: black on white, with its quiet zone.
async fn qr(Path(token): Path<String>) -> Result<Response, Refusal> {
    let code = QrCode::new(token.as_bytes()).map_err(|_| unknown())?;
    let image = code
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    Ok(([(CONTENT_TYPE, "image/svg+xml")], image).into_response())
}
