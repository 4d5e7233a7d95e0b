//! What is measured, and the server that answers: made anew for each run.

use crate::sh::{self, Result};
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

/// The same as in benches/driver.h.
const SM4_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

/// What the centre answers to a question, before it is sealed.
const CONTENT: &str = r#"{"checkStas":"1","resBizNo":"161665488196720210609155618"}"#;

/// The same to each step of a flow: yes.
const FLOW_CONTENT: &str = r#"{"notcFlag":"1","checkStas":"1","stasFlag":"1","payCert":"C1","payChnlName":"P","payChnlUserName":"U"}"#;

/// The programs, and a server for them.
pub(super) struct Setup {
    pub(super) evoucher: PathBuf,
    pub(super) libcurl: PathBuf,
    pub(super) floor: PathBuf,
    pub(super) ca: PathBuf,
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

impl Setup {
    /// Compiles the programs, ours against the release library, and starts the server.
    pub(super) fn prepare() -> Result<Self> {
        let folder = sh::target().join("bench");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        // By its whole path: cargo lets whatever it runs look in the debug build first.
        let library = sh::target().join("release/libevoucher.so");
        let library = [library.display().to_string()];
        let [curl, ssl, crypto] = ["-lcurl", "-lssl", "-lcrypto"].map(str::to_owned);
        let evoucher = compile(&folder, "evoucher_client", &library)?;
        let libcurl = compile(&folder, "libcurl_client", &[curl, crypto.clone()])?;
        let floor = compile(&folder, "floor_client", &[ssl, crypto])?;
        certificates(&folder)?;
        let (http, https) = (free_port()?, free_port()?);
        Ok(Self {
            evoucher,
            libcurl,
            floor,
            ca: folder.join("ca.pem"),
            http,
            https,
            _server: serve(&folder, http, https)?,
        })
    }

    /// The address whose connections are kept or not.
    pub(super) fn base(&self, scheme: &str, host: &str, connections: &str) -> String {
        let port = self.address(scheme).port();
        format!("{scheme}://{host}:{port}/{connections}")
    }

    /// Where the server listens.
    pub(super) fn address(&self, scheme: &str) -> SocketAddr {
        let port = if scheme == "https" {
            self.https
        } else {
            self.http
        };
        SocketAddr::from(([127, 0, 0, 1], port))
    }
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
fn sealed_reply(folder: &Path, content: &str) -> Result<String> {
    sh::write(&folder.join("content"), content)?;
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
    let reply = sealed_reply(folder, CONTENT)?;
    let flow = sealed_reply(folder, FLOW_CONTENT)?;
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
        location /flow/ {{ return 200 '{flow}'; }}
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
