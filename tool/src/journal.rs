//! The journal: made with rights for every cashier of the machine, listed for whoever reconciles.

use super::{Problem, ask, client, text};
use crate::out::Out;
use clap::Subcommand;
use evoucher::catalogue::codes::EV_OK;
use evoucher::dispatch::{self, Listed};
use evoucher::reply::Started;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Command {
    /// Make the folder, with rights for every cashier of this machine; run it as an administrator
    Init {
        /// journal.dir of the configuration
        folder: PathBuf,
    },
    /// List the transactions, those without an end first
    List {
        /// The configuration file
        config: Option<PathBuf>,
        /// Comma-separated, with a line of names
        #[arg(long)]
        csv: bool,
        /// Only those without an end
        #[arg(long)]
        open: bool,
    },
    /// Show all that is known of the transactions with a serial number (fixmedinsTrnsSn)
    #[command(override_usage = "evoucher-tool journal show [CONFIG] <SERIAL>")]
    Show {
        #[arg(hide = true, num_args = 1..=2, required = true)]
        arguments: Vec<OsString>,
    },
    /// Report what became of a charge, as ev_report_charge does
    #[command(override_usage = "evoucher-tool journal report [CONFIG] <REQUEST|->")]
    Report {
        #[arg(hide = true, num_args = 1..=2, required = true)]
        arguments: Vec<OsString>,
    },
}

/// Whether all is well.
pub fn run(command: Command, out: &Out) -> Result<bool, Problem> {
    match command {
        Command::Init { folder } => init(&folder, out),
        Command::List { config, csv, open } => {
            let listed = listed(config)?;
            let listed = listed.iter().filter(|listed| !open || listed.is_open());
            if csv {
                list_as_csv(listed, out)?;
            } else {
                list(listed, out)?;
            }
            Ok(true)
        }
        Command::Show { mut arguments } => {
            let serial = text(arguments.pop())?;
            let listed = listed(arguments.pop().map(PathBuf::from))?;
            let mut found = listed
                .iter()
                .filter(|listed| listed.key.serial == *serial)
                .peekable();
            if found.peek().is_none() {
                return Err(Problem::new(
                    "流水库里没有这个流水号 (the journal does not know this serial number)",
                ));
            }
            for listed in found {
                show(listed, out)?;
            }
            Ok(true)
        }
        Command::Report { mut arguments } => {
            let request = text(arguments.pop())?;
            let (reply, started) = ask(arguments.pop(), |caller| {
                let started = Started::now();
                let reply = dispatch::report_charge(caller, request.as_bytes())?;
                Ok((reply, started))
            })?;
            out.reply(&reply, &started)?;
            Ok(reply.code == EV_OK)
        }
    }
}

fn listed(config: Option<PathBuf>) -> Result<Vec<Listed>, Problem> {
    let client = client(config)?;
    let language = client.config().language;
    dispatch::journal(&client).map_err(|failure| Problem::new(failure.message(language)))
}

const STATES: &[(&str, &str)] = &[
    ("in_flight", "正在请求"),
    ("issued", "已发凭据，结果未知"),
    ("unknown", "结果不明，没有凭据"),
    ("failed", "扣款失败"),
    ("paid", "已扣款"),
    ("none", "未取得凭据"),
];

fn word(state: &str) -> &str {
    let known = STATES.iter().find(|(name, _)| *name == state);
    known.map_or(state, |(_, word)| *word)
}

fn list<'a>(all: impl Iterator<Item = &'a Listed>, out: &Out) -> io::Result<()> {
    out.line("结果                金额          时间                           机构 / 流水号")?;
    for listed in all {
        let state = word(listed.state);
        // Chinese characters are two columns wide.
        let pad = 20_usize.saturating_sub(state.chars().count() * 2);
        let last = listed.rows.last().map_or("", |row| row.time.as_str());
        let (codg, serial) = (&listed.key.org_codg, &listed.key.serial);
        let amount = &listed.amount;
        out.line(&format!(
            "{state}{:pad$}{amount:<14}{last}  {codg} / {serial}",
            ""
        ))?;
    }
    Ok(())
}

fn list_as_csv<'a>(all: impl Iterator<Item = &'a Listed>, out: &Out) -> io::Result<()> {
    out.line(
        "orgId,orgCodg,fixmedinsTrnsSn,ownPaySetlAmt,state,certificates,firstTime,lastTime,machine,process,user",
    )?;
    for listed in all {
        let (Some(first), Some(last)) = (listed.rows.first(), listed.rows.last()) else {
            continue;
        };
        let key = &listed.key;
        let certificates = listed.certificates.to_string();
        let cells = [
            &key.org_id,
            &key.org_codg,
            &key.serial,
            &listed.amount,
            listed.state,
            &certificates,
            &first.time,
            &last.time,
            &last.machine,
            &last.process,
            &last.user,
        ];
        out.line(&cells.map(quoted).join(","))?;
    }
    Ok(())
}

/// A cell: in quotes where it needs them (RFC 4180).
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn show(listed: &Listed, out: &Out) -> io::Result<()> {
    let key = &listed.key;
    let state = word(listed.state);
    out.line(&format!(
        "{} / {} / {}：{state}（{}）",
        key.org_id, key.org_codg, key.serial, listed.state
    ))?;
    for row in &listed.rows {
        out.line(&format!(
            "  {}  {:<10}  {:<14}{} {} {}",
            row.time, row.event, row.amount, row.machine, row.process, row.user
        ))?;
    }
    Ok(())
}

fn init(folder: &Path, out: &Out) -> Result<bool, Problem> {
    fs::create_dir_all(folder)
        .map_err(|error| Problem::new(format!("{}: {error}", folder.display())))?;
    open_to_all(folder)?;
    dispatch::make_journal(folder).map_err(|detail| Problem::new(detail.zh))?;
    open_to_all(folder)?;
    let folder = folder.display();
    out.line(&format!("{folder}：流水库已就绪 (the journal is ready)"))?;
    if cfg!(unix) {
        out.line("收费员不是同一用户时，请用 chgrp -R 把该文件夹交给他们共同的组 (chgrp -R it to the cashiers' group)")?;
    }
    Ok(true)
}

/// The group may read and write; what is made later belongs to it, too.
#[cfg(unix)]
fn open_to_all(folder: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt;
    let is_folder = fs::metadata(folder)?.is_dir();
    let mode = if is_folder { 0o2770 } else { 0o660 };
    fs::set_permissions(folder, fs::Permissions::from_mode(mode))
        .map_err(|error| Problem::new(format!("{}: {error}", folder.display())))?;
    if is_folder {
        for entry in fs::read_dir(folder)? {
            open_to_all(&entry?.path())?;
        }
    }
    Ok(())
}

/// The group of all users of this machine, by its number: its name differs by language. They may
/// change what is in it, now and later.
#[cfg(windows)]
fn open_to_all(folder: &Path) -> Result<(), Problem> {
    let output = std::process::Command::new("icacls")
        .arg(folder)
        .args(["/grant", "*S-1-5-32-545:(OI)(CI)M", "/Q"])
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Err(Problem::new(format!("icacls: {said}")))
}
