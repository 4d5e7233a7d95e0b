//! The issued key: written in the configuration, in a file, or in a variable.

#[cfg(unix)]
use super::reader::describe;
use super::reader::{Reader, read_file};
use crate::charset::decode_file;
use crate::envelope::{KeyFormat, Sealer};
use crate::error::{Text, text};
use crate::os::dpapi::{self, Scope};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::ErrorKind;
use std::path::Path;
use zeroize::Zeroizing;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Sealer> {
    let format = reader.choice("keyFormat", KeyFormat::from_name);
    let inline = reader.text("sm4Key").map(Zeroizing::new);
    let file = reader.path("sm4KeyFile");
    let variable = reader.text("sm4KeyEnv");
    let (field, key) = match (inline, file, variable) {
        (Some(key), None, None) => ("sm4Key", Ok(key)),
        (None, Some(path), None) => {
            let key = in_file(&path);
            let key = key.map_err(|reason| reason.about(path.display()));
            ("sm4KeyFile", key)
        }
        (None, None, Some(name)) => ("sm4KeyEnv", in_variable(&name)),
        _ => {
            reader.problems.push(text!(
                "sm4Key、sm4KeyFile、sm4KeyEnv 须有且只有其一",
                "exactly one of sm4Key, sm4KeyFile and sm4KeyEnv is needed"
            ));
            return None;
        }
    };
    let key = reader.noted(field, key)?;
    let sealer = Sealer::new(&key, format.unwrap_or(KeyFormat::Auto));
    let sealer = sealer.ok_or_else(|| {
        let length = key.chars().count();
        text!(
            "密钥有 {length} 个字符，与 keyFormat 不符；应为 32 位十六进制、16 个 ASCII 字符或 24 位 Base64",
            "the key has {length} characters and does not fit keyFormat: 32 hex digits, 16 ASCII characters, or 24 of Base64"
        )
    });
    reader.noted(field, sealer)
}

fn in_variable(name: &str) -> Result<Zeroizing<String>, Text> {
    let key = std::env::var(name).map(Zeroizing::new);
    let key = key.map(|key| Zeroizing::new(key.trim().to_owned()));
    key.map_err(|_| text!("环境变量 {name} 不存在", "there is no variable {name}"))
}

fn in_file(path: &Path) -> Result<Zeroizing<String>, Text> {
    only_for_its_owner(path)?;
    let bytes = read_file(path).map(Zeroizing::new)?;
    let text = Zeroizing::new(decode_file(&bytes).into_owned());
    match text.trim().strip_prefix(PROTECTED) {
        Some(blob) => unprotect(blob),
        None => Ok(Zeroizing::new(text.trim().to_owned())),
    }
}

/// What a key file begins with whose key Windows protects; the rest is Base64.
const PROTECTED: &str = "dpapi:";

/// The text of a key file that only this machine, or this user, can open.
pub fn protected_key_file(key: &str, scope: Scope) -> std::io::Result<String> {
    let blob = dpapi::protect(key.as_bytes(), scope)?;
    Ok(format!("{PROTECTED}{}", BASE64_STANDARD.encode(blob)))
}

fn unprotect(blob: &str) -> Result<Zeroizing<String>, Text> {
    let blob = BASE64_STANDARD.decode(blob.trim()).map_err(|_| {
        text!(
            "{PROTECTED} 之后应为 Base64，请用 evoucher-tool protect 重新生成",
            "what follows {PROTECTED} is no Base64: make it again with evoucher-tool protect"
        )
    })?;
    let key = dpapi::unprotect(&blob).map_err(|error| match error.kind() {
        ErrorKind::Unsupported => text!(
            "{PROTECTED} 开头的密钥文件只能在 Windows 上使用",
            "a key file that begins with {PROTECTED} can be used on Windows only"
        ),
        _ => text!(
            "Windows 打不开受保护的密钥（{error}），应在本机、以运行 HIS 的用户执行 evoucher-tool protect 生成",
            "Windows cannot open the protected key ({error}): make it with evoucher-tool protect on this machine, as the user that runs the HIS"
        ),
    })?;
    let key = std::str::from_utf8(&key).map_err(|_| {
        text!(
            "受保护的密钥不是 UTF-8 文本，请用 evoucher-tool protect 重新生成",
            "the protected key is no UTF-8 text: make it again with evoucher-tool protect"
        )
    })?;
    Ok(Zeroizing::new(key.trim().to_owned()))
}

/// A key that every user of the machine can read is no secret.
#[cfg(unix)]
fn only_for_its_owner(path: &Path) -> Result<(), Text> {
    use std::os::unix::fs::PermissionsExt;
    let file = path.metadata().map_err(|error| describe(&error))?;
    if file.permissions().mode() & 0o007 == 0 {
        return Ok(());
    }
    Err(text!(
        "密钥文件对所有用户开放，请执行 chmod 600",
        "every user may read the key file: chmod 600 it"
    ))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature everywhere")]
fn only_for_its_owner(_: &Path) -> Result<(), Text> {
    Ok(())
}
