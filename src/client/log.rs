//! The log: the lines of calls in files, off unless the configuration names a folder.
//!
//! Whatever happens to the files, the call goes on: what cannot be written is dropped, and the next
//! line is tried anew.

use super::line::Line;
use crate::config::LogSettings;
use crate::moment::{date, day};
use crate::os::per_process::PerProcess;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A log has a line for each day that its program runs. Where it has none for longer than this, the
/// clock has leapt, or may have.
const MAX_PAUSE: u64 = 30;

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

    /// The files of the last days that have one, the oldest first, whatever the clock says now.
    pub fn last_files(&self, days: u64) -> Vec<PathBuf> {
        let files = files(&self.settings.dir);
        let newest = files.last().map_or(0, |(day, _)| *day);
        let last = files.into_iter().filter(|(day, _)| day + days > newest);
        last.map(|(_, path)| path).collect()
    }

    /// Writes a line, if it is of a level that was asked for.
    pub fn write(&self, line: &Line) {
        if line.level <= self.settings.level {
            self.append(line.day, &line.text);
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
        remove_old(&self.settings.dir, day, self.settings.keep_days);
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

/// Removes the files of the days that are too long ago. What cannot be removed stays.
///
/// Today may be wrong: one start with a clock that has leapt by years must not cost the log of six
/// months. So days are old only as far as the log itself has come: while it has leapt by more than
/// [`MAX_PAUSE`], and not yet gone on from there for as long as files are kept, nothing goes.
fn remove_old(dir: &Path, today: u64, keep_days: u64) {
    let mut files = files(dir);
    // What is of a day to come says nothing of the way to today.
    files.retain(|(day, _)| *day <= today);
    let mut begun = today;
    for (day, _) in files.iter().rev() {
        if begun - day > MAX_PAUSE {
            break;
        }
        begun = *day;
    }
    let first_kept = today.saturating_sub(keep_days);
    if begun > first_kept {
        return;
    }
    for (_, path) in files.iter().take_while(|(day, _)| *day < first_kept) {
        let _ = fs::remove_file(path);
    }
}

/// This library's files, each with its day, the oldest first.
fn files(dir: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some((day_in_name(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    files.sort_unstable();
    files
}

/// The day in the name of one of this library's files, and of nobody else's.
fn day_in_name(name: &str) -> Option<u64> {
    let rest = name.strip_prefix("evoucher-")?.strip_suffix(".log")?;
    let (date, process) = rest.split_once('-')?;
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if date.len() != 8 || !are_digits(date) || !are_digits(process) {
        return None;
    }
    let part = |range: Range<usize>| date.get(range)?.parse().ok();
    day(part(0..4)?, part(4..6)?, part(6..8)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Level;
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

    /// What a log of 2026 has left after starts of a program on these days, with 180 days kept.
    #[test]
    fn a_clock_that_leaps_costs_no_log() {
        let folder = Folder::new("leap");
        let log = folder.log(180);
        let first = 20_600;
        for day in (first..=first + 150).step_by(10) {
            log.append(day, "{}");
        }
        let names = |days: &[u64]| {
            days.iter()
                .map(|day| file_name(*day))
                .collect::<BTreeSet<_>>()
        };
        let mut kept = folder.names();
        // A year ahead, two starts on that day and some on the next ones.
        for day in [21_100, 21_100, 21_101, 21_130] {
            log.append(day, "{}");
            kept.extend(names(&[day]));
            assert_eq!(folder.names(), kept, "on day {day}");
        }
        // Set right again.
        log.append(first + 151, "{}");
        kept.extend(names(&[first + 151]));
        assert_eq!(folder.names(), kept);
        // And so far ahead that nothing has been before: the first one that counts is the leap's
        // own, once that is old enough.
        for day in (21_160..=21_260).step_by(20) {
            log.append(day, "{}");
            kept.extend(names(&[day]));
        }
        assert_eq!(folder.names(), kept);
        log.append(21_281, "{}");
        let after_leap = folder.names();
        assert!(after_leap.is_disjoint(&names(&[first, first + 151, 21_100])));
        assert!(after_leap.contains(&file_name(21_101)));
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
        assert_eq!(day_in_name("evoucher-20261122-1.log"), Some(20_779));
        for foreign in [
            "evoucher-20261122.log",
            "evoucher-20261122-.log",
            "evoucher-20261122-x.log",
            "evoucher-20261122-1-2.log",
            "evoucher-2026112-1.log",
            "evoucher-202611222-1.log",
            "evoucher-2026112x-1.log",
            "evoucher-20261322-1.log",
            "evoucher-20261100-1.log",
            "evoucher-20261122-1.log.bak",
            "Evoucher-20261122-1.log",
            "my-evoucher-20261122-1.log",
        ] {
            assert_eq!(day_in_name(foreign), None, "{foreign}");
        }
    }
}
