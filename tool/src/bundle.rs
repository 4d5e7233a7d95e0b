//! One archive for whoever helps: what is set up, what works, what happened lately. No secret, token
//! or name is in it.

use super::{Problem, check_lines, client, config_path, data};
use crate::out::Out;
use evoucher::charset::decode_file;
use evoucher::client::Client;
use evoucher::client::line::serial_ref;
use evoucher::config::fields;
use evoucher::dispatch;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const DEFAULT_OUT: &str = "evoucher-help.zip";

/// In the place of what is not shown.
const HIDDEN: &str = "(不写出)";

/// What is in the archive, for whoever sends it and whoever gets it.
const ABOUT: &str = "\
evoucher-tool bundle 写出的文件，供协助排查的人使用。

  config.json    配置；密钥、自定义的头、姓名和未知配置项的值不写出
  version.txt    版本和系统
  check.txt      自检的结果
  log/           最近几天的日志；其中没有令牌、姓名、凭据和密钥
  journal.txt    流水库的概况；流水号只写代号，与日志的 serialRef 相同

没有的：密钥、令牌、姓名、证件号、付款凭据、请求和应答的内容。发出之前可以逐个打开看。
";

#[derive(clap::Args)]
pub struct Wanted {
    /// The configuration file
    config: Option<PathBuf>,
    /// Where to write it; evoucher-help.zip here without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The logs of how many days
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,
}

/// Writes the archive, and says what is in it. That something is not well is no failure here: it is
/// why the archive is made.
pub fn run(wanted: Wanted, out: &Out) -> Result<bool, Problem> {
    let path = config_path(wanted.config)?;
    let target = wanted.out.unwrap_or_else(|| DEFAULT_OUT.into());
    let opened = client(Some(path.clone()));
    let mut parts = vec![
        ("README.txt".to_owned(), ABOUT.to_owned().into_bytes()),
        (
            "config.json".to_owned(),
            config(&path, opened.is_ok()).into_bytes(),
        ),
        ("version.txt".to_owned(), version(&path).into_bytes()),
    ];
    match &opened {
        Ok(client) => {
            let lines = check_lines(&dispatch::check(client)).join("\n") + "\n";
            parts.push(("check.txt".to_owned(), lines.into_bytes()));
            parts.extend(logs(client, wanted.days)?);
            let journal = journal(client)?;
            parts.extend(journal.map(|text| ("journal.txt".to_owned(), text.into_bytes())));
        }
        // It says which field is wrong, never what is in it.
        Err(problem) => parts.push(("check.txt".to_owned(), problem.text.clone().into_bytes())),
    }
    write(&target, &parts)?;
    for (name, bytes) in &parts {
        out.line(&format!("{:>10}  {name}", bytes.len()))?;
    }
    out.line(&format!(
        "{}：没有密钥、令牌、姓名和付款凭据；发出之前可以打开看 (no key, token, name or certificate is in it; look before you send it)",
        target.display()
    ))?;
    Ok(true)
}

/// The whole archive, or none.
fn write(target: &Path, parts: &[(String, Vec<u8>)]) -> Result<(), Problem> {
    let failed =
        |error: &dyn std::fmt::Display| Problem::new(format!("{}: {error}", target.display()));
    // Somebody's file of that name is not for us to write over.
    let file = File::create_new(target).map_err(|error| failed(&error))?;
    let mut archive = ZipWriter::new(file);
    let mut pack = || -> io::Result<()> {
        for (name, bytes) in parts {
            archive.start_file(name, SimpleFileOptions::default())?;
            archive.write_all(bytes)?;
        }
        Ok(())
    };
    let packed = pack();
    let packed = packed.and_then(|()| Ok(archive.finish().map(drop)?));
    if packed.is_err() {
        let _ = fs::remove_file(target);
    }
    packed.map_err(|error| failed(&error))
}

/// The configuration file's fields, and the values of those that may be shown; of one that is refused
/// none, since an address may have a password in it, which is why.
fn config(path: &Path, is_good: bool) -> String {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return format!("{}: {error}\n", path.display()),
    };
    match serde_json::from_str::<Map<String, Value>>(&decode_file(&bytes)) {
        Ok(object) => format!("{:#}\n", Value::Object(shown(object, "", is_good))),
        Err(error) => format!("不是 JSON 对象 (no JSON object): 第 {} 行\n", error.line()),
    }
}

/// A misspelt name may have a secret behind it, so only what the table knows is shown.
fn shown(object: Map<String, Value>, prefix: &str, is_good: bool) -> Map<String, Value> {
    let hide = |(name, value): (String, Value)| {
        let whole = format!("{prefix}{name}");
        let may_be_shown = is_good
            && fields()
                .iter()
                .any(|field| field.name == whole && !field.secret && !is_personal(field.name));
        let is_group = fields()
            .iter()
            .any(|field| field.name.starts_with(&format!("{whole}.")));
        let value = match value {
            Value::Object(inner) if is_group => {
                Value::Object(shown(inner, &format!("{whole}."), is_good))
            }
            value if may_be_shown => value,
            _ => HIDDEN.into(),
        };
        (name, value)
    };
    object.into_iter().map(hide).collect()
}

fn is_personal(field: &str) -> bool {
    field == "defaults.opterName"
}

fn version(config: &Path) -> String {
    let mut text = format!(
        "evoucher-tool {}\n{}\n系统 {} {}\n配置 {}\n",
        env!("CARGO_PKG_VERSION"),
        data(&dispatch::version()),
        std::env::consts::OS,
        windows(),
        config.display(),
    );
    // The DLL that the program beside it loads is another file than this program.
    for name in ["evoucher.dll", "libevoucher.so"] {
        let file = config.with_file_name(name);
        if let Ok(metadata) = fs::metadata(&file) {
            text += &format!("{} {} 字节\n", file.display(), metadata.len());
        }
    }
    text
}

/// Which one, as it says itself.
fn windows() -> String {
    if !cfg!(windows) {
        return String::new();
    }
    let said = std::process::Command::new("cmd")
        .args(["/c", "ver"])
        .output();
    let said = said.map(|output| decode_file(&output.stdout).trim().to_owned());
    said.unwrap_or_default()
}

fn logs(client: &Client, days: u64) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let files = client.log().map(|log| log.last_files(days));
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok((format!("log/{name}"), fs::read(&path)?))
    };
    files.unwrap_or_default().into_iter().map(read).collect()
}

/// How many transactions there are of each kind, and those without an end by their references.
fn journal(client: &Client) -> Result<Option<String>, Problem> {
    if client.config().risk.journal.is_none() {
        return Ok(None);
    }
    let all = match dispatch::journal(client) {
        Ok(all) => all,
        Err(failure) => return Ok(Some(failure.message(client.config().language))),
    };
    let mut counts = BTreeMap::new();
    for listed in &all {
        *counts.entry(listed.state).or_insert(0_u64) += 1;
    }
    let mut text = String::new();
    for (state, count) in counts {
        text += &format!("{count:>8}  {state}\n");
    }
    for listed in all.iter().filter(|listed| listed.is_open()) {
        let key = &listed.key;
        let reference = serial_ref(&key.org_id, &key.org_codg, &key.serial);
        let last = listed.rows.last().map_or("", |row| row.time.as_str());
        text += &format!("{reference}  {}  {last}\n", listed.state);
    }
    Ok(Some(text))
}
