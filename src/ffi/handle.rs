//! Handles: small integers that are never used twice, so that a stale one is an error and not
//! somebody else's client (rule 8).

use crate::catalogue::codes::{EV_INVALID_CLIENT, EV_INVALID_CONFIG};
use crate::client::Client;
use crate::dispatch;
use crate::error::{Failure, text};
use crate::os::host::{self, beside_program};
use once_cell::sync::Lazy;
use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The default client's handle.
pub(super) const DEFAULT: i32 = 0;

/// What `*client` becomes when `ev_open` fails: never a client, and not the default one either.
pub(super) const NO_CLIENT: i32 = -1;

/// Names the default client's configuration file.
const CONFIG_VARIABLE: &str = "EVOUCHER_CONFIG";

/// The same, beside the library.
const CONFIG_FILE: &str = "evoucher.json";

#[derive(Default)]
struct Open {
    last: i32,
    clients: BTreeMap<i32, Arc<Client>>,
}

static OPEN: Lazy<RwLock<Open>> = Lazy::new(RwLock::default);

/// Opened on first use. Held while it is being opened, so that two threads do not both do it.
static DEFAULT_CLIENT: Mutex<Option<Arc<Client>>> = Mutex::new(None);

/// Gives a client a handle.
pub(super) fn add(client: Client) -> i32 {
    let mut open = OPEN.write().unwrap_or_else(PoisonError::into_inner);
    open.last += 1;
    let handle = open.last;
    open.clients.insert(handle, Arc::new(client));
    handle
}

/// The client behind a handle.
pub(super) fn get(handle: i32) -> Result<Arc<Client>, Failure> {
    if handle == DEFAULT {
        return default_client();
    }
    let open = OPEN.read().unwrap_or_else(PoisonError::into_inner);
    open.clients
        .get(&handle)
        .cloned()
        .ok_or_else(|| unknown(handle))
}

/// Closes a handle; calls that are running keep their client until they end.
pub(super) fn close(handle: i32) -> Result<(), Failure> {
    if handle == DEFAULT {
        let mut default = DEFAULT_CLIENT
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *default = None;
        return Ok(());
    }
    let mut open = OPEN.write().unwrap_or_else(PoisonError::into_inner);
    let was_given = (1..=open.last).contains(&handle);
    open.clients.remove(&handle);
    if was_given {
        Ok(())
    } else {
        Err(unknown(handle))
    }
}

fn unknown(handle: i32) -> Failure {
    Failure::not_sent(
        EV_INVALID_CLIENT,
        text!(
            "{handle}，请用 ev_open 返回的句柄",
            "{handle}; use a handle that ev_open gave"
        ),
    )
}

fn default_client() -> Result<Arc<Client>, Failure> {
    let mut default = DEFAULT_CLIENT
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = &*default {
        return Ok(Arc::clone(client));
    }
    let path = env::var_os(CONFIG_VARIABLE)
        .map(|path| beside_program(Path::new(&path)))
        .or_else(|| Some(host::library_path()?.with_file_name(CONFIG_FILE)))
        .ok_or_else(|| {
            Failure::not_sent(
                EV_INVALID_CONFIG,
                text!(
                    "找不到动态库所在的目录，请用环境变量 {CONFIG_VARIABLE} 指定配置文件",
                    "the library's own folder cannot be found: name the configuration file in {CONFIG_VARIABLE}"
                ),
            )
        })?;
    let client = Arc::new(dispatch::open_file(&path)?);
    *default = Some(Arc::clone(&client));
    Ok(client)
}
