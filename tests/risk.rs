//! Risk control (A §1.4.3.3): no certificate twice without anybody's having said what became of the
//! first, whoever asks, and whatever becomes of the processes.

mod common;
mod guard;

use common::front::{Act, front};
use common::wire::Server;
use common::{
    Client, Folder, Reply, alone, centre, config, config_with, fault, is, library, times,
    transaction,
};
use evoucher::catalogue::codes::{
    EV_CONNECT, EV_CONNECTION_LOST, EV_DECRYPT, EV_DUPLICATE, EV_INVALID_REQUEST, EV_ISSUED_BEFORE,
    EV_JOURNAL,
};
use guard::{
    DATABASE, Holder, Process, certificate, charges, journal, outcomes, pay, refused, report, rows,
    wait_until,
};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn everywhere(test: impl Fn(&str, &dyn Fn(&str, Value) -> Client)) {
    for with_journal in [false, true] {
        let folder = Folder::new("journal");
        let dir = folder.path().join("journal");
        let open = |url: &str, more: Value| {
            let mut config = config_with(url, more);
            if with_journal {
                config["journal"] = json!({ "dir": dir });
            }
            library().open(&config)
        };
        test(if with_journal { "journal" } else { "memory" }, &open);
    }
}

#[test]
fn a_certificate_is_handed_out_again_only_when_somebody_said_what_became_of_it() {
    everywhere(|name, open| {
        let centre = centre();
        let client = open(&centre.url(), json!({}));
        for ask in [certificate, pay] {
            let serial = format!("{name}-{}", times(&centre, "genPayCert"));
            let issued = || times(&centre, "genPayCert");
            let before = issued();
            let first = ask(&client, &serial, "12.30");
            charges(&first);
            assert!(outcomes(&first).is_empty());

            // Service, flow and path alike, written as it may be.
            let again = ask(&client, &serial, "12.3");
            refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
            assert_eq!(again.at("data.amount"), "12.30");
            assert_eq!(outcomes(&again), ["issued"]);
            let path = client.call_path(
                "/cfc/api/genPayCert",
                &transaction("signed", &serial, "12.30").to_string(),
            );
            refused(&path, EV_ISSUED_BEFORE, "confirm_charge", "issued");
            let other = ask(&client, &serial, "12.31");
            refused(&other, EV_DUPLICATE, "confirm_charge", "other_amount");
            assert!(other.at("message").contains("12.30"), "{}", other.text());
            assert_eq!(issued(), before + 1);

            // Nobody knows: the channel is asked.
            let unknown = report(&client, &serial, "12.30", "unknown");
            is(&unknown, 0, "not_sent");
            assert_eq!(unknown.at("next"), "confirm_charge");
            assert_eq!(unknown.at("data.known"), "true");
            let again = ask(&client, &serial, "12.30");
            refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
            assert_eq!(outcomes(&again), ["unknown"]);

            // It failed: the same again, and no other amount.
            let failed = report(&client, &serial, "12.3000", "failed");
            assert_eq!((failed.returned, failed.at("next").as_str()), (0, "retry"));
            let other = ask(&client, &serial, "1");
            refused(&other, EV_DUPLICATE, "fix_request", "other_amount");
            let second = ask(&client, &serial, "12.30");
            charges(&second);
            assert_eq!(outcomes(&second), ["failed"]);
            assert_eq!(issued(), before + 2);

            // It is paid, for good.
            let paid = report(&client, &serial, "12.30", "paid");
            assert_eq!((paid.returned, paid.at("next").as_str()), (0, "null"));
            for amount in ["12.30", "1"] {
                let again = ask(&client, &serial, amount);
                refused(&again, EV_DUPLICATE, "already_paid", "paid");
                assert_eq!(outcomes(&again), ["failed", "paid"]);
            }
            assert_eq!(issued(), before + 2);
        }
    });
}

#[test]
fn what_a_report_may_say() {
    everywhere(|name, open| {
        let centre = centre();
        let client = open(&centre.url(), json!({}));
        let serial = format!("report-{name}");
        // A transaction that this library never saw.
        let unknown = report(&client, &serial, "5", "failed");
        is(&unknown, 0, "not_sent");
        assert_eq!(unknown.at("data.known"), "false");
        assert_eq!(unknown.at("next"), "retry");
        let hint = unknown.at("hint");
        assert!(hint.contains("再取一次付款凭据"), "{hint}");
        let paid = report(&client, &serial, "5.00", "paid");
        assert_eq!(paid.returned, 0, "paid after failed");
        assert_eq!(paid.at("data.known"), "true");
        assert_eq!(report(&client, &serial, "5", "paid").returned, 0, "twice");
        for outcome in ["failed", "unknown"] {
            let late = report(&client, &serial, "5", outcome);
            refused(&late, EV_DUPLICATE, "already_paid", "paid");
            assert!(late.at("message").contains("没有改动"), "{}", late.text());
        }
        // The amount is part of it: A §1.4.3.3 (2).
        let other = report(&client, &serial, "6", "paid");
        is(&other, EV_DUPLICATE, "not_sent");
        for amount in ["5.00", "6.00"] {
            assert!(other.at("message").contains(amount), "{}", other.text());
        }
        refused(
            &certificate(&client, &serial, "5"),
            EV_DUPLICATE,
            "already_paid",
            "paid",
        );
        assert_eq!(times(&centre, "genPayCert"), 0);
        // In flight.
        let slow = open(&fault(&centre, "slow-300"), json!({}));
        let serial = format!("report-slow-{name}");
        std::thread::scope(|scope| {
            let call = scope.spawn(|| certificate(&slow, &serial, "5"));
            wait_until(|| times(&centre, "genPayCert") == 1);
            let early = report(&client, &serial, "5", "paid");
            refused(&early, EV_DUPLICATE, "retry_later", "in_flight");
            charges(&call.join().unwrap());
        });
    });
}

#[test]
fn a_wrong_report_is_refused_field_by_field_and_changes_nothing() {
    let centre = centre();
    let (_folder, dir, config) = journal(&centre.url());
    let client = library().open(&config);
    charges(&certificate(&client, "bad-report", "12.30"));
    let rows = || rows(&dir);
    let before = rows();
    let whole = json!({
        "orgCodg": "H35010000001", "fixmedinsTrnsSn": "bad-report",
        "ownPaySetlAmt": "12.30", "outcome": "paid",
    });
    for (field, wrong) in [
        ("outcome", json!("Paid")),
        ("outcome", json!(null)),
        ("outcome", json!(1)),
        ("ownPaySetlAmt", json!(12.30)),
        ("ownPaySetlAmt", json!("-1")),
        ("ownPaySetlAmt", json!("0")),
        ("fixmedinsTrnsSn", json!("")),
        ("orgCodg", json!("x".repeat(41))),
    ] {
        let mut report = whole.clone();
        report[field] = wrong;
        let reply = client.call("ev_report_charge", &report);
        is(&reply, EV_INVALID_REQUEST, "not_sent");
        assert_eq!(reply.at("next"), "fix_request");
        assert!(reply.at("message").contains(field), "{}", reply.text());
    }
    let nothing = client.call_text("ev_report_charge", "{}");
    for field in ["orgCodg", "fixmedinsTrnsSn", "ownPaySetlAmt", "outcome"] {
        assert!(nothing.at("message").contains(field), "{}", nothing.text());
    }
    for text in [
        "",
        "[]",
        "{",
        "x",
        r#"{"outcome":"paid","outcome":"failed"}"#,
    ] {
        let reply = client.call_text("ev_report_charge", text);
        is(&reply, EV_INVALID_REQUEST, "not_sent");
    }
    assert_eq!(rows(), before);
    let again = certificate(&client, "bad-report", "12.30");
    refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
    // A configured orgCodg fills what is left out.
    let defaults = json!({ "defaults": { "orgCodg": "H35010000001" }, "journal": { "dir": dir } });
    let filled = library().open(&config_with(centre.url(), defaults));
    let mut report = whole;
    report.as_object_mut().unwrap().remove("orgCodg");
    assert_eq!(filled.call("ev_report_charge", &report).returned, 0);
}

#[test]
fn where_serial_numbers_repeat_all_is_noted_and_nothing_refused() {
    everywhere(|name, open| {
        let centre = centre();
        let observe = json!({ "riskControl": "observe" });
        let client = open(&centre.url(), observe.clone());
        let serial = format!("observed-{name}");
        charges(&certificate(&client, &serial, "12.30"));
        let second = certificate(&client, &serial, "7");
        charges(&second);
        assert_eq!(outcomes(&second), ["issued"]);
        assert_eq!(report(&client, &serial, "7", "paid").returned, 0);
        let third = pay(&client, &serial, "7");
        charges(&third);
        assert_eq!(outcomes(&third), ["issued", "paid"]);
        assert_eq!(times(&centre, "genPayCert"), 3);
        // Only what is in flight is refused.
        let slow = open(&fault(&centre, "slow-300"), observe);
        std::thread::scope(|scope| {
            let call = scope.spawn(|| certificate(&slow, &serial, "7"));
            wait_until(|| times(&centre, "genPayCert") == 4);
            let twice = certificate(&client, &serial, "7");
            refused(&twice, EV_DUPLICATE, "retry_later", "in_flight");
            charges(&call.join().unwrap());
        });
    });
}

#[test]
fn of_many_certificates_the_last_eight_are_told() {
    everywhere(|name, open| {
        let centre = centre();
        let client = open(&centre.url(), json!({ "riskControl": "observe" }));
        let serial = format!("many-{name}");
        for before in 0..=10 {
            let reply = certificate(&client, &serial, "1");
            charges(&reply);
            let told = outcomes(&reply);
            assert_eq!(told.len(), before.min(8));
            let with_first = told.first().is_some_and(|outcome| outcome == "paid");
            assert_eq!(with_first, (1..=8).contains(&before), "{before}");
            if before == 0 {
                assert_eq!(report(&client, &serial, "1", "paid").returned, 0);
            }
        }
    });
}

/// Three times again, then the patient pays in another way: no certificate reached the program.
#[test]
fn it_is_not_tried_for_ever() {
    everywhere(|name, open| {
        let centre = centre();
        let server = front(&centre.url(), |_, number| match number {
            4 | 8.. => Act::Pass,
            _ => Act::Drop,
        });
        let client = open(&server.url(), json!({}));
        let serial = format!("retried-{name}");
        for round in 0..2 {
            for time in 0..3 {
                let reply = certificate(&client, &serial, "12.30");
                is(&reply, EV_CONNECTION_LOST, "unknown");
                assert_eq!(reply.at("next"), "retry", "{round} {time}");
            }
            if round == 0 {
                let enough = certificate(&client, &serial, "12.30");
                is(&enough, EV_CONNECTION_LOST, "unknown");
                assert_eq!(enough.at("next"), "other_payment");
                // An answer ends the row, and it may be asked for again.
                charges(&certificate(&client, &serial, "12.30"));
                assert_eq!(report(&client, &serial, "12.30", "failed").returned, 0);
            }
        }
        // What never left counts, too.
        let nobody = open("http://127.0.0.1:9", json!({}));
        let serial = format!("unsent-{name}");
        for next in ["retry", "retry", "retry", "other_payment"] {
            let reply = certificate(&nobody, &serial, "1");
            is(&reply, EV_CONNECT, "not_sent");
            assert_eq!(reply.at("next"), next);
        }
        // But it holds no amount.
        charges(&certificate(&open(&centre.url(), json!({})), &serial, "2"));
    });
}

#[test]
fn with_a_journal_another_process_knows() {
    let centre = centre();
    let (folder, dir, config) = journal(&centre.url());
    let other = |function: &str, amount: &str| {
        let request = transaction("signed", "two-processes", amount);
        Process::start(&folder, &config, function, &request).end()
    };
    charges(&other("ev_one_code_pay", "12.30"));
    let client = library().open(&config);
    let again = certificate(&client, "two-processes", "12.30");
    refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
    assert_eq!(outcomes(&again), ["issued"]);
    assert_eq!(
        report(&client, "two-processes", "12.30", "failed").returned,
        0
    );
    let second = other("ev_gen_pay_cert", "12.30");
    charges(&second);
    assert_eq!(outcomes(&second), ["failed"]);
    // This process remembers what it reported; the journal knows better.
    let again = certificate(&client, "two-processes", "12.30");
    refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
    assert_eq!(times(&centre, "genPayCert"), 2);
    let events: Vec<_> = rows(&dir).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(
        events,
        ["begun", "asked", "issued", "failed", "asked", "issued"]
    );
    // Nothing of it is a secret.
    let database = fs::read(dir.join(DATABASE)).unwrap();
    let mut all = database;
    for end in ["-wal", "-shm"] {
        all.extend(fs::read(dir.join(format!("{DATABASE}{end}"))).unwrap_or_default());
    }
    for secret in ["signed", "测试医院", "张三", &second.at("data.payCert")] {
        let found = all
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}

/// A machine that loses its power forgets what is not on the disk.
#[test]
fn what_is_noted_is_on_the_disk_before_it_is_sent_or_handed_out() {
    let centre = centre();
    let (folder, _, config) = journal(&centre.url());
    let trace = folder.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s64", "-o"]).arg(&trace);
    strace.args(["-e", "trace=pwrite64,fsync,fdatasync,sendto,rename"]);
    strace.arg(std::env::current_exe().unwrap());
    let request = transaction("signed-disk", "SN-disk", "1");
    let process = Process::run(strace, &folder, &config, "ev_one_code_pay", &request);
    charges(&process.end());
    let (mut waiting, mut notes, mut noted) = (false, 0, Vec::new());
    for call in fs::read_to_string(&trace).unwrap().lines() {
        let of_journal = call.contains("journal.db-wal>");
        if of_journal && call.contains("pwrite64(") {
            waiting = true;
        } else if of_journal && call.contains("sync(") {
            notes += u32::from(std::mem::take(&mut waiting));
        } else if call.contains("/genPayCert ") || call.contains("rename(") {
            assert!(!waiting, "{call}");
            noted.push(std::mem::take(&mut notes) > 0);
        }
    }
    assert_eq!(noted, [true; 2], "before it is asked for, and behind");
}

#[test]
fn what_is_in_flight_in_another_process_is_refused_until_that_is_gone() {
    for (function, victim, held) in [
        ("ev_gen_pay_cert", "genPayCert", true),
        ("ev_one_code_pay", "signedQuery", false),
        ("ev_one_code_pay", "genPayCert", true),
    ] {
        let centre = centre();
        let url = fault(&centre, &format!("silence@{victim}@1"));
        let (folder, _, config) = journal(&url);
        let serial = format!("in-flight-{function}-{victim}");
        let request = transaction("signed", &serial, "12.30");
        let process = Process::start(&folder, &config, function, &request);
        wait_until(|| times(&centre, victim) == 1);
        let client = library().open(&config);
        for ask in [certificate, pay] {
            let second = ask(&client, &serial, "12.30");
            refused(&second, EV_DUPLICATE, "retry_later", "in_flight");
        }
        let early = report(&client, &serial, "12.30", "paid");
        refused(&early, EV_DUPLICATE, "retry_later", "in_flight");

        process.kill();
        // It asked for one, and none reached anybody; before it asked, nothing holds the amount.
        let other = certificate(&client, &serial, "7");
        if held {
            refused(&other, EV_DUPLICATE, "fix_request", "other_amount");
            let same = certificate(&client, &serial, "12.30");
            charges(&same);
            assert_eq!(outcomes(&same), ["unknown"]);
        } else {
            charges(&other);
            assert!(outcomes(&other).is_empty());
        }
    }
}

/// The files by which processes that use a journal are known.
fn owners(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("owners")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn whoever_cannot_be_looked_for_is_not_taken_for_gone() {
    let centre = centre();
    let (folder, dir, config) = journal(&fault(&centre, "silence@genPayCert@1"));
    let request = transaction("signed", "gone", "1");
    let process = Process::start(&folder, &config, "ev_gen_pay_cert", &request);
    wait_until(|| times(&centre, "genPayCert") == 1);
    process.kill();
    let theirs = owners(&dir).remove(0);
    fs::remove_file(&theirs).unwrap();
    // There it is, and nobody can open it.
    std::os::unix::fs::symlink(&theirs, &theirs).unwrap();
    let client = library().open(&config);
    let reply = certificate(&client, "gone", "1");
    is(&reply, EV_JOURNAL, "not_sent");
    fs::remove_file(&theirs).unwrap();
    charges(&certificate(&client, "gone", "1"));
}

#[test]
fn everybody_may_look_whether_a_process_is_gone_and_the_next_clears_up() {
    let centre = centre();
    let (folder, dir, config) = journal(&centre.url());
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 077 && exec \"$0\" \"$@\""]);
    shell.arg(std::env::current_exe().unwrap());
    let request = transaction("signed", "left", "1");
    let function = "ev_gen_pay_cert";
    charges(&Process::run(shell, &folder, &config, function, &request).end());
    let left = owners(&dir);
    let mode = fs::metadata(&left[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let request = transaction("signed", "next", "1");
    charges(&Process::start(&folder, &config, function, &request).end());
    let next = owners(&dir);
    assert_eq!((left.len(), next.len()), (1, 1));
    assert_ne!(left, next);
}

/// The certificate came, and could not be noted: it is withheld.
#[test]
fn no_certificate_is_handed_out_that_could_not_be_noted() {
    let centre = centre();
    let (_folder, dir, mut config) = journal(&fault(&centre, "slow-500@genPayCert@1"));
    config["timeoutMs"] = 1000.into();
    let client = library().open(&config);
    for (serial, ask) in [
        ("withheld", certificate as fn(&Client, &str, &str) -> Reply),
        ("withheld-flow", pay),
    ] {
        centre.clear();
        std::thread::scope(|scope| {
            let call = scope.spawn(|| ask(&client, serial, "12.30"));
            wait_until(|| times(&centre, "genPayCert") == 1);
            let held = Holder::new(&dir);
            let reply = call.join().unwrap();
            is(&reply, EV_JOURNAL, "answered");
            assert_eq!(reply.at("next"), "other_payment");
            assert!(!reply.text().contains("\"payCert\":\""), "{}", reply.text());
            drop(held);
        });
        // As far as anybody knows it was asked for and never came.
        let other = certificate(&client, serial, "7");
        refused(&other, EV_DUPLICATE, "fix_request", "other_amount");
        charges(&certificate(&client, serial, "12.30"));
    }
}

/// A centre whose answer comes when another program has just got hold of the journal.
fn held_when_it_answers(
    centre: &str,
    dir: &Path,
    act: Act,
) -> (Server, Arc<Mutex<Option<Holder>>>) {
    let holder = Arc::new(Mutex::new(None));
    let (held, dir) = (Arc::clone(&holder), dir.to_owned());
    let server = front(centre, move |_, _| {
        *held.lock().unwrap() = Some(Holder::new(&dir));
        act
    });
    (server, holder)
}

#[test]
fn an_answer_is_noted_for_as_long_as_the_call_has_time() {
    let centre = centre();
    let (_folder, dir, mut config) = journal(&centre.url());
    let (server, holder) = held_when_it_answers(&centre.url(), &dir, Act::Pass);
    config["localUrl"] = server.url().into();
    config["timeoutMs"] = 30_000.into();
    let client = library().open(&config);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| certificate(&client, "waits", "12.30"));
        wait_until(|| holder.lock().unwrap().is_some());
        // Longer than what it has when the call has no time left.
        std::thread::sleep(Duration::from_secs(3));
        drop(holder.lock().unwrap().take());
        charges(&call.join().unwrap());
    });
}

/// There is nothing to withhold.
#[test]
fn a_refusal_stays_what_it_is_when_it_could_not_be_noted() {
    let centre = centre();
    let (_folder, dir, mut config) = journal(&centre.url());
    let (server, holder) = held_when_it_answers(&centre.url(), &dir, Act::Say(500_320));
    config["localUrl"] = server.url().into();
    config["timeoutMs"] = 1000.into();
    let client = library().open(&config);
    is(
        &certificate(&client, "refused", "12.30"),
        500_320,
        "answered",
    );
    drop(holder.lock().unwrap().take());
    // But without a note nobody knows.
    let other = certificate(&client, "refused", "7");
    refused(&other, EV_DUPLICATE, "fix_request", "other_amount");
}

/// A code that says that the centre itself had no answer.
#[test]
fn a_centre_that_ran_out_of_time_may_have_issued_one() {
    everywhere(|name, open| {
        let centre = centre();
        let server = front(&centre.url(), |_, number| match number {
            0 => Act::Say(-3),
            _ => Act::Pass,
        });
        let client = open(&server.url(), json!({}));
        let serial = format!("out-of-time-{name}");
        let reply = certificate(&client, &serial, "12.30");
        is(&reply, -3, "answered");
        assert_eq!(reply.at("next"), "retry");
        let other = certificate(&client, &serial, "7");
        refused(&other, EV_DUPLICATE, "fix_request", "other_amount");
        charges(&certificate(&client, &serial, "12.30"));
    });
}

/// It may have been a certificate. What a gateway says instead is in tests/gateways.rs.
#[test]
fn an_answer_that_nobody_can_read_holds_its_amount() {
    everywhere(|name, open| {
        let centre = centre();
        for answer in ["wrong-key", "bad-padding"] {
            centre.clear();
            let url = fault(&centre, &format!("{answer}@genPayCert@1"));
            let client = open(&url, json!({}));
            let serial = format!("{answer}-{name}");
            let first = certificate(&client, &serial, "12.30");
            is(&first, EV_DECRYPT, "answered");
            let other = certificate(&client, &serial, "7");
            refused(&other, EV_DUPLICATE, "fix_request", "other_amount");
        }
    });
}

/// Two clients, one with the journal and one without: one process, one guard.
#[test]
fn a_client_without_the_journal_is_guarded_by_the_same_process() {
    let centre = centre();
    let (_folder, _, with) = journal(&centre.url());
    let with = library().open(&with);
    let without = library().open(&config(centre.url()));
    charges(&certificate(&with, "shared-1", "1"));
    let again = certificate(&without, "shared-1", "1");
    refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
    charges(&certificate(&without, "shared-2", "1"));
    let again = certificate(&with, "shared-2", "1");
    refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
}

/// A child of `fork` has a journal of its own making, and its parent's goes on.
#[test]
fn other_threads_and_a_child_of_fork() {
    alone("forks", []);
}

#[test]
#[ignore = "forks: see `other_threads_and_a_child_of_fork`"]
#[expect(unsafe_code, reason = "forks")]
fn forks() {
    let centre = centre();
    let (_folder, dir, config) = journal(&centre.url());
    let client = library().open(&config);
    charges(&certificate(&client, "parent-1", "1"));
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // While a thread is at the journal all the time.
        let busy = scope.spawn(|| {
            let mut number = 0;
            while !enough.load(Ordering::Relaxed) {
                charges(&certificate(&client, &format!("thread-{number}"), "1"));
                number += 1;
            }
        });
        for child in 0..10 {
            // SAFETY: the child makes calls of the library, and ends.
            let process = unsafe { libc::fork() };
            if process == 0 {
                let again = certificate(&client, "parent-1", "1");
                let own = certificate(&client, &format!("child-{child}"), "1");
                let ok = again.returned == EV_ISSUED_BEFORE && own.returned == 0;
                // SAFETY: nothing of the test's is to run in the child.
                unsafe { libc::_exit(i32::from(!ok)) };
            }
            let mut status = -1;
            // SAFETY: the child is ours, and the status is ours to be filled.
            let waited = unsafe { libc::waitpid(process, &raw mut status, 0) };
            enough.store(status != 0 || child == 9, Ordering::Relaxed);
            assert_eq!((waited, status), (process, 0), "the child {child}");
        }
        busy.join().unwrap();
        let again = certificate(&client, "child-0", "1");
        refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
        let rows = rows(&dir);
        let issued = rows.iter().filter(|row| row[0] == "issued").count();
        assert_eq!(issued, times(&centre, "genPayCert"));
    });
}
