//! Makes the C header and the stdcall set from the exports, the configuration's fields and the words of
//! `next`, into
//! OUT_DIR. `cargo xtask gen` copies the header to `include/evoucher.h`. Nothing that it writes is
//! read here: no broken file can be in the way of its own generator.

use std::path::Path;
use std::{env, fs};

#[path = "build/configuration.rs"]
mod configuration;
#[path = "xtask/src/gen/contract.rs"]
mod contract;
#[path = "build/next.rs"]
mod next;
#[path = "build/resource.rs"]
mod resource;

use contract::{Function, KINDS, Kind};

/// What the header is made from, in the order in which it is read.
const SOURCES: [&str; 6] = [
    "src/catalogue/codes.rs",
    "src/ffi/client.rs",
    "src/ffi/services.rs",
    "src/ffi/flows.rs",
    "src/ffi/tools.rs",
    "src/ffi/reply.rs",
];

fn main() {
    resource::link();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/configuration.rs");
    println!("cargo::rerun-if-changed=build/next.rs");
    println!("cargo::rerun-if-changed=cbindgen.toml");
    println!("cargo::rerun-if-changed=src/catalogue/next_words.rs");
    println!("cargo::rerun-if-changed=src/config/fields.rs");
    println!("cargo::rerun-if-changed=xtask/src/gen/contract.rs");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let variable = |name| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    println!("cargo::rustc-env=EVOUCHER_TARGET={}", variable("TARGET"));

    let root = variable("CARGO_MANIFEST_DIR");
    let root = Path::new(&root);
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut header = Vec::new();
    SOURCES
        .iter()
        .fold(cbindgen::Builder::new(), |builder, source| {
            builder.with_src(root.join(source))
        })
        .with_config(config)
        .generate()
        .expect("the header")
        .write(&mut header);
    let header = String::from_utf8(header).expect("UTF-8");
    let header = with_cdecl(&header)
        .replace(" * @CONFIGURATION@\n", &configuration::lines())
        .replace(" * @NEXT@\n", &next::lines())
        .replace("@NEXT_CONSTANTS@\n", &next::constants());
    assert!(header.is_ascii(), "compilers read headers in any code page");
    let functions = contract::functions(&header).unwrap_or_else(|problem| panic!("{problem}"));
    let out = variable("OUT_DIR");
    let write = |name, text| fs::write(Path::new(&out).join(name), text);
    write("evoucher.h", with_stdcall(&header, &functions)).expect("OUT_DIR can be written");
    write("stdcall.rs", stubs(&functions)).expect("OUT_DIR can be written");
}

/// cbindgen writes `extern "C"` functions only: their prototypes get the convention spelled out.
/// Its `//` comments are no C89.
fn with_cdecl(header: &str) -> String {
    header
        .replace("\nint32_t ev_", "\nint32_t EV_CDECL ev_")
        .replace("(*ev_progress)", "(EV_CDECL *ev_progress)")
        .replace("(*ev_line)", "(EV_CDECL *ev_line)")
        .replace(" // __cplusplus", "")
        .replace("  // extern \"C\"", "")
        .replace("  /* EVOUCHER_H */", "")
}

/// The header with the stdcall set's prototypes as well.
fn with_stdcall(header: &str, functions: &[Function]) -> String {
    let mut stdcall = "/* The same functions in the other convention. */\n\
        typedef int32_t (EV_STDCALL *EvProgress)(void *user, const char *event);\n\
        typedef void (EV_STDCALL *EvLine)(void *user, const char *line);\n"
        .to_owned();
    for function in functions {
        let argument = |kind, name: &str| format!("{}{name}", KINDS[kind as usize].1);
        let arguments = match function.list(", ", argument).as_str() {
            "" => "void".to_owned(),
            some => some
                .replace("ev_progress", "EvProgress")
                .replace("ev_line", "EvLine"),
        };
        let name = function.stdcall_name();
        stdcall.push_str(&format!("int32_t EV_STDCALL {name}({arguments});\n"));
    }
    let end = "\n#ifdef __cplusplus\n}";
    assert_eq!(header.matches(end).count(), 1, "the end of the prototypes");
    header.replace(end, &format!("\n{stdcall}{end}"))
}

/// The list of the stdcall set for `src/ffi/stdcall.rs`. What takes a function of the caller's
/// stands there by hand: that function is in the other convention too, and cannot just be handed
/// on.
fn stubs(functions: &[Function]) -> String {
    let mut stubs = String::new();
    for function in functions
        .iter()
        .filter(|f| !f.takes(|kind| matches!(kind, Kind::Progress | Kind::Line)))
    {
        let argument = |kind, name: &str| format!("{name}: {}", KINDS[kind as usize].2);
        let arguments = function.list(", ", argument);
        let (twin, name) = (function.stdcall_name(), &function.name);
        stubs.push_str(&format!("    {twin} = {name}({arguments});\n"));
    }
    format!("stdcall! {{\n{stubs}}}\n")
}
