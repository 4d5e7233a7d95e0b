//! What the commands need beside Rust: on Debian as root it is installed, elsewhere it is named.

use crate::sh::{self, Result};
use std::env;

/// A program, and the Debian package that it comes in.
pub struct Needed {
    /// As it is called; for what is no program, a file of it by its whole path.
    pub program: &'static str,
    /// As Debian calls it.
    pub package: &'static str,
}

/// For the native tests: C programs, the leak check, the independent SM4.
pub const NATIVE: &[Needed] = &[
    Needed {
        program: "cc",
        package: "gcc",
    },
    Needed {
        program: "c++",
        package: "g++",
    },
    Needed {
        program: "valgrind",
        package: "valgrind",
    },
    Needed {
        program: "openssl",
        package: "openssl",
    },
];

/// For the benchmark: the other client's libraries, a server, a count of system calls.
pub const BENCH: &[Needed] = &[
    Needed {
        program: "cc",
        package: "gcc",
    },
    Needed {
        program: "curl-config",
        package: "libcurl4-openssl-dev",
    },
    Needed {
        program: "/usr/include/openssl/evp.h",
        package: "libssl-dev",
    },
    Needed {
        program: "openssl",
        package: "openssl",
    },
    Needed {
        program: "nginx",
        package: "nginx",
    },
    Needed {
        program: "strace",
        package: "strace",
    },
];

/// What of these is missing.
pub fn missing(needed: &[Needed]) -> Vec<&Needed> {
    needed
        .iter()
        .filter(|needed| !sh::has(needed.program))
        .collect()
}

/// Sees to it that all of them are there.
pub fn install(needed: &[Needed]) -> Result {
    let missing = missing(needed);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|needed| needed.package).collect();
    if !can_install() {
        return Err(format!(
            "missing: {}\non Debian: apt-get install {}",
            missing
                .iter()
                .map(|needed| needed.program)
                .collect::<Vec<_>>()
                .join(" "),
            packages.join(" "),
        ));
    }
    sh::run(&mut sh::command("apt-get", &["update", "--quiet"]))?;
    let mut install = sh::command(
        "apt-get",
        &["install", "--yes", "--quiet", "--no-install-recommends"],
    );
    sh::run(
        install
            .args(&packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

fn can_install() -> bool {
    let is_root = env::var("USER").as_deref() == Ok("root")
        || sh::output(&mut sh::command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    is_root && sh::has("apt-get")
}
