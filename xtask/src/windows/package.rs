//! What makes an archive a package where C and C++ programs look for one: CMake's `find_package`,
//! and pkg-config.

use std::path::Path;

use super::dist::VERSION;
use crate::place;
use crate::sh::{Result, make_dir, read, write};

/// Writes both into an archive's folder; each of `folders` in it has a library to link. `machines`: what
/// the processor may be called that the Linux library is for.
pub(crate) fn make(root: &Path, folders: &[String], machines: &str) -> Result {
    let cmake = root.join("lib/cmake/evoucher");
    make_dir(&cmake)?;
    for (from, to) in [
        ("evoucher-config.cmake.in", "evoucher-config.cmake"),
        (
            "evoucher-config-version.cmake.in",
            "evoucher-config-version.cmake",
        ),
    ] {
        let values = [("VERSION", VERSION), ("MACHINES", machines)];
        write(&cmake.join(to), filled(from, &values)?)?;
    }
    for folder in folders {
        let pkgconfig = root.join(folder).join("pkgconfig");
        make_dir(&pkgconfig)?;
        let values = [("VERSION", VERSION), ("LIBDIR", folder)];
        write(
            &pkgconfig.join("evoucher.pc"),
            filled("evoucher.pc.in", &values)?,
        )?;
    }
    Ok(())
}

/// A file of `packaging/` with what stands in it between two `@`.
pub(super) fn filled(name: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut text = read(&place::repository().join("packaging").join(name))?;
    for (name, value) in values {
        text = text.replace(&format!("@{name}@"), value);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sh::fresh_dir;

    #[test]
    fn nothing_is_left_to_fill_in() {
        let root = place::target().join("test/package");
        fresh_dir(&root).unwrap();
        make(&root, &["x86".to_owned(), "x64".to_owned()], "arm64").unwrap();
        let text = |file| read(&root.join(file)).unwrap();
        let version = text("lib/cmake/evoucher/evoucher-config-version.cmake");
        assert!(version.contains(&format!("\"{VERSION}\"")), "{version}");
        let pc = text("x64/pkgconfig/evoucher.pc");
        assert!(pc.contains("libdir=${prefix}/x64\n"), "{pc}");
        for text in [
            version,
            pc,
            text("lib/cmake/evoucher/evoucher-config.cmake"),
        ] {
            assert!(!text.contains('@'), "{text}");
        }
    }
}
