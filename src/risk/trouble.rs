//! Why the journal cannot be used, in words for whoever puts it right.

use crate::catalogue::codes::EV_JOURNAL;
use crate::error::{Delivery, Failure, Text, text};
use rusqlite::ErrorCode;
use std::io::{self, ErrorKind};

/// What is wrong with a journal.
#[derive(Debug)]
pub struct Trouble {
    detail: Text,
    is_busy: bool,
}

impl Trouble {
    pub(super) fn new(detail: Text) -> Self {
        Self {
            detail,
            is_busy: false,
        }
    }

    pub(super) fn remote() -> Self {
        Self::new(text!(
            "journal.dir 在网络盘上，锁和落盘都不可靠；请改用本机磁盘上的文件夹",
            "journal.dir lies on a network drive, where neither locks nor writes can be relied on: use a folder on a disk of this machine"
        ))
    }

    pub(super) fn newer() -> Self {
        Self::new(text!(
            "流水库由更新版本的动态库写成；请把本机的动态库升级到同一版本",
            "the journal was written by a newer version of this library: bring this one up to it"
        ))
    }

    pub(super) fn foreign() -> Self {
        Self::new(text!(
            "流水库的文件名已被另一个数据库占用，请换一个文件夹",
            "another program's database has the journal's name: use another folder"
        ))
    }

    pub(super) fn damaged() -> Self {
        Self::new(text!(
            "流水库已损坏：先备份整个文件夹，再与支付渠道逐笔核对，然后由人决定恢复备份还是换新库",
            "the journal is damaged: keep a copy of the whole folder, reconcile with the payment channel, and then a person decides whether to restore a backup or to begin a new one"
        ))
    }

    pub(super) fn busy() -> Self {
        Self {
            is_busy: true,
            ..Self::new(text!(
                "流水库被其他程序占用，在时限内没有等到",
                "another program holds the journal, and did not let go of it in time"
            ))
        }
    }

    /// Whether waiting may help.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// What is wrong.
    pub fn detail(&self) -> &Text {
        &self.detail
    }

    /// The answer to whoever asked for a certificate.
    pub(super) fn failure(self, delivery: Delivery) -> Failure {
        Failure::new(EV_JOURNAL, delivery, self.detail)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::busy(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::damaged(),
            Some(ErrorCode::DiskFull) => Self::new(text!(
                "流水库所在的磁盘已满，请腾出空间",
                "the journal's disk is full: make room"
            )),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                no_rights()
            }
            // What is no longer there, or of another type than this library writes.
            None => Self::damaged(),
            Some(code) => Self::new(text!(
                "流水库读写失败（{code:?}），请检查磁盘",
                "the journal cannot be read or written ({code:?}): check the disk"
            )),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => no_rights(),
            ErrorKind::StorageFull => Self::new(text!(
                "流水库所在的磁盘已满，请腾出空间",
                "the journal's disk is full: make room"
            )),
            _ => Self::new(text!(
                "流水库的文件夹用不了（{error}）：journal.dir 须是本机上已有的文件夹，或其上级文件夹已存在",
                "the journal's folder cannot be used ({error}): journal.dir must be a folder of this machine, or the one above it must exist"
            )),
        }
    }
}

fn no_rights() -> Trouble {
    Trouble::new(text!(
        "没有读写流水库的权限；请以管理员运行 evoucher-tool journal init，为本机所有收费员开放该文件夹",
        "no right to read or write the journal: run evoucher-tool journal init as an administrator, which opens the folder to every cashier of this machine"
    ))
}

impl From<rusqlite::types::FromSqlError> for Trouble {
    fn from(_: rusqlite::types::FromSqlError) -> Self {
        Self::damaged()
    }
}
