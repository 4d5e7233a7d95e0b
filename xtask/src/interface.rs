//! The station's interface, searched for answers that its own description does not have.

use crate::place;
use crate::sh::{self, Result};
use crate::windows::Sandbox;
use std::process::Command;

/// Schemathesis and all that it stands on, for Debian 12's Python.
#[rustfmt::skip] // A list is read at a glance.
const WHEELS: &[&str] = &[
    "schemathesis==4.32.5", "anyio==4.16.0", "certifi==2026.10.19.post1", "charset-normalizer==3.5.3",
    "click==8.5.1", "graphql-core==3.3.2", "harfile==0.6.0", "hypothesis==6.170.17",
    "hypothesis-graphql==0.13.5", "idna==3.20", "iniconfig==2.3.1", "jsonschema_rs==0.60.3",
    "markdown-it-py==4.3.0", "MarkupSafe==3.0.4", "mdurl==0.1.2", "packaging==26.4", "pluggy==1.7.0",
    "Pygments==2.21.0", "pyrate-limiter==4.5.1", "pytest==9.2.0", "PyYAML==6.0.4", "requests==2.34.2",
    "rich==15.0.0", "sortedcontainers==2.4.0", "typing_extensions==4.16.0", "urllib3==2.8.0",
    "Werkzeug==3.1.9",
];

/// What is always so, whatever is asked: no 5xx, nothing that is not described, and nothing taken that
/// is described as wrong. That all that looks right is taken is not: a word or a fault has to exist.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,negative_data_rejection";

/// Asks a simulated centre some 1,500 questions, the same each time.
pub(crate) fn search() -> Result {
    let python = place::wheels("schemathesis-4.32.5", WHEELS)?;
    let sandbox = Sandbox::start(&place::target().join("tls"))?;
    let api = format!("{}/sandbox/api", sandbox.address("http")?);
    let mut search = Command::new("/usr/bin/python3");
    search.env("PYTHONPATH", &python);
    search
        .arg(python.join("bin/st"))
        .current_dir(place::target());
    search.args(["run", &format!("{api}/openapi.json"), "--url", &api]);
    // The one has no end, and the other waits for what does not come.
    search.args([
        "--exclude-path",
        "/events",
        "--exclude-path",
        "/exchanges/wait",
    ]);
    search.args(["--phases", "coverage,fuzzing,stateful", "--checks", CHECKS]);
    sh::run(search.args(["--max-examples", "50", "--seed", "1"])).map(|_| ())
}
