//! The stream of events: what has changed, as it changes, for any number of readers, who may come
//! back to where they were.

use super::error::Refusal;
use super::{Station, acceptance, channel, faults, patients};
use crate::centre::{Centre, lock, now_ms};
use crate::reply::text;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use serde::Deserialize;
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::task::spawn_blocking;
use tokio::time::{Sleep, interval, sleep};

/// How many events are kept for readers who come back.
const KEPT: usize = 2000;

/// How many exchanges one event tells of, and patients.
const BATCH: usize = 200;

/// How often changed exchanges are told.
const PACE: Duration = Duration::from_millis(50);

/// How long the stream is silent after more had changed than one event tells of. Nobody reads that
/// fast, and whoever shows it takes the processor's time from those who are answered.
const FLOODED: Duration = Duration::from_millis(500);

/// A sign of life, so that nobody on the way takes the stream for dead.
const ALIVE: Duration = Duration::from_secs(15);

/// What is told, and to whom.
#[derive(Default)]
pub(crate) struct Bus {
    ring: Mutex<Ring>,
    news: Arc<Notify>,
    readers: AtomicUsize,
}

#[derive(Default)]
struct Ring {
    /// Each as it goes over the wire, with its number.
    events: VecDeque<(u64, Bytes)>,
    last: u64,
    /// Of what was not told, since nobody listened, the last number.
    untold: u64,
}

impl Bus {
    /// Tells whoever listens.
    pub(crate) fn publish(&self, kind: &str, data: &str) {
        let mut ring = lock(&self.ring);
        ring.last += 1;
        let id = ring.last;
        let event = format!("id: {id}\nevent: {kind}\ndata: {data}\n\n");
        ring.events.push_back((id, Bytes::from(event)));
        if ring.events.len() > KEPT {
            ring.events.pop_front();
        }
        drop(ring);
        self.news.notify_waiters();
    }

    /// Whether somebody listens. Who has come back within the kept events has missed nothing of
    /// them; what happens while nobody listens is not told, and a gap to whoever comes back.
    fn has_readers(&self) -> bool {
        self.readers.load(SeqCst) > 0
    }

    fn skip(&self) {
        let mut ring = lock(&self.ring);
        ring.last += 1;
        ring.untold = ring.last;
        ring.events.clear();
    }

    /// The events behind this one, or `None` when some of them are gone.
    fn behind(&self, id: u64, space: &mut VecDeque<Bytes>) -> Option<u64> {
        let ring = lock(&self.ring);
        let first = ring.events.front().map_or(ring.last + 1, |(id, _)| *id);
        if id > ring.last || id < ring.untold || id + 1 < first {
            return None;
        }
        let behind = ring.events.iter().filter(|(other, _)| *other > id);
        space.extend(behind.map(|(_, event)| event.clone()));
        Some(ring.last)
    }

    fn last(&self) -> u64 {
        lock(&self.ring).last
    }
}

/// Tells of the patients and the channel that have changed.
fn tell_others(centre: &Centre) {
    let mut books = centre.books();
    let patients = books.patients.take_changed(BATCH);
    let channel = std::mem::take(&mut books.channel.changed);
    let rules = std::mem::take(&mut books.rules.changed);
    if !centre.bus.has_readers() {
        drop(books);
        if channel || rules || !patients.is_empty() {
            centre.bus.skip();
        }
        return;
    }
    let shown = patients
        .iter()
        .filter_map(|token| patients::shown(&books, token));
    let mut events: Vec<_> = shown.map(|patient| ("patient", text(&patient))).collect();
    if channel {
        events.push(("channel", channel::shown(&books).to_string()));
    }
    if rules {
        events.push(("faults", faults::shown(centre, &books).to_string()));
    }
    drop(books);
    for (kind, data) in events {
        centre.bus.publish(kind, &data);
    }
}

/// How often an acceptance run is judged, told and saved while it changes.
const JUDGED: Duration = Duration::from_secs(1);

/// Tells of the acceptance run, and saves it.
fn tell_run(centre: &Centre) {
    let is_news = centre.books().stage.take_changed(now_ms());
    if is_news && centre.bus.has_readers() {
        centre.bus.publish("acceptance", &acceptance::told(centre));
    } else if is_news {
        centre.bus.skip();
    }
    // What failed stands in the run's own answer.
    let _ = centre.save_run();
}

/// Tells of the acceptance run for as long as the centre is there.
pub(crate) async fn tell_of_run(centre: Weak<Centre>) {
    let mut pace = interval(JUDGED);
    loop {
        pace.tick().await;
        let Some(centre) = centre.upgrade() else {
            return;
        };
        // Off the threads that answer: it may take a disk's time.
        let _ = spawn_blocking(move || tell_run(&centre)).await;
    }
}

/// Tells what changes, for as long as the centre is there.
pub(crate) async fn tell(centre: Weak<Centre>) {
    let mut pace = interval(PACE);
    loop {
        pace.tick().await;
        let Some(centre) = centre.upgrade() else {
            return;
        };
        tell_others(&centre);
        let is_flooded = tell_exchanges(&centre);
        drop(centre);
        if is_flooded {
            sleep(FLOODED).await;
        }
    }
}

/// Tells of the exchanges that have changed; whether there were more than it tells of.
fn tell_exchanges(centre: &Centre) -> bool {
    let mut books = centre.books();
    let (changed, untold) = books.exchanges.take_changed(BATCH);
    if changed.is_empty() {
        return false;
    }
    if !centre.bus.has_readers() {
        drop(books);
        centre.bus.skip();
        return false;
    }
    let summaries = changed.iter().filter_map(|id| books.exchanges.summary(*id));
    let summaries: Vec<_> = summaries.collect();
    let data = json!({ "exchanges": summaries, "untold": untold }).to_string();
    drop(summaries);
    drop(books);
    centre.bus.publish("exchanges", &data);
    untold > 0
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct From {
    last_event_id: Option<u64>,
}

/// `GET /events`.
pub(super) async fn stream(
    State(station): State<Station>,
    from: Result<Query<From>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(from) = from.map_err(|error| Refusal::unasked(&error))?;
    let said = headers.get("last-event-id");
    let said = said.and_then(|id| id.to_str().ok()?.parse().ok());
    let centre = Arc::clone(&station.0);
    centre.bus.readers.fetch_add(1, SeqCst);
    let mut events = Events {
        notified: Box::pin(Arc::clone(&centre.bus.news).notified_owned()),
        alive: Box::pin(sleep(ALIVE)),
        waiting: VecDeque::from([Bytes::from_static(b"retry: 1000\n\n")]),
        last: 0,
        centre,
    };
    match said.or(from.last_event_id) {
        Some(last) => events.last = last,
        None => {
            let newest = events
                .centre
                .books()
                .exchanges
                .all()
                .next_back()
                .map(|(id, _)| id);
            events.last = events.centre.bus.last();
            let data = json!({ "newest": newest });
            events.own("hello", &data.to_string());
        }
    }
    let kind = [(CONTENT_TYPE, "text/event-stream")];
    Ok((kind, Body::from_stream(events)).into_response())
}

/// What one reader is told.
struct Events {
    centre: Arc<Centre>,
    waiting: VecDeque<Bytes>,
    /// The last event that was taken.
    last: u64,
    notified: Pin<Box<OwnedNotified>>,
    alive: Pin<Box<Sleep>>,
}

impl Events {
    /// An event for this reader alone.
    fn own(&mut self, kind: &str, data: &str) {
        let mut event = String::new();
        let _ = write!(event, "id: {}\nevent: {kind}\ndata: {data}\n\n", self.last);
        self.waiting.push_back(Bytes::from(event));
    }

    fn take_news(&mut self) {
        match self.centre.bus.behind(self.last, &mut self.waiting) {
            Some(last) => self.last = last,
            None => {
                self.last = self.centre.bus.last();
                self.own("gap", "{}");
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.centre.bus.readers.fetch_sub(1, SeqCst);
    }
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.waiting.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            // Asked for before it is looked, so that nothing that comes in between is missed.
            let listening = this.notified.as_mut().poll(cx);
            this.take_news();
            match listening {
                Poll::Ready(()) => {
                    let next = Arc::clone(&this.centre.bus.news).notified_owned();
                    this.notified = Box::pin(next);
                }
                Poll::Pending if !this.waiting.is_empty() => {}
                Poll::Pending => {
                    let alive = pin!(&mut this.alive);
                    if alive.poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    this.alive = Box::pin(sleep(ALIVE));
                    this.waiting.push_back(Bytes::from_static(b": alive\n\n"));
                }
            }
        }
    }
}
