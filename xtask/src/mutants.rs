//! One change at a time to the rooms where a fault costs money, each of which some test should notice.
//!
//! cargo-mutants makes the list. It would build every test anew for each change, some forty seconds;
//! here the library alone is built, and tests that stand already load it. Those that are compiled with
//! the library's own functions are built for what is left.

use crate::install;
use crate::place;
use crate::sh::{self, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

const LIBRARY: &str = "evoucher";

/// They load the library: the quick ones first.
const LOADING: [&str; 10] = [
    "replies",
    "reading",
    "arguments",
    "flows",
    "gateways",
    "hints",
    "risk",
    "journal",
    "fuzz",
    "logs",
];

/// They have some of the library in them.
const LINKED: [&str; 6] = [
    "--lib",
    "--test=addresses",
    "--test=check",
    "--test=codes",
    "--test=hints",
    "--test=model",
];

/// What lists the journal.
const LISTING: [&str; 3] = ["test", "--package=evoucher-tool", "--test=program"];

/// The judge of the acceptance run, with its own tests and those that play it.
const SANDBOX: &str = "evoucher-sandbox";
const PLAYED: [&str; 2] = ["--test=acceptance", "--test=acceptance_run"];

/// A test that hangs, or takes all memory, has noticed; that it hangs is said, since on a busy machine
/// it may only be slow.
const SECONDS: &str = "120";
const OUT_OF_TIME: i32 = 124;
const BYTES: &str = "--as=8000000000";

/// What no test notices, and why that is right: one line each.
const SURVIVORS: &str = ".cargo/survivors.tsv";

/// A change as cargo-mutants has it.
struct Mutant {
    package: String,
    file: String,
    diff: String,
    /// What is changed, and where in which line: other lines do not matter, but for those that are the
    /// same, of which it is the second or a later one.
    name: String,
}

/// All of them, or those in some files. What an earlier run found, also one that was interrupted, is
/// not looked for again until the folder is removed.
pub(crate) fn run(files: &[&str]) -> Result {
    install::install(&[install::NATIVE, install::MUTANTS])?;
    let folder = sh::target().join("mutants");
    sh::make_dir(&folder)?;
    let path = folder.join("outcomes.tsv");
    let mut outcomes = table(&path)?;
    let mutants = list(files)?;
    let left = mutants.iter().filter(|it| !outcomes.contains_key(&it.name));
    let left: VecDeque<_> = left.collect();
    println!("{} changes, {} to be tried", mutants.len(), left.len());
    let packages = left.iter().map(|it| &*it.package);
    let packages: BTreeSet<_> = packages.collect();
    let file = fs::OpenOptions::new().create(true).append(true).open(&path);
    let file = Mutex::new(file.map_err(|error| format!("{}: {error}", path.display()))?);
    let left = Mutex::new(left);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let (folder, packages, left, file) = (&folder, &packages, &left, &file);
        let work = |number: usize| {
            let worker = Worker::new(&folder.join(number.to_string()), packages)?;
            let next = || lock(left).pop_front();
            while let Some(mutant) = next() {
                let outcome = worker.tries(mutant)?;
                println!("{outcome:16} {}", mutant.name);
                let line = format!("{}\t{outcome}\n", mutant.name);
                let written = lock(file).write_all(line.as_bytes());
                written.map_err(|error| format!("outcomes.tsv: {error}"))?;
            }
            Ok(())
        };
        let started: Vec<_> = (0..workers)
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        let ended = started.into_iter().map(|worker| {
            let ended = worker.join();
            ended.unwrap_or_else(|_| Err("a worker panicked".to_owned()))
        });
        ended.collect::<Result<Vec<()>>>()
    })?;
    outcomes = table(&path)?;
    verdict(&mutants, &outcomes)
}

/// How many were noticed, and what was not, but for those that are known.
fn verdict(mutants: &[Mutant], outcomes: &BTreeMap<String, String>) -> Result {
    let known = table(&place::repository().join(SURVIVORS))?;
    let of = |mutant: &Mutant| outcomes.get(&mutant.name).map(String::as_str);
    let count = |outcome| mutants.iter().filter(|it| of(it) == Some(outcome)).count();
    let compiled = mutants.len() - count(UNVIABLE);
    println!(
        "{} changes, of which {compiled} compile; {} of those are noticed",
        mutants.len(),
        compiled - count(MISSED)
    );
    let unknown = mutants
        .iter()
        .filter(|it| of(it) == Some(MISSED) && !known.contains_key(&it.name));
    let unknown: Vec<&str> = unknown.map(|it| it.name.as_str()).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "not noticed, and not in {SURVIVORS}:\n{}",
            unknown.join("\n")
        )),
    }
}

const MISSED: &str = "MISSED";
const UNVIABLE: &str = "does not compile";

/// Lines of two columns; none if there is no file.
fn table(path: &Path) -> Result<BTreeMap<String, String>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = sh::read(path)?;
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(rows
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

fn list(files: &[&str]) -> Result<Vec<Mutant>> {
    let mut cargo = sh::cargo(&["mutants", "--workspace", "--list", "--json", "--diff"]);
    if !files.is_empty() {
        // They would come on top of those in the configuration.
        cargo.arg("--no-config");
    }
    cargo.args(files.iter().flat_map(|file| ["--file", file]));
    let listed =
        sh::run(&mut cargo).map_err(|error| format!("{error}\n(cargo install cargo-mutants)"))?;
    let listed: Vec<Value> =
        serde_json::from_str(&listed).map_err(|error| format!("cargo mutants: {error}"))?;
    let mut mutants: Vec<Mutant> = listed.iter().map(Mutant::new).collect::<Result<_>>()?;
    // Rows of a table can have lines that are the same.
    let mut alike = BTreeMap::new();
    for mutant in &mut mutants {
        let before: &mut u32 = alike.entry(mutant.name.clone()).or_default();
        *before += 1;
        if *before > 1 {
            mutant.name.push_str(&format!(" ({before})"));
        }
    }
    Ok(mutants)
}

impl Mutant {
    fn new(listed: &Value) -> Result<Self> {
        let text = |name: &str| {
            let text = listed[name].as_str().map(str::to_owned);
            text.ok_or_else(|| format!("cargo mutants: a change without {name}"))
        };
        let file = text("file")?;
        let source = sh::read(&place::repository().join(&file))?;
        let start = |name: &str| {
            let number = listed["span"]["start"][name].as_u64().unwrap_or_default();
            usize::try_from(number).unwrap_or_default()
        };
        let line = source.lines().nth(start("line").saturating_sub(1));
        let line = line.unwrap_or_default();
        let column = (start("column") + line.trim_start().len()).saturating_sub(line.len());
        let name = text("name")?;
        // Behind the file, the line and the column.
        let what = name.splitn(4, ':').last().unwrap_or_default();
        Ok(Self {
            name: format!("{file}:{what} | {column}: {}", line.trim()),
            package: text("package")?,
            diff: text("diff")?,
            file,
        })
    }
}

/// By what it is called in the outcomes.
type Test = (&'static str, Command);

/// A copy of the sources, and what is built of them.
struct Worker {
    sources: PathBuf,
    target: PathBuf,
    /// The programs of [`LOADING`], if the library is changed.
    tests: Vec<PathBuf>,
}

impl Worker {
    /// Nothing is noticed where nothing was changed in what is going to be.
    fn new(folder: &Path, packages: &BTreeSet<&str>) -> Result<Self> {
        let mut worker = Self {
            sources: folder.join("sources"),
            target: folder.join("target"),
            tests: Vec::new(),
        };
        sh::fresh_dir(&worker.sources)?;
        let files = sh::run(&mut sh::command("git", &["ls-files"]))?;
        for file in files.lines() {
            let to = worker.sources.join(file);
            to.parent().map_or(Ok(()), sh::make_dir)?;
            sh::copy(&place::repository().join(file), &to)?;
        }
        if packages.contains(LIBRARY) {
            worker.tests = worker.build()?;
        }
        for package in packages {
            let noticed = worker.noticed_by(package, "")?;
            if noticed != MISSED {
                return Err(format!("without a change of {package}: {noticed}"));
            }
        }
        Ok(worker)
    }

    /// Builds all that the tests need, and gives those of [`LOADING`]: copies, since some are built
    /// again for [`LINKED`], with a change in them.
    fn build(&self) -> Result<Vec<PathBuf>> {
        sh::run(&mut self.cargo(&["build", "--workspace"]))?;
        let mut cargo = self.cargo(&["test", "--no-run", "--message-format=json"]);
        let said = sh::run(cargo.args(LOADING.map(|name| format!("--test={name}"))))?;
        let messages = said.lines().filter_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        });
        let built: BTreeMap<_, _> = messages.collect();
        let copies = self.target.join("loading");
        sh::make_dir(&copies)?;
        let program = |name: &&str| {
            let copy = copies.join(name);
            let built = built.get(*name).ok_or_else(|| format!("no {name}"))?;
            sh::copy(built, &copy).map(|()| copy)
        };
        LOADING.iter().map(program).collect()
    }

    fn tries(&self, mutant: &Mutant) -> Result<String> {
        let file = self.sources.join(&mutant.file);
        let mut patch = Command::new("patch");
        patch.args(["--quiet", "--force"]).arg(&file);
        patch.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = patch.spawn().map_err(|error| format!("patch: {error}"))?;
        // Closed behind it.
        let written = child
            .stdin
            .take()
            .map(|mut input| input.write_all(mutant.diff.as_bytes()));
        let status = child.wait().map_err(|error| format!("patch: {error}"))?;
        if !matches!(written, Some(Ok(()))) || !status.success() {
            return Err(format!("patch: {status} for {}", mutant.name));
        }
        let noticed = self.noticed_by(&mutant.package, &mutant.file);
        sh::copy(&place::repository().join(&mutant.file), &file)?;
        noticed
    }

    /// The first test that notices: the one that is named like the changed room before the others.
    fn noticed_by(&self, package: &str, file: &str) -> Result<String> {
        let (mut build, mut tests) = match package {
            SANDBOX => self.of_sandbox(),
            _ => self.of_library(),
        };
        tests.sort_by_key(|(name, _)| !file.contains(name));
        if !sh::output(&mut build)?.status.success() {
            return Ok(UNVIABLE.to_owned());
        }
        for (name, test) in &tests {
            let status = sh::output(&mut limited(test))?.status;
            if !status.success() {
                let slow = match status.code() {
                    Some(OUT_OF_TIME) => ", out of time",
                    _ => "",
                };
                return Ok(format!("{name}{slow}"));
            }
        }
        Ok(MISSED.to_owned())
    }

    /// How it is built, and what is run then.
    fn of_library(&self) -> (Command, Vec<Test>) {
        let loading = LOADING.iter().zip(&self.tests).map(|(&name, program)| {
            let mut test = Command::new(program);
            test.current_dir(&self.sources);
            test.env("EVOUCHER_LIBRARY_DIR", self.target.join("debug"));
            (name, test)
        });
        let linked = ("linked", self.cargo(&[&["test"], &LINKED[..]].concat()));
        let listing = ("listing", self.cargo(&LISTING));
        let tests = loading.chain([linked, listing]).collect();
        (self.cargo(&["build", "--lib"]), tests)
    }

    fn of_sandbox(&self) -> (Command, Vec<Test>) {
        let test = |more: &[&str]| self.cargo(&[&["test", "--package", SANDBOX], more].concat());
        let tests = vec![("its own", test(&["--lib"])), ("played", test(&PLAYED))];
        (test(&["--lib", "--no-run"]), tests)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = sh::cargo(arguments);
        cargo
            .current_dir(&self.sources)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        cargo
    }
}

/// The same command, ended when it takes too much.
fn limited(command: &Command) -> Command {
    let mut limited = Command::new("prlimit");
    limited
        .args([BYTES, "timeout", SECONDS])
        .arg(command.get_program())
        .args(command.get_args());
    let variables = command.get_envs();
    limited.envs(variables.filter_map(|(name, value)| Some((name, value?))));
    command
        .get_current_dir()
        .map(|dir| limited.current_dir(dir));
    limited
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
