//! What a built library needs and offers, held to lists that a person decided on.

use std::collections::BTreeSet;
use std::path::Path;

use object::read::pe::{Import, PeFile32, PeFile64};
use object::{Object, ObjectSymbol};

use super::arch::Arch;
use super::build;
use crate::r#gen::{self, contract::Function};
use crate::place;
use crate::sh::{Result, read};

/// Every function that the DLLs take from Windows, as `dll!function`.
const IMPORTS: &str = "tests/windows/imports.txt";

/// Both DLLs: imports, exports, and that they may be placed anywhere in memory.
pub(crate) fn check_dlls() -> Result {
    let list = read(&place::repository().join(IMPORTS))?;
    let allowed: BTreeSet<String> = list
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(str::to_owned)
        .collect();
    let mut used = BTreeSet::new();
    for arch in Arch::ALL {
        let dll = build::dll(arch);
        check_size(arch, &dll)?;
        let imports = imports(&dll)?;
        let unknown: Vec<_> = imports.difference(&allowed).cloned().collect();
        if !unknown.is_empty() {
            return Err(format!(
                "the {arch} DLL needs functions that {IMPORTS} does not have. If Windows 7 SP1 has them, add them \
                 there; else find out what brought them in:\n{}",
                unknown.join("\n")
            ));
        }
        used.extend(imports);
        check_exports(
            &format!("the {arch} DLL"),
            &dll_exports(&dll)?,
            &r#gen::functions()?,
        )?;
    }
    let unused: Vec<_> = allowed.difference(&used).cloned().collect();
    if !unused.is_empty() {
        return Err(format!(
            "{IMPORTS} lists what neither DLL needs any more:\n{}",
            unused.join("\n")
        ));
    }
    Ok(())
}

/// The most that a DLL may come to, in bytes: what the 32-bit one of 0.1 came to. A machine has it once
/// for each program that uses it.
const LARGEST: u64 = 3_830_000;

fn check_size(arch: Arch, dll: &Path) -> Result {
    let size = std::fs::metadata(dll).map_err(|error| format!("{}: {error}", dll.display()))?;
    let size = size.len();
    println!("the {arch} DLL has {size} bytes");
    if size <= LARGEST {
        return Ok(());
    }
    Err(format!(
        "the {arch} DLL has {size} bytes, {LARGEST} at most: what brought it in?"
    ))
}

/// The names an export list must have: each function of the header, in both conventions, and
/// nothing else.
fn check_exports(what: &str, exports: &BTreeSet<String>, functions: &[Function]) -> Result {
    let wanted: BTreeSet<String> = functions
        .iter()
        .flat_map(|function| [function.name.clone(), function.stdcall_name()])
        .collect();
    if *exports == wanted {
        return Ok(());
    }
    Err(format!(
        "{what} and the header disagree. Only exported: {:?}. Only in the header: {:?}",
        exports.difference(&wanted).collect::<Vec<_>>(),
        wanted.difference(exports).collect::<Vec<_>>(),
    ))
}

/// The .so: exports, and no symbol of a newer glibc than we promise.
pub(crate) fn check_so(so: &Path) -> Result {
    let data = bytes(so)?;
    let file = object::File::parse(&*data).map_err(|error| format!("{}: {error}", so.display()))?;
    let exports = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.is_global())
        .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
        .collect();
    check_exports("the .so", &exports, &r#gen::functions()?)?;
    check_glibc(so)
}

/// An ELF file asks for no newer glibc than we promise.
pub(crate) fn check_glibc(file: &Path) -> Result {
    let promised = version(build::GLIBC).ok_or("the promised glibc is not a version")?;
    // The versions stand as plain strings in the table of needed versions.
    let data = bytes(file)?;
    let newest = data
        .split(|byte| *byte == 0)
        .filter_map(|text| std::str::from_utf8(text).ok()?.strip_prefix("GLIBC_"))
        .filter_map(version)
        .max()
        .ok_or_else(|| format!("{}: no glibc version found", file.display()))?;
    if newest > promised {
        return Err(format!(
            "{} asks for GLIBC_{}.{}, newer than {}",
            file.display(),
            newest.0,
            newest.1,
            build::GLIBC
        ));
    }
    Ok(())
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn imports(dll: &Path) -> Result<BTreeSet<String>> {
    let data = bytes(dll)?;
    read_imports(&data).map_err(|error| format!("{}: {error}", dll.display()))
}

/// The DLLs that a build takes functions from.
pub(crate) fn needed_dlls(arch: Arch) -> Result<BTreeSet<String>> {
    let imports = imports(&build::dll(arch))?;
    Ok(imports
        .iter()
        .filter_map(|import| import.split_once('!'))
        .map(|(dll, _)| dll.to_owned())
        .collect())
}

/// Imports with the DLL's name in lower case: the same DLL is often named in several ways.
fn read_imports(data: &[u8]) -> object::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    match object::FileKind::parse(data)? {
        object::FileKind::Pe32 => pe_imports(&PeFile32::parse(data)?, &mut names)?,
        _ => pe_imports(&PeFile64::parse(data)?, &mut names)?,
    }
    Ok(names)
}

fn pe_imports<P: object::read::pe::ImageNtHeaders>(
    file: &object::read::pe::PeFile<'_, P>,
    names: &mut BTreeSet<String>,
) -> object::Result<()> {
    let Some(table) = file.import_table()? else {
        return Ok(());
    };
    let mut descriptors = table.descriptors()?;
    while let Some(descriptor) = descriptors.next()? {
        let dll = table.name(descriptor.name.get(object::LittleEndian))?;
        let dll = String::from_utf8_lossy(dll).to_lowercase();
        let mut thunks = table.thunks(descriptor.original_first_thunk.get(object::LittleEndian))?;
        while let Some(thunk) = thunks.next::<P>()? {
            let name = match table.import::<P>(thunk)? {
                Import::Name(_, name) => String::from_utf8_lossy(name).into_owned(),
                Import::Ordinal(number) => format!("#{number}"),
            };
            names.insert(format!("{dll}!{name}"));
        }
    }
    Ok(())
}

fn dll_exports(dll: &Path) -> Result<BTreeSet<String>> {
    let data = bytes(dll)?;
    let file =
        object::File::parse(&*data).map_err(|error| format!("{}: {error}", dll.display()))?;
    Ok(file
        .exports()
        .map_err(|error| format!("{}: {error}", dll.display()))?
        .iter()
        .map(|export| String::from_utf8_lossy(export.name()).into_owned())
        .collect())
}

fn bytes(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}
