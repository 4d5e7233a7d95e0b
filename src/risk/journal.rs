//! The journal: what risk control remembers of a machine's transactions, across processes, kills
//! and power cuts. One SQLite database in the configured folder, one row for each event, each step
//! an immediate transaction.
//!
//! No certificate, token or name is in it.

use super::amount::Amount;
use super::owner::Owner;
use super::place::{Place, Taken};
use super::record::{Entry, Key, Record};
use super::state::{Event, is_plausible, may_forget, other_days};
use super::trouble::Trouble;
use crate::config::JournalSettings;
use crate::moment::milliseconds_since_epoch;
use crate::os::{volume, who};
use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior, params};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The database, in the journal's folder.
pub const FILE: &str = "evoucher-journal.db";

/// What `PRAGMA user_version` says of the tables below.
const VERSION: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        event TEXT NOT NULL,
        amount TEXT NOT NULL,
        machine TEXT NOT NULL,
        process TEXT NOT NULL,
        user TEXT NOT NULL,
        orgId TEXT NOT NULL,
        orgCodg TEXT NOT NULL,
        fixmedinsTrnsSn TEXT NOT NULL
    ) STRICT;
    CREATE INDEX transactions ON events (fixmedinsTrnsSn, orgCodg, orgId);
    CREATE INDEX times ON events (time);
    PRAGMA user_version = 1;";

/// How many old rows are looked at each time.
const PRUNED: usize = 16;

/// Whether a step must be on the disk before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durable {
    /// It must: a power cut may not undo it.
    Yes,
    /// Other processes must see it, and a power cut ends those too.
    No,
}

/// A journal of this machine, as one process sees it.
#[derive(Debug)]
pub(super) struct Journal {
    keep_days: u64,
    place: Arc<Place>,
}

/// An open database.
pub(super) struct Open {
    connection: Connection,
    durable: Durable,
    machine: String,
    user: String,
}

impl Journal {
    /// The journal of a folder, which is not looked into yet.
    pub(super) fn new(settings: &JournalSettings) -> Result<Self, Trouble> {
        let folder = local_folder(&settings.dir)?;
        Ok(Self {
            keep_days: settings.keep_days,
            place: Place::of(folder),
        })
    }

    /// Does a step: within that time, nobody else's between its parts, and whole or not at all.
    pub(super) fn step<T>(
        &self,
        within: Duration,
        durable: Durable,
        work: impl FnOnce(&Step<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let deadline = Instant::now() + within;
        let mut taken = self.place.take(deadline)?;
        let done = self.step_on(&mut taken, deadline, durable, work);
        if done.as_ref().is_err_and(|trouble| !trouble.is_busy()) {
            // Whoever puts it right is not to be kept waiting by what is open.
            taken.open = None;
        }
        done
    }

    /// Reads what is there, while others write.
    pub(super) fn read<T>(
        &self,
        within: Duration,
        work: impl FnOnce(&Connection, &Path) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let deadline = Instant::now() + within;
        let mut taken = self.place.take(deadline)?;
        let folder = self.place.folder();
        let open = match taken.open.take() {
            Some(open) => open,
            None => Open::new(folder, deadline)?,
        };
        let open = taken.open.insert(open);
        let transaction = open.connection.transaction()?;
        work(&transaction, folder)
    }

    fn step_on<T>(
        &self,
        taken: &mut Taken<'_>,
        deadline: Instant,
        durable: Durable,
        work: impl FnOnce(&Step<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let folder = self.place.folder();
        let open = match taken.open.take() {
            Some(open) => open,
            None => Open::new(folder, deadline)?,
        };
        let open = taken.open.insert(open);
        open.connection.busy_timeout(left(deadline))?;
        open.make(durable)?;
        let transaction = open
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        // A newer version of this library may have come since.
        if version(&transaction)? != VERSION {
            return Err(Trouble::newer());
        }
        let owner = match &mut taken.owner {
            Some(owner) => owner,
            // While the database is ours alone: nobody takes it for one whose process is gone.
            none => none.insert(Owner::new(folder)?),
        };
        let step = Step {
            transaction: &transaction,
            owner,
            machine: &open.machine,
            user: &open.user,
            keep_days: self.keep_days,
        };
        let done = work(&step)?;
        transaction.commit()?;
        Ok(done)
    }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// The folder by its one name, made where only it is missing.
fn local_folder(folder: &Path) -> Result<PathBuf, Trouble> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    let folder = folder.canonicalize()?;
    if !folder.is_dir() {
        return Err(std::io::Error::from(ErrorKind::NotADirectory).into());
    }
    if volume::is_remote(&folder)? {
        return Err(Trouble::remote());
    }
    Ok(folder)
}

impl Open {
    pub(super) fn new(folder: &Path, deadline: Instant) -> Result<Self, Trouble> {
        // A database that is opened for the first time by several at once is busy without its
        // waiting for anybody.
        loop {
            match Self::try_new(folder, left(deadline)) {
                Err(trouble) if trouble.is_busy() && Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                result => return result,
            }
        }
    }

    fn try_new(folder: &Path, within: Duration) -> Result<Self, Trouble> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(folder.join(FILE), flags)?;
        connection.busy_timeout(within)?;
        let version = version(&connection)?;
        if version > VERSION {
            return Err(Trouble::newer());
        }
        let mode: String = connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            return Err(Trouble::busy());
        }
        if version == 0 {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have been first.
            if self::version(&transaction)? == 0 {
                let tables: i64 =
                    transaction
                        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
                if tables != 0 {
                    return Err(Trouble::foreign());
                }
                transaction.execute_batch(SCHEMA)?;
            }
            transaction.commit()?;
        }
        let mut open = Self {
            connection,
            durable: Durable::No,
            machine: who::machine(),
            user: who::user(),
        };
        open.make(Durable::Yes)?;
        Ok(open)
    }

    fn make(&mut self, durable: Durable) -> Result<(), Trouble> {
        if self.durable != durable {
            let synchronous = match durable {
                Durable::Yes => "FULL",
                Durable::No => "NORMAL",
            };
            self.connection
                .pragma_update(None, "synchronous", synchronous)?;
            self.durable = durable;
        }
        Ok(())
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// A step under way.
pub(super) struct Step<'a> {
    transaction: &'a Transaction<'a>,
    owner: &'a Owner,
    machine: &'a str,
    user: &'a str,
    keep_days: u64,
}

impl Step<'_> {
    /// What is known of a transaction; what is in flight there is another process' and goes on.
    pub(super) fn record(&self, key: &Key) -> Result<Record, Trouble> {
        let mut statement = self.transaction.prepare(
            "SELECT time, event, amount, machine, process FROM events
             WHERE fixmedinsTrnsSn = ?1 AND orgCodg = ?2 AND orgId = ?3 ORDER BY id",
        )?;
        let mut rows = statement.query(params![key.serial, key.org_codg, key.org_id])?;
        let mut record = Record::default();
        while let Some(row) = rows.next()? {
            record.add(&Entry::read(row, 0)?);
        }
        if let Some(flight) = &record.flight {
            // This process knows its own: what it does not know of came to no end.
            let is_own = flight.process == self.owner.name();
            if is_own || !self.owner.is_alive(&flight.process)? {
                record.settle();
            }
        }
        Ok(record)
    }

    /// Adds an event of this process.
    pub(super) fn add(&self, key: &Key, event: Event, amount: &Amount) -> Result<(), Trouble> {
        let mut statement = self.transaction.prepare(
            "INSERT INTO events
                (time, event, amount, machine, process, user, orgId, orgCodg, fixmedinsTrnsSn)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            i64::try_from(milliseconds_since_epoch()).unwrap_or(i64::MAX),
            event.as_str(),
            amount.to_string(),
            self.machine,
            self.owner.name(),
            self.user,
            key.org_id,
            key.org_codg,
            key.serial,
        ])?;
        Ok(())
    }

    /// Removes a few transactions that are older than they are kept, unless the clock is
    /// implausible.
    pub(super) fn prune(&self) -> Result<(), Trouble> {
        let now = milliseconds_since_epoch();
        let old = self.old_keys(now)?;
        let newest = |before| self.newest_before(before);
        if old.is_empty() || !is_plausible(now, newest(u64::MAX)?, newest(other_days(now))?) {
            return Ok(());
        }
        for key in old {
            let record = self.record(&key)?;
            let last = self.last_time(&key)?;
            let is_over = record.flight.is_none();
            if is_over && may_forget(record.state, last, now, self.keep_days) {
                self.transaction.execute(
                    "DELETE FROM events
                     WHERE fixmedinsTrnsSn = ?1 AND orgCodg = ?2 AND orgId = ?3",
                    params![key.serial, key.org_codg, key.org_id],
                )?;
            }
        }
        Ok(())
    }

    /// Of the oldest events that may go at all.
    fn old_keys(&self, now: u64) -> Result<BTreeSet<Key>, Trouble> {
        let days = Duration::from_secs(self.keep_days * 86_400);
        let cutoff = now.saturating_sub(u64::try_from(days.as_millis()).unwrap_or(u64::MAX));
        let mut statement = self.transaction.prepare(
            "SELECT orgId, orgCodg, fixmedinsTrnsSn FROM events
             WHERE time < ?1 ORDER BY time LIMIT ?2",
        )?;
        let keys = statement.query_map(
            params![i64::try_from(cutoff).unwrap_or(i64::MAX), PRUNED as i64],
            |row| {
                Ok(Key {
                    org_id: row.get(0)?,
                    org_codg: row.get(1)?,
                    serial: row.get(2)?,
                })
            },
        )?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    fn last_time(&self, key: &Key) -> Result<u64, Trouble> {
        let time: i64 = self.transaction.query_row(
            "SELECT max(time) FROM events
             WHERE fixmedinsTrnsSn = ?1 AND orgCodg = ?2 AND orgId = ?3",
            params![key.serial, key.org_codg, key.org_id],
            |row| row.get(0),
        )?;
        Ok(time.try_into().unwrap_or_default())
    }

    fn newest_before(&self, before: u64) -> Result<u64, Trouble> {
        let newest: Option<i64> = self.transaction.query_row(
            "SELECT max(time) FROM events WHERE time < ?1",
            params![i64::try_from(before).unwrap_or(i64::MAX)],
            |row| row.get(0),
        )?;
        Ok(newest.unwrap_or_default().try_into().unwrap_or_default())
    }
}

impl Entry {
    /// From the columns `time`, `event`, `amount`, `machine` and `process`, the first of which is this
    /// one.
    pub(super) fn read(row: &Row<'_>, first: usize) -> Result<Self, Trouble> {
        let event = Event::from_name(row.get_ref(first + 1)?.as_str()?);
        Ok(Self {
            time: row.get::<_, i64>(first)?.try_into().unwrap_or_default(),
            event: event.ok_or_else(Trouble::damaged)?,
            amount: Amount::new(row.get_ref(first + 2)?.as_str()?),
            process: row.get(first + 4)?,
        })
    }
}
