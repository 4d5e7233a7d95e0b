//! The Windows half: both DLLs built on Linux, and called for real by C, C# and Pascal programs under Wine.

mod arch;
mod binary;
mod build;
mod compile;
mod dist;
mod dotnet;
mod importlib;
mod install;
mod loading;
mod matrix;
mod pascal;
mod place;
mod programs;
mod recipes_csharp;
mod recipes_pascal;
mod run;
mod sandbox;
#[cfg(test)]
mod scripts;
mod wine;

use std::time::Instant;

use arch::Arch;
use wine::Wine;

pub(crate) use dist::dist;
pub(crate) use run::Result;
pub(crate) use sandbox::Sandbox;

/// Everything that is tested of the DLLs. What cannot be tested on this machine is named, and in CI that is a failure.
pub(crate) fn test() -> Result {
    if let Err(reason) =
        install::ensure(install::DIST).and_then(|()| install::ensure(install::TEST))
    {
        println!("NOT RUN: the Windows half of the tests (all of it). {reason}");
        return match std::env::var("CI") {
            Ok(_) => Err("in CI every part has to run".to_owned()),
            Err(_) => Ok(()),
        };
    }
    // The 32-bit Wine comes over the network while the compilers work.
    let wines = std::thread::scope(|scope| {
        let wines = scope.spawn(|| {
            Arch::ALL
                .into_iter()
                .map(Wine::new)
                .collect::<Result<Vec<_>>>()
        });
        part("both DLLs", build::dlls)?;
        part("the .so", || build::so().map(|_| ()))?;
        wines.join().map_err(|_| "getting Wine ready panicked")?
    })?;
    let sandbox = Sandbox::start(&place::target().join("tls"))?;
    let so = build::so()?;

    part("imports and exports of the DLLs", binary::check_dlls)?;
    part("exports and glibc of the .so", || binary::check_so(&so))?;
    part("C, C# and Delphi, 32 and 64 bits, HTTP and HTTPS", || {
        matrix::run_all(&sandbox, &wines)
    })?;
    part("the guides' Pascal, 32 and 64 bits", || {
        recipes_pascal::run_all(&sandbox, &wines)
    })?;
    part("C# on mono with the .so", || matrix::mono(&sandbox, &so))?;
    part("the guides' C# on mono", || {
        recipes_csharp::mono(&sandbox, &so)
    })?;
    for wine in &wines {
        let arch = wine.arch();
        part(&format!("the guides' C# on .NET, {arch}"), || {
            recipes_csharp::dotnet(wine, &sandbox)
        })?;
        part(&format!("import libraries for Visual C++, {arch}"), || {
            programs::visual_c_libraries(wine)
        })?;
        if arch == Arch::X86 {
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
        part(&format!("nothing is done at load time, {arch}"), || {
            loading::check(wine)
        })?;
        part(
            &format!("loaded and unloaded 500 times on 4 threads, {arch}"),
            || programs::reload(wine).map(|said| print!("{said}")),
        )?;
    }
    Ok(())
}

/// One part of the tests, with its time: who waits wants to know for what.
fn part(name: &str, run: impl FnOnce() -> Result) -> Result {
    let started = Instant::now();
    let result = run();
    let seconds = started.elapsed().as_secs();
    match &result {
        Ok(()) => println!("windows: {name}: passed, {seconds} s"),
        Err(_) => println!("windows: {name}: FAILED, {seconds} s"),
    }
    result
}
