//! An archive's users: the examples are built with what is in the unpacked archive and nothing else,
//! as its pages say, and held against the simulated centre.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::build;
use super::matrix;
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::hosts;
use crate::place;
use crate::sh::{Result, failure, fresh_dir, make_dir, output, run, write};

/// C; C++ of the oldest kind with exceptions; and of a later one without.
const PROJECTS: [(&str, &str, &[&str]); 3] = [
    ("c", "Ninja", &[]),
    ("cpp", "Unix Makefiles", &["-DCMAKE_CXX_STANDARD=11"]),
    (
        "cpp",
        "Ninja",
        &[
            "-DCMAKE_CXX_STANDARD=17",
            "-DCMAKE_CXX_FLAGS=-fno-exceptions",
        ],
    ),
];

/// The archive for Linux.
pub(crate) fn linux(archive: &Path, sandbox: &Sandbox) -> Result {
    let user = User::new("linux", archive, sandbox)?;
    for (at, (example, generator, options)) in PROJECTS.into_iter().enumerate() {
        let build = user.configured(example, &format!("cmake-{at}"), generator, options)?;
        let tag = format!("linux-{at}");
        user.pays(Command::new(build.join("cashier")), &tag)?;
    }
    for (example, compiler) in [("c/cashier.c", "cc"), ("cpp/cashier.cpp", "c++")] {
        user.pkg_config(example, compiler)?;
    }
    for (page, snippet) in hosts::snippets("cmake")? {
        user.guide(&page, &snippet)?;
    }
    // What is not in the archive is not found, and the reason is said.
    for (asked, options, reason) in [
        ("evoucher 99.0 REQUIRED", &[][..], "requested version"),
        (
            "evoucher REQUIRED",
            &[
                "-DCMAKE_SYSTEM_NAME=Linux",
                "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
            ],
            "nothing for Linux aarch64",
        ),
    ] {
        user.refused(asked, options, reason)?;
    }
    Ok(())
}

/// The archive for Linux on another processor: its programs are compiled by Zig, as old systems have
/// them, and run by QEMU.
pub(crate) fn aarch64(archive: &Path, sandbox: &Sandbox) -> Result {
    const EMULATOR: [&str; 3] = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"];
    let user = User::new("linux-aarch64", archive, sandbox)?;
    let zig = build::zig()?.join("ziglang/zig");
    let compiled = |source: &Path, name: &str| {
        let program = user.dir.join(name);
        let library = user.root.join("lib");
        let zig = zig.display().to_string();
        let mut cc = user.compiler(&zig, "lib");
        cc.args([
            "cc",
            "-target",
            &format!("aarch64-linux-gnu.{}", build::GLIBC),
        ]);
        cc.arg(source).arg("-o").arg(&program);
        run(cc.arg(format!("-Wl,-rpath,{}", library.display())))?;
        let mut command = Command::new(EMULATOR[0]);
        command.args(&EMULATOR[1..]).arg(program);
        Ok::<_, String>(command)
    };
    let cashier = user.root.join("examples/c/cashier.c");
    user.pays(compiled(&cashier, "cashier")?, "aarch64")?;
    let everything = place::repository().join("tests/c/everything.c");
    for scheme in ["http", "https"] {
        let config = matrix::config(sandbox.address(scheme)?, "utf-8", sandbox)?;
        let mut command = compiled(&everything, "everything")?;
        run(command
            .arg(config)
            .arg(format!("auto1-signed-aarch64-{scheme}")))?;
    }
    Ok(())
}

/// The archive for Windows: MinGW's programs run, and Visual C++ is told of its library.
pub(crate) fn windows(archive: &Path, sandbox: &Sandbox, wines: &[Wine]) -> Result {
    let user = User::new("windows", archive, sandbox)?;
    user.chosen_libraries()?;
    user.refused("evoucher REQUIRED", &[], "nothing for Linux")?;
    for wine in wines {
        let arch = wine.arch();
        for (at, (example, generator, options)) in PROJECTS.into_iter().enumerate() {
            let tag = format!("{arch}-{at}");
            let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
            let options = [options, mingw(arch)].concat();
            let build = user.configured(example, &tag, generator, &options)?;
            user.pays(wine.command(build.join("cashier.exe"), &build), &tag)?;
        }
        everything(&user, wine, sandbox)?;
    }
    Ok(())
}

/// What CMake has to be told of MinGW; its programs bring what they need.
fn mingw(arch: Arch) -> Vec<String> {
    vec![
        "-DCMAKE_SYSTEM_NAME=Windows".to_owned(),
        format!("-DCMAKE_C_COMPILER={}", arch.mingw("gcc")),
        format!("-DCMAKE_CXX_COMPILER={}", arch.mingw("g++")),
        "-DCMAKE_EXE_LINKER_FLAGS=-static".to_owned(),
    ]
}

/// The native tests' program, by pkg-config's words: every function of evoucher.hpp.
fn everything(user: &User, wine: &Wine, sandbox: &Sandbox) -> Result {
    let arch = wine.arch();
    let dir = user.dir.join(format!("everything-{arch}"));
    fresh_dir(&dir)?;
    let dll = user.root.join(arch.to_string()).join("evoucher.dll");
    crate::sh::copy(&dll, &dir.join("evoucher.dll"))?;
    let sources = ["everything.cpp", "other_file.cpp"];
    let sources = sources.map(|name| place::repository().join("tests/cpp").join(name));
    run(user
        .compiler(&arch.mingw("g++"), &arch.to_string())
        .args(["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(sources)
        .args(["-static", "-o"])
        .arg(dir.join("everything.exe")))?;
    let url = sandbox.address("http")?;
    let mut command = wine.command(dir.join("everything.exe"), &dir);
    for charset in ["utf-8", "gbk"] {
        let file = format!("{charset}.json");
        write(&dir.join(&file), matrix::config(url, charset, sandbox)?)?;
        command.arg(format!("@{file}"));
    }
    run(command.arg(format!("all-{arch}"))).map(|_| ())
}

/// A blank or a Chinese character in a folder's name has a backslash before it: that is for a shell.
const WITH_PACKAGE: &str =
    r#"eval "set -- \"\$@\" $(pkg-config --cflags --libs evoucher)"; exec "$@""#;

/// Somebody who unpacked an archive somewhere.
struct User {
    dir: PathBuf,
    /// The unpacked archive's folder.
    root: PathBuf,
    config: String,
}

impl User {
    fn new(name: &str, archive: &Path, sandbox: &Sandbox) -> Result<Self> {
        let dir = place::target().join("test").join(format!("user-{name}"));
        fresh_dir(&dir)?;
        // Not every folder's name is a word of ASCII.
        let unpacked = dir.join("医保 sdk");
        make_dir(&unpacked)?;
        let is_zip = archive.extension().is_some_and(|kind| kind == "zip");
        let (program, options) = if is_zip {
            ("unzip", &["-q"][..])
        } else {
            ("tar", &["-xzf"][..])
        };
        run(Command::new(program)
            .current_dir(&unpacked)
            .args(options)
            .arg(archive))?;
        let name = archive.file_name().unwrap_or_default().to_string_lossy();
        let name = name.trim_end_matches(".zip").trim_end_matches(".tar.gz");
        let config = matrix::config(sandbox.address("http")?, "utf-8", sandbox)?;
        write(&dir.join("evoucher.json"), config)?;
        Ok(Self {
            root: unpacked.join(name),
            config: format!("@{}", dir.join("evoucher.json").display()),
            dir,
        })
    }

    /// The lines of a page, in the project that they leave out.
    fn guide(&self, page: &str, snippet: &str) -> Result {
        let source = self.dir.join("guide");
        fresh_dir(&source)?;
        let program = self.root.join("examples/c/cashier.c");
        let head = "cmake_minimum_required(VERSION 3.10)\nproject(his C)\n";
        let add = format!("add_executable(his \"{}\")\n", program.display());
        write(
            &source.join("CMakeLists.txt"),
            format!("{head}{add}{snippet}"),
        )?;
        let build = source.join("build");
        run(&mut self.cmake(&source, &build, &[""; 0]))?;
        run(Command::new("cmake").arg("--build").arg(&build))?;
        let tag = page.replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let tag = &tag[tag.len().saturating_sub(12)..];
        self.pays(Command::new(build.join("his")), tag)
    }

    /// The archive's example by CMake, built.
    fn configured(
        &self,
        example: &str,
        name: &str,
        generator: &str,
        options: &[impl AsRef<std::ffi::OsStr>],
    ) -> Result<PathBuf> {
        let build = self.dir.join(name);
        let source = self.root.join("examples").join(example);
        run(self.cmake(&source, &build, options).args(["-G", generator]))?;
        run(Command::new("cmake").arg("--build").arg(&build))?;
        Ok(build)
    }

    fn cmake(
        &self,
        source: &Path,
        build: &Path,
        options: &[impl AsRef<std::ffi::OsStr>],
    ) -> Command {
        let mut cmake = Command::new("cmake");
        cmake.arg("-S").arg(source).arg("-B").arg(build);
        cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", self.root.display()));
        cmake.args(options);
        cmake
    }

    /// A compiler with what pkg-config says of the package in that folder of the archive.
    fn compiler(&self, compiler: &str, folder: &str) -> Command {
        let package = self.root.join(folder).join("pkgconfig");
        let mut command = Command::new("sh");
        command.env("PKG_CONFIG_PATH", package);
        command.args(["-c", WITH_PACKAGE, "sh", compiler]);
        command
    }

    /// The archive's example by pkg-config, built and run.
    fn pkg_config(&self, example: &str, compiler: &str) -> Result {
        let program = self.dir.join(format!("pkg-config-{compiler}"));
        let library = self.root.join("lib");
        run(self
            .compiler(compiler, "lib")
            .arg(self.root.join("examples").join(example))
            .arg(format!("-Wl,-rpath,{}", library.display()))
            .arg("-o")
            .arg(&program))?;
        self.pays(
            Command::new(program),
            &format!("pkg-config-{}", compiler.len()),
        )
    }

    /// Runs a cashier, who may settle and charge.
    fn pays(&self, mut cashier: Command, tag: &str) -> Result {
        // cargo points it at a library of its own, and it would come before the program's path.
        cashier.env_remove("LD_LIBRARY_PATH");
        let token = format!("auto1-signed-{tag}");
        let serial = format!("SN-{tag}");
        let said = run(cashier.args([&self.config, &token, "12.30", &serial]))?;
        if said.contains("==> settle") && said.contains("==> charge") {
            Ok(())
        } else {
            Err(format!(
                "{tag}: the cashier neither settles nor charges:\n{said}"
            ))
        }
    }

    /// A project that asks for what there is not.
    fn refused(&self, asked: &str, options: &[&str], reason: &str) -> Result {
        let source = self.dir.join("refused");
        fresh_dir(&source)?;
        let project = format!(
            "cmake_minimum_required(VERSION 3.10)\nproject(refused C)\nfind_package({asked})\n"
        );
        write(&source.join("CMakeLists.txt"), project)?;
        let mut cmake = self.cmake(&source, &source.join("build"), options);
        let ended = output(&mut cmake)?;
        // CMake breaks its lines where it likes.
        let said = String::from_utf8_lossy(&ended.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        if !ended.status.success() && said.contains(reason) {
            Ok(())
        } else {
            Err(failure(&cmake, &ended))
        }
    }

    /// Which library each linker is given: what only Windows has is asked by hand.
    fn chosen_libraries(&self) -> Result {
        for (size, folder) in [(4, "x86"), (8, "x64")] {
            for (mingw, library) in [("TRUE", "libevoucher.dll.a"), ("FALSE", "evoucher.lib")] {
                let source = self.dir.join("chosen");
                fresh_dir(&source)?;
                let wanted = self.root.join(folder).join(library);
                let project = format!(
                    "cmake_minimum_required(VERSION 3.10)
project(chosen NONE)
set(WIN32 TRUE)
set(MINGW {mingw})
set(CMAKE_SIZEOF_VOID_P {size})
find_package(evoucher REQUIRED)
get_target_property(library evoucher::evoucher IMPORTED_IMPLIB)
if(NOT library STREQUAL \"{}\" OR NOT EXISTS \"${{library}}\")
  message(FATAL_ERROR \"${{library}}\")
endif()
",
                    wanted.display()
                );
                write(&source.join("CMakeLists.txt"), project)?;
                run(&mut self.cmake(&source, &source.join("build"), &[""; 0]))?;
            }
        }
        Ok(())
    }
}
