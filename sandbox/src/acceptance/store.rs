//! The file that keeps a run: written whole beside the old one, which it then replaces.

use super::cases;
use super::run::Run;
use crate::centre::lock;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What such a file says of itself.
const FORMAT: &str = "evoucher-acceptance";
const VERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    format: String,
    version: u32,
    run: Run,
}

#[derive(Serialize)]
struct Saving<'a> {
    format: &'static str,
    version: u32,
    run: &'a Run,
}

/// Where a run is kept.
pub(crate) struct Store {
    pub(crate) path: PathBuf,
    /// One writer at a time; what the last one failed with.
    failure: Mutex<Option<String>>,
}

impl Store {
    /// The file, and the run in it: none when there is no file yet.
    pub(crate) fn open(path: PathBuf) -> io::Result<(Self, Option<Run>)> {
        let run = match fs::read(&path) {
            Ok(bytes) => Some(read(&bytes).map_err(|why| refused(&path, &why))?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(refused(&path, &error.to_string())),
        };
        let store = Self {
            path,
            failure: Mutex::new(None),
        };
        Ok((store, run))
    }

    /// Saves what `run` gives, which is asked once nobody else writes.
    pub(crate) fn save(&self, run: impl FnOnce() -> Option<Run>) -> Result<(), String> {
        let mut failure = lock(&self.failure);
        let Some(run) = run() else {
            return Ok(());
        };
        let saved = self.write(&run).map_err(|error| error.to_string());
        *failure = saved.as_ref().err().cloned();
        saved
    }

    fn write(&self, run: &Run) -> io::Result<()> {
        let saving = Saving {
            format: FORMAT,
            version: VERSION,
            run,
        };
        let text = serde_json::to_vec(&saving).map_err(io::Error::other)?;
        let new = beside(&self.path, "new");
        let mut file = File::create(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, &self.path)
    }

    /// Puts the file aside before another run begins: one is kept.
    pub(crate) fn put_aside(&self) -> io::Result<()> {
        let _writer = lock(&self.failure);
        match fs::rename(&self.path, beside(&self.path, "previous")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What the last attempt to save failed with.
    pub(crate) fn failure(&self) -> Option<String> {
        lock(&self.failure).clone()
    }
}

/// The same name with something behind it.
fn beside(path: &Path, behind: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(behind);
    name.into()
}

fn refused(path: &Path, why: &str) -> io::Error {
    let path = path.display();
    let text = format!("{path} is no acceptance run of this program, and was left as it is: {why}");
    io::Error::new(ErrorKind::InvalidData, text)
}

/// The run in the bytes of a file.
pub(crate) fn read(bytes: &[u8]) -> Result<Run, String> {
    let saved: Saved = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if (&*saved.format, saved.version) != (FORMAT, VERSION) {
        return Err(format!("it is {} {}", saved.format, saved.version));
    }
    let mut ids = saved.run.cases.keys();
    match ids.find(|id| cases::find(id).is_none()) {
        Some(unknown) => Err(format!("there is no case {unknown}")),
        None => Ok(saved.run),
    }
}
