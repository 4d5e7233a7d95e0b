//! What the commands need beside Rust: on Debian as root it is installed, elsewhere it is named.

use crate::sh::{self, Result};

/// A program as it is called, or a file by its whole path; and the Debian package that it comes in.
pub type Need = (&'static str, &'static str);

/// What the C# examples are compiled with, and run by.
const MCS: Need = ("/usr/bin/mcs", "mono-mcs");
const MONO: Need = ("/usr/bin/mono", "mono-runtime");

/// For the native tests: C programs, the leak check, the independent SM4, a drive that is none of this
/// machine's, the C# example that passes the acceptance run.
pub const NATIVE: &[Need] = &[
    ("cc", "gcc"),
    ("c++", "g++"),
    ("valgrind", "valgrind"),
    ("strace", "strace"),
    ("openssl", "openssl"),
    ("fuse-overlayfs", "fuse-overlayfs"),
    MCS,
    MONO,
];

/// For changes that a test should notice, beside the native. cargo-mutants comes with cargo.
pub const MUTANTS: &[Need] = &[("patch", "patch")];

/// Letters for what is seen.
const CHINESE: Need = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "fonts-wqy-microhei",
);

/// For the station's page, beside the native: the browser with letters for Chinese, what is fetched from
/// npm.
pub const BROWSER: &[Need] = &[
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    CHINESE,
    ("/usr/bin/npm", "npm"),
];

/// For the benchmark: the other client's libraries, a server, counts of system calls and
/// instructions.
pub const BENCH: &[Need] = &[
    ("cc", "gcc"),
    ("curl-config", "libcurl4-openssl-dev"),
    ("/usr/include/openssl/evp.h", "libssl-dev"),
    ("openssl", "openssl"),
    ("nginx", "nginx"),
    ("strace", "strace"),
    ("valgrind", "valgrind"),
];

/// For tools that come as Python's wheels.
pub const PIP: &[Need] = &[("/usr/lib/python3/dist-packages/pip", "python3-pip")];

/// For the archives, beside pip.
pub const DIST: &[Need] = &[
    ("/usr/bin/rustc", "rustc-web"),
    ("/usr/lib/rustlib/src/rust/library/std", "rust-web-src"),
    (
        "/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib",
        "libstd-rust-web-dev",
    ),
    (
        "/usr/bin/i686-w64-mingw32-gcc-win32",
        "gcc-mingw-w64-i686-win32",
    ),
    (
        "/usr/bin/x86_64-w64-mingw32-gcc-win32",
        "gcc-mingw-w64-x86-64-win32",
    ),
    ("/usr/bin/llvm-dlltool", "llvm"),
    ("/usr/bin/zip", "zip"),
];

/// For the programs that are built with the archives' packages.
pub const PACKAGES: &[Need] = &[
    ("cc", "gcc"),
    ("c++", "g++"),
    ("/usr/bin/cmake", "cmake"),
    ("/usr/bin/ninja", "ninja-build"),
    ("/usr/bin/make", "make"),
    ("/usr/bin/pkg-config", "pkgconf"),
];

/// For the NuGet package: the references of .NET Framework, and what the SDK comes with.
pub const NUGET: &[Need] = &[
    ("/usr/bin/npm", "npm"),
    ("/usr/lib/mono/4.5/mscorlib.dll", "libmono-corlib4.5-dll"),
    (
        "/usr/lib/mono/4.5/System.Core.dll",
        "libmono-system-core4.0-cil",
    ),
];

/// For programs of another processor.
pub const EMULATOR: &[Need] = &[
    ("/usr/bin/qemu-aarch64", "qemu-user"),
    ("/usr/aarch64-linux-gnu/lib/libc.so.6", "libc6-arm64-cross"),
    (
        "/usr/aarch64-linux-gnu/lib/libgcc_s.so.1",
        "libgcc-s1-arm64-cross",
    ),
];

/// For the Windows half of the tests, beyond that.
pub const WINDOWS: &[Need] = &[
    (
        "/usr/bin/i686-w64-mingw32-g++-win32",
        "g++-mingw-w64-i686-win32",
    ),
    (
        "/usr/bin/x86_64-w64-mingw32-g++-win32",
        "g++-mingw-w64-x86-64-win32",
    ),
    ("/usr/bin/lld-link", "lld"),
    ("/usr/bin/wine-stable", "wine"),
    ("/usr/lib/wine/wine64", "wine64"),
    ("/usr/share/wine/fonts/tahoma.ttf", "fonts-wine"),
    ("/usr/sbin/debootstrap", "debootstrap"),
    ("/usr/bin/fpc", "fpc"),
    ("/usr/share/fpcsrc", "fpc-source"),
    ("/usr/bin/fpcres", "fp-utils"),
    ("/usr/lib/lazarus", "lazarus-src"),
    MCS,
    MONO,
    (
        "/usr/lib/mono/4.5/System.Windows.Forms.dll",
        "libmono-system-windows-forms4.0-cil",
    ),
    ("/usr/bin/xvfb-run", "xvfb"),
    ("/usr/bin/xauth", "xauth"),
    CHINESE,
    ("/usr/bin/npm", "npm"),
    ("/usr/bin/unzip", "unzip"),
];

/// What of these is missing.
pub fn missing(needs: &[&[Need]]) -> Vec<Need> {
    let needs = needs.iter().copied().flatten().copied();
    needs.filter(|(what, _)| !sh::has(what)).collect()
}

/// Sees to it that all of them are there.
pub fn install(needs: &[&[Need]]) -> Result {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let (missing, packages): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
    if !is_root()? || !sh::has("apt-get") {
        return Err(format!(
            "missing: {}\non Debian 12, as root: apt-get install {}",
            missing.join(" "),
            packages.join(" "),
        ));
    }
    println!("installing {}", packages.join(" "));
    sh::run(&mut sh::command("apt-get", &["update"]))?;
    let mut install = sh::command("apt-get", &["install", "--yes", "--no-install-recommends"]);
    sh::run(
        install
            .args(&packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
    .map(|_| ())
}

/// Whether this runs as root.
pub fn is_root() -> Result<bool> {
    Ok(sh::run(&mut sh::command("id", &["-u"]))?.trim() == "0")
}
