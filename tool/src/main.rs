//! Joint testing (联调) from the command line: see `--help`.

mod out;

use clap::{Args, Parser, Subcommand, ValueEnum};
use evoucher::catalogue::advice::advice;
use evoucher::catalogue::codes::{EV_OK, EV_UNKNOWN_SERVICE, UNLISTED, meaning};
use evoucher::catalogue::services::{SERVICES, Target};
use evoucher::charset::decode_file;
use evoucher::client::Client;
use evoucher::client::check::check;
use evoucher::config::{Config, protected_key_file};
use evoucher::envelope::{KeyFormat, Sealer};
use evoucher::error::{Failure, Language};
use evoucher::os::dpapi::Scope;
use evoucher::reply::{Reply, Started};
use out::Out;
use serde_json::Value;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};
use zeroize::Zeroizing;

/// Joint testing with the e-voucher centre (电子凭证中心联调工具)
///
/// CONFIG is the path of a configuration file; without it, evoucher.json beside this program. Where
/// a text is wanted, - reads it from standard input: UTF-8, or GB18030. Ends with 0 when all is
/// well, 1 when something is not, 2 when it was called wrongly.
#[derive(Parser)]
#[command(name = "evoucher-tool", version)]
struct Arguments {
    /// Print everything beyond ASCII as \uXXXX
    #[arg(long, global = true)]
    ascii: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Self-test: says in one line what keeps this machine from the centre
    Check {
        /// The configuration file
        config: Option<PathBuf>,
    },
    /// Call a service, and print its reply
    ///
    /// SERVICE is a name (signedQuery) or a path (/cfc/api/...), REQUEST its JSON.
    #[command(override_usage = "evoucher-tool call [CONFIG] <SERVICE> <REQUEST|->")]
    Call {
        #[arg(hide = true, num_args = 2..=3, required = true)]
        arguments: Vec<OsString>,
    },
    /// Seal a text: print the whole request body, and send nothing
    #[command(override_usage = "evoucher-tool seal [CONFIG] <TEXT|->")]
    Seal(Envelope),
    /// Open an encData, or a whole request or reply body that holds one
    #[command(override_usage = "evoucher-tool unseal [CONFIG] <TEXT|->")]
    Unseal(Envelope),
    /// Say what a return code means
    Explain {
        /// The code
        #[arg(allow_negative_numbers = true)]
        code: i32,
        /// zh or en
        #[arg(long, default_value = "zh")]
        language: Tongue,
    },
    /// Protect the key on standard input with Windows' data protection, for sm4KeyFile
    Protect {
        /// For every program on this machine: the default
        #[arg(long, conflicts_with = "user")]
        machine: bool,
        /// For the programs of this user only
        #[arg(long)]
        user: bool,
        /// Where to write it, instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Args)]
struct Envelope {
    #[arg(hide = true, num_args = 1..=2, required = true)]
    arguments: Vec<OsString>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tongue {
    Zh,
    En,
}

/// Something that a command could not do, for a person to read, and what the program ends with.
struct Problem {
    text: String,
    exit: u8,
}

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            exit: 1,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::new(failure.message(failure.language.unwrap_or_default()))
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let out = Out {
        ascii: arguments.ascii,
    };
    match run(arguments.command, &out) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            out.error(&problem.text);
            problem.exit.into()
        }
    }
}

/// Whether all is well.
fn run(command: Command, out: &Out) -> Result<bool, Problem> {
    match command {
        Command::Check { config } => {
            let client = match client(config) {
                Ok(client) => client,
                Err(problem) => {
                    show_step(false, "config", 0, &problem.text, out)?;
                    out.line(&problem.text)?;
                    return Ok(false);
                }
            };
            let reply = check(&client);
            show_check(&reply, out)?;
            Ok(reply.code == EV_OK)
        }
        Command::Call { mut arguments } => {
            let request = text(arguments.pop())?;
            let service = text(arguments.pop())?;
            call(arguments.pop(), &service, &request, out)
        }
        Command::Seal(Envelope { mut arguments }) => {
            let text = text(arguments.pop())?;
            out.line(&client(arguments.pop().map(PathBuf::from))?.seal(&text))?;
            Ok(true)
        }
        Command::Unseal(Envelope { mut arguments }) => {
            let text = text(arguments.pop())?;
            let client = client(arguments.pop().map(PathBuf::from))?;
            let language = client.config().language;
            let opened = client
                .unseal(&text)
                .map_err(|failure| Problem::new(failure.message(language)))?;
            out.line(&opened)?;
            Ok(true)
        }
        Command::Explain { code, language } => explain(code, language, out),
        Command::Protect {
            user, out: path, ..
        } => protect(if user { Scope::User } else { Scope::Machine }, path, out),
    }
}

/// The configured client; without a path, of the file beside this program.
fn client(path: Option<PathBuf>) -> Result<Client, Problem> {
    let path = match path {
        Some(path) => path,
        None => env::current_exe()?.with_file_name("evoucher.json"),
    };
    Ok(Client::open(Config::read_file(&path)?)?)
}

/// An argument, or standard input in its place.
fn text(argument: Option<OsString>) -> Result<Zeroizing<String>, Problem> {
    let argument = argument.unwrap_or_default();
    if argument == "-" {
        return input();
    }
    argument.into_string().map(Zeroizing::new).map_err(|_| {
        Problem::new("参数不是合法的文本，可用 - 从标准输入读取 (an argument is no valid text: - reads standard input)")
    })
}

fn input() -> Result<Zeroizing<String>, Problem> {
    let mut bytes = Zeroizing::new(Vec::new());
    io::stdin().read_to_end(&mut bytes)?;
    Ok(Zeroizing::new(decode_file(&bytes).trim().to_owned()))
}

/// One line for each step, and one that says which it is.
fn show_check(reply: &Reply, out: &Out) -> io::Result<()> {
    let data: Value = reply
        .data
        .as_deref()
        .and_then(|data| serde_json::from_str(data).ok())
        .unwrap_or_default();
    for step in data["steps"].as_array().into_iter().flatten() {
        let (name, finding) = (step["step"].as_str(), step["finding"].as_str());
        show_step(
            step["ok"] == true,
            name.unwrap_or_default(),
            step["ms"].as_u64().unwrap_or_default(),
            finding.unwrap_or_default(),
            out,
        )?;
    }
    match reply.code {
        EV_OK => out.line(&reply.message),
        code => out.line(&format!("{code}  {}", reply.message)),
    }
}

fn show_step(ok: bool, name: &str, ms: u64, finding: &str, out: &Out) -> io::Result<()> {
    let mark = if ok { "ok  " } else { "FAIL" };
    out.line(&format!("{mark}  {name:<8}{ms:>6} ms  {finding}"))
}

fn call(
    config: Option<OsString>,
    service: &str,
    request: &str,
    out: &Out,
) -> Result<bool, Problem> {
    let client = client(config.map(PathBuf::from))?;
    let started = Started::now();
    let target = Target::find(service).ok_or_else(|| {
        let known = meaning(EV_UNKNOWN_SERVICE).map_or("", |meaning| meaning.zh);
        let names = SERVICES.map(|service| service.name).join(" | ");
        Problem::new(format!("{known}: {names} | /cfc/api/..."))
    })?;
    let reply = client.call(&target, request, None);
    out.json(&reply.to_json(&started))?;
    Ok(reply.code == EV_OK)
}

fn explain(code: i32, language: Tongue, out: &Out) -> Result<bool, Problem> {
    let meaning = meaning(code).unwrap_or(&UNLISTED);
    // This library's own have a name, the documents' a scope, in Chinese.
    let (whose, text) = match language {
        Tongue::Zh if meaning.name.is_empty() => (meaning.scope, meaning.zh),
        Tongue::Zh => (meaning.name, meaning.zh),
        Tongue::En => (meaning.name, meaning.en),
    };
    let parts = [&code.to_string(), whose, text];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    out.line(&parts.join("  "))?;
    let language = match language {
        Tongue::Zh => Language::Zh,
        Tongue::En => Language::En,
    };
    // For the operator, then for whoever looks after the program.
    let (operator, developer) = advice(code, language);
    for advice in [operator, developer] {
        if !advice.is_empty() {
            out.line(&format!("  {advice}"))?;
        }
    }
    Ok(true)
}

/// Silent when it goes well: it is run on many machines by a program.
fn protect(scope: Scope, path: Option<PathBuf>, out: &Out) -> Result<bool, Problem> {
    if !cfg!(windows) {
        return Err(Problem {
            text: "protect 使用 Windows 数据保护（DPAPI），只能在 Windows 上运行 (protect works on Windows only)".into(),
            exit: 2,
        });
    }
    let key = input()?;
    if Sealer::new(&key, KeyFormat::Auto).is_none() {
        let length = key.chars().count();
        return Err(Problem::new(format!(
            "标准输入上应为密钥（32 位十六进制、16 个 ASCII 字符或 24 位 Base64），读到 {length} 个字符 (no SM4 key on standard input)"
        )));
    }
    let protected = protected_key_file(&key, scope)?;
    match path {
        Some(path) => fs::write(&path, format!("{protected}\r\n"))
            .map_err(|error| Problem::new(format!("{}: {error}", path.display())))?,
        None => out.line(&protected)?,
    }
    Ok(true)
}
