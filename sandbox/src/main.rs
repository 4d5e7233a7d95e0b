//! The simulated centre as a program: see `--help`.

use clap::Parser;
use evoucher::envelope::KeyFormat;
use evoucher_sandbox::{Options, Sandbox, Tls};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

/// A simulated e-voucher centre (地方电子凭证中心), for joint testing
#[derive(Parser)]
#[command(name = "evoucher-sandbox", version, after_long_help = evoucher_sandbox::help())]
struct Arguments {
    /// Where to serve HTTP; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:18080")]
    listen: SocketAddr,
    /// Where to serve HTTPS; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:18443")]
    tls: SocketAddr,
    /// Write ca.pem (to trust) and server.pem (to pin) there
    #[arg(long, value_name = "DIR")]
    tls_dir: Option<PathBuf>,
    /// The orgId that is registered
    #[arg(long, value_name = "ID", default_value = "testOrgId")]
    org_id: String,
    /// The SM4 key
    #[arg(long, default_value = "0123456789ABCDEFFEDCBA9876543210")]
    key: String,
    /// How the key is written: auto, hex, text or base64
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = key_format)]
    key_format: KeyFormat,
    /// The reqtType that is registered: * is one character or more, # is one digit
    #[arg(long, value_name = "PATTERN", default_value = "*&######")]
    reqt_type: String,
    /// How many processed requests are remembered
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    ledger_max: usize,
    /// How many exchanges are kept as they were on the wire
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    kept: usize,
    /// A name that the station's page may be called by, beside localhost and addresses in numbers
    #[arg(long = "host", value_name = "NAME")]
    names: Vec<String>,
    /// Keep the acceptance run in this file, across restarts
    #[arg(long, value_name = "FILE")]
    acceptance: Option<PathBuf>,
    /// How many seconds its clock is ahead; negative: behind
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true,
        value_parser = clap::value_parser!(i64).range(-DECADE..=DECADE))]
    clock_offset: i64,
    /// Open the page in the default browser
    #[arg(long)]
    open: bool,
    /// Print every conversation, opened: patients' data and all
    #[arg(long)]
    show: bool,
    /// End when standard input ends
    #[arg(long)]
    until_stdin_closes: bool,
}

/// The most that the clock can be off, in seconds.
const DECADE: i64 = 315_360_000;

fn key_format(name: &str) -> Result<KeyFormat, &'static str> {
    KeyFormat::from_name(name).ok_or("auto, hex, text or base64")
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "evoucher-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> io::Result<()> {
    let centre = Sandbox::start(Options {
        listen: arguments.listen,
        tls: arguments.tls,
        tls_dir: arguments.tls_dir.clone(),
        org_id: arguments.org_id.clone(),
        key: arguments.key,
        key_format: arguments.key_format,
        reqt_type: arguments.reqt_type,
        ledger_max: arguments.ledger_max,
        exchanges_max: arguments.kept,
        names: arguments.names,
        acceptance: arguments.acceptance,
        clock_offset: arguments.clock_offset,
        show: arguments.show.then(|| Box::new(io::stdout()) as Box<_>),
    })?;
    greet(&centre, &arguments.org_id, arguments.tls_dir)?;
    if arguments.open
        && let Err(error) = open::that_detached(centre.page_url())
    {
        // The address stands above: whoever has no browser here opens it elsewhere.
        let _ = writeln!(io::stderr(), "evoucher-sandbox: no browser: {error}");
    }

    if arguments.until_stdin_closes {
        let mut space = [0; 4096];
        while io::stdin().read(&mut space)? > 0 {}
        return Ok(());
    }
    loop {
        thread::park();
    }
}

/// One line for each address: a name, spaces, and the value.
fn greet(centre: &Sandbox, org_id: &str, tls_dir: Option<PathBuf>) -> io::Result<()> {
    let mut lines = vec![
        ("page".to_owned(), centre.page_url()),
        ("http".to_owned(), centre.url()),
        ("https".to_owned(), centre.https_url()),
    ];
    if let Some(dir) = tls_dir {
        let dir = std::path::absolute(dir)?;
        lines.push(("ca".to_owned(), dir.join("ca.pem").display().to_string()));
        lines.push((
            "cert".to_owned(),
            dir.join("server.pem").display().to_string(),
        ));
    }
    lines.push(("sha256".to_owned(), centre.certificate_sha256(Tls::Good)));
    for kind in Tls::ALL.into_iter().filter(|kind| *kind != Tls::Good) {
        lines.push((format!("https-{}", kind.name()), centre.tls_url(kind)));
    }
    lines.push(("https-silent".to_owned(), centre.silent_tls_url()));
    lines.push(("http-refusing".to_owned(), centre.refusing_url()));
    lines.push(("http-slamming".to_owned(), centre.slamming_url()));
    lines.push(("orgId".to_owned(), org_id.to_owned()));
    lines.push(("ready".to_owned(), format!("{}/sandbox/", centre.url())));

    let mut out = io::stdout().lock();
    for (name, value) in lines {
        writeln!(out, "{name:<5} {value}")?;
    }
    out.flush()
}
