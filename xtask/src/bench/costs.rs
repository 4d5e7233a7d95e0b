//! What a call costs, whatever the machine does beside it: instructions and system calls.

use super::setup::Setup;
use crate::place;
use crate::sh::{self, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a status query costs, as it was when it was looked at last.
const COMMITTED: &str = "benches/costs.tsv";

/// By how much it may grow unseen.
const GROWTH: f64 = 1.03;

/// How many calls are counted, less those that are counted along with the start and the end.
const CALLS: u32 = 1000;
const START: u32 = 100;

/// What one call costs.
struct Cost {
    scheme: &'static str,
    connections: &'static str,
    instructions: f64,
    system_calls: f64,
}

/// Counts and prints the tables.
pub(super) fn tables(setup: &Setup) -> Result {
    println!("System calls of one call, and threads started:\n");
    println!("| | connections | program | threads | system calls | which |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (scheme, host) in [
        ("http", "127.0.0.1"),
        ("http", "localhost"),
        ("https", "127.0.0.1"),
    ] {
        for connections in ["kept", "new"] {
            let base = setup.base(scheme, host, connections);
            for (name, program) in [("evoucher", &setup.evoucher), ("libcurl", &setup.libcurl)] {
                let calls = system_calls(setup, program, &base)?;
                let threads = calls.iter().filter(|(call, _)| call.starts_with("clone"));
                let threads: f64 = threads.map(|(_, each)| each).sum();
                let total: f64 = calls.iter().map(|(_, each)| each).sum();
                let which: Vec<_> = calls
                    .iter()
                    .filter(|(_, each)| *each >= 0.05)
                    .map(|(call, each)| format!("{call} {each:.1}"))
                    .collect();
                println!(
                    "| {scheme}, {host} | {connections} | {name} | {threads:.3} | {total:.1} | {} |",
                    which.join(", ")
                );
            }
        }
    }
    println!("\nInstructions of one call:\n");
    println!("| | connections | evoucher | libcurl | ratio |\n| --- | --- | --- | --- | --- |");
    for scheme in ["http", "https"] {
        for connections in ["kept", "new"] {
            let base = setup.base(scheme, "127.0.0.1", connections);
            let ours = instructions(setup, &setup.evoucher, &base)?;
            let theirs = instructions(setup, &setup.libcurl, &base)?;
            let ratio = ours / theirs;
            println!("| {scheme} | {connections} | {ours:.0} | {theirs:.0} | {ratio:.2} |");
        }
    }
    println!();
    commits(setup)
}

/// Fails when a call costs more than is committed, and says what would be.
pub(super) fn check(setup: &Setup) -> Result {
    let mut found = "scheme\tconnections\tinstructions\tsystem calls\n".to_owned();
    let mut grown = Vec::new();
    let committed = sh::read(&place::repository().join(COMMITTED))?;
    // TLS has chance in it: its own costs differ from run to run.
    for connections in ["kept", "new"] {
        let base = setup.base("http", "127.0.0.1", connections);
        let calls = system_calls(setup, &setup.evoucher, &base)?;
        let cost = Cost {
            scheme: "http",
            connections,
            instructions: instructions(setup, &setup.evoucher, &base)?,
            system_calls: calls.iter().map(|(_, each)| each).sum(),
        };
        found += &cost.row();
        grown.extend(cost.grown(&committed)?);
    }
    print!("{found}");
    match grown.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "a call costs more than {COMMITTED} has:\n{}\nIf that is meant, write the lines above there.",
            grown.join("\n")
        )),
    }
}

impl Cost {
    fn row(&self) -> String {
        let Self {
            scheme,
            connections,
            instructions,
            system_calls,
        } = self;
        format!("{scheme}\t{connections}\t{instructions:.0}\t{system_calls:.1}\n")
    }

    /// What has grown beyond what is committed.
    fn grown(&self, committed: &str) -> Result<Vec<String>> {
        let row = committed
            .lines()
            .map(|line| line.split('\t').collect::<Vec<_>>())
            .find(|row| row[..] == [self.scheme, self.connections, row[2], row[3]]);
        let number = |at: usize| -> Option<f64> { row.as_ref()?[at].parse().ok() };
        let (Some(instructions), Some(system_calls)) = (number(2), number(3)) else {
            let (scheme, connections) = (self.scheme, self.connections);
            return Err(format!("{COMMITTED} has no {scheme} {connections}"));
        };
        let pairs = [
            ("instructions", self.instructions, instructions * GROWTH),
            // Whole ones: half a call more is none.
            ("system calls", self.system_calls, system_calls + 0.5),
        ];
        let grown = pairs.iter().filter(|(_, found, most)| found > most);
        let connections = self.connections;
        Ok(grown
            .map(|(what, found, most)| {
                format!("{connections}: {found:.1} {what}, at most {most:.1}")
            })
            .collect())
    }
}

/// The instructions that the processor does in the program for one call, the program's own few
/// included.
fn instructions(setup: &Setup, program: &Path, base: &str) -> Result<f64> {
    let count = |calls: u32| -> Result<f64> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        valgrind.arg(program).arg(base).arg(&setup.ca);
        valgrind.args(["1", "calls", &calls.to_string()]);
        let output = sh::output(&mut valgrind)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let collected = said
            .lines()
            .find_map(|line| line.split("Collected : ").nth(1));
        let collected = collected.and_then(|number| number.trim().parse().ok());
        collected.ok_or_else(|| format!("valgrind: {said}"))
    };
    Ok((count(START + CALLS)? - count(START)?) / f64::from(CALLS))
}

/// The system calls of one call, by name.
fn system_calls(setup: &Setup, program: &Path, base: &str) -> Result<Vec<(String, f64)>> {
    let few = trace(setup, program, base, START, &[])?;
    let many = trace(setup, program, base, START + CALLS, &[])?;
    let each = |(call, count): (String, f64)| {
        // What the start and the end cost is in both.
        let before = few.iter().find(|(other, _)| *other == call);
        let before = before.map_or(0.0, |(_, count)| *count);
        let each = (count - before) / f64::from(CALLS);
        (call, each)
    };
    Ok(many.into_iter().map(each).collect())
}

/// Counts how often a certificate waits for the disk, with a journal and without one.
fn commits(setup: &Setup) -> Result {
    println!("| a certificate | waits for the disk | system calls |\n| --- | --- | --- |");
    let base = setup.base("http", "127.0.0.1", "new");
    let journal = sh::target().join("bench/journal");
    sh::fresh_dir(&journal)?;
    for (name, folder) in [("without a journal", ""), ("with a journal", "journal")] {
        let folder = match folder {
            "" => PathBuf::new(),
            _ => journal.clone(),
        };
        let count = |calls| {
            let environment = [("EVOUCHER_BENCH_JOURNAL", folder.as_path())];
            trace(setup, &setup.evoucher, &base, calls, &environment)
        };
        let (few, many) = (count(20)?, count(120)?);
        let sum = |counts: &[(String, f64)], such: fn(&str) -> bool| -> f64 {
            let counts = counts.iter().filter(|(call, _)| such(call));
            counts.map(|(_, count)| count).sum()
        };
        let each = |such: fn(&str) -> bool| (sum(&many, such) - sum(&few, such)) / 100.0;
        let waits = each(|call| matches!(call, "fsync" | "fdatasync"));
        println!("| {name} | {waits:.1} | {:.1} |", each(|_| true));
    }
    Ok(())
}

/// How often each system call was made, with more in the environment.
fn trace(
    setup: &Setup,
    program: &Path,
    base: &str,
    calls: u32,
    environment: &[(&str, &Path)],
) -> Result<Vec<(String, f64)>> {
    let summary = sh::target().join("bench/strace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-o"]).arg(&summary).arg(program);
    strace.arg(base).arg(&setup.ca);
    strace.envs(environment.iter().copied());
    sh::run(strace.args(["1", "calls", &calls.to_string()]))?;
    // % time, seconds, usecs/call, calls, errors if any, syscall
    let counts = sh::read(&summary)?.lines().filter_map(count_of).collect();
    Ok(counts)
}

fn count_of(line: &str) -> Option<(String, f64)> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let name = *columns.last()?;
    let count = columns.get(3)?.parse().ok()?;
    (name != "total").then(|| (name.to_owned(), count))
}
