//! The acceptance run of a simulated centre: played at the keyboard, or shown as it stands.

mod play;
mod station;
mod table;

use super::{Problem, Tongue};
use crate::out::Out;
use clap::Args;
use play::Tester;
use serde_json::{Map, Value};
use station::Station;
use std::path::PathBuf;

#[derive(Args)]
pub struct Wanted {
    /// The address of the sandbox, or of its page, with the key if it needs one
    #[arg(default_value = "http://127.0.0.1:18080")]
    url: String,
    /// Play nothing: say how the run stands
    #[arg(long, conflicts_with = "cases")]
    report: bool,
    /// Play this case, from the beginning; may stand several times
    #[arg(long = "case", value_name = "CASE")]
    cases: Vec<String>,
    /// Who is tested: institution, program, version, tester, amount or total; may stand several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = about)]
    about: Vec<(String, String)>,
    /// Cases that are open or running are no reason to end with 3
    #[arg(long)]
    partial: bool,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as HTML, to be printed and signed
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// zh or en
    #[arg(long, default_value = "zh")]
    language: Tongue,
}

/// What a run knows of who is tested.
const ABOUT: [&str; 6] = [
    "institution",
    "program",
    "version",
    "tester",
    "amount",
    "total",
];

fn about(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if ABOUT.contains(&key) => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("KEY is one of {}", ABOUT.join(", "))),
    }
}

impl Tongue {
    /// Of two texts, the one in this language.
    fn of(self, [zh, en]: [&str; 2]) -> &str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The station's texts have both.
    fn text(self, value: &Value) -> &str {
        value[self.of(["zh", "en"])].as_str().unwrap_or_default()
    }
}

/// What is in a list.
fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// What the program ends with. That a case failed is 1, so nothing else is.
pub fn run(wanted: &Wanted, out: &Out) -> Result<u8, Problem> {
    work(wanted, out).map_err(|problem| Problem { exit: 2, ..problem })
}

fn work(wanted: &Wanted, out: &Out) -> Result<u8, Problem> {
    let station = Station::at(&wanted.url, wanted.language)?;
    let files = [
        ("junit", &wanted.junit),
        ("html", &wanted.html),
        ("json", &wanted.json),
    ];
    let files = files.map(|(format, path)| Some((format, path.as_deref()?)));
    // Said before anybody has worked for an hour.
    for (_, path) in files.into_iter().flatten() {
        station::check_writable(path)?;
    }
    let whole = station.run()?;
    let cases = numbers(wanted, &whole)?;
    if !wanted.about.is_empty() {
        let about = wanted.about.iter();
        let about: Map<_, _> = about
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect();
        station.change(&about.into())?;
    }
    if !wanted.report {
        Tester::new(&station, out).play(&cases, !wanted.cases.is_empty())?;
        out.line("")?;
    }
    let whole = station.run()?;
    table::show(&whole, wanted.language, out)?;
    for (format, path) in files.into_iter().flatten() {
        station.save(format, path)?;
    }
    Ok(exit(&whole, wanted.partial))
}

/// Which cases are to be played: those that are named, or all of them. What every request is judged by
/// comes last, when there were some.
fn numbers(wanted: &Wanted, whole: &Value) -> Result<Vec<String>, Problem> {
    let id = |case: &Value| case["id"].as_str().unwrap_or_default().to_owned();
    let of = |is_of_run: bool| {
        let cases = each(&whole["cases"]);
        cases.filter(move |case| case["ofRun"] == is_of_run).map(id)
    };
    let known: Vec<_> = of(false).chain(of(true)).collect();
    if wanted.cases.is_empty() {
        return Ok(known);
    }
    let named = wanted.cases.iter().map(|name| name.to_uppercase());
    let named: Vec<_> = named.collect();
    match named.iter().find(|name| !known.contains(name)) {
        None => Ok(named),
        Some(unknown) => {
            let why = ["没有这一项，可用的有", "no such case; there are"];
            let why = wanted.language.of(why);
            let known = known.join(" ");
            Err(Problem::new(format!("{unknown}: {why} {known}")))
        }
    }
}

fn exit(whole: &Value, partial: bool) -> u8 {
    let count = |wanted: &str| {
        let mut counts = each(&whole["counts"]);
        let count = counts.find(|count| count["state"] == wanted);
        count.and_then(|count| count["cases"].as_u64()).unwrap_or(0)
    };
    match (count("failed"), count("open") + count("running")) {
        (0, 0) => 0,
        (0, _) if partial => 0,
        (0, _) => 3,
        _ => 1,
    }
}
