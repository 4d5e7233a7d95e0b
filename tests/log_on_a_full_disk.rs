//! A disk that is full for a moment cuts a line of the log and fails no call. A limit on the size
//! of files does to the library what a full disk does: a write that ends in the middle, then
//! errors. One test, since the limit is the process's own.

mod common;

use common::{config_with, library};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Sets the limit; `None` is as much as this process may have.
#[expect(unsafe_code, reason = "sets a limit of this process")]
fn limit_files_to(bytes: Option<u64>) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is ours to fill.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    limit.rlim_cur = bytes.unwrap_or(limit.rlim_max);
    // SAFETY: the signal would end the process at the first error; ignoring it runs nothing.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    // SAFETY: `limit` is a whole one.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
    assert_eq!((got, set), (0, 0));
}

#[test]
fn the_log_goes_on_when_there_is_room_again() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("full disk");
    let _ = fs::remove_dir_all(&folder);
    let more = json!({ "log": { "dir": folder } });
    let client = library().open(&config_with("http://127.0.0.1:9", more));
    let call = || assert_eq!(library().explain(client.handle, 0).returned, 0);
    call();
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    let one = file.metadata().unwrap().len();

    limit_files_to(Some(one + 20));
    for _ in 0..5 {
        call();
    }
    let cut = file.metadata().unwrap().len();
    limit_files_to(None);
    assert_eq!(cut, one + 20, "the second line was cut");
    for _ in 0..5 {
        call();
    }

    let text = fs::read_to_string(file.path()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 1 + 5, "{text}");
    for (number, line) in lines.iter().enumerate() {
        let whole = serde_json::from_str::<Value>(line).is_ok();
        assert_eq!(whole, number != 1, "{line}");
    }
}
