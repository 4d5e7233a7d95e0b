//! The journal: disks on which it cannot be, programs that hold it, and what goes from it by itself.

mod common;
mod guard;

use common::{Folder, centre, config_with, everything, is, library, show, times, transaction};
use evoucher::catalogue::codes::{EV_ISSUED_BEFORE, EV_JOURNAL};
use guard::{
    DATABASE, Holder, Process, certificate, charges, journal, pay, refused, report, rows, sql,
};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// Nothing that issues a certificate is sent, and everything else goes on.
fn is_unusable(config: &Value, centre: &evoucher_sandbox::Sandbox, says: &str) {
    centre.clear();
    let client = library().open(config);
    for ask in [certificate, pay] {
        let reply = ask(&client, "unusable", "12.30");
        is(&reply, EV_JOURNAL, "not_sent");
        assert_eq!(reply.at("next"), "other_payment");
        assert!(reply.at("message").contains(says), "{}", reply.text());
    }
    let reply = report(&client, "unusable", "12.30", "paid");
    is(&reply, EV_JOURNAL, "not_sent");
    assert_eq!(times(centre, "genPayCert"), 0);
    assert_eq!(client.signed("signed").at("next"), "get_certificate");
    assert_eq!(client.notc("pwd").at("next"), "wait");
}

#[test]
fn a_journal_that_cannot_be_used_stops_certificates_and_nothing_else() {
    let centre = centre();
    // A folder that nobody can make.
    let (folder, dir, config) = journal(&centre.url());
    let mut nowhere = config.clone();
    nowhere["journal"]["dir"] = json!(folder.path().join("a/b"));
    is_unusable(&nowhere, &centre, "journal.dir");
    let file = folder.file("file", "");
    nowhere["journal"]["dir"] = json!(file);
    is_unusable(&nowhere, &centre, "journal.dir");
    // Somebody else's database, a newer version's, and no database at all.
    fs::create_dir(&dir).unwrap();
    let path = dir.join(DATABASE);
    sql(&dir, "CREATE TABLE x (y)");
    is_unusable(&config, &centre, "另一个数据库");
    fs::remove_file(&path).unwrap();
    let client = library().open(&config);
    charges(&certificate(&client, "new", "1"));
    drop(client);
    sql(&dir, "PRAGMA user_version = 2");
    is_unusable(&config, &centre, "更新版本");
    let damaged = "no database ".repeat(1000);
    fs::write(&path, &damaged).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(dir.join(format!("{DATABASE}{end}")));
    }
    is_unusable(&config, &centre, "损坏");
    assert_eq!(fs::read_to_string(&path).unwrap(), damaged, "left as it is");
}

/// Runs an ignored test of this program where a folder, `$1`, is a file system of its own, mounted
/// by this command.
fn mounted(test: &str, mount: &str) {
    let folder = Folder::new("disk");
    let script = format!("{mount} && exec \"$2\" --exact \"$3\" --ignored");
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            &script,
            "sh",
        ])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env("RISK_DISK", folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
    assert!(printed.contains("1 passed"), "{printed}");
}

fn disk() -> (PathBuf, Value) {
    let disk = PathBuf::from(std::env::var("RISK_DISK").unwrap());
    let journal = json!({ "journal": { "dir": disk.join("journal") } });
    (disk, journal)
}

#[test]
fn a_full_disk_stops_certificates_and_nothing_else() {
    mounted("full_disk", "mount -t tmpfs -o size=512k tmpfs \"$1\"");
}

#[test]
#[ignore = "on a disk of its own: see `mounted`"]
fn full_disk() {
    let centre = centre();
    let (disk, journal) = disk();
    let config = config_with(centre.url(), journal);
    let client = library().open(&config);
    charges(&certificate(&client, "room", "1"));
    let filler = disk.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
    drop(file);
    // What is on the disk already is remembered, and what needs room is not begun.
    let mut number = 0;
    let full = loop {
        let reply = certificate(&client, &format!("full-{number}"), "1");
        if reply.returned != 0 {
            break reply;
        }
        number += 1;
        assert!(number < 1000, "it is never full");
    };
    let is_in_words = full.at("message").contains("已满");
    assert!(is_in_words, "{}", full.text());
    assert_eq!(full.returned, EV_JOURNAL);
    assert_eq!(full.at("next"), "other_payment");
    assert_eq!(client.signed("signed").at("next"), "get_certificate");
    fs::remove_file(&filler).unwrap();
    charges(&certificate(&client, "room again", "1"));
    let again = certificate(&client, "room", "1");
    refused(&again, EV_ISSUED_BEFORE, "confirm_charge", "issued");
    // One by one: what was withheld was never counted as handed out.
    let rows = rows(&disk.join("journal"));
    let issued = rows.iter().filter(|row| row[0] == "issued").count();
    assert_eq!(issued, number + 2);
}

#[test]
fn a_disk_without_room_for_files_is_full() {
    let mount = "mount -t tmpfs -o size=512k,nr_inodes=1 tmpfs \"$1\"";
    mounted("no_room_for_files", mount);
}

#[test]
#[ignore = "on a disk of its own: see `mounted`"]
fn no_room_for_files() {
    let centre = centre();
    let (_, journal) = disk();
    is_unusable(&config_with(centre.url(), journal), &centre, "已满");
}

#[test]
fn a_disk_that_cannot_be_written_stops_certificates_and_nothing_else() {
    mounted("read_only_disk", "mount -t tmpfs -o size=1m tmpfs \"$1\"");
}

#[test]
#[ignore = "on a disk of its own: see `mounted`"]
fn read_only_disk() {
    let centre = centre();
    let (disk, journal) = disk();
    let config = config_with(centre.url(), journal);
    // In processes of their own: this one must have no file open there.
    let folder = Folder::new("read-only");
    let ask = || {
        let request = transaction("signed", "written", "1");
        Process::start(&folder, &config, "ev_gen_pay_cert", &request).end()
    };
    let remount = |how: &str| {
        let mut mount = Command::new("mount");
        let mount = mount.args(["-o", &format!("remount,{how}")]).arg(&disk);
        assert!(mount.status().unwrap().success());
    };
    charges(&ask());
    remount("ro");
    let refusal = ask();
    is(&refusal, EV_JOURNAL, "not_sent");
    assert_eq!(refusal.at("next"), "other_payment");
    is_unusable(&config, &centre, "权限");
    remount("rw");
    refused(&ask(), EV_ISSUED_BEFORE, "confirm_charge", "issued");
}

/// A FUSE file system stands for the network drives: they are told by the same look at it.
#[test]
fn a_network_drive_stops_certificates_and_nothing_else() {
    let found = Command::new("fuse-overlayfs").arg("--version").output();
    if found.is_err() && !everything() {
        return show("not run: there is no fuse-overlayfs\n");
    }
    let mount = "mkdir \"$1/lower\" \"$1/upper\" \"$1/work\" \"$1/drive\" && fuse-overlayfs \
        -o \"lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work\" \"$1/drive\"";
    mounted("network_drive", mount);
}

#[test]
#[ignore = "on a disk of its own: see `mounted`"]
fn network_drive() {
    let centre = centre();
    let (disk, mut journal) = disk();
    for folder in ["drive", "drive/journal"] {
        journal["journal"]["dir"] = json!(disk.join(folder));
        is_unusable(
            &config_with(centre.url(), journal.clone()),
            &centre,
            "网络盘",
        );
    }
    journal["journal"]["dir"] = json!(disk.join("beside"));
    let client = library().open(&config_with(centre.url(), journal));
    charges(&certificate(&client, "beside", "1"));
}

/// Another cashier's folder.
#[test]
fn a_folder_without_rights_stops_certificates_and_nothing_else() {
    let folder = Folder::new("rights");
    // A user namespace without a user: what root may do elsewhere it may not do here.
    let output = Command::new("unshare")
        .arg("--user")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "no_rights", "--ignored"])
        .env("RISK_DISK", folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
}

#[test]
#[ignore = "as nobody: see `a_folder_without_rights_stops_certificates_and_nothing_else`"]
fn no_rights() {
    let centre = centre();
    let (disk, journal) = disk();
    let config = config_with(centre.url(), journal);
    let rights = |mode| fs::set_permissions(&disk, fs::Permissions::from_mode(mode)).unwrap();
    rights(0o500);
    is_unusable(&config, &centre, "权限");
    rights(0o700);
    charges(&certificate(&library().open(&config), "rights", "1"));
}

/// SQLite itself does not wait for whoever is about to make a database.
#[test]
fn a_journal_that_another_program_is_making_is_waited_for() {
    let centre = centre();
    let (_folder, dir, mut config) = journal(&centre.url());
    config["timeoutMs"] = 1000.into();
    fs::create_dir_all(&dir).unwrap();
    let making = Holder::new(&dir);
    let client = library().open(&config);
    let reply = certificate(&client, "made", "1");
    is(&reply, EV_JOURNAL, "not_sent");
    assert!(reply.json()["elapsedMs"].as_u64().unwrap() >= 1000);
    drop(making);
    charges(&certificate(&client, "made", "1"));
}

#[test]
fn a_journal_that_another_program_holds_is_waited_for() {
    let centre = centre();
    let (_folder, dir, mut config) = journal(&centre.url());
    let client = library().open(&config);
    charges(&certificate(&client, "first", "1"));
    config["timeoutMs"] = 300.into();
    let short = library().open(&config);
    let held = Holder::new(&dir);
    let reply = certificate(&short, "held", "1");
    is(&reply, EV_JOURNAL, "not_sent");
    assert!(reply.at("message").contains("占用"), "{}", reply.text());
    assert_eq!(client.signed("signed").at("next"), "get_certificate");
    // The charge may have been made, whether that could be noted or not.
    for (outcome, next) in [
        ("unknown", "confirm_charge"),
        ("failed", "retry"),
        ("paid", "already_paid"),
    ] {
        let reply = report(&short, "first", "1", outcome);
        is(&reply, EV_JOURNAL, "not_sent");
        assert_eq!(reply.at("next"), next, "{outcome}");
    }
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| certificate(&client, "held", "1"));
        // Its own process lets nobody past it, either: one connection for all its threads.
        let other = certificate(&short, "held-too", "1");
        is(&other, EV_JOURNAL, "not_sent");
        drop(held);
        charges(&waiting.join().unwrap());
    });
    assert_eq!(times(&centre, "genPayCert"), 2);
}

#[test]
fn a_database_that_was_damaged_while_in_use_is_left_as_it_is() {
    let centre = centre();
    let (folder, dir, config) = journal(&centre.url());
    for number in 0..40 {
        let client = library().open(&config);
        charges(&certificate(&client, &format!("damage-{number}"), "1"));
    }
    let path = dir.join(DATABASE);
    // Everything is in the database itself.
    sql(&dir, "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(&path).unwrap();
    for byte in &mut bytes[4096..] {
        *byte = 0xA5;
    }
    fs::write(&path, &bytes).unwrap();
    let request = transaction("signed", "damage-1", "1");
    let reply = Process::start(&folder, &config, "ev_gen_pay_cert", &request).end();
    is(&reply, EV_JOURNAL, "not_sent");
    assert!(reply.at("message").contains("损坏"), "{}", reply.text());
    assert_eq!(times(&centre, "genPayCert"), 40);
    assert_eq!(fs::read(&path).unwrap()[4096..], bytes[4096..]);
}

const DAY: i64 = 86_400_000;

#[test]
fn what_is_old_goes_and_what_is_open_stays() {
    let centre = centre();
    let (_folder, dir, mut config) = journal(&centre.url());
    config["journal"]["keepDays"] = 7.into();
    let client = library().open(&config);
    let cases = [
        ("paid-10", "paid", 10, false),
        ("paid-6", "paid", 6, true),
        ("failed-10", "failed", 10, false),
        ("open-10", "unknown", 10, true),
        ("open-31", "unknown", 31, false),
    ];
    for (serial, outcome, ..) in cases {
        assert_eq!(report(&client, serial, "1", outcome).returned, 0);
    }
    let there = |serial: &str| {
        let rows = sql(&dir, "SELECT fixmedinsTrnsSn FROM events");
        rows.iter().any(|row| row[0] == serial)
    };
    let age = |serial: &str, days: i64| {
        let time = days * DAY;
        let of_it = format!("WHERE fixmedinsTrnsSn = '{serial}'");
        sql(
            &dir,
            &format!("UPDATE events SET time = time - {time} {of_it}"),
        );
    };
    for (serial, _, days, _) in cases {
        age(serial, days);
    }
    // Two days ago everything was as it is.
    assert_eq!(report(&client, "yesterday", "1", "paid").returned, 0);
    age("yesterday", 2);
    charges(&certificate(&client, "now", "1"));
    for (serial, _, _, stays) in cases {
        assert_eq!(there(serial), stays, "{serial}");
    }
    // A clock that jumped: everything looks old, and nothing goes, not the second time either.
    let move_all = |days: i64| {
        let time = days * DAY;
        sql(&dir, &format!("UPDATE events SET time = time - {time}"));
    };
    move_all(4000);
    charges(&certificate(&client, "jumped-1", "1"));
    charges(&certificate(&client, "jumped-2", "1"));
    for serial in ["paid-6", "open-10", "now"] {
        assert!(there(serial), "{serial}");
    }
    // A clock behind the newest row.
    move_all(-5000);
    age("paid-6", 4900);
    charges(&certificate(&client, "behind", "1"));
    assert!(there("paid-6"));
}
