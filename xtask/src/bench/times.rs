//! How long a call takes, against libcurl's and against what no client can go below.

use super::setup::Setup;
use crate::sh::{self, Result};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// How often each program is measured; the medians are printed. Often and briefly: what else the
/// machine does then meets all alike.
const ROUNDS: usize = 15;

/// How long each measurement takes.
const MILLISECONDS: &str = "350";

#[derive(Clone, Copy)]
struct Setting {
    scheme: &'static str,
    connections: &'static str,
    threads: &'static str,
}

/// One measurement, as benches/driver.h prints it. Times are microseconds.
#[derive(Clone, Copy)]
struct Figures {
    p50: f64,
    p99: f64,
    mean: f64,
    rate: f64,
    inside: f64,
    kernel: f64,
}

/// Measures the programs in turn and prints the tables.
pub(super) fn tables(setup: &Setup) -> Result {
    println!("{ROUNDS} rounds of {MILLISECONDS} ms each, the programs in turn\n");
    let mut times = String::new();
    println!(
        "| | connections | threads | evoucher p50 / p99 µs | calls/s | libcurl p50 / p99 µs | calls/s | floor p50 µs | p50 ratio (lowest–highest round) | p99 ratio | calls/s ratio | floor's p50 ratio |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for scheme in ["http", "https"] {
        for connections in ["kept", "new"] {
            for threads in ["1", "8"] {
                let setting = Setting {
                    scheme,
                    connections,
                    threads,
                };
                compare(setup, setting, &mut times)?;
            }
        }
    }
    println!("\nMean time of a call at 1 thread, µs:\n");
    println!("| | connections | program | whole | in the program | in the kernel | waiting |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    print!("{times}");
    Ok(())
}

/// Measures the programs in turn and prints a row; adds to the table of times.
fn compare(setup: &Setup, setting: Setting, times: &mut String) -> Result {
    let Setting {
        scheme,
        connections,
        threads,
    } = setting;
    let base = setup.base(scheme, "127.0.0.1", connections);
    let measure = |program: &Path| -> Result<Figures> {
        let mut command = Command::new(program);
        command.arg(&base).arg(&setup.ca);
        read(&sh::run(command.args([threads, "for", MILLISECONDS]))?)
    };
    let programs = [
        ("evoucher", &setup.evoucher),
        ("libcurl", &setup.libcurl),
        ("floor", &setup.floor),
    ];
    let mut found = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        // None always comes first.
        for turn in 0..programs.len() {
            let turn = (round + turn) % programs.len();
            found[turn].push(measure(programs[turn].1)?);
        }
    }
    let [ours, theirs, floor] = &found;
    let to_libcurl = |program: &[Figures], of: fn(&Figures) -> f64| {
        let pairs = program.iter().zip(theirs);
        sorted(pairs.map(|(figures, theirs)| of(figures) / of(theirs)))
    };
    let ratios = |of| to_libcurl(ours, of);
    let p50 = ratios(|figures| figures.p50);
    println!(
        "| {scheme} | {connections} | {threads} | {:.1} / {:.1} | {:.0} | {:.1} / {:.1} | {:.0} | {:.1} | {:.2} ({:.2}–{:.2}) | {:.2} | {:.2} | {:.2} |",
        median(ours, |figures| figures.p50),
        median(ours, |figures| figures.p99),
        median(ours, |figures| figures.rate),
        median(theirs, |figures| figures.p50),
        median(theirs, |figures| figures.p99),
        median(theirs, |figures| figures.rate),
        median(floor, |figures| figures.p50),
        p50[ROUNDS / 2],
        p50[0],
        p50[ROUNDS - 1],
        ratios(|figures| figures.p99)[ROUNDS / 2],
        ratios(|figures| figures.rate)[ROUNDS / 2],
        to_libcurl(floor, |figures| figures.p50)[ROUNDS / 2],
    );
    if threads == "1" {
        for ((program, _), figures) in programs.iter().zip(&found) {
            let mean = median(figures, |figures| figures.mean);
            let inside = median(figures, |figures| figures.inside);
            let kernel = median(figures, |figures| figures.kernel);
            let waiting = median(figures, |figures| {
                figures.mean - figures.inside - figures.kernel
            });
            let share = 100.0 * inside / mean;
            // Writing to a string cannot fail.
            let _ = writeln!(
                times,
                "| {scheme} | {connections} | {program} | {mean:.1} | {inside:.1} ({share:.0} %) | {kernel:.1} | {waiting:.1} |",
            );
        }
    }
    Ok(())
}

fn read(line: &str) -> Result<Figures> {
    let numbers: Vec<f64> = line
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [_, p50, p99, mean, rate, inside, kernel] => Ok(Figures {
            p50,
            p99,
            mean,
            rate,
            inside,
            kernel,
        }),
        _ => Err(format!("not a line of figures: {line}")),
    }
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(figures: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    sorted(figures.iter().map(of))[figures.len() / 2]
}
