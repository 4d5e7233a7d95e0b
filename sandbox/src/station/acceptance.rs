//! `/acceptance`: the acceptance run: who is tested, its cases, the tester's words, and the report.

use super::Station;
use super::error::{Body, Refusal};
use crate::acceptance::{
    self, Check, FIGURES, Report, Run, Said, Scan, Stage, Word, find, junit, page,
};
use crate::centre::{Centre, now_ms};
use crate::service;
use crate::texts::Text;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// How many words of the tester's a case keeps.
const WORDS: usize = 200;

/// The longest text of the tester's.
const LONGEST: usize = 500;

pub(super) fn routes() -> Router<Station> {
    Router::new()
        .route("/acceptance", get(whole).put(change).delete(renew))
        .route("/acceptance/report", get(report))
        .route("/acceptance/cases/{id}", get(one))
        .route("/acceptance/cases/{id}/start", post(start))
        .route("/acceptance/cases/{id}/word", post(word))
        .route("/acceptance/cases/{id}/close", post(close))
        .route("/acceptance/cases/{id}/not-applicable", post(put_aside))
}

/// The run as it is; judged without keeping the centre waiting. Without one, what there would be.
fn snapshot(centre: &Centre) -> (Run, bool) {
    let run = centre.books().stage.run.clone();
    let is_begun = run.is_some();
    (run.unwrap_or_default(), is_begun)
}

/// What the stream tells: how every case stands.
pub(super) fn told(centre: &Centre) -> String {
    let (run, _) = snapshot(centre);
    let report = Report::of(&run, now_ms(), false);
    let states = report.cases.iter();
    let states: Vec<_> = states
        .map(|case| json!({ "id": case.id, "state": case.state }))
        .collect();
    json!({ "cases": states, "counts": report.counts }).to_string()
}

async fn whole(State(station): State<Station>) -> Response {
    let (run, is_begun) = snapshot(&station);
    let report = Report::of(&run, now_ms(), false);
    let file = station.store.as_ref().map(
        |store| json!({ "path": store.path.display().to_string(), "failure": store.failure() }),
    );
    let mut shown = json!(report);
    shown["begun"] = json!(is_begun);
    shown["file"] = json!(file);
    Json(shown).into_response()
}

/// A case of the table.
fn known(id: &str) -> Result<&'static str, Refusal> {
    let case = find(id).ok_or_else(|| Refusal::not_found("没有这一项", "there is no such case"))?;
    Ok(case.id)
}

/// One case with its exchanges opened.
fn shown(centre: &Centre, id: &str) -> Response {
    let (run, _) = snapshot(centre);
    let report = Report::of(&run, now_ms(), true);
    Json(json!(report.find(id))).into_response()
}

async fn one(State(station): State<Station>, Path(id): Path<String>) -> Result<Response, Refusal> {
    Ok(shown(&station, known(&id)?))
}

/// Changes the run, and saves it before anything is answered.
fn changed(
    centre: &Centre,
    change: impl FnOnce(&mut Stage) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    change(&mut centre.books().stage)?;
    saved(centre)
}

fn saved(centre: &Centre) -> Result<(), Refusal> {
    centre.save_run().map_err(|why| {
        Refusal::failed(Text::new(
            format!("验收记录没有存下来：{why}"),
            format!("the run could not be saved: {why}"),
        ))
    })
}

fn conflict(text: Text) -> Refusal {
    Refusal::with(StatusCode::CONFLICT, text)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    institution: Option<String>,
    program: Option<String>,
    version: Option<String>,
    tester: Option<String>,
    amount: Option<String>,
    total: Option<String>,
    seed: Option<u64>,
}

fn too_long(field: &'static str, text: &str) -> Result<(), Refusal> {
    match text.chars().count() <= LONGEST {
        true => Ok(()),
        false => Err(Refusal::wrong(
            field,
            Text::new(
                format!("最长 {LONGEST} 个字符"),
                format!("{LONGEST} characters at most"),
            ),
        )),
    }
}

/// What is to be paid is more than nothing; a total may be anything.
fn checked_figure(field: &'static str, name: &str, value: &str) -> Result<(), Refusal> {
    let is_fine = match name {
        "total" => service::is_decimal(value),
        _ => service::is_amount(value),
    };
    match is_fine || value.is_empty() {
        true => Ok(()),
        false => Err(Refusal::wrong(
            field,
            Text::new("须为金额，如 12.50", "must be an amount, such as 12.50"),
        )),
    }
}

async fn change(
    State(station): State<Station>,
    Body(change): Body<Change>,
) -> Result<Response, Refusal> {
    let texts = [
        ("institution", &change.institution),
        ("program", &change.program),
        ("version", &change.version),
        ("tester", &change.tester),
    ];
    for (field, text) in texts {
        too_long(field, text.as_deref().unwrap_or_default())?;
    }
    for (field, text) in [("amount", &change.amount), ("total", &change.total)] {
        checked_figure(field, field, text.as_deref().unwrap_or_default())?;
    }
    changed(&station, |stage| {
        let about = &mut stage.begun(now_ms()).about;
        for (known, new) in [
            (&mut about.institution, change.institution),
            (&mut about.program, change.program),
            (&mut about.version, change.version),
            (&mut about.tester, change.tester),
            (&mut about.amount, change.amount),
            (&mut about.total, change.total),
        ] {
            if let Some(new) = new {
                *known = new;
            }
        }
        about.seed = change.seed.unwrap_or(about.seed);
        Ok(())
    })?;
    Ok(whole(State(station)).await)
}

/// Begins another run; the file of the last one is put aside.
async fn renew(State(station): State<Station>) -> Result<Response, Refusal> {
    if let Some(store) = &station.store {
        store.put_aside().map_err(|error| {
            Refusal::failed(Text::new(
                format!("旧的验收记录无法另存：{error}"),
                format!("the old run could not be put aside: {error}"),
            ))
        })?;
    }
    changed(&station, |stage| {
        stage.renew(now_ms());
        Ok(())
    })?;
    Ok(whole(State(station)).await)
}

async fn start(
    State(station): State<Station>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = known(&id)?;
    {
        let mut books = station.books();
        let now = now_ms();
        if let Some(case) = find(id) {
            let mut scans = Vec::new();
            for (person, words) in case.scans {
                let words = [(*words).to_owned(), id.to_owned()];
                scans.push(Scan {
                    person: (*person).to_owned(),
                    token: books.patients.make(&words, now),
                });
            }
            books.stage.start(case, scans, now);
        }
    }
    saved(&station)?;
    Ok(shown(&station, id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(default, deserialize_with = "there")]
    pressed: Option<bool>,
    #[serde(default, deserialize_with = "there")]
    cancelled: Option<bool>,
    #[serde(default, deserialize_with = "there")]
    answer: Option<Answer>,
    #[serde(default, deserialize_with = "there")]
    figure: Option<Figure>,
    /// When it was, if not now.
    at: Option<u64>,
}

/// What is named is there: null says nothing.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(of: D) -> Result<Option<T>, D::Error> {
    T::deserialize(of).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    question: String,
    value: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    name: String,
    value: String,
}

/// The one thing that was said.
fn said(id: &str, words: Words) -> Result<Said, Refusal> {
    match (words.pressed, words.cancelled, words.answer, words.figure) {
        (Some(true), None, None, None) => Ok(Said::Pressed(true)),
        (None, Some(true), None, None) => Ok(Said::Cancelled(true)),
        (None, None, Some(Answer { question, value }), None) => {
            let mut rules = find(id).into_iter().flat_map(|case| case.rules);
            let asks =
                rules.any(|rule| rule.id == question && matches!(rule.check, Check::Asked(..)));
            match asks {
                true => Ok(Said::Answer { question, value }),
                false => Err(Refusal::wrong(
                    "question",
                    Text::new(
                        format!("{id} 没有名为 {question} 的问题"),
                        format!("{id} has no question {question}"),
                    ),
                )),
            }
        }
        (None, None, None, Some(Figure { name, value })) => {
            if !FIGURES.iter().any(|(known, ..)| *known == name) {
                return Err(Refusal::wrong(
                    "name",
                    Text::new(
                        "须为 amount、total 或 corrected",
                        "amount, total or corrected",
                    ),
                ));
            }
            checked_figure("value", &name, &value)?;
            Ok(Said::Figure { name, value })
        }
        _ => Err(Refusal::bad(Text::new(
            "须有 pressed、cancelled、answer、figure 之一，且只有一个；前两者须为 true",
            "one of pressed, cancelled, answer and figure, and no more; the first two are true",
        ))),
    }
}

fn not_running() -> Refusal {
    conflict(Text::new(
        "这一项没有在进行，请先开始",
        "the case is not under way: start it",
    ))
}

async fn word(
    State(station): State<Station>,
    Path(id): Path<String>,
    Body(words): Body<Words>,
) -> Result<Response, Refusal> {
    let id = known(&id)?;
    let time = words.at.unwrap_or_else(now_ms);
    let said = said(id, words)?;
    changed(&station, |stage| {
        let run = stage.known().ok_or_else(not_running)?;
        let played = run.running(id).ok_or_else(not_running)?;
        if played.words.len() >= WORDS {
            return Err(conflict(Text::new("说得太多了", "too much was said")));
        }
        played.words.push(Word { time, said });
        Ok(())
    })?;
    Ok(shown(&station, id))
}

/// Judges a case now. One that nothing can be said of yet stays open.
async fn close(
    State(station): State<Station>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = known(&id)?;
    changed(&station, |stage| {
        let now = now_ms();
        let run = stage.known().ok_or_else(not_running)?;
        let played = run.running(id).ok_or_else(not_running)?;
        played.closed = Some(now);
        let verdict = find(id).map(|case| run.verdict(case, now));
        if let Some(verdict) = verdict
            && verdict.state == acceptance::State::Running
        {
            if let Some(played) = run.cases.get_mut(id) {
                played.closed = None;
            }
            let join = |of: fn(&Text) -> &str| {
                let waiting: Vec<_> = verdict.waiting.iter().map(of).collect();
                waiting.join("; ")
            };
            return Err(conflict(Text::new(
                join(|text| &text.zh),
                join(|text| &text.en),
            )));
        }
        stage.end(id);
        Ok(())
    })?;
    Ok(shown(&station, id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    reason: String,
}

async fn put_aside(
    State(station): State<Station>,
    Path(id): Path<String>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Response, Refusal> {
    let id = known(&id)?;
    if reason.trim().is_empty() {
        return Err(Refusal::wrong("reason", Text::new("必填", "is required")));
    }
    too_long("reason", &reason)?;
    changed(&station, |stage| {
        stage.end(id);
        let run = stage.begun(now_ms());
        run.cases.entry(id.to_owned()).or_default().reason = Some(reason);
        Ok(())
    })?;
    Ok(shown(&station, id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    format: Option<String>,
}

/// The report as a file.
async fn report(
    State(station): State<Station>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(wanted) = wanted.map_err(|error| Refusal::unasked(&error))?;
    let (run, _) = snapshot(&station);
    let report = Report::of(&run, now_ms(), true);
    let (kind, name, text) = match wanted.format.as_deref().unwrap_or("html") {
        "html" => ("text/html;charset=UTF-8", "html", page(&report)),
        "json" => ("application/json", "json", as_json(&report)),
        "junit" => ("application/xml;charset=UTF-8", "xml", junit(&report)),
        _ => {
            let text = Text::new("须为 html、json 或 junit", "html, json or junit");
            return Err(Refusal::wrong("format", text));
        }
    };
    let disposition = format!("attachment; filename=\"acceptance.{name}\"");
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, text).into_response())
}

fn as_json(report: &Report<'_>) -> String {
    let value: Value = json!(report);
    format!("{value:#}\n")
}
