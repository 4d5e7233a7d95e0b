//! Whose a transaction in flight is: each process that uses a journal holds a lock on a file of its
//! own in the folder `owners`. Whoever finds one unlocked knows that its process is gone, however
//! it ended.

use crate::os::lock;
use ring::rand::{SecureRandom, SystemRandom};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;

/// This process, in one journal's folder.
#[derive(Debug)]
pub(super) struct Owner {
    journal: PathBuf,
    name: String,
    /// Locked for as long as it is open.
    _file: File,
}

impl Owner {
    /// Makes this process known. To be called while nobody else can look: until the file is
    /// locked it looks like one whose process is gone.
    pub(super) fn new(journal: &Path) -> io::Result<Self> {
        let folder = folder_of(journal);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        remove_gone(&folder);
        let mut nonce = [0; 6];
        let random = SystemRandom::new().fill(&mut nonce);
        random.map_err(|_| io::Error::other("no random numbers"))?;
        let name = format!("{}-{}", process::id(), hex::encode(nonce));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(folder.join(&name))?;
        for_everybody(&file);
        match lock::hold(&file) {
            Ok(true) => Ok(Self {
                journal: journal.to_owned(),
                name,
                _file: file,
            }),
            Ok(false) => Err(ErrorKind::WouldBlock.into()),
            Err(error) => Err(error),
        }
    }

    /// By what the journal knows this process.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether another process of that name is still there.
    pub(super) fn is_alive(&self, name: &str) -> io::Result<bool> {
        is_alive(&self.journal, name)
    }
}

fn folder_of(journal: &Path) -> PathBuf {
    journal.join("owners")
}

/// Whether another process of that name is still there. Never for a name of this process' own: see [`lock::hold`].
pub(super) fn is_alive(journal: &Path, name: &str) -> io::Result<bool> {
    match open(&folder_of(journal).join(name)) {
        Ok(file) => lock::is_held(&file),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// Removes the files of processes that are gone. What cannot be removed stays.
fn remove_gone(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_gone = open(&entry.path()).and_then(|file| Ok(!lock::is_held(&file)?));
        if is_gone.unwrap_or(false) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Other cashiers' processes must be able to look, whatever this one's umask is.
#[cfg(unix)]
fn for_everybody(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    // Where it cannot be done the folder's own rights hold.
    let _ = file.set_permissions(fs::Permissions::from_mode(0o660));
}

#[cfg(not(unix))]
fn for_everybody(_: &File) {}
