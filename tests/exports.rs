//! The exported symbols of the built library, held against the header and against the guard.

mod common;

use common::library_dir;
use object::{Object, ObjectSymbol};
use std::collections::BTreeSet;
use std::fs;

const HEADER: &str = include_str!("../include/evoucher.h");

/// The functions that the header declares.
fn declared() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for convention in ["int32_t EV_CDECL ", "int32_t EV_STDCALL "] {
        for line in HEADER.lines() {
            if let Some(rest) = line.strip_prefix(convention) {
                names.insert(rest.split('(').next().unwrap().to_owned());
            }
        }
    }
    names
}

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    let bytes = fs::read(library_dir().join("libevoucher.so")).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let exported: BTreeSet<String> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .map(|symbol| symbol.name().unwrap().to_owned())
        .collect();
    assert!(exported.len() > 30, "{exported:?}");
    assert_eq!(exported, declared());
}

#[test]
fn both_sets_have_the_same_functions() {
    let (cdecl, stdcall): (BTreeSet<_>, BTreeSet<_>) = declared()
        .into_iter()
        .partition(|name| name.starts_with("ev_"));
    let camel = |name: &String| -> String {
        let words = name.split('_');
        words
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect()
    };
    assert_eq!(cdecl.iter().map(camel).collect::<BTreeSet<_>>(), stdcall);
}

#[test]
fn a_program_in_c_calls_every_function() {
    let program = include_str!("c/everything.c");
    for name in declared().iter().filter(|name| name.starts_with("ev_")) {
        // Called outright, or by the table of the services.
        let is_called = program.contains(&format!("{name}("));
        assert!(
            is_called || program.contains(&format!("{{{name}, ")),
            "{name}"
        );
    }
}

/// The path of the function that an expression calls.
fn called(expression: &syn::Expr) -> Option<String> {
    if let syn::Expr::Call(call) = expression
        && let syn::Expr::Path(called) = &*call.func
    {
        let names = called.path.segments.iter().map(|s| s.ident.to_string());
        return Some(names.collect::<Vec<_>>().join("::"));
    }
    None
}

/// The one expression of `let name = unsafe { ... };`.
fn only_unsafe(statement: &syn::Stmt) -> Option<&syn::Expr> {
    if let syn::Stmt::Local(local) = statement
        && let syn::Expr::Unsafe(only) = &*local.init.as_ref()?.expr
        && let [syn::Stmt::Expr(only, None)] = &only.block.stmts[..]
    {
        return Some(only);
    }
    None
}

/// Every export is one call of the guard, but for the texts and the buffer that it is given.
#[test]
fn every_export_is_guarded() {
    let mut guarded = BTreeSet::new();
    let sources = [
        include_str!("../src/ffi/client.rs"),
        include_str!("../src/ffi/services.rs"),
        include_str!("../src/ffi/flows.rs"),
        include_str!("../src/ffi/tools.rs"),
        include_str!("../src/ffi/reply.rs"),
        include_str!("../src/ffi/stdcall.rs"),
    ];
    let items = sources.map(|source| syn::parse_file(source).unwrap().items);
    for item in items.into_iter().flatten() {
        let syn::Item::Fn(function) = item else {
            continue;
        };
        let is_export = function.sig.abi.is_some();
        if !is_export {
            continue;
        }
        let name = function.sig.ident.to_string();
        let (last, before) = function.block.stmts.split_last().unwrap();
        let guard = match last {
            syn::Stmt::Expr(last, None) => called(last).unwrap_or_default(),
            _ => String::new(),
        };
        assert!(
            ["guard::call", "guard::number", "guard::reply"].contains(&&*guard),
            "{name} does not end in a call of the guard: {guard:?}"
        );
        for statement in before {
            let made = only_unsafe(statement).and_then(called).unwrap_or_default();
            assert!(
                ["Buffer::new", "Input::new"].contains(&&*made),
                "{name} does something before the guard: {made:?}"
            );
        }
        guarded.insert(name);
    }
    // The rest of the stdcall set are calls of these, made by build.rs and a macro.
    let cdecl = declared()
        .into_iter()
        .filter(|name| name.starts_with("ev_"));
    let by_hand = ["EvOnProgress", "EvOnCall"].map(str::to_owned);
    assert_eq!(guarded, cdecl.chain(by_hand).collect());
}
