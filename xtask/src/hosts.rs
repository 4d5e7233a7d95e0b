//! The programs around the guides' snippets: a file of `tests/recipes` has what the snippets leave
//! out.

use crate::recipes;
use crate::sh::{self, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A host program with the snippets in it: a line `//> PAGE N` becomes the Nth block of that page
/// whose fence says `fence`. A block of any page that is nowhere in the program would not be run,
/// and is an error.
pub(crate) fn program(host: &str, fence: &str) -> Result<String> {
    let mut snippets = snippets(fence)?;
    let program = fill(
        &sh::read(&sh::root().join("tests/recipes").join(host))?,
        &mut snippets,
    )
    .map_err(|missing| format!("tests/recipes/{host}: there is no {missing}"))?;
    match snippets.keys().next() {
        None => Ok(program),
        Some(left_out) => Err(format!("{left_out} is nowhere in tests/recipes/{host}")),
    }
}

/// Every block of every page whose fence says `fence`, by `PAGE N`.
pub(crate) fn snippets(fence: &str) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    collect(&sh::root(), fence, &mut found)?;
    Ok(found)
}

/// Puts the snippets where their names stand, and takes them out of the map.
fn fill(host: &str, snippets: &mut BTreeMap<String, String>) -> Result<String> {
    let mut program = String::new();
    for line in host.lines() {
        match line.strip_prefix("//> ") {
            Some(name) => program += &snippets.remove(name).ok_or(name)?,
            None => program = program + line + "\n",
        }
    }
    Ok(program)
}

fn collect(folder: &Path, fence: &str, found: &mut BTreeMap<String, String>) -> Result {
    let failed = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            // What git ignores holds copies.
            let ignored = path == sh::target() || name == "target" || name == "dist";
            if !ignored && !name.starts_with('.') {
                collect(&path, fence, found)?;
            }
        } else if name.ends_with(".md") {
            let page = path.strip_prefix(sh::root()).unwrap_or(&path).display();
            let snippets = recipes::snippets(&sh::read(&path)?, fence);
            found.extend((1..).map(|n| format!("{page} {n}")).zip(snippets));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_snippet_has_its_place_in_a_program() {
        program("recipes.c", "c").unwrap();
        program("recipes.cpp", "cpp").unwrap();
        program("Recipes.cs", "csharp").unwrap();
    }

    #[test]
    fn a_snippet_takes_the_place_of_its_name() {
        let mut snippets = BTreeMap::from([
            ("a.md 1".to_owned(), "one\n".to_owned()),
            ("a.md 2".to_owned(), "two\n".to_owned()),
        ]);
        let program = fill("before\n//> a.md 2\nafter\n", &mut snippets);
        assert_eq!(program.unwrap(), "before\ntwo\nafter\n");
        assert_eq!(snippets.into_keys().collect::<Vec<_>>(), ["a.md 1"]);
        fill("//> a.md 3", &mut BTreeMap::new()).unwrap_err();
    }
}
