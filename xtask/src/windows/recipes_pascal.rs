//! The Pascal of the guides, run: each block is compiled as it stands on its page, with a host
//! program of `tests/recipes` that is the rest of it, and the host is the cashier. Nothing may
//! settle but a patient who has verified.

use super::build;
use super::matrix;
use super::pascal::{Flavour, Pascal};
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::hosts;
use crate::place;
use crate::sh::{Result, copy, fresh_dir, run, write};

/// The blocks, and the files that the host programs have them in.
const BLOCKS: [(&str, &str); 7] = [
    ("docs/integration.md 1", "HisCentre.pas"),
    ("docs/integration.md 2", "VerifyThread.pas"),
    ("docs/integration.md 3", "form.inc"),
    ("docs/nationectrans.zh-CN.md 1", "trans.inc"),
    ("examples/delphi/README.md 1", "open.inc"),
    ("examples/delphi/README.md 2", "verify.inc"),
    ("examples/delphi/README.md 3", "pay.inc"),
];

/// The host programs, and the situations that each is run in.
const HOSTS: [(&str, &[Situation]); 2] = [
    (
        "Cashier",
        &[
            Situation::Live,
            Situation::Slow,
            Situation::Brief,
            Situation::Dead,
            Situation::Broken,
        ],
    ),
    (
        "FirstCalls",
        &[Situation::Live, Situation::Brief, Situation::Dead],
    ),
];

/// What the centre saw of each token in the end: whoever cancelled before the thread ran sent
/// nothing.
const PROCESSED: [(&str, usize); 8] = [
    ("auto1", 2),
    ("nopwd", 1),
    ("auto1-early", 0),
    ("auto1-next", 2),
    ("auto1-raise", 0),
    ("auto1-read", 2),
    ("signed-read", 2),
    ("auto1-trans", 2),
];

/// What `evoucher.json` beside the program makes of it.
#[derive(Clone, Copy)]
enum Situation {
    Live,
    /// After the notice nothing happens for longer than a program may take here.
    Slow,
    /// Time is out before a patient who does nothing.
    Brief,
    Dead,
    /// No configuration at all.
    Broken,
}

impl Situation {
    fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Slow => "slow",
            Self::Brief => "brief",
            Self::Dead => "dead",
            Self::Broken => "broken",
        }
    }

    fn config(self, charset: &str, sandbox: &Sandbox) -> Result<String> {
        let (address, verify) = match self {
            Self::Live => ("http", r#"{"intervalMs":200}"#),
            Self::Slow => ("http", r#"{"intervalMs":600000,"timeoutMs":600000}"#),
            Self::Brief => ("http", r#"{"intervalMs":200,"timeoutMs":1000}"#),
            Self::Dead => ("http-refusing", r#"{"intervalMs":200}"#),
            Self::Broken => return Ok(r#"{"orgId":"testOrgId"}"#.to_owned()),
        };
        let config = matrix::config(sandbox.address(address)?, charset, sandbox)?;
        Ok(config.replacen('{', &format!(r#"{{"verify":{verify},"#), 1))
    }
}

/// Both dialects, in every Wine.
pub(crate) fn run_all(sandbox: &Sandbox, wines: &[Wine]) -> Result {
    let blocks = blocks()?;
    let pascal = Pascal::new()?;
    std::thread::scope(|scope| {
        let columns: Vec<_> = wines
            .iter()
            .map(|wine| {
                let (blocks, pascal) = (&blocks, &pascal);
                scope.spawn(move || {
                    dialect(Flavour::Delphi7, wine, sandbox, pascal, blocks)?;
                    dialect(Flavour::DelphiUnicode, wine, sandbox, pascal, blocks)
                })
            })
            .collect();
        columns.into_iter().try_for_each(|column| {
            column
                .join()
                .map_err(|_| "the guides' Pascal: a Wine panicked")?
        })
    })
}

/// Every block, with its file's name. One that no host program has would not be run.
fn blocks() -> Result<Vec<(&'static str, String)>> {
    let mut found = hosts::snippets("pascal")?;
    let mut blocks = Vec::new();
    for (block, file) in BLOCKS {
        let text = found
            .remove(block)
            .ok_or_else(|| format!("there is no {block} of Pascal"))?;
        blocks.push((file, text));
    }
    match found.keys().next() {
        None => Ok(blocks),
        Some(left_out) => Err(format!("{left_out} is in none of the Pascal host programs")),
    }
}

/// The pages' Pascal in one dialect under one Wine.
fn dialect(
    flavour: Flavour,
    wine: &Wine,
    sandbox: &Sandbox,
    pascal: &Pascal,
    blocks: &[(&str, String)],
) -> Result {
    let repository = place::repository();
    let arch = wine.arch();
    let (name, charset) = match flavour {
        Flavour::Delphi7 => ("d7", "gbk"),
        Flavour::DelphiUnicode => ("d12", "utf-8"),
    };
    let tag = format!("{name}-{arch}");
    let dir = place::target().join("test").join(format!("recipes-{tag}"));
    fresh_dir(&dir)?;
    for (file, block) in blocks {
        write(&dir.join(file), block)?;
    }
    let programs = repository.join("tests/recipes");
    copy(&programs.join("Fakes.pas"), &dir.join("Fakes.pas"))?;
    for (host, situations) in HOSTS {
        let source = dir.join(format!("{host}.dpr"));
        copy(&programs.join(format!("{host}.dpr")), &source)?;
        let exe = source.with_extension("exe");
        let binding = repository.join("examples/delphi");
        pascal.compile(arch, flavour, &source, &[&binding], &exe)?;
        for situation in situations {
            // The guides open the configuration that is beside the program.
            let place = dir.join(format!("{host}-{}", situation.name()));
            fresh_dir(&place)?;
            let program = place.join("program.exe");
            copy(&exe, &program)?;
            copy(&build::dll(arch), &place.join("evoucher.dll"))?;
            let config = situation.config(charset, sandbox)?;
            write(&place.join("evoucher.json"), config)?;
            let mut command = wine.command(&program, &place);
            run(command.args([situation.name(), &tag]))?;
        }
    }
    for (words, times) in PROCESSED {
        let token = format!("{words}-{tag}");
        let processed = sandbox.processed(&token)?;
        if processed != times {
            return Err(format!(
                "the centre processed {processed} requests for {token}, not {times}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_has_its_program() {
        blocks().unwrap();
    }
}
