//! The log: one line of JSON for each call, off unless the configuration names a folder.
//!
//! A line says when, what, how it ended and how large it was, and nothing of what was said: no
//! request, no reply, no message of the centre's. Of a patient's token it has a salted hash, by
//! which the calls for one patient can be found. The one text in it is this library's own account
//! of a failure, a [`crate::error::Text`], which never holds a secret.
//!
//! Whatever happens to the files, the call goes on: what cannot be written is dropped, and the next
//! line is tried anew.

use crate::catalogue::codes::{EV_OK, NO_PASSWORD_NEEDED};
use crate::catalogue::next::Next;
use crate::config::{Level, LogSettings};
use crate::moment::{Moment, date};
use crate::os::per_process::PerProcess;
use crate::reply::{Reply, Started};
use once_cell::sync::Lazy;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn level_of(reply: &Reply) -> Level {
    match reply.code {
        EV_OK | NO_PASSWORD_NEEDED => Level::Info,
        _ if reply.from_centre => Level::Warn,
        _ => Level::Error,
    }
}

/// What the log says of a call beside its reply.
#[derive(Debug)]
pub struct Entry {
    function: &'static str,
    client: i32,
    /// The request's size as it came.
    pub request_bytes: Option<usize>,
    /// [`token_ref`] of the patient's token.
    pub token_ref: Option<String>,
    /// Where this library panicked, in place of the message.
    pub fault: Option<String>,
}

impl Entry {
    /// A call of that function with that handle.
    pub fn new(function: &'static str, client: i32) -> Self {
        Self {
            function,
            client,
            request_bytes: None,
            token_ref: None,
            fault: None,
        }
    }
}

/// By what a patient's token is known in the log of this process: no other process gives it the
/// same one, and nobody can try tokens against it.
pub fn token_ref(token: &str) -> Option<String> {
    static SALT: Lazy<Option<[u8; 16]>> = Lazy::new(|| {
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).ok()?;
        Some(salt)
    });
    let salt = SALT.as_ref().filter(|_| !token.is_empty())?;
    let mut hash = Context::new(&SHA256);
    hash.update(salt);
    hash.update(token.as_bytes());
    Some(hex::encode(&hash.finish().as_ref()[..4]))
}

/// The log of one client. Others of the same process may write to the same files.
#[derive(Debug)]
pub struct Log {
    settings: LogSettings,
    /// Held to look and to put, never while a disk is waited for. A child of `fork` has a file of
    /// its own.
    open: PerProcess<Mutex<Option<Arc<Open>>>>,
    /// Whether the last line was cut: the next begins with a new one.
    cut: AtomicBool,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Opens no file yet.
    pub fn new(settings: LogSettings) -> Self {
        Self {
            settings,
            open: PerProcess::new(),
            cut: AtomicBool::default(),
        }
    }

    /// Writes the line of a call that has ended. `buffer_bytes` is the size of the caller's buffer,
    /// if it has one, and `reply_bytes` what was to go there.
    pub fn write(
        &self,
        entry: &Entry,
        reply: &Reply,
        started: &Started,
        reply_bytes: usize,
        buffer_bytes: Option<usize>,
    ) {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Line<'a> {
            time: String,
            level: &'static str,
            request_id: &'a str,
            client: i32,
            function: &'static str,
            service: Option<&'a str>,
            token_ref: Option<&'a str>,
            code: i32,
            source: &'static str,
            delivery: &'static str,
            next: Option<&'static str>,
            detail: Option<&'a str>,
            elapsed_ms: u128,
            request_bytes: Option<usize>,
            reply_bytes: usize,
            buffer_bytes: Option<usize>,
        }
        let level = level_of(reply);
        if level > self.settings.level {
            return;
        }
        let now = Moment::now();
        // The centre's own message may hold a name.
        // So may a flow's words, which repeat it; a flow is what has data and fails.
        let is_our_own = level == Level::Error && reply.data.is_none();
        let message = reply.log_detail.as_deref().filter(|_| is_our_own);
        let line = Line {
            time: now.rfc3339(),
            level: level.as_str(),
            request_id: started.request_id(),
            client: entry.client,
            function: entry.function,
            service: reply.service.as_deref(),
            token_ref: entry.token_ref.as_deref(),
            code: reply.code,
            source: reply.source(),
            delivery: reply.delivery.as_str(),
            next: reply.next.map(Next::as_str),
            detail: entry.fault.as_deref().or(message),
            elapsed_ms: started.elapsed_ms(),
            request_bytes: entry.request_bytes,
            reply_bytes,
            buffer_bytes,
        };
        if let Ok(line) = serde_json::to_string(&line) {
            self.append(now.day, &line);
        }
    }

    fn append(&self, day: u64, line: &str) {
        let Some(open) = self.file_of(day) else {
            return;
        };
        let was_cut = self.cut.swap(false, Ordering::Relaxed);
        let start = if was_cut { "\n" } else { "" };
        let line = format!("{start}{line}\n");
        // One call, in append mode: lines of several threads and clients do not mix.
        let is_cut = match (&open.file).write(line.as_bytes()) {
            Ok(0) | Err(_) => was_cut,
            Ok(written) => written < line.len(),
        };
        if is_cut {
            self.cut.store(true, Ordering::Relaxed);
        }
    }

    /// The file of a day: the open one, unless it is another day's or somebody removed it.
    fn file_of(&self, day: u64) -> Option<Arc<Open>> {
        let path = self.settings.dir.join(file_name(day));
        let open = self.open().clone();
        if let Some(open) = open
            && open.path == path
            && path.exists()
        {
            return Some(open);
        }
        // An error is one of opening the file, too.
        let _ = fs::create_dir_all(&self.settings.dir);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let open = Arc::new(Open {
            path,
            file: file.ok()?,
        });
        *self.open() = Some(Arc::clone(&open));
        remove_old(
            &self.settings.dir,
            day.saturating_sub(self.settings.keep_days),
        );
        Some(open)
    }

    fn open(&self) -> MutexGuard<'_, Option<Arc<Open>>> {
        let open = self.open.get_or_init(Mutex::default);
        open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One for each day and process, so that no two processes write to the same file.
fn file_name(day: u64) -> String {
    format!("evoucher-{}-{}.log", date(day, ""), process::id())
}

/// Removes the files of all days before this one. What cannot be removed stays.
fn remove_old(dir: &Path, first_kept: u64) {
    let first_kept = date(first_kept, "");
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let date = name.to_str().and_then(date_in_name);
        if date.is_some_and(|date| date < first_kept.as_str()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The date in the name of one of this library's files, and of nobody else's.
fn date_in_name(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("evoucher-")?.strip_suffix(".log")?;
    let (date, process) = rest.split_once('-')?;
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_ours = date.len() == 8 && are_digits(date) && !process.is_empty() && are_digits(process);
    is_ours.then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A folder of this test's own, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("evoucher-unit-{name}-{}", process::id());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn log(&self, keep_days: u64) -> Log {
            Log::new(LogSettings {
                dir: self.0.clone(),
                level: Level::Info,
                keep_days,
            })
        }

        fn names(&self) -> BTreeSet<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn each_day_has_a_file_and_old_ones_go() {
        let folder = Folder::new("days");
        let log = folder.log(2);
        let names = |days: &[u64]| days.iter().map(|day| file_name(*day)).collect();
        for (day, kept) in [
            (20_000, &[20_000][..]),
            (20_000, &[20_000]),
            (20_001, &[20_000, 20_001]),
            (20_002, &[20_000, 20_001, 20_002]),
            (20_003, &[20_001, 20_002, 20_003]),
            (20_009, &[20_009]),
        ] {
            log.append(day, "{}");
            assert_eq!(folder.names(), names(kept), "on day {day}");
        }
    }

    #[test]
    fn a_cut_line_does_not_take_the_next_one_with_it() {
        let folder = Folder::new("cut");
        let log = folder.log(1);
        log.append(20_000, "{}");
        // What a disk that was full for a moment leaves behind.
        let path = folder.0.join(file_name(20_000));
        fs::write(&path, "{}\n{\"ti").unwrap();
        log.cut.store(true, Ordering::Relaxed);
        log.append(20_000, "{}");
        log.append(20_000, "{}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "{}\n{\"ti\n{}\n{}\n");
    }

    #[test]
    fn foreign_names() {
        assert_eq!(date_in_name("evoucher-20261122-1.log"), Some("20261122"));
        for foreign in [
            "evoucher-20261122.log",
            "evoucher-20261122-.log",
            "evoucher-20261122-x.log",
            "evoucher-20261122-1-2.log",
            "evoucher-2026112-1.log",
            "evoucher-202611222-1.log",
            "evoucher-2026112x-1.log",
            "evoucher-20261122-1.log.bak",
            "Evoucher-20261122-1.log",
            "my-evoucher-20261122-1.log",
        ] {
            assert_eq!(date_in_name(foreign), None, "{foreign}");
        }
    }
}
