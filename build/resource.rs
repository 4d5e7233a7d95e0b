//! The DLL's version resource: what Explorer shows under "Details", and what installers compare.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Compiles the resource and links it into the DLL. Only with MinGW, which every release is built
/// with.
pub fn link() {
    println!("cargo::rerun-if-changed=build/resource.rs");
    let variable = |name| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    if variable("CARGO_CFG_TARGET_OS") != "windows" || variable("CARGO_CFG_TARGET_ENV") != "gnu" {
        return;
    }
    let windres = match variable("CARGO_CFG_TARGET_ARCH").as_str() {
        "x86" => "i686-w64-mingw32-windres",
        _ => "x86_64-w64-mingw32-windres",
    };
    let out = variable("OUT_DIR");
    let source = Path::new(&out).join("version.rc");
    let object = Path::new(&out).join("version.o");
    fs::write(&source, version_info(variable)).expect("OUT_DIR can be written");
    let status = Command::new(windres)
        .arg(&source)
        .arg(&object)
        .status()
        .unwrap_or_else(|error| panic!("{windres} (Debian: gcc-mingw-w64): {error}"));
    assert!(
        status.success(),
        "{windres} did not compile the version resource"
    );
    println!("cargo::rustc-link-arg-cdylib={}", object.display());
}

fn version_info(variable: impl Fn(&'static str) -> String) -> String {
    let version = variable("CARGO_PKG_VERSION");
    let numbers = [
        variable("CARGO_PKG_VERSION_MAJOR"),
        variable("CARGO_PKG_VERSION_MINOR"),
        variable("CARGO_PKG_VERSION_PATCH"),
    ]
    .join(",");
    let name = variable("CARGO_PKG_NAME");
    // Inside a string of a resource script a quote is written twice.
    let description = variable("CARGO_PKG_DESCRIPTION").replace('"', "\"\"");
    // 2: a DLL, of the VOS_NT_WINDOWS32 kind. 080404B0: Chinese, in UTF-16.
    format!(
        r#"1 VERSIONINFO
FILEVERSION {numbers},0
PRODUCTVERSION {numbers},0
FILEOS 0x40004
FILETYPE 2
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "080404B0"
    BEGIN
      VALUE "ProductName", "{name}"
      VALUE "ProductVersion", "{version}"
      VALUE "FileDescription", "{description}"
      VALUE "FileVersion", "{version}"
      VALUE "InternalName", "{name}"
      VALUE "OriginalFilename", "{name}.dll"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x804, 1200
  END
END
"#
    )
}
