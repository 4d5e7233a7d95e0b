//! A whole status query through the C interface against the same job done with libcurl and OpenSSL,
//! in one run on loopback. Absolute figures drift with the machine; the ratios of one run hold.

use crate::install;
use crate::sh::{self, Result};
use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

/// How often each pair is measured; the medians are printed. Often and briefly: what else the
/// machine does then meets both alike.
const ROUNDS: usize = 15;

/// How long each measurement takes.
const MILLISECONDS: &str = "350";

/// The same as in benches/driver.h.
const SM4_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

/// What the centre answers, before it is sealed.
const CONTENT: &str = r#"{"checkStas":"1","resBizNo":"161665488196720210609155618"}"#;

#[derive(Clone, Copy)]
struct Setting {
    scheme: &'static str,
    connections: &'static str,
    threads: &'static str,
}

/// One measurement, as benches/driver.h prints it. Times are microseconds.
#[derive(Clone, Copy)]
struct Figures {
    p50: f64,
    p99: f64,
    mean: f64,
    rate: f64,
    inside: f64,
    kernel: f64,
}

/// Builds both programs, measures them in turn, and prints the tables.
pub fn run() -> Result {
    install::install(&[install::BENCH])?;
    sh::library()?;
    let bench = Bench::prepare()?;
    println!("{ROUNDS} rounds of {MILLISECONDS} ms each, evoucher and libcurl in turn\n");
    let mut times = String::new();
    println!(
        "| | connections | threads | evoucher p50 / p99 µs | calls/s | libcurl p50 / p99 µs | calls/s | p50 ratio (lowest–highest round) | p99 ratio | calls/s ratio |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for scheme in ["http", "https"] {
        for connections in ["kept", "new"] {
            for threads in ["1", "8"] {
                let setting = Setting {
                    scheme,
                    connections,
                    threads,
                };
                bench.compare(setting, &mut times)?;
            }
        }
    }
    println!("\nMean time of a call at 1 thread, µs:\n");
    println!("| | connections | program | whole | in the program | in the kernel | waiting |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    print!("{times}");
    println!("\nSystem calls of one call, and threads started:\n");
    println!("| | connections | program | threads | system calls | which |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (scheme, host) in [
        ("http", "127.0.0.1"),
        ("http", "localhost"),
        ("https", "127.0.0.1"),
    ] {
        for connections in ["kept", "new"] {
            bench.count(scheme, host, connections)?;
        }
    }
    println!();
    bench.commits()
}

/// The programs, and a server for them.
struct Bench {
    evoucher: PathBuf,
    libcurl: PathBuf,
    ca: PathBuf,
    http: u16,
    https: u16,
    _server: Server,
}

/// Stopped when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already if this fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bench {
    fn prepare() -> Result<Self> {
        let folder = sh::target().join("bench");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        // By its whole path: cargo lets whatever it runs look in the debug build first.
        let library = sh::target().join("release/libevoucher.so");
        let library = [library.display().to_string()];
        let curl = ["-lcurl".to_owned(), "-lcrypto".to_owned()];
        let evoucher = compile(&folder, "evoucher_client", &library)?;
        let libcurl = compile(&folder, "libcurl_client", &curl)?;
        certificates(&folder)?;
        let (http, https) = (free_port()?, free_port()?);
        Ok(Self {
            evoucher,
            libcurl,
            ca: folder.join("ca.pem"),
            http,
            https,
            _server: serve(&folder, http, https)?,
        })
    }

    fn base(&self, scheme: &str, host: &str, connections: &str) -> String {
        let port = if scheme == "https" {
            self.https
        } else {
            self.http
        };
        format!("{scheme}://{host}:{port}/{connections}")
    }

    /// Measures both programs in turn and prints a row; adds to the table of times.
    fn compare(&self, setting: Setting, times: &mut String) -> Result {
        let Setting {
            scheme,
            connections,
            threads,
        } = setting;
        let base = self.base(scheme, "127.0.0.1", connections);
        let measure = |program: &Path| -> Result<Figures> {
            let mut command = Command::new(program);
            command.arg(&base).arg(&self.ca);
            read(&sh::run(command.args([threads, "for", MILLISECONDS]))?)
        };
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for round in 0..ROUNDS {
            // Neither always comes first.
            if round % 2 == 0 {
                ours.push(measure(&self.evoucher)?);
                theirs.push(measure(&self.libcurl)?);
            } else {
                theirs.push(measure(&self.libcurl)?);
                ours.push(measure(&self.evoucher)?);
            }
        }
        let ratios = |of: fn(&Figures) -> f64| {
            let pairs = ours.iter().zip(&theirs);
            sorted(pairs.map(|(ours, theirs)| of(ours) / of(theirs)))
        };
        let p50 = ratios(|figures| figures.p50);
        println!(
            "| {scheme} | {connections} | {threads} | {:.1} / {:.1} | {:.0} | {:.1} / {:.1} | {:.0} | {:.2} ({:.2}–{:.2}) | {:.2} | {:.2} |",
            median(&ours, |figures| figures.p50),
            median(&ours, |figures| figures.p99),
            median(&ours, |figures| figures.rate),
            median(&theirs, |figures| figures.p50),
            median(&theirs, |figures| figures.p99),
            median(&theirs, |figures| figures.rate),
            p50[ROUNDS / 2],
            p50[0],
            p50[ROUNDS - 1],
            ratios(|figures| figures.p99)[ROUNDS / 2],
            ratios(|figures| figures.rate)[ROUNDS / 2],
        );
        if threads == "1" {
            for (program, figures) in [("evoucher", &ours), ("libcurl", &theirs)] {
                let mean = median(figures, |figures| figures.mean);
                let inside = median(figures, |figures| figures.inside);
                let kernel = median(figures, |figures| figures.kernel);
                let waiting = median(figures, |figures| {
                    figures.mean - figures.inside - figures.kernel
                });
                let share = 100.0 * inside / mean;
                // Writing to a string cannot fail.
                let _ = writeln!(
                    times,
                    "| {scheme} | {connections} | {program} | {mean:.1} | {inside:.1} ({share:.0} %) | {kernel:.1} | {waiting:.1} |",
                );
            }
        }
        Ok(())
    }

    /// Counts the system calls of both programs and prints their rows.
    fn count(&self, scheme: &str, host: &str, connections: &str) -> Result {
        let base = self.base(scheme, host, connections);
        for (name, program) in [("evoucher", &self.evoucher), ("libcurl", &self.libcurl)] {
            let few = self.trace(program, &base, 100)?;
            let many = self.trace(program, &base, 1100)?;
            let mut threads = 0.0;
            let mut total = 0.0;
            let mut which = Vec::new();
            for (call, count) in many {
                // What the start and the end cost is in both.
                let before = few.iter().find(|(other, _)| *other == call);
                let each = (count - before.map_or(0.0, |(_, count)| *count)) / 1000.0;
                if matches!(call.as_str(), "clone" | "clone3") {
                    threads += each;
                }
                total += each;
                if each >= 0.05 {
                    which.push(format!("{call} {each:.1}"));
                }
            }
            println!(
                "| {scheme}, {host} | {connections} | {name} | {threads:.3} | {total:.1} | {} |",
                which.join(", ")
            );
        }
        Ok(())
    }

    /// Counts how often a certificate waits for the disk, with a journal and without one.
    fn commits(&self) -> Result {
        println!("| a certificate | waits for the disk | system calls |\n| --- | --- | --- |");
        let base = self.base("http", "127.0.0.1", "new");
        let journal = sh::target().join("bench/journal");
        sh::fresh_dir(&journal)?;
        for (name, folder) in [("without a journal", ""), ("with a journal", "journal")] {
            let folder = match folder {
                "" => PathBuf::new(),
                _ => journal.clone(),
            };
            let count = |calls| {
                let environment = [("EVOUCHER_BENCH_JOURNAL", folder.as_path())];
                self.trace_in(&self.evoucher, &base, calls, &environment)
            };
            let (few, many) = (count(20)?, count(120)?);
            let sum = |counts: &[(String, f64)], such: fn(&str) -> bool| -> f64 {
                let counts = counts.iter().filter(|(call, _)| such(call));
                counts.map(|(_, count)| count).sum()
            };
            let each = |such: fn(&str) -> bool| (sum(&many, such) - sum(&few, such)) / 100.0;
            let waits = each(|call| matches!(call, "fsync" | "fdatasync"));
            println!("| {name} | {waits:.1} | {:.1} |", each(|_| true));
        }
        Ok(())
    }

    /// How often each system call was made.
    fn trace(&self, program: &Path, base: &str, calls: u32) -> Result<Vec<(String, f64)>> {
        self.trace_in(program, base, calls, &[])
    }

    /// The same with more environment.
    fn trace_in(
        &self,
        program: &Path,
        base: &str,
        calls: u32,
        environment: &[(&str, &Path)],
    ) -> Result<Vec<(String, f64)>> {
        let summary = sh::target().join("bench/strace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-c", "-o"]).arg(&summary).arg(program);
        strace.arg(base).arg(&self.ca);
        strace.envs(environment.iter().copied());
        sh::run(strace.args(["1", "calls", &calls.to_string()]))?;
        // % time, seconds, usecs/call, calls, errors if any, syscall
        let counts = sh::read(&summary)?.lines().filter_map(count_of).collect();
        Ok(counts)
    }
}

fn count_of(line: &str) -> Option<(String, f64)> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let name = *columns.last()?;
    let count = columns.get(3)?.parse().ok()?;
    (name != "total").then(|| (name.to_owned(), count))
}

fn read(line: &str) -> Result<Figures> {
    let numbers: Vec<f64> = line
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [_, p50, p99, mean, rate, inside, kernel] => Ok(Figures {
            p50,
            p99,
            mean,
            rate,
            inside,
            kernel,
        }),
        _ => Err(format!("not a line of figures: {line}")),
    }
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(figures: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    sorted(figures.iter().map(of))[figures.len() / 2]
}

fn compile(folder: &Path, name: &str, libraries: &[String]) -> Result<PathBuf> {
    let program = folder.join(name);
    let mut cc = sh::command("cc", &["-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread"]);
    cc.args(["-Wall", "-Wextra", "-Werror", "-Iinclude"])
        .arg(format!("benches/{name}.c"))
        .arg("-o")
        .arg(&program)
        .args(libraries);
    sh::show(&mut cc)?;
    Ok(program)
}

/// An authority, and a certificate of it for the server, made anew for each run.
fn certificates(folder: &Path) -> Result {
    sh::write(
        &folder.join("server.ext"),
        "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n",
    )?;
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let authority = "req -x509 -nodes -days 2 -subj /CN=bench-authority -keyout ca.key -out ca.pem";
    let request = "req -nodes -subj /CN=bench-server -keyout server.key -out server.csr";
    let sign = "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
                -extfile server.ext -out server.pem";
    for (arguments, key) in [(authority, &key[..]), (request, &key[..]), (sign, &[])] {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments.split_whitespace()).args(key);
        let output = openssl.current_dir(folder).output();
        let output = output.map_err(|error| format!("openssl: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("openssl {arguments}: {said}"));
        }
    }
    Ok(())
}

/// The centre's reply, sealed by neither of the two that are measured.
fn sealed_reply(folder: &Path) -> Result<String> {
    sh::write(&folder.join("content"), CONTENT)?;
    let mut openssl = Command::new("openssl");
    openssl.args(["enc", "-sm4-ecb", "-K", SM4_KEY, "-in", "content"]);
    let output = openssl.current_dir(folder).output();
    let sealed = output.map_err(|error| format!("openssl: {error}"))?.stdout;
    let hex: String = sealed.iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(format!(
        r#"{{"code":0,"message":"成功","success":true,"data":{{"encData":"{hex}"}}}}"#
    ))
}

fn free_port() -> Result<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}

/// A server that answers every request alike and at once: nginx, in one process.
fn serve(folder: &Path, http: u16, https: u16) -> Result<Server> {
    let reply = sealed_reply(folder)?;
    let configuration = format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log nginx.log;
events {{}}
http {{
    access_log off;
    default_type application/json;
    client_body_temp_path temp;
    proxy_temp_path temp;
    fastcgi_temp_path temp;
    uwsgi_temp_path temp;
    scgi_temp_path temp;
    keepalive_requests 1000000000;
    ssl_certificate server.pem;
    ssl_certificate_key server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:bench:1m;
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl;
        location /kept/ {{ return 200 '{reply}'; }}
        location /new/ {{ keepalive_timeout 0; return 200 '{reply}'; }}
    }}
}}
"
    );
    sh::write(&folder.join("nginx.conf"), &configuration)?;
    let mut nginx = Command::new("nginx");
    nginx.arg("-p").arg(folder).args(["-c", "nginx.conf"]);
    let child = nginx.args(["-e", "nginx.log"]).spawn();
    let mut server = Server(child.map_err(|error| format!("nginx: {error}"))?);
    let address = SocketAddr::from(([127, 0, 0, 1], https));
    for _ in 0..100 {
        if let Ok(Some(status)) = server.0.try_wait() {
            return Err(format!("nginx: {status}; see target/bench/nginx.log"));
        }
        if TcpStream::connect(address).is_ok() {
            return Ok(server);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err("nginx did not start".to_owned())
}
