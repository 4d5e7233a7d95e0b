//! The Windows half: both DLLs built on Linux, and called for real by C, C# and Pascal programs
//! under Wine.

mod arch;
mod binary;
mod build;
mod compile;
mod dist;
mod dotnet;
mod form;
mod importlib;
mod kills;
mod lcl;
mod loading;
mod matrix;
mod nuget;
mod package;
mod package_users;
mod pascal;
mod payments;
mod programs;
mod recipes_csharp;
mod recipes_pascal;
mod rollout;
mod sandbox;
#[cfg(test)]
mod scripts;
mod station;
mod wine;

use arch::{Arch, Machine};
use wine::Wine;

use crate::install;
use crate::notices;
use crate::place;
use crate::sh::{self, Result};
use crate::test::part;
use std::path::Path;

pub(crate) use dist::{Archive, dist};
pub(crate) use sandbox::Sandbox;

/// Everything that is tested of the DLLs; gives the name of what cannot be tested on this machine.
pub(crate) fn test() -> Result<Option<String>> {
    let needs = [
        install::PIP,
        install::DIST,
        install::PACKAGES,
        install::EMULATOR,
        install::NUGET,
        install::WINDOWS,
    ];
    if let Err(reason) = install::install(&needs) {
        return Ok(Some(format!("the Windows half. {reason}")));
    }
    sh::show(&mut build::rustc())?;
    // The 32-bit Wine comes over the network while the compilers work.
    let wines = std::thread::scope(|scope| {
        let wines = scope.spawn(|| {
            Arch::ALL
                .into_iter()
                .map(Wine::new)
                .collect::<Result<Vec<_>>>()
        });
        part("both DLLs", build::dlls)?;
        part("both .so", build::sos)?;
        wines.join().map_err(|_| "getting Wine ready panicked")?
    })?;
    let sandbox = Sandbox::start(&place::target().join("tls"))?;
    let so = build::so(Machine::X86_64)?;

    part("imports and exports of the DLLs", binary::check_dlls)?;
    part("exports and glibc of the .so", || binary::check_so(&so))?;
    let [zip, tar, aarch64] = dist::libraries(&place::target().join("test/archives"))?;
    part("the archives' notices and bills of materials", || {
        let x64 = build::dll(Arch::X64);
        for (archive, libraries) in [
            (&zip, vec![build::dll(Arch::X86), x64]),
            (&tar, vec![so.clone()]),
            (&aarch64, vec![build::so(Machine::Aarch64)?]),
        ] {
            let name = archive.to_string_lossy();
            let folder = name.trim_end_matches(".zip").trim_end_matches(".tar.gz");
            notices::check(Path::new(folder), &libraries)?;
        }
        Ok(())
    })?;
    part("CMake and pkg-config with the archive for Linux", || {
        package_users::linux(&tar, &sandbox)
    })?;
    part("C programs with the archive for Linux on aarch64", || {
        package_users::aarch64(&aarch64, &sandbox)
    })?;
    part(
        "the NuGet package, on .NET Core, .NET Framework and mono",
        || {
            let package = nuget::make(&place::target().join("test/archives"))?;
            nuget::used(&package, &sandbox, &wines)
        },
    )?;
    part("CMake with the archive for Windows, 32 and 64 bits", || {
        package_users::windows(&zip, &sandbox, &wines)
    })?;
    part("C, C# and Delphi, 32 and 64 bits, HTTP and HTTPS", || {
        matrix::run_all(&sandbox, &wines)
    })?;
    part("the guides' Pascal, 32 and 64 bits", || {
        recipes_pascal::run_all(&sandbox, &wines)
    })?;
    part(
        "the Delphi form with a cashier at it, with the LCL, 32 and 64 bits",
        || form::pascal(&sandbox, &wines),
    )?;
    part("C# on mono with the .so", || matrix::mono(&sandbox, &so))?;
    part("the guides' C# on mono", || {
        recipes_csharp::mono(&sandbox, &so)
    })?;
    part("the C# form with a cashier at it, on mono", || {
        form::csharp(&sandbox, &so)
    })?;
    part("the C# form with a cashier at it, on .NET", || {
        form::dotnet(&sandbox, &wines)
    })?;
    part("the example payment in C# on mono", || payments::mono(&so))?;
    for wine in &wines {
        let arch = wine.arch();
        part(&format!("the guides' C# on .NET, {arch}"), || {
            recipes_csharp::dotnet(wine, &sandbox)
        })?;
        part(&format!("import libraries for Visual C++, {arch}"), || {
            programs::visual_c_libraries(wine)
        })?;
        if arch == Arch::X86 {
            part("the station's page and interface from its .exe", || {
                station::run(wine)
            })?;
            part("a machine set up by rollout.cmd", || {
                rollout::run(wine, &sandbox)
            })?;
            part("stdcall import library for MinGW", || {
                programs::mingw_stdcall_library(wine)
            })?;
            part("the stack pointer around each call", || {
                programs::stack_pointers(wine)
            })?;
        }
        part(&format!("evoucher.json beside the DLL, {arch}"), || {
            programs::beside(wine, &sandbox)
        })?;
        part(&format!("a connection opened ahead, {arch}"), || {
            programs::opened_ahead(wine, &sandbox)
        })?;
        part(&format!("nothing is done at load time, {arch}"), || {
            loading::check(wine)
        })?;
        part(&format!("killed at any moment, {arch}"), || {
            kills::run(wine)
        })?;
        part(&format!("the example payments, {arch}"), || {
            payments::wine(wine)
        })?;
        part(
            &format!("loaded and unloaded 500 times on 4 threads, {arch}"),
            || programs::reload(wine).map(|said| print!("{said}")),
        )?;
    }
    Ok(None)
}
