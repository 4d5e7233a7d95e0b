//! The C and C++ of the guides, compiled and run against the simulated centre: `settle` is called
//! for a patient who has verified, and never else.

use crate::hosts;
use crate::sh::{self, Result};
use crate::windows::Sandbox;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What the configuration beside the program makes of it.
#[derive(Clone, Copy)]
enum Centre {
    /// Asked often, and for long.
    Quick,
    /// Asked for the first time a minute after the notice: whoever cancels comes before that.
    Slow,
    /// Time is out before a patient who does nothing.
    Impatient,
    Dead,
    /// Nothing that a client could be opened with.
    Broken,
}

impl Centre {
    fn config(self, sandbox: &Sandbox) -> Result<String> {
        let (address, interval, timeout) = match self {
            Self::Quick => ("http", 50, 60_000),
            Self::Slow => ("http", 60_000, 120_000),
            Self::Impatient => ("http", 50, 300),
            Self::Dead => ("http-refusing", 50, 300),
            Self::Broken => return Ok(json!({ "orgId": "testOrgId" }).to_string()),
        };
        Ok(json!({
            "localUrl": sandbox.address(address)?,
            "orgId": "testOrgId",
            "reqtType": "sys&350000",
            "sm4Key": "0123456789ABCDEFFEDCBA9876543210",
            "defaults": { "orgCodg": "H35010000001", "orgName": "测试医院" },
            "verify": { "intervalMs": interval, "timeoutMs": timeout },
        })
        .to_string())
    }
}

/// Page, what the cashier does, the centre, the token, and how often `settle` may be called.
type Case = (&'static str, &'static str, Centre, &'static str, usize);

const CASES: &[Case] = &[
    (FORM, "wait", Centre::Quick, "auto1-form", 1),
    (FORM, "wait", Centre::Quick, "", 0),
    (FORM, "wait", Centre::Dead, "auto1-dead", 0),
    (FORM, "wait", Centre::Broken, "auto1-broken", 0),
    (FORM, "wait", Centre::Impatient, "pwd-form", 0),
    (FORM, "cancel-early", Centre::Quick, EARLY, 0),
    (FORM, "cancel-later", Centre::Slow, "auto1-later", 0),
    ("readme", "wait", Centre::Quick, "auto1-readme", 1),
    ("readme", "wait", Centre::Quick, "", 0),
    ("readme", "wait", Centre::Dead, "auto1-dead", 0),
    ("readme", "wait", Centre::Broken, "auto1-broken", 0),
    ("readme", "wait", Centre::Quick, "pwd-readme", 0),
    ("trans", "wait", Centre::Quick, "auto1-trans", 1),
    ("trans", "wait", Centre::Quick, "", 0),
    ("trans", "wait", Centre::Dead, "auto1-dead", 0),
    ("trans", "wait", Centre::Broken, "auto1-broken", 0),
    ("trans", "wait", Centre::Quick, "pwd-trans", 0),
    ("readme.zh-CN", "wait", Centre::Quick, "auto1-chinese", 1),
    ("readme.zh-CN", "wait", Centre::Quick, "", 0),
    ("readme.zh-CN", "wait", Centre::Dead, "auto1-dead", 0),
    ("readme.zh-CN", "wait", Centre::Broken, "auto1-broken", 0),
    ("readme.zh-CN", "wait", Centre::Quick, "pwd-chinese", 0),
];

/// The page that C++ has, too.
const FORM: &str = "form";

/// Cancelled before the worker ran: nothing was sent for it.
const EARLY: &str = "auto1-early";

/// The snippets open their configuration under these names, in the current directory; on Windows
/// the second one is elsewhere.
const CONFIGS: [&str; 2] = ["evoucher.json", r"C:\HIS\evoucher.json"];

/// Compiles the snippets in their program, and is the cashier in each case.
pub(crate) fn run() -> Result {
    let dir = sh::target().join("recipes");
    sh::make_dir(&dir)?;
    let sandbox = Sandbox::start(&dir.join("tls"))?;
    let c = compile(&dir, "cc", "c", "-std=gnu99")?;
    cases(&dir, &c, &sandbox, CASES.iter())?;
    let cpp = compile(&dir, "c++", "cpp", "-std=c++11")?;
    let forms = CASES.iter().filter(|(page, ..)| *page == FORM);
    cases(&dir, &cpp, &sandbox, forms)
}

fn cases<'a>(
    dir: &Path,
    program: &Path,
    sandbox: &Sandbox,
    cases: impl Iterator<Item = &'a Case>,
) -> Result {
    for (page, cashier, centre, token, settles) in cases {
        for name in CONFIGS {
            sh::write(&dir.join(name), &centre.config(sandbox)?)?;
        }
        let mut command = sh::command("timeout", &["100"]);
        command.arg(program).args([page, cashier, token]);
        // cargo points it at the debug build, and it would come before the program's own path.
        command.env_remove("LD_LIBRARY_PATH").current_dir(dir);
        // The default client's; it is beside the library else.
        command.env("EVOUCHER_CONFIG", dir.join(CONFIGS[0]));
        let said = sh::run(&mut command)?;
        let settled = said.lines().filter(|line| *line == "settle").count();
        let shown = said
            .lines()
            .filter(|line| line.starts_with("show ") && line.len() > "show ".len())
            .count();
        // Whoever is not settled is told why.
        if settled != *settles || shown != 1 - settles {
            return Err(format!(
                "{}: {page}, {cashier}, a token '{token}':\n{said}",
                program.display()
            ));
        }
    }
    match sandbox.processed(EARLY)? {
        0 => {}
        sent => return Err(format!("{sent} requests were sent after a cancel")),
    }
    Ok(())
}

fn compile(dir: &Path, compiler: &str, fence: &str, standard: &str) -> Result<PathBuf> {
    let name = format!("recipes.{fence}");
    let source = dir.join(&name);
    let program = dir.join(format!("recipes-{fence}"));
    sh::write(&source, &hosts::program(&name, fence)?)?;
    let release = sh::target().join("release");
    let mut command = sh::command(compiler, &[standard, "-Wall", "-Wextra", "-Werror", "-O2"]);
    command.args(["-I", "include", "-pthread", "-o"]);
    command.arg(&program).arg(&source);
    command.arg("-L").arg(&release).arg("-levoucher");
    sh::show(command.arg(format!("-Wl,-rpath,{}", release.display())))?;
    Ok(program)
}
