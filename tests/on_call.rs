//! `ev_on_call`: a program is told of every call and every step, on the thread that made it, and of
//! nothing once it has ended that.
#![allow(missing_docs, reason = "a test")]
#![allow(unsafe_code, reason = "calls C functions, and is called by them")]

mod common;

use common::wire::wait_for;
use common::*;
use evoucher::catalogue::codes::*;
use serde_json::{Value, json};
use std::ffi::{CStr, c_char, c_void};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, mpsc};
use std::thread::{self, ThreadId};

type Function = Option<unsafe extern "C" fn(*mut c_void, *const c_char)>;
type OnCall = unsafe extern "C" fn(i32, Function, *mut c_void) -> i32;

/// What was told, and to which thread.
#[derive(Default)]
struct Told(Mutex<Vec<(ThreadId, Vec<u8>)>>);

unsafe extern "C" fn keep(user: *mut c_void, line: *const c_char) {
    // SAFETY: `user` is what `listen` was given, which outlives the calls.
    let told = unsafe { &*user.cast::<Told>() };
    // SAFETY: the library's text has its NUL.
    let line = unsafe { CStr::from_ptr(line) }.to_bytes().to_owned();
    told.0.lock().unwrap().push((thread::current().id(), line));
}

fn set(client: &Client, function: Function, user: *const c_void) -> i32 {
    let on_call = client.library.function::<OnCall>("ev_on_call");
    // SAFETY: each test ends what it has set, or lives as long.
    unsafe { on_call(client.handle, function, user.cast_mut()) }
}

fn listen(client: &Client, told: &Told) {
    assert_eq!(set(client, Some(keep), (&raw const *told).cast()), 0);
}

impl Told {
    fn lines(&self) -> Vec<Value> {
        let told = self.0.lock().unwrap();
        told.iter()
            .map(|(_, line)| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

#[test]
fn the_lines_are_those_of_the_log_whatever_its_level() {
    let centre = centre();
    let folder = Folder::new("on_call");
    let file = folder.file("log", "");
    let dir = file.clone() + ".d";
    for level in [Some("info"), Some("error"), None] {
        let log = level.map(|level| json!({ "dir": dir, "level": level }));
        let told = Told::default();
        let more = json!({ "log": log, "verify": { "intervalMs": 1, "timeoutMs": 60_000 } });
        let client = library().open(&config_with(centre.url(), more));
        listen(&client, &told);
        client.stas("nopwd");
        client.signed("code500319");
        client.call_text("ev_signed_query", "{}");
        client.call("ev_verify_password", &request("auto1"));
        library().cancel(client.handle, None);
        let steps: Vec<_> = told
            .lines()
            .iter()
            .map(|line| {
                (
                    line["function"].clone(),
                    line["step"].clone(),
                    line["code"].clone(),
                )
            })
            .collect();
        let line = |function: &str, step: Value, code: i32| (json!(function), step, json!(code));
        let no = Value::Null;
        assert_eq!(
            steps,
            [
                line("ev_token_pwd_stas", no.clone(), 500_320),
                line("ev_signed_query", no.clone(), 500_319),
                line("ev_signed_query", no.clone(), EV_INVALID_REQUEST),
                line("ev_verify_password", json!(1), 0),
                line("ev_verify_password", json!(2), 0),
                line("ev_verify_password", no.clone(), 0),
                line("ev_cancel", no, 0),
            ]
        );
        let logged = fs::read_dir(&dir).into_iter().flatten().map(|entry| {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        });
        let logged: Vec<_> = logged.flatten().map(String::into_bytes).collect();
        let said: Vec<_> = told
            .0
            .lock()
            .unwrap()
            .iter()
            .map(|(_, line)| line.clone())
            .collect();
        match level {
            Some("info") => assert_eq!(logged, said),
            Some(_) => assert_eq!(logged.last(), Some(&said[2])),
            None => {}
        }
    }
}

#[test]
fn every_thread_is_told_of_its_own_calls_by_itself() {
    let centre = centre();
    let told = Told::default();
    let client = library().open(&config(centre.url()));
    listen(&client, &told);
    let threads = thread::scope(|scope| {
        let threads = [0, 1, 2, 3].map(|number| {
            let client = &client;
            scope.spawn(move || {
                let reply = client.stas(&format!("code70000{number}"));
                (thread::current().id(), reply.returned)
            })
        });
        threads.map(|thread| thread.join().unwrap())
    });
    let lines = told.lines();
    let told = told.0.lock().unwrap();
    assert_eq!(lines.len(), threads.len());
    for (thread, code) in threads {
        let own = told.iter().position(|(told, _)| *told == thread).unwrap();
        assert_eq!(lines[own]["code"], code);
    }
}

#[test]
fn the_line_comes_in_the_clients_charset() {
    let centre = centre();
    let told = Told::default();
    let gbk = json!({ "charset": "gbk" });
    let client = library().open(&config_with(centre.refusing_url(), gbk));
    listen(&client, &told);
    let reply = client.stas("pwd");
    let (text, _, wrong) = encoding_rs::GB18030.decode(&reply.bytes);
    assert!(!wrong);
    let said: Value = serde_json::from_str(&text).unwrap();
    let told = told.0.lock().unwrap();
    let (line, _, wrong) = encoding_rs::GB18030.decode(&told[0].1);
    assert!(!wrong && std::str::from_utf8(&told[0].1).is_err());
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["detail"], said["message"]);
}

#[test]
fn who_has_ended_it_hears_nothing_more() {
    let centre = centre();
    let (first, second) = (Told::default(), Told::default());
    let client = library().open(&config(centre.url()));
    let other = library().open(&config(centre.url()));
    listen(&client, &first);
    client.stas("pwd");
    other.stas("pwd");
    listen(&client, &second);
    client.stas("pwd");
    assert_eq!(set(&client, None, std::ptr::null()), 0);
    client.stas("pwd");
    assert_eq!((first.lines().len(), second.lines().len()), (1, 1));

    // A call that goes on when its client is closed tells nobody.
    listen(&client, &first);
    thread::scope(|scope| {
        let call = scope.spawn(|| client.stas("pwd-fault.slow-300"));
        wait_for("the call", || centre.ledger().len() == 5);
        assert_eq!(library().close(client.handle), 0);
        assert_eq!(call.join().unwrap().returned, 0);
    });
    assert_eq!(first.lines().len(), 1);
    assert_eq!(
        set(&client, Some(keep), std::ptr::null()),
        EV_INVALID_CLIENT
    );
}

/// What a slow listener shares with its test.
struct Slow {
    entered: mpsc::Sender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
    is_left: AtomicBool,
}

unsafe extern "C" fn take_time(user: *mut c_void, _: *const c_char) {
    // SAFETY: the test outlives the call.
    let slow = unsafe { &*user.cast::<Slow>() };
    slow.entered.send(()).unwrap();
    slow.go_on.lock().unwrap().recv().unwrap();
    slow.is_left.store(true, SeqCst);
}

/// Whether a thread of this process waits for something.
fn is_waiting(thread: &Path) -> bool {
    let stat = Path::new("/proc").join(thread).join("stat");
    let stat = fs::read_to_string(stat).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .unwrap()
        .trim_start()
        .starts_with('S')
}

/// What the function uses may be freed as soon as it was ended.
#[test]
fn ending_it_waits_for_who_is_in_it() {
    let centre = centre();
    for by_closing in [false, true] {
        let client = library().open(&config(centre.url()));
        let (entered, is_in) = mpsc::channel();
        let (go_on, waiting) = mpsc::channel();
        let slow = Slow {
            entered,
            go_on: Mutex::new(waiting),
            is_left: AtomicBool::new(false),
        };
        assert_eq!(set(&client, Some(take_time), (&raw const slow).cast()), 0);
        thread::scope(|scope| {
            let call = scope.spawn(|| client.stas("pwd"));
            is_in.recv().unwrap();
            let (place, of_ender) = mpsc::channel();
            let (client, slow) = (&client, &slow);
            let ender = scope.spawn(move || {
                place
                    .send(fs::read_link("/proc/thread-self").unwrap())
                    .unwrap();
                match by_closing {
                    true => library().close(client.handle),
                    false => set(client, None, std::ptr::null()),
                };
                assert!(slow.is_left.load(SeqCst), "somebody is still in it");
            });
            let place = of_ender.recv().unwrap();
            wait_for("the end", || is_waiting(&place) || ender.is_finished());
            go_on.send(()).unwrap();
            ender.join().unwrap();
            assert_eq!(call.join().unwrap().returned, 0);
        });
    }
}
