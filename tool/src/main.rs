//! Joint testing (联调) from the command line: see `--help`.

mod acceptance;
mod bundle;
mod journal;
mod out;

use clap::{Args, Parser, Subcommand, ValueEnum};
use evoucher::catalogue::codes::EV_OK;
use evoucher::charset::decode_file;
use evoucher::client::Client;
use evoucher::config::protected_key_file;
use evoucher::dispatch::{self, Caller};
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
/// well, 1 when something is not, 2 when it was called wrongly; of acceptance, its help says more.
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
    /// What risk control remembers of this machine's transactions (交易流水库), for reconciling charges
    #[command(subcommand)]
    Journal(journal::Command),
    /// Write one archive for whoever helps: configuration, versions, self-test, the last logs, the journal's state
    ///
    /// No key, token, name, certificate or content is in it; what is in it is listed, to be looked at before it is sent.
    Bundle(bundle::Wanted),
    /// Go through the acceptance run (验收) of an evoucher-sandbox at the keyboard, or say how it stands
    ///
    /// Plays the cases that are open, one after the other: at the prompt, Enter says that a case is
    /// done, and what was seen is asked. Standard input may be a pipe; when it ends, what is left
    /// stays open. Ends with 0 when every case has come to something and none failed, 1 when one
    /// failed, 3 when none failed and some are open or running, 2 when it was called wrongly, the
    /// station cannot be reached or refuses something, or a file cannot be written.
    Acceptance(acceptance::Wanted),
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

impl Envelope {
    fn ask(
        mut self,
        work: fn(&mut Caller, &[u8]) -> Result<Reply, Failure>,
    ) -> Result<Reply, Problem> {
        let text = text(self.arguments.pop())?;
        ask(self.arguments.pop(), |caller| work(caller, text.as_bytes()))
    }
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
        Ok(exit) => exit.into(),
        Err(problem) => {
            out.error(&problem.text);
            problem.exit.into()
        }
    }
}

/// What the program ends with.
fn run(command: Command, out: &Out) -> Result<u8, Problem> {
    let is_well = match command {
        Command::Check { config } => {
            let client = match client(config) {
                Ok(client) => client,
                Err(problem) => {
                    out.line(&check_line(FAILED, "config", 0, &problem.text))?;
                    out.line(&problem.text)?;
                    return Ok(1);
                }
            };
            let reply = dispatch::check(&client);
            for line in check_lines(&reply) {
                out.line(&line)?;
            }
            reply.code == EV_OK
        }
        Command::Call { mut arguments } => {
            let request = text(arguments.pop())?;
            let service = text(arguments.pop())?;
            let (reply, started) = ask(arguments.pop(), |caller| {
                let started = Started::now();
                let target = dispatch::target(service.as_bytes())?;
                let reply = dispatch::call(caller, &target, request.as_bytes())?;
                Ok((reply, started))
            })?;
            out.reply(&reply, &started)?;
            reply.code == EV_OK
        }
        Command::Seal(envelope) => {
            let reply = envelope.ask(dispatch::seal)?;
            out.line(&reply.data.unwrap_or_default())?;
            true
        }
        Command::Unseal(envelope) => {
            let reply = envelope.ask(dispatch::unseal)?;
            out.line(word(&data(&reply), "text"))?;
            true
        }
        Command::Explain { code, language } => {
            let language = match language {
                Tongue::Zh => Language::Zh,
                Tongue::En => Language::En,
            };
            explain(code, language, out)?;
            true
        }
        Command::Journal(command) => journal::run(command, out)?,
        Command::Bundle(wanted) => bundle::run(wanted, out)?,
        Command::Acceptance(wanted) => return acceptance::run(&wanted, out),
        Command::Protect {
            user, out: path, ..
        } => protect(if user { Scope::User } else { Scope::Machine }, path, out)?,
    };
    Ok(u8::from(!is_well))
}

/// The configured client; without a path, of the file beside this program.
fn client(path: Option<PathBuf>) -> Result<Client, Problem> {
    Ok(dispatch::open_file(&config_path(path)?)?)
}

fn config_path(path: Option<PathBuf>) -> io::Result<PathBuf> {
    match path {
        Some(path) => Ok(path),
        None => Ok(env::current_exe()?.with_file_name("evoucher.json")),
    }
}

/// Does something with the configured client; what keeps it from that is said in its language.
fn ask<T>(
    config: Option<OsString>,
    work: impl FnOnce(&mut Caller) -> Result<T, Failure>,
) -> Result<T, Problem> {
    let client = client(config.map(PathBuf::from))?;
    let language = client.config().language;
    let mut caller = Caller::in_rust("evoucher-tool", client);
    work(&mut caller).map_err(|failure| Problem::new(failure.message(language)))
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

/// A reply's data.
fn data(reply: &Reply) -> Value {
    let data = reply.data.as_deref();
    data.and_then(|data| serde_json::from_str(data).ok())
        .unwrap_or_default()
}

/// A text in it, or nothing.
fn word<'a>(data: &'a Value, name: &str) -> &'a str {
    data[name].as_str().unwrap_or_default()
}

/// One line for each step, and one that says which it is.
fn check_lines(reply: &Reply) -> Vec<String> {
    let data = data(reply);
    let steps = data["steps"].as_array().into_iter().flatten();
    let mut lines: Vec<_> = steps
        .map(|step| {
            let mark = match (step["ok"] == true, step["warning"] == true) {
                (false, _) => FAILED,
                (true, true) => "warn",
                (true, false) => "ok  ",
            };
            let ms = step["ms"].as_u64().unwrap_or_default();
            check_line(mark, word(step, "step"), ms, word(step, "finding"))
        })
        .collect();
    lines.push(match reply.code {
        EV_OK => reply.message.to_string(),
        code => format!("{code}  {}", reply.message),
    });
    lines
}

const FAILED: &str = "FAIL";

fn check_line(mark: &str, name: &str, ms: u64, finding: &str) -> String {
    format!("{mark}  {name:<8}{ms:>6} ms  {finding}")
}

fn explain(code: i32, language: Language, out: &Out) -> io::Result<()> {
    let data = data(&dispatch::explain(code, language));
    // This library's own have a name, the documents' a scope, in Chinese.
    let whose = match (word(&data, "name"), language) {
        ("", Language::Zh) => word(&data, "scope"),
        (name, _) => name,
    };
    let parts = [&code.to_string(), whose, word(&data, "meaning")];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    out.line(&parts.join("  "))?;
    // For the operator, then for whoever looks after the program.
    for advice in ["advice", "developerAdvice"].map(|name| word(&data, name)) {
        if !advice.is_empty() {
            out.line(&format!("  {advice}"))?;
        }
    }
    Ok(())
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
