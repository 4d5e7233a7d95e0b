//! evoucher-sandbox.exe under Wine: its page and its interface, and an acceptance run that is there
//! again after a restart.

use super::build;
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, copy, fresh_dir};

/// What is asked for, and what the answer has in it.
const ANSWERS: [(&str, &str, &str); 6] = [
    ("GET", "/sandbox/live", "/sandbox/page/main.js"),
    ("GET", "/sandbox/page/main.js", "import "),
    ("GET", "/sandbox/page/acceptance.js", "import "),
    ("GET", "/sandbox/api/openapi.json", "\"3.1.0\""),
    ("GET", "/sandbox/api/patients", "\"patients\":[]"),
    ("POST", CASE_START, "\"state\":\"running\""),
];

const CASE: &str = "/sandbox/api/acceptance/cases/P01";
const CASE_START: &str = "/sandbox/api/acceptance/cases/P01/start";

pub(super) fn run(wine: &Wine) -> Result {
    let dir = place::target().join("test/station");
    fresh_dir(&dir)?;
    let exe = dir.join("evoucher-sandbox.exe");
    let built = build::exes()?;
    let centre = built.first().ok_or("the simulated centre is not built")?;
    copy(centre, &exe)?;
    let start = || {
        let mut program = wine.command(&exe, &dir);
        Sandbox::of(program.args(["--acceptance", "run.json"]))
    };
    let sandbox = start()?;
    for (method, path, part) in ANSWERS {
        expect(&sandbox, method, path, part)?;
    }
    drop(sandbox);
    // The file was replaced as a whole while the program ran: Windows renames over what is there.
    expect(&start()?, "GET", CASE, "\"state\":\"running\"")
}

fn expect(sandbox: &Sandbox, method: &str, path: &str, part: &str) -> Result {
    let answer = sandbox.ask(method, path)?;
    match answer.starts_with("HTTP/1.1 200 ") && answer.contains(part) {
        true => Ok(()),
        false => Err(format!("{method} {path}: no {part} in {answer:.600}")),
    }
}
