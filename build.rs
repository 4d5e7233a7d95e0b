//! Makes the C header from the exports, into OUT_DIR. `cargo xtask header` copies it to
//! `include/evoucher.h`, and a test holds that one against it.

use std::path::Path;
use std::{env, fs};

#[path = "build/resource.rs"]
mod resource;

fn main() {
    resource::link();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=cbindgen.toml");
    println!("cargo::rerun-if-changed=src/ffi/mod.rs");
    println!("cargo::rerun-if-changed=src/code.rs");
    let variable = |name| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    println!("cargo::rustc-env=EVOUCHER_TARGET={}", variable("TARGET"));

    let root = variable("CARGO_MANIFEST_DIR");
    let root = Path::new(&root);
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut header = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_src(root.join("src/code.rs"))
        .with_src(root.join("src/ffi/mod.rs"))
        .generate()
        .expect("the header")
        .write(&mut header);
    let header = String::from_utf8(header).expect("UTF-8");
    let path = Path::new(&variable("OUT_DIR")).join("evoucher.h");
    fs::write(path, with_both_conventions(&header)).expect("OUT_DIR can be written");
}

/// cbindgen writes `extern "C"` functions only: their prototypes get the convention spelled out,
/// and the stdcall set's are made from them. Its `//` comments are no C89.
fn with_both_conventions(header: &str) -> String {
    let header = header
        .replace("\nint32_t ev_", "\nint32_t EV_CDECL ev_")
        .replace("(*ev_progress)", "(EV_CDECL *ev_progress)")
        .replace(" // __cplusplus", "")
        .replace("  // extern \"C\"", "")
        .replace("  /* EVOUCHER_H */", "");
    let mut stdcall = "/* The same functions in the other convention. */\n\
        typedef int32_t (EV_STDCALL *EvProgress)(void *user, const char *event);\n"
        .to_owned();
    for prototype in header.split("\nint32_t EV_CDECL ").skip(1) {
        let end = prototype.find(';').expect("a prototype ends in ;");
        let (name, arguments) = prototype[..end].split_once('(').expect("a prototype");
        let camel: String = name
            .split('_')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect();
        let arguments = arguments
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("ev_progress", "EvProgress");
        stdcall.push_str(&format!("int32_t EV_STDCALL {camel}({arguments};\n"));
    }
    let end = "\n#ifdef __cplusplus\n}";
    assert_eq!(header.matches(end).count(), 1, "the end of the prototypes");
    header.replace(end, &format!("\n{stdcall}{end}"))
}
