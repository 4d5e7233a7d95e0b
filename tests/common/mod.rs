//! The library as a host program has it: the built `.so`, loaded by its path, called through its C
//! interface. `cargo xtask test` names the release build; a plain `cargo test` takes the one that
//! cargo made beside the test.
#![allow(
    dead_code,
    unused_imports,
    unsafe_code,
    missing_docs,
    reason = "each test uses some of it, and calls C functions"
)]

pub mod c;
pub mod cashiers;
pub mod front;
pub mod interface;
pub mod outcomes;
pub mod spec;
pub mod tester;
pub mod till;
pub mod wire;

pub use spec::{READING, changes};

use evoucher::catalogue::services;
use evoucher_sandbox::{Options, Sandbox};
use libloading::Symbol;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::{CString, c_char};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The key and orgId that the simulated centre expects unless told otherwise.
pub const KEY: &str = "0123456789ABCDEFFEDCBA9876543210";
pub const ORG_ID: &str = "testOrgId";

/// How much later than its time-out a call may return on a busy machine.
pub const MARGIN: Duration = Duration::from_secs(5);

/// The folder of the built libraries.
pub fn library_dir() -> PathBuf {
    match std::env::var_os("EVOUCHER_LIBRARY_DIR") {
        Some(folder) => folder.into(),
        None => {
            let test = std::env::current_exe().unwrap();
            test.parent().unwrap().to_owned()
        }
    }
}

/// A built program of this project: beside the library, or where cargo puts what it tests.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folders = [library_dir(), test.parent().unwrap().to_owned()];
    let places = folders.iter().flat_map(|folder| {
        let above = folder.parent().unwrap();
        [folder.join(name), above.join(name)]
    });
    let places: Vec<_> = places.collect();
    let found = places.iter().find(|place| place.is_file());
    found
        .unwrap_or_else(|| panic!("no {name} in {places:?}: cargo build --package {name}"))
        .clone()
}

pub struct Library(libloading::Library);

type Four = unsafe extern "C" fn(i32, *const c_char, *mut c_char, i32) -> i32;
type Five = unsafe extern "C" fn(i32, *const c_char, *const c_char, *mut c_char, i32) -> i32;

/// What a call left behind.
#[derive(Debug, Clone)]
pub struct Reply {
    /// What the function returned.
    pub returned: i32,
    /// The text in the buffer.
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// A field by its path, as text.
    pub fn at(&self, path: &str) -> String {
        let json = self.json();
        let pointer = format!("/{}", path.replace('.', "/"));
        match json.pointer(&pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("no {path} in {json}"),
        }
    }
}

pub fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| Library::load("libevoucher.so"))
}

fn c(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).unwrap()
}

impl Library {
    pub fn load(name: &str) -> Self {
        let path = library_dir().join(name);
        // SAFETY: loading does no work.
        Self(unsafe { libloading::Library::new(&path) }.unwrap_or_else(|e| panic!("{path:?}: {e}")))
    }

    /// A function of the type that its user says.
    pub fn function<T>(&self, name: &str) -> Symbol<'_, T> {
        // SAFETY: the caller names the type that the header has.
        unsafe { self.0.get(name.as_bytes()) }.unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Opens a client from whatever bytes.
    pub fn open_bytes(&self, config: &[u8]) -> (i32, i32) {
        let open = self.function::<unsafe extern "C" fn(*const c_char, *mut i32) -> i32>("ev_open");
        let config = c(config);
        let mut client = -7;
        // SAFETY: as the header says.
        let code = unsafe { open(config.as_ptr(), &mut client) };
        (code, client)
    }

    pub fn open(&'static self, config: &Value) -> Client {
        let (code, handle) = self.open_bytes(config.to_string().as_bytes());
        assert_eq!(code, 0, "{}", self.last_reply().text());
        Client {
            library: self,
            handle,
        }
    }

    pub fn close(&self, client: i32) -> i32 {
        let close = self.function::<unsafe extern "C" fn(i32) -> i32>("ev_close");
        // SAFETY: as the header says.
        unsafe { close(client) }
    }

    /// A function of the shape (client, text, reply, size).
    pub fn call4(&self, name: &str, client: i32, text: &[u8], size: i32) -> Reply {
        let function = self.function::<Four>(name);
        let text = c(text);
        let mut buffer = vec![0xAA_u8; usize::try_from(size).unwrap().max(1)];
        // SAFETY: as the header says.
        let returned = unsafe { function(client, text.as_ptr(), buffer.as_mut_ptr().cast(), size) };
        cut(returned, buffer, size)
    }

    /// A function of the shape (client, text, text, reply, size).
    pub fn call5(&self, name: &str, client: i32, first: &[u8], second: &[u8], size: i32) -> Reply {
        let function = self.function::<Five>(name);
        let (first, second) = (c(first), c(second));
        let mut buffer = vec![0xAA_u8; usize::try_from(size).unwrap().max(1)];
        // SAFETY: as the header says.
        let returned = unsafe {
            function(
                client,
                first.as_ptr(),
                second.as_ptr(),
                buffer.as_mut_ptr().cast(),
                size,
            )
        };
        cut(returned, buffer, size)
    }

    pub fn trans(&self, url: Option<&str>, request: &str) -> Reply {
        type Trans = unsafe extern "C" fn(*const c_char, *const c_char, *mut c_char, i32) -> i32;
        let trans = self.function::<Trans>("ev_trans");
        let url = url.map(c);
        let request = c(request);
        let mut buffer = vec![0xAA_u8; 65_536];
        let url = url.as_ref().map_or(std::ptr::null(), |url| url.as_ptr());
        // SAFETY: as the header says.
        let returned = unsafe { trans(url, request.as_ptr(), buffer.as_mut_ptr().cast(), 65_536) };
        cut(returned, buffer, 65_536)
    }

    pub fn explain(&self, client: i32, code: i32) -> Reply {
        type Explain = unsafe extern "C" fn(i32, i32, *mut c_char, i32) -> i32;
        let explain = self.function::<Explain>("ev_explain");
        let mut buffer = vec![0xAA_u8; 8192];
        // SAFETY: as the header says.
        let returned = unsafe { explain(client, code, buffer.as_mut_ptr().cast(), 8192) };
        cut(returned, buffer, 8192)
    }

    pub fn check(&self, client: i32, size: i32) -> Reply {
        type Check = unsafe extern "C" fn(i32, *mut c_char, i32) -> i32;
        let check = self.function::<Check>("ev_check");
        let mut buffer = vec![0xAA_u8; usize::try_from(size).unwrap().max(1)];
        // SAFETY: as the header says.
        let returned = unsafe { check(client, buffer.as_mut_ptr().cast(), size) };
        cut(returned, buffer, size)
    }

    pub fn cancel(&self, client: i32, token: Option<&str>) -> i32 {
        type Cancel = unsafe extern "C" fn(i32, *const c_char) -> i32;
        let cancel = self.function::<Cancel>("ev_cancel");
        let token = token.map(c);
        let token = token
            .as_ref()
            .map_or(std::ptr::null(), |token| token.as_ptr());
        // SAFETY: as the header says.
        unsafe { cancel(client, token) }
    }

    pub fn last_reply_size(&self) -> i32 {
        let size = self.function::<unsafe extern "C" fn() -> i32>("ev_last_reply_size");
        // SAFETY: as the header says.
        unsafe { size() }
    }

    pub fn last_reply_into(&self, size: i32) -> Reply {
        type Last = unsafe extern "C" fn(*mut c_char, i32) -> i32;
        let last = self.function::<Last>("ev_last_reply");
        let mut buffer = vec![0xAA_u8; usize::try_from(size).unwrap().max(1)];
        // SAFETY: as the header says.
        let returned = unsafe { last(buffer.as_mut_ptr().cast(), size) };
        cut(returned, buffer, size)
    }

    pub fn last_reply(&self) -> Reply {
        self.last_reply_into(self.last_reply_size().max(1))
    }
}

/// The text in a buffer, which must have its NUL within the size and be untouched behind it.
fn cut(returned: i32, buffer: Vec<u8>, size: i32) -> Reply {
    let size = usize::try_from(size).unwrap();
    if size == 0 {
        assert_eq!(buffer, [0xAA], "a buffer of no size was written to");
        return Reply {
            returned,
            bytes: Vec::new(),
        };
    }
    let end = buffer.iter().position(|byte| *byte == 0);
    let end = end.unwrap_or_else(|| panic!("no NUL in the buffer"));
    Reply {
        returned,
        bytes: buffer[..end].to_vec(),
    }
}

/// An open client; closed when dropped.
pub struct Client {
    pub library: &'static Library,
    pub handle: i32,
}

impl Client {
    /// Calls a service by its C function's name, with a buffer that is large enough.
    pub fn call(&self, function: &str, request: &Value) -> Reply {
        self.call_text(function, &request.to_string())
    }

    pub fn call_text(&self, function: &str, request: &str) -> Reply {
        self.library
            .call4(function, self.handle, request.as_bytes(), 65_536)
    }

    pub fn notc(&self, token: &str) -> Reply {
        self.call("ev_token_pwd_check_notc", &request(token))
    }

    pub fn stas(&self, token: &str) -> Reply {
        self.call("ev_token_pwd_stas", &request(token))
    }

    pub fn signed(&self, token: &str) -> Reply {
        self.call("ev_signed_query", &request(token))
    }

    pub fn cert(&self, token: &str) -> Reply {
        self.call("ev_gen_pay_cert", &request(token))
    }

    /// Calls a service by its path, with a buffer that is large enough.
    pub fn call_path(&self, path: &str, request: &str) -> Reply {
        let (path, request) = (path.as_bytes(), request.as_bytes());
        self.library
            .call5("ev_call", self.handle, path, request, 65_536)
    }

    /// A path that no document lists: it may change something, for all that is known.
    pub fn echo(&self, token: &str) -> Reply {
        self.call_path(ECHO, &request(token).to_string())
    }

    /// Calls one of the documents' by its name, or the unlisted one.
    pub fn service(&self, service: &str, token: &str) -> Reply {
        match SERVICES.iter().find(|(name, _)| *name == service) {
            Some((_, function)) => self.call(function, &request(token)),
            None => {
                assert_eq!(service, "echo");
                self.echo(token)
            }
        }
    }

    pub fn field(&self, json: &[u8], path: &str, size: i32) -> Reply {
        self.library
            .call5("ev_field", self.handle, json, path.as_bytes(), size)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.library.close(self.handle);
    }
}

/// The documents' services, and the C function of each.
pub const SERVICES: [(&str, &str); services::SERVICES.len()] = {
    let mut all = [("", ""); services::SERVICES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = (services::SERVICES[at].name, services::SERVICES[at].function);
        at += 1;
    }
    all
};

/// What `Client::service` calls: the documents', and the one that no document lists.
pub const NAMES: [&str; SERVICES.len() + 1] = {
    let mut all = ["echo"; SERVICES.len() + 1];
    let mut at = 0;
    while at < SERVICES.len() {
        all[at] = SERVICES[at].0;
        at += 1;
    }
    all
};

/// What came of a call.
pub fn is(reply: &Reply, code: i32, delivery: &str) {
    let text = reply.text();
    assert_eq!(
        (reply.returned, reply.at("delivery").as_str()),
        (code, delivery),
        "{text}"
    );
}

/// The simulated centre's service that no document lists.
pub const ECHO: &str = "/cfc/api/echo";

/// A folder that is gone when this is dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("evoucher-{name}-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &std::path::Path {
        &self.0
    }

    /// Writes a file there and gives its path.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Prints past the test harness, which swallows what a test that passes prints.
pub fn show(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// A request that has the fields of all services, and a transaction of its own: risk control
/// is the process's, and tests run side by side.
pub fn request(token: &str) -> Value {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    json!({
        "token": token,
        "orgCodg": "H35010000001",
        "orgName": "测试医院",
        "opterId": "0001",
        "opterName": "张三",
        "devId": "AA-BB-CC-DD-EE-FF",
        "devIP": "10.1.2.3",
        "ownPaySetlAmt": "12.30",
        "fixmedinsTrnsSn": format!("SN-{count}-{token}"),
    })
}

/// The same for one transaction, at this amount.
pub fn transaction(token: &str, serial: &str, amount: &str) -> Value {
    let mut request = request(token);
    request["fixmedinsTrnsSn"] = serial.into();
    request["ownPaySetlAmt"] = amount.into();
    request
}

/// A configuration for a centre at this address.
pub fn config(url: impl AsRef<str>) -> Value {
    json!({
        "localUrl": url.as_ref(),
        "orgId": ORG_ID,
        "admdvs": "350000",
        "reqtPrefix": "sys",
        "sm4Key": KEY,
    })
}

/// The same with more fields.
pub fn config_with(url: impl AsRef<str>, more: Value) -> Value {
    let mut config = config(url);
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

pub fn centre() -> Sandbox {
    Sandbox::start(Options::default()).unwrap()
}

/// How many requests for a service took effect.
pub fn times(centre: &Sandbox, service: &str) -> usize {
    let ledger = centre.ledger();
    let of_it = ledger.iter().filter(|entry| entry.service == service);
    of_it.count()
}

/// The address of a centre that answers everything with a fault.
pub fn fault(centre: &Sandbox, name: &str) -> String {
    format!("{}/fault/{name}", centre.url())
}

/// Whether there is time for everything, or a tenth has to do.
pub fn everything() -> bool {
    std::env::var_os("EVOUCHER_TEST_EVERYTHING").is_some()
}

/// The threads of this process, by number.
pub fn threads() -> BTreeSet<String> {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|task| task.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Runs an ignored test of this program in a process of its own, with more environment: what tests
/// share otherwise.
pub fn alone<'a>(test: &str, environment: impl IntoIterator<Item = (&'a str, String)>) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored"])
        .envs(environment)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
}
