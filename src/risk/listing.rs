//! The journal as people read it who reconcile charges (对账), and as the self-test finds it.

use super::journal::{Durable, Journal};
use super::owner;
use super::record::{Entry, Key, Record};
use super::state::{Event, State};
use super::trouble::Trouble;
use crate::config::{Config, JournalSettings, Mode};
use crate::error::{Delivery, Failure, Text, text};
use crate::moment::Moment;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// One event of a transaction.
#[derive(Debug, Clone)]
pub struct Row {
    /// When, in China's time.
    pub time: String,
    /// What.
    pub event: &'static str,
    /// The amount that it was about.
    pub amount: String,
    /// On which machine.
    pub machine: String,
    /// In which process: its number, and what tells it from others of that number.
    pub process: String,
    /// Whose process; on Unix the user's number.
    pub user: String,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Whose it is.
    pub key: Key,
    /// `in_flight`, `issued`, `unknown`, `failed`, `paid`, or `none`: nothing came of it.
    pub state: &'static str,
    /// The amount that it is about.
    pub amount: String,
    /// How many certificates were handed out.
    pub certificates: usize,
    /// Its events, in their order.
    pub rows: Vec<Row>,
}

impl Listed {
    /// Whether somebody has yet to say what became of it.
    pub fn is_open(&self) -> bool {
        matches!(self.state, "in_flight" | "issued" | "unknown")
    }
}

/// Every transaction of the configured journal: those without an end first, each kind in the order
/// of its last event.
pub fn list(config: &Config) -> Result<Vec<Listed>, Failure> {
    let settings = config.risk.journal.as_ref();
    let settings = settings.ok_or_else(|| {
        let missing = text!("没有配置 journal.dir", "journal.dir is not configured");
        Trouble::new(missing).failure(Delivery::NotSent)
    })?;
    Journal::new(settings)
        .and_then(|journal| journal.read(config.timeout, read))
        .map_err(|trouble| trouble.failure(Delivery::NotSent))
}

fn read(connection: &Connection, folder: &Path) -> Result<Vec<Listed>, Trouble> {
    let mut statement = connection.prepare(
        "SELECT orgId, orgCodg, fixmedinsTrnsSn, time, event, amount, machine, process, user
         FROM events ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut all: BTreeMap<Key, (u64, Record, Vec<Row>)> = BTreeMap::new();
    let mut last_id = 0;
    while let Some(row) = rows.next()? {
        let key = Key {
            org_id: row.get(0)?,
            org_codg: row.get(1)?,
            serial: row.get(2)?,
        };
        let entry = Entry::read(row, 3)?;
        last_id += 1;
        let (last, record, rows) = all.entry(key).or_default();
        *last = last_id;
        record.add(&entry);
        rows.push(Row {
            time: Moment::at(entry.time).rfc3339(),
            event: entry.event.as_str(),
            amount: entry.amount.to_string(),
            machine: row.get(6)?,
            process: entry.process,
            user: row.get(8)?,
        });
    }
    let mut listed = Vec::with_capacity(all.len());
    for (key, (last, mut record, rows)) in all {
        let is_in_flight = match &record.flight {
            Some(flight) => owner::is_alive(folder, &flight.process)?,
            None => false,
        };
        if !is_in_flight {
            record.settle();
        }
        let state = if is_in_flight {
            "in_flight"
        } else {
            record.state.as_str()
        };
        let amount = rows.last().map(|row| row.amount.clone());
        let certificates = rows
            .iter()
            .filter(|row| row.event == Event::Issued.as_str())
            .count();
        listed.push((
            last,
            Listed {
                key,
                state,
                amount: amount.unwrap_or_default(),
                certificates,
                rows,
            },
        ));
    }
    listed.sort_by_key(|(last, listed)| (!listed.is_open(), *last));
    Ok(listed.into_iter().map(|(_, listed)| listed).collect())
}

/// Makes the journal of a folder where there is none.
pub fn make(folder: &Path) -> Result<(), Text> {
    let settings = JournalSettings {
        dir: folder.to_owned(),
        keep_days: 0,
    };
    Journal::new(&settings)
        .and_then(|journal| journal.step(Duration::from_secs(10), Durable::Yes, |_| Ok(())))
        .map_err(|trouble| trouble.detail().clone())
}

/// What the self-test says of risk control.
#[derive(Debug)]
pub struct Finding {
    /// Whether it can be relied on.
    pub ok: bool,
    /// `guard` or `observe`.
    pub mode: &'static str,
    /// Where the guard reaches: `process` or `machine`.
    pub reach: &'static str,
    /// In words.
    pub text: Text,
}

/// Tries the journal, if there is one.
pub fn examine(config: &Config) -> Finding {
    let (mode, zh, en) = match config.risk.mode {
        Mode::Guard => (
            "guard",
            "防重由动态库负责",
            "this library guards the charge",
        ),
        Mode::Observe => (
            "observe",
            "只记录，不拦截",
            "charges are noted and not refused",
        ),
    };
    let Some(settings) = &config.risk.journal else {
        return Finding {
            ok: true,
            mode,
            reach: "process",
            text: text!(
                "{zh}，没有配置 journal.dir：只在本进程内有效，程序退出即忘",
                "{en}; without journal.dir only within this process, and forgotten with it"
            ),
        };
    };
    let dir = settings.dir.display();
    let tried = Journal::new(settings)
        .and_then(|journal| journal.step(config.timeout, Durable::No, |_| Ok(())));
    let text = match &tried {
        Ok(()) => text!("{zh}，全机有效：{dir}", "{en}, on the whole machine: {dir}"),
        Err(trouble) => trouble.detail().about(dir),
    };
    Finding {
        ok: tried.is_ok(),
        mode,
        reach: "machine",
        text,
    }
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Issued => "issued",
            Self::Paid => "paid",
        }
    }
}
