//! packaging/rollout.cmd under Wine: a machine that is set up, upgraded, and one where it goes wrong.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::build;
use super::dist;
use super::matrix;
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, copy, fresh_dir, make_dir, output, read, write};

pub(super) fn run(wine: &Wine, sandbox: &Sandbox) -> Result {
    let dir = place::target().join("test/rollout");
    fresh_dir(&dir)?;
    let machine = Machine { dir, wine };
    for folder in ["server/x86", "server/tool", "his"] {
        make_dir(&machine.at(folder))?;
    }
    copy(
        &build::dll(Arch::X86),
        &machine.at("server/x86/evoucher.dll"),
    )?;
    let [_, tool] = dist::two(build::exes()?)?;
    copy(&tool, &machine.at("server/tool/evoucher-tool.exe"))?;
    dist::text(
        &place::repository().join("packaging/rollout.cmd"),
        &machine.at("server/tool/rollout.cmd"),
    )?;

    let config = matrix::config(sandbox.address("http")?, "gbk", sandbox)?;
    let mut fields = config.split("\"sm4Key\":\"");
    let (before, rest) = (fields.next(), fields.next());
    let (key, after) = rest
        .and_then(|rest| rest.split_once('"'))
        .ok_or("no sm4Key")?;
    let before = before.unwrap_or_default();
    let folders = r#""journal":{"dir":"../data/journal"},"log":{"dir":"../data/log"}"#;
    let good = format!("{before}\"sm4KeyFile\":\"key.txt\",{folders}{after}");
    write(&machine.at("server/key.txt"), format!("{key}\r\n"))?;
    write(&machine.at("server/evoucher.json"), &good)?;

    // A machine without anything.
    machine.expect(0, "")?;
    let protected = read(&machine.at("his/key.txt"))?;
    if !protected.starts_with("dpapi:") || protected.contains(key) {
        return Err("his/key.txt is not protected".into());
    }
    let journal = machine.at("data/journal/evoucher-journal.db");
    let checked = machine.results()?;
    if !journal.exists() || !machine.at("data/log").is_dir() || !checked.contains("ok    journal") {
        return Err(format!("no journal, or no log:\n{checked}"));
    }

    // An upgrade: what was there is kept beside it, and the journal is the same one.
    write(&machine.at("his/evoucher.dll"), "the version before")?;
    let made = std::fs::metadata(&journal).and_then(|journal| journal.created());
    machine.expect(0, "")?;
    let again = std::fs::metadata(&journal).and_then(|journal| journal.created());
    if made.ok() != again.ok()
        || read(&machine.at("his/evoucher.dll.old"))? != "the version before"
        || read(&machine.at("his/evoucher.json.old"))? != good
    {
        return Err("the upgrade lost something".into());
    }

    // What goes wrong is named, and nobody is left without a library.
    write(&machine.at("server/key.txt"), "no key")?;
    machine.expect(1, "key.txt")?;
    write(&machine.at("server/key.txt"), key)?;
    let dead = sandbox.address("http-refusing")?;
    write(
        &machine.at("server/evoucher.json"),
        good.replace(sandbox.address("http")?, dead),
    )?;
    machine.expect(1, "check")?;
    if !machine.results()?.contains("FAIL  connect") {
        return Err(format!("no reason in:\n{}", machine.results()?));
    }
    std::fs::remove_file(machine.at("server/x86/evoucher.dll"))
        .map_err(|error| error.to_string())?;
    machine.expect(1, "evoucher.dll")?;
    match machine.at("his/evoucher.dll").exists() {
        true => Ok(()),
        false => Err("no library is left".into()),
    }
}

struct Machine<'a> {
    dir: PathBuf,
    wine: &'a Wine,
}

impl Machine<'_> {
    fn at(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// Runs the script, which ends with this and says where it stopped.
    fn expect(&self, exit: i32, says: &str) -> Result {
        let on_drive = |path: &str| format!("Z:{}", self.at(path).display()).replace('/', "\\");
        let mut command: Command = self.wine.command("cmd", &self.dir);
        command.args(["/c", &on_drive("server/tool/rollout.cmd")]);
        command.args(["server", "his", "data"].map(on_drive));
        let ended = output(&mut command)?;
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let is_named = says.is_empty() || said.contains(&format!("failed at {says}"));
        if ended.status.code() == Some(exit) && is_named {
            return Ok(());
        }
        Err(format!(
            "rollout.cmd ended with {:?}, not {exit}, and said: {said}\n{}",
            ended.status.code(),
            String::from_utf8_lossy(&ended.stderr)
        ))
    }

    /// What the self-test found, as it lies on the server.
    fn results(&self) -> Result<String> {
        let files = crate::sh::entries(&self.at("server/results"))?;
        let file: &Path = files.first().ok_or("no results")?;
        read(file)
    }
}
